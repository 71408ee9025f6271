//! Access tokens, verified here although API Gateway has done so: the code that is attacked in tests is the code
//! that runs. RS256 alone, by keys of the configured address alone; nothing in a token says where keys are.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use tintype_core::id::UserId;
use tokio::sync::Mutex;

use crate::Api;
use crate::config::AuthConfig;
use crate::error::ApiError;

/// An unknown key id may make us look for new keys this often, however many tokens carry one.
const REFETCH: Duration = Duration::from_mins(5);
/// How soon a look for keys that failed is repeated, at most.
const RETRY: Duration = Duration::from_secs(1);
/// A Cognito access token has about 1 KB; API Gateway lets 10 KB of headers pass.
const MAX_TOKEN: usize = 8 << 10;
/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 30;

/// Whose token is good.
pub struct Verifier {
    config: AuthConfig,
    validation: Validation,
    client: reqwest::Client,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, DecodingKey>,
    /// No new look for keys before then.
    not_before: Option<Instant>,
}

/// Claims of a Cognito access token.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
#[derive(Deserialize)]
struct Claims {
    sub: String,
    client_id: String,
    token_use: String,
    /// Seconds since 1970.
    #[serde(default)]
    iat: u64,
    #[serde(default)]
    scope: String,
}

impl Verifier {
    /// For the tokens of one issuer. Keys are fetched when the first token comes.
    pub fn new(config: AuthConfig) -> Result<Self, reqwest::Error> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&config.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Access tokens of Cognito have client_id in place of aud.
        validation.validate_aud = false;
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(3))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { config, validation, client, keys: Mutex::default() })
    }

    async fn user(&self, token: &str, scope: &'static str) -> Result<UserId, ApiError> {
        if token.len() > MAX_TOKEN {
            return Err(ApiError::Unauthorized);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| ApiError::Unauthorized)?;
        if header.alg != Algorithm::RS256 {
            return Err(ApiError::Unauthorized);
        }
        let key = self.key(&header.kid.ok_or(ApiError::Unauthorized)?).await?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &self.validation)
            .map_err(|_| ApiError::Unauthorized)?
            .claims;
        if claims.token_use != "access" || !self.config.client_ids.contains(&claims.client_id) {
            return Err(ApiError::Unauthorized);
        }
        // Cognito cannot call an access token back: whoever is expelled would go on until its end, and might have
        // cookies made that outlive it.
        if self.config.expelled.get(&claims.sub).is_some_and(|until| claims.iat <= *until) {
            return Err(ApiError::Unauthorized);
        }
        let user = claims.sub.parse().map_err(|_| ApiError::Unauthorized)?;
        let granted = claims.scope.split(' ').any(|granted| granted.strip_prefix("tintype/") == Some(scope));
        if granted { Ok(user) } else { Err(ApiError::Forbidden(scope)) }
    }

    async fn key(&self, id: &str) -> Result<DecodingKey, ApiError> {
        let mut keys = self.keys.lock().await;
        if let Some(key) = keys.by_id.get(id) {
            return Ok(key.clone());
        }
        if keys.not_before.is_some_and(|at| Instant::now() < at) {
            return Err(if keys.by_id.is_empty() {
                ApiError::KeysUnavailable
            } else {
                ApiError::Unauthorized
            });
        }
        // Whoever holds the lock fetches, once; a failure is tried again sooner, since nobody can sign in meanwhile.
        keys.not_before = Some(Instant::now() + RETRY);
        let set = self.fetch().await.map_err(|error| ApiError::Internal(Box::new(error)))?;
        keys.by_id = set
            .keys
            .iter()
            .filter_map(|jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?)))
            .collect();
        keys.not_before = Some(Instant::now() + REFETCH);
        keys.by_id.get(id).cloned().ok_or(ApiError::Unauthorized)
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        self.client.get(&self.config.jwks_url).send().await?.error_for_status()?.json().await
    }
}

macro_rules! with_scope {
    ($(#[$doc:meta])* $name:ident, $scope:literal) => {
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) UserId);

        impl FromRequestParts<Api> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
                let token = bearer(parts).ok_or(ApiError::Unauthorized)?;
                api.verifier.user(token, $scope).await.map(Self)
            }
        }
    };
}

with_scope! {
    /// A user who may look.
    Reader, "read"
}
with_scope! {
    /// A user who may change.
    Writer, "write"
}
with_scope! {
    /// A user who may upload.
    Uploader, "upload"
}

/// Exactly one Authorization header, with the scheme Bearer.
fn bearer(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then_some(token.trim())
}
