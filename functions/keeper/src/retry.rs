//! Another try, by hand: photos whose preview ended badly, and uploads that wait.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::time::Instant;

use futures::future::try_join_all;
use time::OffsetDateTime;
use tintype_core::audit::report::Place;
use tintype_core::id::PhotoId;
use tintype_core::record::{Preview, PreviewReason, Record};
use tintype_core::repair::to_render;
use tintype_core::work;
use tintype_storage::{Storage, StorageError};

use crate::request::{RetryAnswer, RetryPlace, RetryRequest};
use crate::{Keeper, KeeperError, chores};

/// What another try may help.
const REASONS: [PreviewReason; 2] = [PreviewReason::Broken, PreviewReason::OutOfMemory];
const RECORDS: i32 = 200;
/// How many photos that are asked for by name are read before the clock is, and how many of them at once.
const NAMED: usize = 100;
const AT_ONCE: usize = 8;

pub(crate) async fn retry(
    keeper: &Keeper,
    request: &RetryRequest,
    now: OffsetDateTime,
    end: Instant,
) -> Result<RetryAnswer, KeeperError> {
    let mut answer = RetryAnswer::default();
    let reasons = request.reasons.as_deref().unwrap_or(&REASONS);
    let photo_ids: Option<BTreeSet<PhotoId>> =
        request.photo_ids.as_ref().map(|photo_ids| photo_ids.iter().copied().collect());
    let wanted = |record: &Record| {
        let ended = match record.preview {
            Preview::None(reason) => photo_ids.is_some() || reasons.contains(&reason),
            Preview::Pending => true,
            Preview::Ready => false,
        };
        ended && record.is_safe()
    };
    let begun = match &request.next {
        // Each call does one thing at least, so that all are done in the end.
        Some(RetryPlace::Photos(place)) => Some(place),
        Some(RetryPlace::Uploads { .. }) | None => None,
    };
    if begun.is_none() && photo_ids.is_none() {
        let after = match &request.next {
            Some(RetryPlace::Uploads { after }) => Some(after.clone()),
            Some(RetryPlace::Photos(_)) | None => None,
        };
        answer.next = send_uploads(keeper, after, end, &mut answer.uploads_sent).await?;
        if answer.next.is_some() {
            return Ok(answer);
        }
    }
    for user in keeper.storage.catalog.users().await? {
        let Some(mut place) = Place::going_on(begun, &user) else { continue };
        loop {
            let (records, next) = if let Some(photo_ids) = &photo_ids {
                named(&keeper.storage, photo_ids, &place).await?
            } else {
                let page = keeper.storage.catalog.records(&user, place.after, RECORDS).await?;
                (page.records.into_iter().flatten().collect(), page.next)
            };
            for record in records {
                place.after = Some(record.photo_id);
                if wanted(&record) {
                    answer.renders_sent += u64::from(send(keeper, record, &wanted, now).await?);
                }
                if Instant::now() >= end {
                    answer.next = Some(RetryPlace::Photos(place));
                    return Ok(answer);
                }
            }
            place.after = next;
            if place.after.is_none() {
                break;
            }
        }
    }
    answer.finished = true;
    tracing::info!(renders = answer.renders_sent, uploads = answer.uploads_sent, "tried again");
    Ok(answer)
}

/// The next of these photos, in the order of ids, behind which others are still to come. Nothing else is read.
async fn named(
    storage: &Storage,
    photo_ids: &BTreeSet<PhotoId>,
    place: &Place,
) -> Result<(Vec<Record>, Option<PhotoId>), StorageError> {
    let from = place.after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut ahead = photo_ids.range((from, Bound::Unbounded)).copied();
    let page: Vec<PhotoId> = ahead.by_ref().take(NAMED).collect();
    let mut records = Vec::with_capacity(page.len());
    for some in page.chunks(AT_ONCE) {
        let found = try_join_all(some.iter().map(|id| storage.catalog.get(&place.user, id))).await?;
        records.extend(found.into_iter().flatten());
    }
    Ok((records, page.last().copied().filter(|_| ahead.next().is_some())))
}

/// Has a photo's variants tried again, if it still is one of those wanted.
async fn send(
    keeper: &Keeper,
    mut record: Record,
    wanted: impl Fn(&Record) -> bool,
    now: OffsetDateTime,
) -> Result<bool, StorageError> {
    let catalog = &keeper.storage.catalog;
    loop {
        match catalog.replace(Some(&record), &to_render(&record, now)).await {
            Ok(after) => {
                chores::send_render(keeper, &after).await?;
                return Ok(true);
            }
            Err(StorageError::Changed) => {}
            Err(error) => return Err(error),
        }
        match catalog.get(&record.user, &record.photo_id).await?.filter(&wanted) {
            Some(again) => record = again,
            None => return Ok(false),
        }
    }
}

/// Sends all uploads behind `after`; where to go on, if the time is over before.
async fn send_uploads(
    keeper: &Keeper,
    mut after: Option<String>,
    end: Instant,
    sent: &mut u64,
) -> Result<Option<RetryPlace>, StorageError> {
    loop {
        let page = keeper.storage.uploads.waiting(after).await?;
        for upload in page.uploads {
            if let Ok(key) = upload.key.parse() {
                let event = work::uploads_event(&keeper.uploads_bucket, &[key]).to_string();
                keeper.queue.send(event.into_bytes()).await?;
                *sent += 1;
            }
            if Instant::now() >= end {
                return Ok(Some(RetryPlace::Uploads { after: upload.key }));
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(None);
        }
    }
}
