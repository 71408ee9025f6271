//! Photos: what is known of them, one by one, and page by page.

use axum::Json;
use axum::extract::State;
use tintype_core::audit::has_original;
use tintype_core::cursor::{Cursor, Listing};
use tintype_core::id::PhotoId;
use tintype_core::record::{Record, State as Life};
use tintype_core::stuck::is_ahead;
use tintype_core::taken::WallTime;
use tintype_core::wire::{
    DEFAULT_LIMIT, ListQuery, Lookup, LookupAnswer, MAX_LIMIT, Photo, PhotoIds, PhotoPage,
};
use tintype_storage::{StorageError, mint};

use crate::Api;
use crate::auth::Reader;
use crate::doubts::{self, Doubts};
use crate::error::ApiError;
use crate::extract::{Body, Id, Params, checked};
use crate::routes::Problems;

/// What is known of up to 1,000 ids; a person who reads `safe: true` for each may free their disk.
#[utoipa::path(post, path = "/api/photos/lookup", tag = "photos", security(("bearer" = [])),
    request_body = PhotoIds, responses((status = 200, body = LookupAnswer), Problems))]
pub(crate) async fn lookup(
    State(api): State<Api>,
    Reader(user): Reader,
    Body(ids): Body<PhotoIds>,
) -> Result<Json<LookupAnswer>, ApiError> {
    let photo_ids = checked(ids)?;
    let records = api.storage.catalog.get_many(&user, &photo_ids).await?;
    let doubts = Doubts::of(&api.storage.catalog, &user).await?;
    let known = |photo_id| known(photo_id, records.get(&photo_id), &doubts);
    let photos = photo_ids.into_iter().map(known).collect();
    Ok(Json(LookupAnswer { photos }))
}

fn known(photo_id: PhotoId, found: Option<&Result<Record, StorageError>>, doubts: &Doubts) -> Lookup {
    // Of a record that cannot be read nobody knows anything: the audit names it.
    let unreadable = found.is_some_and(Result::is_err);
    let record = found.and_then(|found| found.as_ref().ok());
    Lookup {
        photo_id,
        state: record.map(|record| record.state).into(),
        safe: record.is_some_and(|record| record.is_safe() && !doubts.about(record)),
        doubted: unreadable || record.is_some_and(|record| has_original(record) && doubts.about(record)),
        preview: record.map(|record| record.preview.into()),
        preview_reason: record.and_then(|record| record.preview.reason()),
        generation: record.map(|record| record.generation),
    }
}

/// A page of the timeline. The listing ends when `next_cursor` is null, not when a page is short.
#[utoipa::path(get, path = "/api/photos", tag = "photos", security(("bearer" = [])), params(ListQuery),
    responses((status = 200, body = PhotoPage), Problems))]
pub(crate) async fn list(
    State(api): State<Api>,
    Reader(user): Reader,
    Params(query): Params<ListQuery>,
) -> Result<Json<PhotoPage>, ApiError> {
    let limit = limit(query.limit)?;
    let cursor = query.cursor.map(|text| Cursor::decode(&text, Listing::Timeline)).transpose()?;
    let bounds = (bound("from", query.from.as_deref())?, bound("to", query.to.as_deref())?);
    let order = query.order.unwrap_or_default();
    let catalog = &api.storage.catalog;
    let mut page = catalog.page(&user, Listing::Timeline, bounds, order, limit, cursor.as_ref()).await?;
    doubts::mark(catalog, &user, &mut page.photos).await?;
    Ok(Json(PhotoPage { photos: page.photos, next_cursor: page.next.map(|cursor| cursor.encode()) }))
}

/// 1 to 500 photos a page.
pub(crate) fn limit(asked: Option<u16>) -> Result<u16, ApiError> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::BadRequest(format!("limit: ask for 1 to {MAX_LIMIT} photos a page")))
    }
}

/// A wall time, or the beginning of one down to its year, month, day, minute, second or millisecond: it is compared
/// as text.
fn bound<'a>(name: &str, text: Option<&'a str>) -> Result<Option<&'a str>, ApiError> {
    let rest = "0000-01-01T00:00:00.000";
    let fits = |text: &str| {
        matches!(text.len(), 4 | 7 | 10 | 16 | 19 | 23)
            && rest.get(text.len()..).is_some_and(|rest| format!("{text}{rest}").parse::<WallTime>().is_ok())
    };
    match text {
        Some(text) if !fits(text) => {
            let how = "give a wall time such as 2024, 2024-05, 2024-05-14 or 2024-05-14T15:42:07.000";
            Err(ApiError::BadRequest(format!("{name}: {how}")))
        }
        text => Ok(text),
    }
}

/// A photo with everything that is known of it, its receipt included.
#[utoipa::path(get, path = "/api/photos/{photo_id}", tag = "photos", security(("bearer" = [])),
    params(("photo_id" = PhotoId, Path)), responses((status = 200, body = Photo), Problems))]
pub(crate) async fn show(
    State(api): State<Api>,
    Reader(user): Reader,
    Id(photo_id): Id,
) -> Result<Json<Photo>, ApiError> {
    let record = api.storage.catalog.get(&user, &photo_id).await?.ok_or(ApiError::NotFound)?;
    match record.state {
        Life::Storing | Life::Stored | Life::Trashed => {
            let doubts = Doubts::of(&api.storage.catalog, &user).await?;
            let doubted = has_original(&record) && doubts.about(&record);
            let audit = doubts.audit.filter(|audit| !is_ahead(audit.summary.finished_at, mint::now()));
            Ok(Json(Photo::new(record, audit.as_ref(), doubted)))
        }
        Life::Purging | Life::Gone => Err(ApiError::NotFound),
    }
}
