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

/// How long the cookies are good.
pub(crate) const LIFETIME: Duration = Duration::hours(12);

/// Signs cookies for `/media`.
pub struct MediaSigner {
    key: SigningKey<Sha1>,
    key_pair_id: String,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the media key is no RSA private key in PEM")]
pub struct UnusableKey;

impl MediaSigner {
    /// From an RSA private key in PEM (PKCS #8 or #1), and the id that CloudFront gave its public half.
    pub fn from_pem(pem: &str, key_pair_id: String) -> Result<Self, UnusableKey> {
        let key = RsaPrivateKey::from_pkcs8_pem(pem)
            .or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem))
            .map_err(|_| UnusableKey)?;
        // CloudFront verifies RSA with SHA-1 and nothing newer; what is signed is a policy that we wrote.
        Ok(Self { key: SigningKey::new(key), key_pair_id })
    }

    /// `Set-Cookie` values that open `{page_origin}/media/{user}/` until `until`.
    pub(crate) fn cookies(
        &self,
        page_origin: &str,
        user: &UserId,
        until: OffsetDateTime,
    ) -> Vec<HeaderValue> {
        let policy = serde_json::json!({
            "Statement": [{
                "Resource": format!("{page_origin}/media/{user}/*"),
                "Condition": { "DateLessThan": { "AWS:EpochTime": until.unix_timestamp() } },
            }],
        })
        .to_string();
        // Blinded by fresh randomness, so that its time tells nothing of the key (RUSTSEC-2023-0071).
        let signature = self.key.sign_with_rng(&mut OsRng, policy.as_bytes()).to_vec();
        [
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
        .collect()
    }
}

/// Base64 with the characters replaced that CloudFront does not take in a cookie.
fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}
