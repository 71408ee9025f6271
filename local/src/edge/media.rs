//! `/media/*`: variants from the vault, for who has signed cookies for them.

use super::{SignedCookies, refusal};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{fmt, pin::Pin, sync::Arc};
use tintype_core::key::Variant;

/// What the vault is asked for.
#[derive(Debug)]
pub struct MediaRequest {
    /// GET or HEAD.
    pub method: Method,
    /// The object key, which is the path without its first slash.
    pub key: String,
    /// The conditions and the range of the viewer's request; nothing else of it, least of all its cookies.
    pub headers: HeaderMap,
}

type Fetch = dyn Fn(MediaRequest) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync;

/// The vault bucket, as this behaviour's origin: something that answers as S3 does, with `etag`, `content-length`,
/// 304 and 206 where they are due.
#[derive(Clone)]
pub struct MediaOrigin(Arc<Fetch>);

impl MediaOrigin {
    /// An origin that asks `fetch`.
    pub fn new<F, Answer>(fetch: F) -> Self
    where
        F: Fn(MediaRequest) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Response> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(fetch(request))))
    }
}

impl fmt::Debug for MediaOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaOrigin")
    }
}

/// A URL of a variant holds its generation, so it never means anything else.
const FOR_EVER: HeaderValue = HeaderValue::from_static(Variant::CACHE_CONTROL);

/// What is asked of the origin, and what its answer may say.
const CONDITIONS: [header::HeaderName; 3] = [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::RANGE];
const FACTS: [header::HeaderName; 5] = [
    header::ETAG,
    header::LAST_MODIFIED,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::ACCEPT_RANGES,
];

pub(super) struct Media {
    pub(super) page_origin: String,
    pub(super) cookies: SignedCookies,
    pub(super) origin: MediaOrigin,
}

impl Media {
    pub(super) async fn serve(&self, request: Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return refusal::method_not_allowed();
        }
        let path_and_query = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let url = format!("{}{path_and_query}", self.page_origin);
        let now = jsonwebtoken::get_current_timestamp();
        if let Err(refused) = self.cookies.check(request.headers(), &url, now) {
            return refusal::of_cookies(refused);
        }
        let Some(key) = object_key(request.uri().path()) else {
            return refusal::access_denied();
        };
        let request = MediaRequest {
            method: request.method().clone(),
            key: key.to_owned(),
            headers: only(&CONDITIONS, request.headers()),
        };
        as_variant((self.origin.0)(request).await)
    }
}

/// The key that `path` names. A path that could mean two things (dots that climb out of the user's folder, escapes,
/// empty parts) names none: the cookies were checked against its text, the bucket might read it otherwise.
fn object_key(path: &str) -> Option<&str> {
    let key = path.strip_prefix('/')?;
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    key.split('/').all(plain).then_some(key)
}

/// The origin's answer with the headers of this behaviour. An error is passed on, but nothing may keep it: after the
/// next `POST /api/session` the same URL is good.
fn as_variant(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let found =
        matches!(parts.status, StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
    if !found {
        let status = if parts.status.is_server_error() { StatusCode::BAD_GATEWAY } else { parts.status };
        return refusal::from_origin(status);
    }
    let mut headers = only(&FACTS, &parts.headers);
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    if parts.status != StatusCode::NOT_MODIFIED {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/webp"));
    }
    (parts.status, headers, body).into_response()
}

fn only(names: &[header::HeaderName], headers: &HeaderMap) -> HeaderMap {
    names.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_path_unless_it_could_mean_something_else() {
        assert_eq!(object_key("/media/u/p/g/thumb.webp"), Some("media/u/p/g/thumb.webp"));
        for path in [
            "/media/u/../v/p/g/thumb.webp",
            "/media/u//p",
            "/media/u/%2e%2e/v",
            "/media/u/./p",
            "/media/u/p\\v",
        ] {
            assert_eq!(object_key(path), None, "{path}");
        }
    }
}
