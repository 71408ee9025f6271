//! `/oauth2/revoke`: ends a sign-in for good (RFC 7009, as Cognito does it: refresh tokens only).

use super::{
    Issuer,
    token::{TokenError, off_the_runtime, read_form},
};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};

/// 200 also for a token that is not known or not good any more: it is revoked either way (RFC 7009, section 2.2).
pub(super) async fn revoke(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, TokenError> {
    let form = read_form(&headers, &body)?;
    let token = form.get("token").ok_or(TokenError::InvalidRequest)?.to_owned();
    let client_id = form.get("client_id").ok_or(TokenError::InvalidRequest)?;
    let client_id = issuer.client(client_id).ok_or(TokenError::InvalidClient)?.client_id.clone();
    // A JWT: neither access nor id tokens can be revoked by themselves.
    if token.contains('.') {
        return Err(TokenError::UnsupportedTokenType);
    }
    off_the_runtime(move || {
        let now = jsonwebtoken::get_current_timestamp();
        let Some(session) = issuer.0.sessions.refresh(&token, now) else { return Ok(StatusCode::OK) };
        if session.client_id != client_id {
            return Err(TokenError::InvalidClient);
        }
        issuer.0.sessions.revoke(&session.origin_jti, now)?;
        Ok(StatusCode::OK)
    })
    .await
}
