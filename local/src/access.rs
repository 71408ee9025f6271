//! Who may speak to this machine's AWS: whoever knows its access key.
//!
//! A port on loopback is within reach of every web page that a browser opens here. S3 checks signatures; DynamoDB's
//! and Lambda's stand-ins ask for the access key, which is random and stays in the data folder, and answer no page:
//! they send no CORS header.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// Whether a request is signed by this access key. The signature itself is S3's to check: a key that nobody can
/// guess says enough here.
pub(crate) fn is_ours(headers: &HeaderMap, access_key: &str) -> bool {
    let signed = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    signed
        .and_then(|text| text.split_once("Credential="))
        .and_then(|(_, credential)| credential.split('/').next())
        .is_some_and(|key| key == access_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_access_key_opens() {
        let with = |value: &str| HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
        let signed =
            "AWS4-HMAC-SHA256 Credential=KEY/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host";
        assert!(is_ours(&with(signed), "KEY"));
        assert!(!is_ours(&with(signed), "OTHER"));
        assert!(!is_ours(&with("Bearer KEY"), "KEY"));
        assert!(!is_ours(&HeaderMap::new(), "KEY"));
    }
}
