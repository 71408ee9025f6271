//! The headers that every answer of the page's origin carries. This file is the list: the response headers policy in
//! template.yaml says the same, and a test compares the two.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Where the page may connect to besides its own origin.
#[derive(Clone, Debug)]
pub struct Csp {
    /// Origin of the uploads bucket, which takes the presigned PUTs.
    pub uploads: String,
    /// Origin of the vault, for originals.
    pub vault: String,
    /// Origin of the issuer's discovery document.
    pub issuer: String,
    /// Origin of the sign-in pages and the token endpoint.
    pub auth: String,
}

impl Csp {
    /// The policy as one string, an origin that plays two parts named once.
    pub fn policy(&self) -> String {
        let mut origins: Vec<&str> = Vec::new();
        for origin in [&self.uploads, &self.vault, &self.issuer, &self.auth] {
            if !origins.contains(&origin.as_str()) {
                origins.push(origin);
            }
        }
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
             connect-src 'self' {}; worker-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; \
             frame-ancestors 'none'",
            origins.join(" ")
        )
    }
}

/// The rest of the list, name and value.
///
/// - The opener policy lets popups keep their opener, or the page could not tell when its sign-in window was closed.
/// - No referrer at all: paths hold photo ids.
/// - Browsers ignore `strict-transport-security` on http, so it does no harm here.
pub const SECURITY_HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin-allow-popups"),
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// All of it, put on an answer whatever its origin said, as a response headers policy with override does.
pub(super) struct SecurityHeaders(HeaderValue);

impl SecurityHeaders {
    /// A policy that is no header value (an origin with a line break in it) allows nothing, rather than everything.
    pub(super) fn new(csp: &Csp) -> Self {
        let policy = csp.policy().try_into();
        Self(policy.unwrap_or(HeaderValue::from_static("default-src 'none'")))
    }

    pub(super) fn put_on(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_SECURITY_POLICY, self.0.clone());
        for (name, value) in SECURITY_HEADERS {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_the_one_of_the_specification() {
        let csp = Csp {
            uploads: "https://uploads.example".into(),
            vault: "https://vault.example".into(),
            issuer: "https://issuer.example".into(),
            auth: "https://auth.example".into(),
        };
        assert_eq!(
            csp.policy(),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' \
             https://uploads.example https://vault.example https://issuer.example https://auth.example; worker-src \
             'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        );
    }

    #[test]
    fn an_origin_that_plays_two_parts_is_named_once() {
        let s3 = "http://localhost:8462".to_owned();
        let auth = "http://localhost:8461".to_owned();
        let csp = Csp { uploads: s3.clone(), vault: s3, issuer: auth.clone(), auth };
        assert!(csp.policy().contains("connect-src 'self' http://localhost:8462 http://localhost:8461;"));
    }

    #[test]
    fn an_answer_has_each_header_once() {
        let mut headers = HeaderMap::new();
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        let csp = Csp { uploads: "a".into(), vault: "b".into(), issuer: "c".into(), auth: "d".into() };
        SecurityHeaders::new(&csp).put_on(&mut headers);
        assert_eq!(headers.get_all(header::X_FRAME_OPTIONS).iter().collect::<Vec<_>>(), ["DENY"]);
        assert_eq!(headers.len(), SECURITY_HEADERS.len() + 1);
    }
}
