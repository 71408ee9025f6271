//! Typed input: bodies, queries and ids, whose refusals are problems as everything else is.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tintype_core::id::PhotoId;
use tintype_core::wire::{MAX_IDS, PhotoIds};

use crate::error::ApiError;

/// A JSON body: an object, whose parts are objects where the API says so.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await?;
        // serde takes an array for an object, by position; the API does not.
        let positional = serde_json::from_slice(&bytes).is_ok_and(|body: Value| !has_names(&body));
        let Json(body) = Json::from_request(Request::from_parts(parts, bytes.into()), state).await?;
        if positional {
            return Err(ApiError::BadRequest(
                "send objects with named fields, not arrays in their place".to_owned(),
            ));
        }
        Ok(Self(body))
    }
}

/// Whether a body is an object, and no array in it stands where an object should: ours hold texts or objects.
fn has_names(body: &Value) -> bool {
    let lists = body.as_object().map(|object| object.values().filter_map(Value::as_array).flatten());
    lists.is_some_and(|mut entries| !entries.any(Value::is_array))
}

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
