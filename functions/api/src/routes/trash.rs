//! Into the trash, out of it, and what is in it.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::StatusCode;
use time::OffsetDateTime;
use tintype_core::cursor::{Cursor, Listing};
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::{Record, State as Life};
use tintype_core::wire::{
    ChangeAnswer, ChangeOutcome, ChangeResult, EmptyTrashAnswer, MAX_LIMIT, Order, PhotoIds, PhotoPage,
    TrashQuery,
};
use tintype_storage::{StorageError, mint};

use crate::Api;
use crate::auth::{Reader, Writer};
use crate::doubts;
use crate::error::ApiError;
use crate::extract::{Body, Id, Params, checked};
use crate::routes::{Problems, photos};

/// How many photos are changed side by side: they share counters, and more would only wait for one another.
const SIDE_BY_SIDE: usize = 8;
/// How long emptying the trash goes on before it answers; API Gateway waits for 30 s.
const EMPTY_FOR: Duration = Duration::from_secs(15);
/// How often a change is tried again because somebody else wrote in between.
const ROUNDS: usize = 5;

/// Moves up to 1,000 photos to the trash, where they stay for 30 days.
#[utoipa::path(post, path = "/api/photos/trash", tag = "trash", security(("bearer" = [])),
    request_body = PhotoIds, responses((status = 200, body = ChangeAnswer), Problems))]
pub(crate) async fn trash(
    State(api): State<Api>,
    Writer(user): Writer,
    Body(ids): Body<PhotoIds>,
) -> Result<Json<ChangeAnswer>, ApiError> {
    change_all(&api, &user, checked(ids)?, to_trash).await
}

/// Brings up to 1,000 photos back from the trash.
#[utoipa::path(post, path = "/api/photos/restore", tag = "trash", security(("bearer" = [])),
    request_body = PhotoIds, responses((status = 200, body = ChangeAnswer), Problems))]
pub(crate) async fn restore(
    State(api): State<Api>,
    Writer(user): Writer,
    Body(ids): Body<PhotoIds>,
) -> Result<Json<ChangeAnswer>, ApiError> {
    change_all(&api, &user, checked(ids)?, from_trash).await
}

/// Moves a photo to the trash. Doing so again does no harm.
#[utoipa::path(delete, path = "/api/photos/{photo_id}", tag = "trash", security(("bearer" = [])),
    params(("photo_id" = PhotoId, Path)), responses((status = 204, description = "It is in the trash."), Problems))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Writer(user): Writer,
    Id(photo_id): Id,
) -> Result<StatusCode, ApiError> {
    match change(&api, &user, photo_id, to_trash).await? {
        ChangeOutcome::Done | ChangeOutcome::Already => Ok(StatusCode::NO_CONTENT),
        ChangeOutcome::NotFound | ChangeOutcome::TooLate => Err(ApiError::NotFound),
        ChangeOutcome::Unavailable => Err(StorageError::Changed.into()),
    }
}

/// A page of the trash, by time taken, newest first.
#[utoipa::path(get, path = "/api/trash", operation_id = "list_trash", tag = "trash", security(("bearer" = [])), params(TrashQuery),
    responses((status = 200, body = PhotoPage), Problems))]
pub(crate) async fn list(
    State(api): State<Api>,
    Reader(user): Reader,
    Params(query): Params<TrashQuery>,
) -> Result<Json<PhotoPage>, ApiError> {
    let limit = photos::limit(query.limit)?;
    let cursor = query.cursor.map(|text| Cursor::decode(&text, Listing::Trash)).transpose()?;
    let all = (None, None);
    let catalog = &api.storage.catalog;
    let mut page = catalog.page(&user, Listing::Trash, all, Order::Desc, limit, cursor.as_ref()).await?;
    doubts::mark(catalog, &user, &mut page.photos).await?;
    Ok(Json(PhotoPage { photos: page.photos, next_cursor: page.next.map(|cursor| cursor.encode()) }))
}

/// Makes the trash due: the keeper removes it for good on its next runs. A large trash takes several calls, until
/// `finished`.
#[utoipa::path(post, path = "/api/trash/empty", tag = "trash", security(("bearer" = [])),
    responses((status = 202, body = EmptyTrashAnswer), Problems))]
pub(crate) async fn empty(
    State(api): State<Api>,
    Writer(user): Writer,
) -> Result<(StatusCode, Json<EmptyTrashAnswer>), ApiError> {
    let end = Instant::now() + EMPTY_FOR;
    let mut count = 0;
    let mut finished = true;
    let mut cursor = None;
    loop {
        let catalog = &api.storage.catalog;
        let page = catalog
            .page(&user, Listing::Trash, (None, None), Order::Desc, MAX_LIMIT, cursor.as_ref())
            .await?;
        let photo_ids = page.photos.into_iter().map(|photo| photo.photo_id).collect();
        let answer = change_all(&api, &user, photo_ids, make_due).await?;
        let with = |outcome| answer.results.iter().filter(|result| result.outcome == outcome).count() as u64;
        count += with(ChangeOutcome::Done);
        finished &= with(ChangeOutcome::Unavailable) == 0;
        cursor = page.next;
        if cursor.is_none() || Instant::now() >= end {
            finished &= cursor.is_none();
            return Ok((StatusCode::ACCEPTED, Json(EmptyTrashAnswer { count, finished })));
        }
    }
}

/// What a record becomes and what to say of that, or why it stays as it is.
type Change = fn(&Record, OffsetDateTime) -> Result<(Record, ChangeOutcome), ChangeOutcome>;

fn to_trash(record: &Record, now: OffsetDateTime) -> Result<(Record, ChangeOutcome), ChangeOutcome> {
    let mut trashed = record.moved_to(Life::Trashed, record.preview, now);
    trashed.trashed_at = Some(now);
    match record.state {
        Life::Stored => Ok((trashed, ChangeOutcome::Done)),
        // The wish is renewed: an upload that was asked for since the first one must not undo it.
        Life::Trashed => {
            trashed.due = record.due.filter(|due| *due <= now).or(trashed.due);
            Ok((trashed, ChangeOutcome::Already))
        }
        Life::Storing | Life::Purging | Life::Gone => Err(ChangeOutcome::NotFound),
    }
}

fn from_trash(record: &Record, now: OffsetDateTime) -> Result<(Record, ChangeOutcome), ChangeOutcome> {
    match record.state {
        Life::Trashed => {
            let stored = Record { trashed_at: None, ..record.moved_to(Life::Stored, record.preview, now) };
            Ok((stored, ChangeOutcome::Done))
        }
        Life::Stored => Err(ChangeOutcome::Already),
        Life::Purging => Err(ChangeOutcome::TooLate),
        Life::Storing | Life::Gone => Err(ChangeOutcome::NotFound),
    }
}

fn make_due(record: &Record, now: OffsetDateTime) -> Result<(Record, ChangeOutcome), ChangeOutcome> {
    match record.state {
        Life::Trashed if record.due.is_some_and(|due| due <= now) => Err(ChangeOutcome::Already),
        Life::Trashed => Ok((Record { due: Some(now), ..record.clone() }, ChangeOutcome::Done)),
        Life::Storing | Life::Stored | Life::Purging | Life::Gone => Err(ChangeOutcome::Already),
    }
}

async fn change_all(
    api: &Api,
    user: &UserId,
    photo_ids: Vec<PhotoId>,
    change_to: Change,
) -> Result<Json<ChangeAnswer>, ApiError> {
    let results = stream::iter(photo_ids)
        .map(|photo_id| async move {
            let outcome = match change(api, user, photo_id, change_to).await {
                Ok(outcome) => outcome,
                // One that does not work now must not hide what became of the others.
                Err(StorageError::Unavailable { .. } | StorageError::Busy(_) | StorageError::Changed) => {
                    ChangeOutcome::Unavailable
                }
                Err(error) => return Err(ApiError::from(error)),
            };
            Ok(ChangeResult { photo_id, outcome })
        })
        .buffered(SIDE_BY_SIDE)
        .try_collect()
        .await?;
    Ok(Json(ChangeAnswer { results }))
}

async fn change(
    api: &Api,
    user: &UserId,
    photo_id: PhotoId,
    change_to: Change,
) -> Result<ChangeOutcome, StorageError> {
    let catalog = &api.storage.catalog;
    for _ in 0..ROUNDS {
        let Some(record) = catalog.get(user, &photo_id).await? else { return Ok(ChangeOutcome::NotFound) };
        let (changed, outcome) = match change_to(&record, mint::now()) {
            Ok(change) => change,
            Err(outcome) => return Ok(outcome),
        };
        match catalog.replace(Some(&record), &changed).await {
            Ok(_) => return Ok(outcome),
            Err(StorageError::Changed) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ChangeOutcome::Unavailable)
}
