//! CloudFront's signed cookies, which let the page show a user's own images and nobody else's.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use rand_core::OsRng;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use sha1::Sha1;
use time::{Duration, OffsetDateTime};
use tintype_core::id::UserId;
use tintype_storage::secret::secret;
use tokio::sync::OnceCell;

use crate::error::ApiError;

/// How long the cookies are good.
pub(crate) const LIFETIME: Duration = Duration::hours(12);

/// Signs cookies for `/media`.
pub struct MediaSigner {
    key: OnceCell<SigningKey<Sha1>>,
    /// The secret that the key is read from when it is first needed: listing photos does not wait for it.
    parameter: Option<String>,
    key_pair_id: String,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the media key is no RSA private key in PEM")]
pub struct UnusableKey;

impl MediaSigner {
    /// From an RSA private key in PEM (PKCS #8 or #1), and the id that CloudFront gave its public half.
    pub fn from_pem(pem: &str, key_pair_id: String) -> Result<Self, UnusableKey> {
        Ok(Self { key: OnceCell::new_with(Some(parse(pem)?)), parameter: None, key_pair_id })
    }

    /// From the name of the SSM parameter that holds such a key, which is read when it is first needed.
    pub fn from_parameter(parameter: String, key_pair_id: String) -> Self {
        Self { key: OnceCell::new(), parameter: Some(parameter), key_pair_id }
    }

    async fn key(&self) -> Result<&SigningKey<Sha1>, ApiError> {
        self.key
            .get_or_try_init(async || {
                let parameter = self.parameter.as_deref().unwrap_or_default();
                let pem = secret(parameter).await?;
                parse(&pem).map_err(|error| ApiError::Internal(Box::new(error)))
            })
            .await
    }

    /// `Set-Cookie` values that open `{page_origin}/media/{user}/` until `until`.
    pub(crate) async fn cookies(
        &self,
        page_origin: &str,
        user: &UserId,
        until: OffsetDateTime,
    ) -> Result<Vec<HeaderValue>, ApiError> {
        let policy = serde_json::json!({
            "Statement": [{
                "Resource": format!("{page_origin}/media/{user}/*"),
                "Condition": { "DateLessThan": { "AWS:EpochTime": until.unix_timestamp() } },
            }],
        })
        .to_string();
        // Blinded by fresh randomness, so that its time tells nothing of the key (RUSTSEC-2023-0071).
        let signature = self.key().await?.sign_with_rng(&mut OsRng, policy.as_bytes()).to_vec();
        let cookies = [
            ("CloudFront-Policy", encode(policy.as_bytes())),
            ("CloudFront-Signature", encode(&signature)),
            ("CloudFront-Key-Pair-Id", self.key_pair_id.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| {
            let attributes = "HttpOnly; Secure; SameSite=Strict";
            let age = LIFETIME.whole_seconds();
            format!("{name}={value}; Path=/media/{user}/; Max-Age={age}; {attributes}").parse().ok()
        })
        .collect();
        Ok(cookies)
    }
}

fn parse(pem: &str) -> Result<SigningKey<Sha1>, UnusableKey> {
    let key = RsaPrivateKey::from_pkcs8_pem(pem)
        .or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem))
        .map_err(|_| UnusableKey)?;
    // CloudFront verifies RSA with SHA-1 and nothing newer; what is signed is a policy that we wrote.
    Ok(SigningKey::new(key))
}

/// Base64 with the characters replaced that CloudFront does not take in a cookie.
fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}
