//! Leave to show images.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use http::header::SET_COOKIE;
use tintype_core::wire::Session;
use tintype_storage::mint;

use crate::Api;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::media_cookies::LIFETIME;
use crate::routes::Problems;

/// Sets CloudFront's signed cookies for `/media/{user}/`, good for 12 hours.
#[utoipa::path(post, path = "/api/session", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = Session), Problems))]
pub(crate) async fn session(
    State(api): State<Api>,
    Reader(user): Reader,
) -> Result<impl IntoResponse, ApiError> {
    let expires_at = mint::now() + LIFETIME;
    let cookies = api.media.cookies(&api.config.page_origin, &user, expires_at).await?;
    let headers: Vec<_> = cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)).collect();
    Ok((AppendHeaders(headers), Json(Session { expires_at })))
}
