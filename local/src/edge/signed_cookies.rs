//! CloudFront's signed cookies with a custom policy, checked as CloudFront checks them ("Set signed cookies using a
//! custom policy" in its developer guide).
//!
//! Three cookies say who may read what until when: the policy itself, its signature (RSA, PKCS#1 v1.5, over SHA-1),
//! and the id of the key that made it. The first two are base64 with `+`, `=` and `/` written as `-`, `_` and `~`.

use super::wildcard;
use crate::cookies;
use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::{Pkcs1v15Sign, RsaPublicKey, pkcs8::DecodePublicKey};
use serde::Deserialize;
use sha1::{Digest, Sha1};

/// The cookie with the policy.
pub const POLICY: &str = "CloudFront-Policy";
/// The cookie with the policy's signature.
pub const SIGNATURE: &str = "CloudFront-Signature";
/// The cookie that names the key.
pub const KEY_PAIR_ID: &str = "CloudFront-Key-Pair-Id";

/// A trusted key group of one key.
#[derive(Clone, Debug)]
pub struct SignedCookies {
    key_pair_id: String,
    key: RsaPublicKey,
}

/// Why a request is refused. CloudFront's own codes, as its answers name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A cookie is missing.
    #[error("Missing Key-Pair-Id query parameter or cookie value")]
    MissingKey,
    /// No such key.
    #[error("Unknown Key")]
    InvalidKey,
    /// The policy cannot be read, or is not one that we make.
    #[error("Malformed Policy")]
    MalformedPolicy,
    /// The signature is not base64.
    #[error("Could not unencode Signature")]
    MalformedSignature,
    /// Well-formed, but it does not allow this: not signed with the key, expired, or for something else.
    #[error("Access denied")]
    AccessDenied,
}

impl Refused {
    /// The code in the answer.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingKey => "MissingKey",
            Self::InvalidKey => "InvalidKey",
            Self::MalformedPolicy => "MalformedPolicy",
            Self::MalformedSignature => "MalformedSignature",
            Self::AccessDenied => "AccessDenied",
        }
    }
}

/// A custom policy. What we do not check is not accepted: `IpAddress`, and conditions that came later.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Policy {
    statement: [Statement; 1],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Statement {
    resource: String,
    condition: Condition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Condition {
    date_less_than: Epoch,
    date_greater_than: Option<Epoch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Epoch {
    #[serde(rename = "AWS:EpochTime")]
    seconds: u64,
}

impl SignedCookies {
    /// Trusts `key` under the id `key_pair_id`.
    pub fn new(key_pair_id: impl Into<String>, key: RsaPublicKey) -> Self {
        Self { key_pair_id: key_pair_id.into(), key }
    }

    /// The same, from the PEM that CloudFront takes (`BEGIN PUBLIC KEY`).
    pub fn from_pem(key_pair_id: impl Into<String>, pem: &str) -> Result<Self, rsa::pkcs8::spki::Error> {
        Ok(Self::new(key_pair_id, RsaPublicKey::from_public_key_pem(pem)?))
    }

    /// Whether the cookies in `headers` allow `url`, with its query, at the time `now`.
    pub fn check(&self, headers: &HeaderMap, url: &str, now: u64) -> Result<(), Refused> {
        let cookie = |name| cookies::value(headers, name).ok_or(Refused::MissingKey);
        let (key_pair_id, policy, signature) = (cookie(KEY_PAIR_ID)?, cookie(POLICY)?, cookie(SIGNATURE)?);
        if key_pair_id != self.key_pair_id {
            return Err(Refused::InvalidKey);
        }
        let policy = decode(policy).ok_or(Refused::MalformedPolicy)?;
        let signature = decode(signature).ok_or(Refused::MalformedSignature)?;
        // The signature comes before the content: nobody's JSON but ours is parsed.
        self.key
            .verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(&policy), &signature)
            .map_err(|_| Refused::AccessDenied)?;
        let policy: Policy = serde_json::from_slice(&policy).map_err(|_| Refused::MalformedPolicy)?;
        let [Statement { resource, condition }] = policy.statement;
        let begun = condition.date_greater_than.is_none_or(|start| now > start.seconds);
        let in_time = begun && now < condition.date_less_than.seconds;
        if in_time && wildcard::matches(&resource, url) { Ok(()) } else { Err(Refused::AccessDenied) }
    }
}

/// Base64 in CloudFront's spelling, and in no other.
fn decode(value: &str) -> Option<Vec<u8>> {
    if value.contains(['+', '=', '/']) {
        return None;
    }
    STANDARD.decode(value.replace('-', "+").replace('_', "=").replace('~', "/")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl sha1 -sign`, `openssl base64` and `tr '+=/' '-_~'`, as AWS's page on signing with a shell
    /// does it, so that this check and our own signer cannot agree on the same mistake.
    #[test]
    fn cookies_that_openssl_made_open_what_they_say_until_they_say() {
        let trusted =
            SignedCookies::from_pem("K2JCJMDEHXQW5F", include_str!("fixtures/public-key.pem")).unwrap();
        let mut headers = HeaderMap::new();
        let cookies = include_str!("fixtures/cookies.txt").trim_end().parse().unwrap();
        headers.insert(axum::http::header::COOKIE, cookies);
        let check = |url, now| trusted.check(&headers, url, now);
        let end = 1_800_000_000;
        assert_eq!(check("https://photos.example.net/media/ada/p/g/thumb.webp", end - 1), Ok(()));
        assert_eq!(
            check("https://photos.example.net/media/ada/p/g/thumb.webp", end),
            Err(Refused::AccessDenied)
        );
        assert_eq!(
            check("http://photos.example.net/media/ada/p/g/thumb.webp", 0),
            Err(Refused::AccessDenied)
        );
        assert_eq!(
            check("https://photos.example.net/media/bob/p/g/thumb.webp", 0),
            Err(Refused::AccessDenied)
        );
    }

    #[test]
    fn cookies_are_base64_in_cloudfronts_spelling_only() {
        assert_eq!(decode("-~_"), None);
        assert_eq!(decode("~-A_").as_deref(), Some(&[0xff, 0xe0][..]));
        assert_eq!(decode("/+A="), None);
        assert_eq!(
            decode("~-B_"),
            None,
            "bits that nobody reads must be zero, or a cookie has many spellings"
        );
    }

    #[test]
    fn a_policy_with_a_condition_that_is_not_checked_is_refused() {
        let read = |json: &str| serde_json::from_str::<Policy>(json).is_ok();
        let until = r#""DateLessThan":{"AWS:EpochTime":1}"#;
        assert!(read(&format!(r#"{{"Statement":[{{"Resource":"*","Condition":{{{until}}}}}]}}"#)));
        assert!(!read(&format!(
            r#"{{"Statement":[{{"Resource":"*","Condition":{{{until},"IpAddress":{{"AWS:SourceIp":"10.0.0.0/8"}}}}}}]}}"#
        )));
        assert!(!read(r#"{"Statement":[{"Resource":"*","Condition":{}}]}"#));
        assert!(!read(r#"{"Statement":[]}"#));
    }
}
