//! `/oauth2/userInfo`: who an access token speaks of (`OpenID` Connect Core, section 5.3).

use super::{Issuer, claims::Presented, name::Name, scope};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

#[derive(Serialize)]
struct UserInfo {
    sub: String,
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

pub(super) async fn user_info(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else { return refused("invalid_request") };
    match issuer.user_of(token) {
        Some(user) => Json(user).into_response(),
        None => refused("invalid_token"),
    }
}

impl Issuer {
    fn user_of(&self, token: &str) -> Option<UserInfo> {
        let claims: Presented = self.0.key.verify(token, &self.0.config.issuer_url)?;
        let good = claims.token_use == "access"
            && scope::contains(&claims.scope, scope::OPENID)
            && !self.0.sessions.is_revoked(&claims.origin_jti);
        if !good {
            return None;
        }
        let name = Name::parse(&claims.username).ok()?;
        let email = name.email().map(str::to_owned);
        Some(UserInfo { sub: name.user_id(), username: name.as_str().to_owned(), email })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn refused(error: &str) -> Response {
    let challenge = format!("Bearer error=\"{error}\"");
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}
