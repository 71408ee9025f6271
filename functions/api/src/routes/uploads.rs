//! What to do about files that a client wants to upload.

use axum::Json;
use axum::extract::State;
use tintype_core::content_type;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::ingest::{Offer, on_offer};
use tintype_core::key::ObjectKey;
use tintype_core::metadata::UploadMetadata;
use tintype_core::wire::{
    MAX_UPLOADS, RefusedReason, UploadFile, UploadOutcome, UploadResult, UploadsAnswer, UploadsRequest,
};
use tintype_storage::mint;

use crate::Api;
use crate::auth::Uploader;
use crate::doubts::Doubts;
use crate::error::ApiError;
use crate::extract::Body;
use crate::routes::Problems;

/// For each of up to 25 files: known, a presigned PUT, deleted, or refused and why.
#[utoipa::path(post, path = "/api/uploads", tag = "uploads", security(("bearer" = [])),
    request_body = UploadsRequest, responses((status = 200, body = UploadsAnswer), Problems))]
pub(crate) async fn uploads(
    State(api): State<Api>,
    Uploader(user): Uploader,
    Body(request): Body<UploadsRequest>,
) -> Result<Json<UploadsAnswer>, ApiError> {
    if !(1..=MAX_UPLOADS).contains(&request.files.len()) {
        return Err(ApiError::BadRequest(format!("files: send 1 to {MAX_UPLOADS} files at a time")));
    }
    let photo_ids: Vec<PhotoId> = request.files.iter().filter_map(|file| file.sha256.parse().ok()).collect();
    let records = api.storage.catalog.get_many(&user, &photo_ids).await?;
    // What has a record that cannot be read is taken: it waits until somebody has mended that record.
    let record_of = |photo_id: PhotoId| records.get(&photo_id).and_then(|found| found.as_ref().ok());
    let doubts = Doubts::of(&api.storage.catalog, &user).await?;

    let mut results = Vec::with_capacity(request.files.len());
    for file in request.files {
        let outcome = match check(&api, &file) {
            Err(refused) => refused,
            Ok(photo_id) => match on_offer(record_of(photo_id), file.restore) {
                // Its original is lost or wrong: what its owner still has is taken, and waits for the repair.
                Offer::Known(generation) if doubts.doubted.names(photo_id, generation) => {
                    presigned(&api, &user, photo_id, &UploadFile { restore: true, ..file.clone() }).await?
                }
                Offer::Known(generation) => UploadOutcome::Known { generation },
                Offer::Deleted(state) => UploadOutcome::Deleted { state: Some(state).into() },
                Offer::Upload => presigned(&api, &user, photo_id, &file).await?,
            },
        };
        results.push(UploadResult { sha256: file.sha256, outcome });
    }
    Ok(Json(UploadsAnswer { results }))
}

fn check(api: &Api, file: &UploadFile) -> Result<PhotoId, UploadOutcome> {
    let limit = api.config.max_file_bytes;
    if file.size > limit {
        let detail = format!("The file has {} bytes; this Tintype takes at most {limit}.", file.size);
        return Err(UploadOutcome::Refused { reason: RefusedReason::TooLarge, detail });
    }
    file.sha256.parse().map_err(|_| UploadOutcome::Refused {
        reason: RefusedReason::MalformedChecksum,
        detail: "sha256 must be 64 lower-case hex digits, as sha256sum prints them.".to_owned(),
    })
}

async fn presigned(
    api: &Api,
    user: &UserId,
    photo_id: PhotoId,
    file: &UploadFile,
) -> Result<UploadOutcome, ApiError> {
    let now = mint::now();
    let key = ObjectKey::Upload { user: user.clone(), photo_id, upload_id: mint::upload_id(now) };
    let metadata = UploadMetadata {
        file_name: file.file_name.clone(),
        modified_at: file.modified_at,
        restore: file.restore,
    };
    let content_type = content_type::of_upload(&file.content_type, &file.file_name);
    let request =
        api.storage.uploads.presign(&key, &photo_id, file.size, content_type, &metadata, now).await?;
    Ok(UploadOutcome::Upload { request })
}
