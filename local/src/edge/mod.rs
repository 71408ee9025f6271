//! CloudFront's part on one machine: the one origin that the page knows, with its behaviours, its headers, and the
//! signed cookies that guard the variants.
//!
//! What reaches our functions and what the browser sees is what CloudFront would let through; caches and edges it has
//! none.

mod headers;
mod media;
mod page;
mod refusal;
pub mod signed_cookies;
mod wildcard;

pub use headers::{Csp, SECURITY_HEADERS};
pub use media::{MediaOrigin, MediaRequest};
pub use page::is_screen;
pub use signed_cookies::SignedCookies;

use crate::host;
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use headers::SecurityHeaders;
use media::Media;
use page::Page;
use std::{path::PathBuf, sync::Arc};
use tower::ServiceExt;

/// What stands behind the page's origin.
#[derive(Debug)]
pub struct EdgeConfig {
    /// The port of the page's origin, `http://localhost:{port}`.
    pub port: u16,
    /// The built page.
    pub page_dir: PathBuf,
    /// What the page reads as `/config.json`.
    pub config_json: serde_json::Value,
    /// Where the page may connect to.
    pub csp: Csp,
    /// The key that variants are guarded with.
    pub cookies: SignedCookies,
    /// Where variants come from.
    pub media: MediaOrigin,
    /// The API; its routes start with `/api`.
    pub api: Router,
}

struct Edge {
    page: Page,
    media: Media,
    api: Router,
}

/// Everything under the page's origin.
pub fn router(config: EdgeConfig) -> Router {
    let page_origin = host::origin(config.port);
    let security = Arc::new(SecurityHeaders::new(&config.csp));
    let edge = Edge {
        page: Page::new(&config.page_dir, &config.config_json),
        media: Media { page_origin, cookies: config.cookies, origin: config.media },
        api: config.api,
    };
    let behaviours = Router::new().fallback(behaviours).with_state(Arc::new(edge));
    host::only_localhost(behaviours, config.port).layer(middleware::from_fn_with_state(security, add_headers))
}

/// The distribution's behaviours, by path. The API gets its request as it came: routed by hand, since a nested router
/// would see the parameters of the outer route as well.
async fn behaviours(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        match edge.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    } else if path.starts_with("/media/") {
        edge.media.serve(request).await
    } else {
        edge.page.serve(request).await
    }
}

async fn add_headers(State(security): State<Arc<SecurityHeaders>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    security.put_on(response.headers_mut());
    response
}
