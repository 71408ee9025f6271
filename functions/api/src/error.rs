//! The only place that knows HTTP status codes: one match from what went wrong to what is said outside, as
//! RFC 9457 describes it. <https://www.rfc-editor.org/rfc/rfc9457>

use std::any::Any;

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use tintype_core::cursor::InvalidCursor;
use tintype_core::wire::Problem;
use tintype_storage::StorageError;

/// What a request can end in, other than well.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No token, or one that is not good here. Which of its parts is wrong is nobody's business.
    #[error("sign in and send the access token as Authorization: Bearer")]
    Unauthorized,
    /// The issuer's keys could not be fetched a moment ago.
    #[error("sign-in cannot be checked just now; try again in a moment")]
    KeysUnavailable,
    /// A good token without the scope that the route needs.
    #[error("this token may not do that; it needs the scope tintype/{0}")]
    Forbidden(&'static str),
    /// Absent, or somebody else's: the same to whoever asks.
    #[error("there is no such photo")]
    NotFound,
    /// Received, and on its way into the vault.
    #[error(
        "this photo is not safe yet; its original can be had when POST /api/photos/lookup says that it is"
    )]
    NotSafeYet,
    /// No route of ours.
    #[error("there is nothing at this address; /api/openapi.json lists what there is")]
    NoSuchRoute,
    /// A route of ours, not with this method.
    #[error("this address does not take that method; /api/openapi.json lists what it takes")]
    MethodNotAllowed,
    /// The request makes no sense; the text says what to change.
    #[error("{0}")]
    BadRequest(String),
    /// Longer than anything that we accept.
    #[error("the body is larger than 256 KiB; send less at a time")]
    BodyTooLarge,
    /// Not JSON by its Content-Type.
    #[error("send JSON, with Content-Type: application/json")]
    NotJson,
    /// Not this time.
    #[error("this did not work just now; try again in a moment")]
    Unavailable(#[source] StorageError),
    /// Not before somebody makes room.
    #[error("the disk that photos are kept on is full; free some space on it, then try again")]
    Full(#[source] StorageError),
    /// A fault of ours.
    #[error("something is wrong on this side; it has been written down")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Not signed in"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::NotSafeYet => (StatusCode::NOT_FOUND, "not-safe-yet", "Not safe yet"),
            Self::NoSuchRoute => (StatusCode::NOT_FOUND, "no-such-route", "No such address"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
            }
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad-request", "Request makes no sense"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Not JSON"),
            Self::Unavailable(_) | Self::KeysUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available just now")
            }
            Self::Full(_) => (StatusCode::SERVICE_UNAVAILABLE, "storage-full", "The disk is full"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, title) = self.parts();
        let instance = status.is_server_error().then(|| format!("urn:tintype:{:016x}", random()));
        if let Some(instance) = &instance {
            let cause = std::error::Error::source(&self).map(with_sources);
            tracing::error!(instance, code, cause, "a request failed");
        }
        let problem = Problem {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: Some(self.to_string()),
            instance,
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

fn random() -> u64 {
    use rand_core::RngCore;
    rand_core::OsRng.next_u64()
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable { .. } | StorageError::Busy(_) | StorageError::Changed => {
                Self::Unavailable(error)
            }
            StorageError::Full(_) => Self::Full(error),
            StorageError::Corrupt { .. } => Self::Internal(Box::new(error)),
        }
    }
}

impl From<InvalidCursor> for ApiError {
    fn from(error: InvalidCursor) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            _ => Self::BadRequest(rejection.body_text()),
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::NotJson,
            _ => Self::BadRequest(rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::BadRequest(rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    /// What is no photo id names no photo.
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}

/// A panic is a fault of ours like any other, and ends one request.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the box")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let what = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    ApiError::Internal(format!("panicked: {what}").into()).into_response()
}
