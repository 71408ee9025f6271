//! The original of a photo.

use axum::Json;
use axum::extract::State;
use tintype_core::id::PhotoId;
use tintype_core::record::State as Life;
use tintype_core::wire::OriginalUrl;
use tintype_storage::mint;

use crate::Api;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Id;
use crate::routes::Problems;

/// An address that saves the original, bit for bit. Not a redirect: a client that carries its Authorization along
/// would be refused by S3.
#[utoipa::path(get, path = "/api/photos/{photo_id}/original", tag = "photos", security(("bearer" = [])),
    params(("photo_id" = PhotoId, Path)), responses((status = 200, body = OriginalUrl), Problems))]
pub(crate) async fn original(
    State(api): State<Api>,
    Reader(user): Reader,
    Id(photo_id): Id,
) -> Result<Json<OriginalUrl>, ApiError> {
    let record = api.storage.catalog.get(&user, &photo_id).await?.ok_or(ApiError::NotFound)?;
    match record.state {
        Life::Stored | Life::Trashed => {
            let now = mint::now();
            Ok(Json(api.storage.vault.presign(&record.key, &record.file_name, now).await?))
        }
        Life::Storing => Err(ApiError::NotSafeYet),
        Life::Purging | Life::Gone => Err(ApiError::NotFound),
    }
}
