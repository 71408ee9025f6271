//! The page's own files, as the site bucket and a CloudFront Function serve them.

use super::refusal;
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use std::path::Path;
use tower::ServiceExt;
use tower_http::{CompressionLevel, compression::CompressionLayer, services::ServeDir};

/// The one document: every screen is it.
const INDEX: &str = "/index.html";

/// Vite puts a hash of the content into the names below `/assets/`.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

const NOT_BUILT: &str = "The page is not built yet. `make run` builds it; or run `npm ci && npm run build` in frontend-static/.\n";

pub(super) struct Page {
    files: Router,
    config: String,
}

impl Page {
    pub(super) fn new(dir: &Path, config: &serde_json::Value) -> Self {
        let files = ServeDir::new(dir)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        // What the build has not compressed is, quickly: on loopback this is about the headers, not about bytes.
        let compression = CompressionLayer::new().quality(CompressionLevel::Fastest);
        let files = Router::new().fallback_service(files).layer(compression);
        Self { files, config: config.to_string() }
    }

    pub(super) async fn serve(&self, request: Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return refusal::method_not_allowed();
        }
        let path = request.uri().path().to_owned();
        if path == "/config.json" {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
            return (headers, self.config.clone()).into_response();
        }
        let is_screen = is_screen(&path);
        let request = if is_screen { rewritten(request) } else { request };
        let answer = match self.files.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        match answer.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED => as_file(answer, &path),
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED => answer,
            _ if is_screen || path == INDEX => plain(StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT),
            _ => plain(StatusCode::NOT_FOUND, "Not found\n"),
        }
    }
}

/// Whether `path` is a screen of the page rather than a file: its last part has no extension. What is below
/// `/assets/` is always a file. The CloudFront Function in template.yaml decides the same, and a test compares.
pub fn is_screen(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    !path.starts_with("/assets/") && !last.contains('.')
}

/// The request for the document, as the CloudFront Function makes it: before the origin, so that the viewer sees 200.
fn rewritten(mut request: Request) -> Request {
    *request.uri_mut() = Uri::from_static(INDEX);
    request
}

fn as_file(mut answer: Response, path: &str) -> Response {
    let headers = answer.headers_mut();
    let immutable = path.starts_with("/assets/");
    headers.insert(header::CACHE_CONTROL, if immutable { FOR_EVER } else { REVALIDATE });
    name_charset(headers);
    weaken_etag(headers);
    answer
}

/// All our text is UTF-8, and the deploy script says so too.
fn name_charset(headers: &mut HeaderMap) {
    let Some(media_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return;
    };
    if media_type.starts_with("text/")
        && !media_type.contains("charset")
        && let Ok(value) = HeaderValue::from_str(&format!("{media_type}; charset=utf-8"))
    {
        headers.insert(header::CONTENT_TYPE, value);
    }
}

/// Compressed on the way, the bytes are not those that a strong tag vouches for (RFC 9110, section 8.8.1). CloudFront
/// weakens it as well.
fn weaken_etag(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let strong =
        headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| !tag.starts_with("W/"));
    if let Some(weak) = strong.and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok()) {
        headers.insert(header::ETAG, weak);
    }
}

fn plain(status: StatusCode, sentence: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], sentence).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_have_no_extension_and_assets_are_never_screens() {
        for path in ["/", "/trash", "/photo/abc", "/callback", "/trash/", "/a.b/c"] {
            assert!(is_screen(path), "{path}");
        }
        for path in ["/favicon.svg", "/index.html", "/assets/app", "/assets/app-1.js", "/a/b.c"] {
            assert!(!is_screen(path), "{path}");
        }
    }
}
