//! Typed input: bodies, queries and ids, whose refusals are problems as everything else is.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use serde::Deserialize;
use tintype_core::id::PhotoId;
use tintype_core::wire::{MAX_IDS, PhotoIds};

use crate::error::ApiError;

/// A JSON body.
#[derive(FromRequest)]
#[from_request(via(Json), rejection(ApiError))]
pub(crate) struct Body<T>(pub(crate) T);

/// A query string.
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(ApiError))]
pub(crate) struct Params<T>(pub(crate) T);

/// The photo id in the path.
#[derive(Deserialize, FromRequestParts)]
#[serde(transparent)]
#[from_request(via(Path), rejection(ApiError))]
pub(crate) struct Id(pub(crate) PhotoId);

/// 1 to 1,000 ids.
pub(crate) fn checked(ids: PhotoIds) -> Result<Vec<PhotoId>, ApiError> {
    if (1..=MAX_IDS).contains(&ids.photo_ids.len()) {
        Ok(ids.photo_ids)
    } else {
        Err(ApiError::BadRequest(format!("photo_ids: send 1 to {MAX_IDS} ids at a time")))
    }
}
