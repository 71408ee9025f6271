//! What needs no token.

use axum::Json;
use tintype_core::wire::Health;

/// Whether the API is there.
#[utoipa::path(get, path = "/api/health", tag = "open", responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() })
}
