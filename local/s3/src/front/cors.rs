//! Cross-origin requests: the page puts straight into the uploads bucket, which is another origin.
//!
//! As S3 does it with one rule a bucket:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html>

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response};
use s3s::{Body, s3_error};

use super::plain_error;

/// What pages may do.
const METHODS: [&str; 3] = ["GET", "HEAD", "PUT"];
/// Headers that pages may send: what presigned PUTs sign, and what conditional or partial reads need.
const HEADERS: [&str; 6] =
    ["content-length", "content-md5", "content-type", "if-match", "if-none-match", "range"];
/// And all of these.
const HEADER_PREFIX: &str = "x-amz-";
/// Headers that pages may read.
const EXPOSED: &str = "ETag, x-amz-checksum-sha256, x-amz-checksum-crc32, x-amz-checksum-crc32c, \
                       x-amz-checksum-crc64nvme, x-amz-checksum-sha1, x-amz-version-id, x-amz-request-id";
/// How long a browser may remember, in seconds.
const MAX_AGE: &str = "3000";
const VARY_ON: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// Permission for one origin.
pub(super) struct Grant {
    origin: HeaderValue,
}

/// What a page of the request's origin may do with the answer; nothing if the rule does not match.
pub(super) fn grant(origins: &[String], method: &Method, headers: &HeaderMap) -> Option<Grant> {
    let origin = headers.get(ORIGIN)?;
    let known = origins.iter().any(|known| known.as_bytes() == origin.as_bytes());
    (known && METHODS.contains(&method.as_str())).then(|| Grant { origin: origin.clone() })
}

impl Grant {
    /// Adds it to an answer, successful or not: a page must be able to read why it was refused.
    pub(super) fn apply(self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, PUT"));
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        headers.insert(VARY, HeaderValue::from_static(VARY_ON));
    }
}

/// Answers an OPTIONS request.
pub(super) fn preflight(origins: &[String], headers: &HeaderMap) -> Response<Body> {
    if !headers.contains_key(ORIGIN) {
        return plain_error(refusal(
            400,
            "BadRequest",
            "Insufficient information. Origin request header needed.",
        ));
    }
    let method = headers
        .get(ACCESS_CONTROL_REQUEST_METHOD)
        .and_then(|method| Method::from_bytes(method.as_bytes()).ok());
    let Some(method) = method else {
        return plain_error(refusal(400, "BadRequest", "Invalid Access-Control-Request-Method: null"));
    };
    if origins.is_empty() {
        return plain_error(refusal(
            403,
            "AccessForbidden",
            "CORSResponse: CORS is not enabled for this bucket.",
        ));
    }
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    match grant(origins, &method, headers) {
        Some(grant) if wanted.is_none_or(are_allowed) => {
            let mut response = Response::new(Body::empty());
            grant.apply(response.headers_mut());
            if let Some(wanted) = wanted {
                response.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
            }
            response
        }
        _ => plain_error(refusal(
            403,
            "AccessForbidden",
            "CORSResponse: This CORS request is not allowed. This is usually because Origin, request method or request \
             headers are not in the bucket's CORS configuration.",
        )),
    }
}

/// Whether all headers that a page wants to send may be sent.
fn are_allowed(wanted: &HeaderValue) -> bool {
    wanted.to_str().is_ok_and(|wanted| {
        wanted.split(',').map(|name| name.trim().to_ascii_lowercase()).all(|name| {
            name.is_empty() || HEADERS.contains(&name.as_str()) || name.starts_with(HEADER_PREFIX)
        })
    })
}

/// An error whose code s3s does not know.
fn refusal(status: u16, code: &'static str, message: &'static str) -> s3s::S3Error {
    let mut error = s3_error!(AccessDenied, "{message}");
    error.set_code(s3s::S3ErrorCode::Custom(code.into()));
    if let Ok(status) = http::StatusCode::from_u16(status) {
        error.set_status_code(status);
    }
    error
}
