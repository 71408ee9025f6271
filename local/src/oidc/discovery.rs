//! What clients read before anything else: where everything is, and the public key.

use super::{Issuer, scope::SCOPE};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
};
use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;

/// The subset of `OpenID` Connect Discovery (section 3) that is true here.
#[derive(Serialize)]
pub(super) struct Configuration {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    scopes_supported: Vec<&'static str>,
}

/// Asked for again each time: a restart may have brought another port or key.
const REVALIDATE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-cache")];

pub(super) async fn configuration(
    State(issuer): State<Issuer>,
) -> ([(HeaderName, &'static str); 1], Json<Configuration>) {
    let base = &issuer.0.config.issuer_url;
    let configuration = Configuration {
        issuer: base.clone(),
        authorization_endpoint: format!("{base}/oauth2/authorize"),
        token_endpoint: format!("{base}/oauth2/token"),
        userinfo_endpoint: format!("{base}/oauth2/userInfo"),
        revocation_endpoint: format!("{base}/oauth2/revoke"),
        end_session_endpoint: format!("{base}/logout"),
        jwks_uri: format!("{base}/.well-known/jwks.json"),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        scopes_supported: SCOPE.split(' ').collect(),
    };
    (REVALIDATE, Json(configuration))
}

pub(super) async fn keys(State(issuer): State<Issuer>) -> ([(HeaderName, &'static str); 1], Json<JwkSet>) {
    (REVALIDATE, Json(issuer.0.key.published().clone()))
}
