//! What tokens say. The names and values are those of Cognito's documents ("Understanding the access token",
//! "Understanding the identity (ID) token").

use super::{Issuer, IssuerError, name::Name, random};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The sign-in that a token comes of.
pub(super) struct SignIn<'a> {
    pub(super) client_id: &'a str,
    pub(super) scope: &'a str,
    pub(super) auth_time: u64,
    pub(super) origin_jti: &'a str,
}

#[derive(Serialize)]
struct AccessClaims<'a> {
    sub: &'a str,
    iss: &'a str,
    version: u8,
    client_id: &'a str,
    origin_jti: &'a str,
    token_use: &'a str,
    scope: &'a str,
    auth_time: u64,
    exp: u64,
    iat: u64,
    jti: String,
    username: &'a str,
}

#[derive(Serialize)]
struct IdClaims<'a> {
    at_hash: String,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    iss: &'a str,
    #[serde(rename = "cognito:username")]
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    origin_jti: &'a str,
    aud: &'a str,
    token_use: &'a str,
    auth_time: u64,
    exp: u64,
    iat: u64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

/// What the issuer itself reads in an access token that is brought back to it.
#[derive(Clone, Deserialize)]
pub(super) struct Presented {
    pub(super) token_use: String,
    pub(super) scope: String,
    pub(super) username: String,
    pub(super) origin_jti: String,
}

impl Issuer {
    pub(super) fn sign_access_token(
        &self,
        name: &Name,
        sign_in: &SignIn<'_>,
        now: u64,
    ) -> Result<String, IssuerError> {
        let claims = AccessClaims {
            sub: &name.user_id(),
            iss: &self.0.config.issuer_url,
            version: 2,
            client_id: sign_in.client_id,
            origin_jti: sign_in.origin_jti,
            token_use: "access",
            scope: sign_in.scope,
            auth_time: sign_in.auth_time,
            exp: now + self.0.config.access_token_lifetime.as_secs(),
            iat: now,
            jti: random::jti(),
            username: name.as_str(),
        };
        Ok(self.0.key.sign(&claims)?)
    }

    pub(super) fn sign_id_token(
        &self,
        name: &Name,
        sign_in: &SignIn<'_>,
        nonce: Option<&str>,
        access_token: &str,
        now: u64,
    ) -> Result<String, IssuerError> {
        let claims = IdClaims {
            at_hash: access_token_hash(access_token),
            sub: &name.user_id(),
            email_verified: name.email().map(|_| true),
            iss: &self.0.config.issuer_url,
            username: name.as_str(),
            nonce,
            origin_jti: sign_in.origin_jti,
            aud: sign_in.client_id,
            token_use: "id",
            auth_time: sign_in.auth_time,
            exp: now + self.0.config.access_token_lifetime.as_secs(),
            iat: now,
            jti: random::jti(),
            email: name.email(),
        };
        Ok(self.0.key.sign(&claims)?)
    }
}

/// `at_hash`, which ties the two tokens together (`OpenID` Connect Core, section 3.1.3.6).
fn access_token_hash(token: &str) -> String {
    let digest = Sha256::digest(token);
    URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2])
}
