//! The answers that CloudFront itself gives: small XML, and never kept by a cache.

use super::signed_cookies::Refused;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// The cookies do not allow this.
pub(super) fn of_cookies(refused: Refused) -> Response {
    xml(StatusCode::FORBIDDEN, refused.code(), &refused.to_string())
}

/// The request is not one that is answered.
pub(super) fn access_denied() -> Response {
    of_cookies(Refused::AccessDenied)
}

/// The behaviour allows GET and HEAD only. CloudFront says 403 here, not 405.
pub(super) fn method_not_allowed() -> Response {
    let message = "This distribution is not configured to allow the HTTP request method that was used for this request.";
    xml(StatusCode::FORBIDDEN, "MethodNotAllowed", message)
}

/// The origin said no, or nothing.
pub(super) fn from_origin(status: StatusCode) -> Response {
    let (code, message) = match status {
        StatusCode::NOT_FOUND => ("NoSuchKey", "The specified key does not exist."),
        StatusCode::FORBIDDEN => ("AccessDenied", "Access Denied"),
        StatusCode::RANGE_NOT_SATISFIABLE => ("InvalidRange", "The requested range is not satisfiable"),
        _ => ("OriginError", "The origin did not answer as it should."),
    };
    xml(status, code, message)
}

fn xml(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [(header::CONTENT_TYPE, "text/xml"), (header::CACHE_CONTROL, "no-store")], body).into_response()
}
