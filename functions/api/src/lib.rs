//! The API: an axum router behind API Gateway's JWT authorizer, which verifies tokens once more itself.

pub mod auth;
pub mod config;
mod doubts;
mod error;
mod extract;
mod media_cookies;
mod openapi;
mod routes;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Json, Router};
use tintype_storage::Storage;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

pub use auth::Verifier;
pub use config::ApiConfig;
pub use error::ApiError;
pub use media_cookies::{MediaSigner, UnusableKey};
pub use openapi::document;

/// 1,000 ids or 25 files with long names fit; nothing that we accept is larger.
const MAX_BODY: usize = 256 << 10;

/// Bytes of an answer from which on it is compressed: less is one packet anyway.
const WORTH_COMPRESSING: u64 = 1024;

/// What the API works with; cheap to clone.
#[derive(Clone)]
pub struct Api {
    /// Buckets and catalog.
    pub storage: Storage,
    /// Whose token is good.
    pub verifier: Arc<Verifier>,
    /// Signs the cookies for `/media`.
    pub media: Arc<MediaSigner>,
    /// Limits and prices.
    pub config: Arc<ApiConfig>,
}

/// All routes, under `/api`.
pub fn router(api: Api) -> Router {
    let (router, document) = routes::all().split_for_parts();
    let document = Arc::new(openapi::finish(document));
    router
        .route("/api/openapi.json", axum::routing::get(async move || Json(document.as_ref().clone())))
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(log))
        .layer(compression())
        .layer(CatchPanicLayer::custom(error::panicked))
        .with_state(api)
}

/// Longer answers are compressed for who takes that. CloudFront would not: it compresses only what it may cache, and
/// of the API that is nothing. gzip alone, which every client takes; at its fastest, since the function has a seventh of
/// a processor. Its length tells a stranger nothing: no other site can send the token that an answer needs.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new()
        .no_br()
        .no_deflate()
        .no_zstd()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(WORTH_COMPRESSING))
}

/// One line a request. No ids, no addresses: logs are read by more people than photos are.
async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let start = Instant::now();
    let response = next.run(request).await;
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status = response.status().as_u16(), milliseconds, "answered");
    response
}
