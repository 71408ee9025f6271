//! `/oauth2/token`: codes and refresh tokens become tokens (RFC 6749, sections 4.1.3 and 6; RFC 7636, section 4.6).

use super::{
    Issuer, IssuerError,
    claims::SignIn,
    codes::{Grant, Redeemed},
    name::Name,
    params::{Params, is_form},
    scope,
};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A good answer. Without rotation, as our user pool is set, a refresh brings no new refresh token.
#[derive(Serialize)]
pub(super) struct Tokens {
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_in: u64,
    token_type: &'static str,
}

/// A bad one (RFC 6749, section 5.2). A public client is told no more than the code that its library acts upon.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("invalid_request")]
    InvalidRequest,
    #[error("invalid_client")]
    InvalidClient,
    #[error("invalid_grant")]
    InvalidGrant,
    #[error("unsupported_grant_type")]
    UnsupportedGrantType,
    #[error("unsupported_token_type")]
    UnsupportedTokenType,
    #[error("server_error")]
    Failed(#[from] IssuerError),
}

#[derive(Serialize)]
struct ErrorBody {
    error: String,
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Failed(error) => {
                tracing::error!(%error, "the token endpoint failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(ErrorBody { error: self.to_string() })).into_response()
    }
}

pub(super) async fn exchange(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Tokens>, TokenError> {
    let form = read_form(&headers, &body)?;
    off_the_runtime(move || issuer.exchange(&form)).await.map(Json)
}

/// The parameters of a form-encoded request.
pub(super) fn read_form(headers: &HeaderMap, body: &[u8]) -> Result<Params, TokenError> {
    if !is_form(headers) {
        return Err(TokenError::InvalidRequest);
    }
    Params::parse(body).map_err(|_| TokenError::InvalidRequest)
}

/// Runs what signs and writes where it does not hold up other requests.
pub(super) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TokenError> + Send + 'static,
) -> Result<T, TokenError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl Issuer {
    fn exchange(&self, form: &Params) -> Result<Tokens, TokenError> {
        let grant_type = form.get("grant_type").ok_or(TokenError::InvalidRequest)?;
        let client_id = form.get("client_id").ok_or(TokenError::InvalidRequest)?;
        let client = self.client(client_id).ok_or(TokenError::InvalidClient)?;
        let now = jsonwebtoken::get_current_timestamp();
        match grant_type {
            "authorization_code" => self.exchange_code(&client.client_id, form, now),
            "refresh_token" => self.exchange_refresh_token(&client.client_id, form, now),
            _ => Err(TokenError::UnsupportedGrantType),
        }
    }

    fn exchange_code(&self, client_id: &str, form: &Params, now: u64) -> Result<Tokens, TokenError> {
        let code = form.get("code").ok_or(TokenError::InvalidRequest)?;
        let redirect_uri = form.get("redirect_uri").ok_or(TokenError::InvalidRequest)?;
        let verifier = form.get("code_verifier").ok_or(TokenError::InvalidRequest)?;
        let grant = match self.0.codes.redeem(code, now) {
            Redeemed::Granted(grant) => grant,
            Redeemed::Again { origin_jti } => {
                self.0.sessions.revoke(&origin_jti, now)?;
                return Err(TokenError::InvalidGrant);
            }
            Redeemed::Unknown => return Err(TokenError::InvalidGrant),
        };
        let same_request = grant.client_id == client_id && grant.redirect_uri == redirect_uri;
        if !same_request || !proves(verifier, &grant.code_challenge) {
            return Err(TokenError::InvalidGrant);
        }
        let Grant { nonce, .. } = grant.as_ref();
        let sign_in = SignIn {
            client_id,
            scope: &grant.scope,
            auth_time: grant.auth_time,
            origin_jti: &grant.origin_jti,
        };
        let mut tokens = self.sign_tokens(&grant.name, &sign_in, nonce.as_deref(), now)?;
        tokens.refresh_token = Some(self.0.sessions.add_refresh(&grant, now)?);
        Ok(tokens)
    }

    fn exchange_refresh_token(&self, client_id: &str, form: &Params, now: u64) -> Result<Tokens, TokenError> {
        let token = form.get("refresh_token").ok_or(TokenError::InvalidRequest)?;
        let session = self.0.sessions.refresh(token, now).ok_or(TokenError::InvalidGrant)?;
        if session.client_id != client_id {
            return Err(TokenError::InvalidGrant);
        }
        let sign_in = SignIn {
            client_id,
            scope: &session.scope,
            auth_time: session.auth_time,
            origin_jti: &session.origin_jti,
        };
        self.sign_tokens(&session.name, &sign_in, None, now)
    }

    fn sign_tokens(
        &self,
        name: &str,
        sign_in: &SignIn<'_>,
        nonce: Option<&str>,
        now: u64,
    ) -> Result<Tokens, TokenError> {
        let name = Name::parse(name).map_err(IssuerError::from)?;
        let access_token = self.sign_access_token(&name, sign_in, now)?;
        let id_token = scope::contains(sign_in.scope, scope::OPENID)
            .then(|| self.sign_id_token(&name, sign_in, nonce, &access_token, now))
            .transpose()?;
        let expires_in = self.0.config.access_token_lifetime.as_secs();
        Ok(Tokens { id_token, access_token, refresh_token: None, expires_in, token_type: "Bearer" })
    }
}

/// Whether `verifier` is what `challenge` was made of (RFC 7636, sections 4.1 and 4.6).
fn proves(verifier: &str, challenge: &str) -> bool {
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    well_formed && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_proves_itself() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(proves("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge));
        assert!(!proves("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", challenge));
        assert!(!proves("", challenge));
    }
}
