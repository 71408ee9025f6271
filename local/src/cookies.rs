//! Reading the `Cookie` header, for the sign-in pages and for CloudFront's signed cookies.

use axum::http::{HeaderMap, header};

/// The value of the cookie `name`. Where a browser sends one name twice, the first is that of the longer path
/// (RFC 6265, section 5.4), and it wins.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
