//! The restore drill: photos picked at random, read back whole and hashed. What a listing or a HEAD says of an original
//! is S3's word; this is the bytes.

mod turn;

use std::time::Instant;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tintype_core::id::UserId;
use tintype_core::stuck::is_ahead;
use tintype_core::tally::Counter;
use tintype_function::metrics;
use tintype_storage::catalog::NoteKey;
use tintype_storage::{Storage, StorageError};

use crate::request::{DrillAnswer, DrillPlace, DrillRequest};
use crate::{Keeper, KeeperError};
use turn::{Budget, Turn};

/// How long after one drill the schedule holds the next.
const EVERY: Duration = Duration::days(7);
/// How many bytes a drill on schedule reads at most, of everybody together.
const MOST_BYTES: u64 = 200_000_000;
/// And of each library at most one byte in so many, so that it never costs more than the storage does; but one photo,
/// if it fits into what is left for everybody: a drill that reads nothing shows nothing.
const SHARE: u64 = 30;
/// How many photos a drill by hand reads of each user, if nobody says.
const PHOTOS: u64 = 20;

/// What the keeper remembers of drills.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LastDrill {
    #[serde(with = "time::serde::rfc3339")]
    began_at: OffsetDateTime,
    /// Where it goes on, if it is not done.
    #[serde(default)]
    next: Option<DrillPlace>,
}

/// A slice of a drill on schedule: goes on with one, or begins one if it is time.
pub(crate) async fn on_schedule(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
) -> Result<(), KeeperError> {
    let catalog = &keeper.storage.catalog;
    let last = match catalog.note::<LastDrill>(&NoteKey::KeeperDrill).await {
        // Read again, it would be the same.
        Err(error @ StorageError::Corrupt { .. }) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the drill begins again: its note cannot be read");
            None
        }
        note => note?.map(|note| note.says),
    };
    let goes_on = last.as_ref().is_some_and(|last| last.next.is_some());
    let is_recent = |last: &LastDrill| now - last.began_at < EVERY && !is_ahead(last.began_at, now);
    let waits = last.as_ref().is_some_and(is_recent);
    if (waits && !goes_on) || Instant::now() >= end {
        return Ok(());
    }
    let (began_at, place) = match last.filter(|_| goes_on) {
        Some(last) => (last.began_at, last.next),
        None => (now, None),
    };
    // Said first: a drill that never comes to its end must not begin with every run.
    catalog.tell(&NoteKey::KeeperDrill, &LastDrill { began_at, next: None }).await?;
    let (answer, ended) = drill(keeper, None, place, now, end).await?;
    if answer.next.is_some() {
        catalog.tell(&NoteKey::KeeperDrill, &LastDrill { began_at, next: answer.next }).await?;
    }
    Ok(ended?)
}

/// A drill by hand.
pub(crate) async fn by_hand(
    keeper: &Keeper,
    request: &DrillRequest,
    now: OffsetDateTime,
    end: Instant,
) -> Result<DrillAnswer, KeeperError> {
    let bytes = request.megabytes.map_or(u64::MAX, |megabytes| megabytes.saturating_mul(1_000_000));
    let photos = request.photos.or(request.megabytes.map(|_| u64::MAX)).unwrap_or(PHOTOS);
    let budget = Budget { photos, bytes, first: bytes };
    let (mut answer, ended) = drill(keeper, Some(budget), request.next.clone(), now, end).await?;
    if let Err(error) = ended {
        // What was found wrong before is answered all the same.
        tracing::error!(error = &error as &dyn std::error::Error, "not every user's photos were read back");
        answer.unchecked += 1;
    }
    Ok(answer)
}

/// What was read, and the first trouble with one user, for which no other waits.
async fn drill(
    keeper: &Keeper,
    asked: Option<Budget>,
    place: Option<DrillPlace>,
    now: OffsetDateTime,
    end: Instant,
) -> Result<(DrillAnswer, Result<(), StorageError>), KeeperError> {
    let mut ended = Ok(());
    let begun = Instant::now();
    let storage = &keeper.storage;
    let mut answer = DrillAnswer::default();
    let mut all = storage.catalog.users().await?;
    let each = MOST_BYTES / (all.len() as u64).max(1);
    // By turns: should the bytes not do for all, it is not always the same who are left out.
    all.shuffle(&mut rand::rng());
    let mut place = place.unwrap_or(DrillPlace { users: all, ..DrillPlace::default() });
    while let Some(user) = place.users.first().cloned() {
        if Instant::now() >= end {
            answer.next = Some(place);
            break;
        }
        let drilled = async {
            let (photos, bytes) = library(storage, &user).await?;
            let left = MOST_BYTES.saturating_sub(place.bytes);
            let share = each.min(bytes / SHARE).min(left);
            let budget = asked.unwrap_or(Budget { photos: u64::MAX, bytes: share, first: left });
            let mut turn = Turn::of(storage, &user, place.walk.take()).await?;
            if photos > 0 || !turn.doubted.is_empty() {
                turn.read_back(Budget { photos: budget.photos.min(photos), ..budget }, end).await?;
                turn.tell(now + begun.elapsed()).await?;
            }
            Ok(turn)
        };
        let turn = match drilled.await {
            Ok(turn) => turn,
            Err(error) => {
                // The first error is the answer, which is logged.
                if ended.is_err() {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the photos of a further user were not read back");
                } else {
                    ended = Err(error);
                }
                place.users.remove(0);
                continue;
            }
        };
        answer.photos += turn.now.photos;
        answer.bytes += turn.now.bytes;
        answer.unchecked += turn.now.unchecked;
        answer.wrong.extend(turn.doubted.iter().map(|original| original.photo_id));
        place.bytes += turn.now.bytes;
        answer.users.insert(user.clone(), turn.now.photos);
        if turn.cut_off {
            place.walk = Some(turn.walk);
            answer.next = Some(place);
            break;
        }
        place.users.remove(0);
    }
    answer.finished = answer.next.is_none();
    let (photos, bytes, wrong) = (answer.photos, answer.bytes, answer.wrong.len());
    tracing::info!(photos, bytes, wrong, finished = answer.finished, "read back");
    if wrong > 0 {
        tracing::info!(target: metrics::TARGET, function = "keeper", photos_lost = wrong);
    }
    Ok((answer, ended))
}

/// Photos and bytes of a library.
async fn library(storage: &Storage, user: &UserId) -> Result<(u64, u64), StorageError> {
    let counters = storage.catalog.counters(user).await?;
    let months = counters.iter().filter(|(counter, _)| matches!(counter, Counter::Month(_)));
    let (photos, bytes) = months.fold((0, 0), |sum, (_, tally)| (sum.0 + tally.count, sum.1 + tally.bytes));
    Ok((u64::try_from(photos).unwrap_or_default(), u64::try_from(bytes).unwrap_or_default()))
}
