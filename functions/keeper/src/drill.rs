//! The restore drill: photos picked at random, read back whole and hashed. What a listing or a HEAD says of an original
//! is S3's word; this is the bytes.

use std::collections::BTreeSet;
use std::time::Instant;

use rand::Rng;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tintype_core::audit::has_original;
use tintype_core::audit::report::{Doubted, DoubtedOriginal};
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::Record;
use tintype_core::tally::Counter;
use tintype_core::wire::DrillSummary;
use tintype_function::metrics;
use tintype_storage::catalog::NoteKey;
use tintype_storage::{Storage, StorageError};

use crate::request::{DrillAnswer, DrillRequest};
use crate::{Keeper, KeeperError};

/// How long after one drill the schedule holds the next.
const EVERY: Duration = Duration::days(7);
/// How many bytes a drill on schedule reads at most, of everybody together.
const MOST_BYTES: u64 = 200_000_000;
/// And of each library at most one byte in so many, so that it never costs more than the storage does; one photo at
/// least.
const SHARE: u64 = 30;
/// How many photos a drill by hand reads of each user, if nobody says.
const PHOTOS: u64 = 20;

/// What the keeper remembers of drills.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LastDrill {
    #[serde(with = "time::serde::rfc3339")]
    began_at: OffsetDateTime,
}

#[derive(Clone, Copy)]
struct Budget {
    photos: u64,
    bytes: u64,
}

/// A drill on schedule, if it is time.
pub(crate) async fn on_schedule(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
) -> Result<(), KeeperError> {
    let catalog = &keeper.storage.catalog;
    let last = catalog.note::<LastDrill>(&NoteKey::KeeperDrill).await?;
    if last.is_some_and(|last| now - last.says.began_at < EVERY) || Instant::now() >= end {
        return Ok(());
    }
    // Said first: a drill that never comes to its end must not begin with every run.
    catalog.tell(&NoteKey::KeeperDrill, &LastDrill { began_at: now }).await?;
    drill(keeper, None, now, end).await?;
    Ok(())
}

/// A drill by hand.
pub(crate) async fn by_hand(
    keeper: &Keeper,
    request: &DrillRequest,
    now: OffsetDateTime,
    end: Instant,
) -> Result<DrillAnswer, KeeperError> {
    let budget = match (request.photos, request.megabytes) {
        (None, None) => Budget { photos: PHOTOS, bytes: u64::MAX },
        (photos, megabytes) => Budget {
            photos: photos.unwrap_or(u64::MAX),
            bytes: megabytes.map_or(u64::MAX, |megabytes| megabytes.saturating_mul(1_000_000)),
        },
    };
    drill(keeper, Some(budget), now, end).await
}

async fn drill(
    keeper: &Keeper,
    budget: Option<Budget>,
    now: OffsetDateTime,
    end: Instant,
) -> Result<DrillAnswer, KeeperError> {
    let begun = Instant::now();
    let storage = &keeper.storage;
    let mut answer = DrillAnswer { finished: true, ..DrillAnswer::default() };
    let users = storage.catalog.users().await?;
    let each = MOST_BYTES / (users.len() as u64).max(1);
    for user in users {
        let (photos, bytes) = library(storage, &user).await?;
        let doubted = doubted_still(storage, &user, end).await?;
        if photos == 0 && doubted.is_empty() {
            continue;
        }
        let budget = budget.unwrap_or(Budget { photos, bytes: each.min(bytes / SHARE) });
        let budget = Budget { photos: budget.photos.min(photos), ..budget };
        let mut read = read_back(storage, &user, budget, end).await?;
        doubt(storage, &user, doubted, &mut read).await?;
        let summary = DrillSummary {
            finished_at: now + begun.elapsed(),
            photos: read.photos,
            bytes: read.bytes,
            wrong: read.wrong.len() as u64,
        };
        if read.photos > 0 || !read.wrong.is_empty() {
            storage.catalog.tell(&NoteKey::Drill(user.clone()), &summary).await?;
        }
        for DoubtedOriginal { photo_id, .. } in &read.wrong {
            tracing::error!(%photo_id, "did not come back byte for byte");
        }
        answer.users.insert(user, read.photos);
        answer.photos += read.photos;
        answer.bytes += read.bytes;
        answer.unchecked += read.unchecked;
        answer.finished &= !read.cut_off;
        answer.wrong.extend(read.wrong.iter().map(|original| original.photo_id));
    }
    tracing::info!(photos = answer.photos, bytes = answer.bytes, wrong = answer.wrong.len(), "read back");
    if !answer.wrong.is_empty() {
        tracing::info!(target: metrics::TARGET, function = "keeper", photos_lost = answer.wrong.len());
    }
    Ok(answer)
}

/// Photos and bytes of a library.
async fn library(storage: &Storage, user: &UserId) -> Result<(u64, u64), StorageError> {
    let counters = storage.catalog.counters(user).await?;
    let months = counters.iter().filter(|(counter, _)| matches!(counter, Counter::Month(_)));
    let (photos, bytes) = months.fold((0, 0), |sum, (_, tally)| (sum.0 + tally.count, sum.1 + tally.bytes));
    Ok((u64::try_from(photos).unwrap_or_default(), u64::try_from(bytes).unwrap_or_default()))
}

fn original_of(record: &Record) -> DoubtedOriginal {
    DoubtedOriginal { photo_id: record.photo_id, generation: record.generation }
}

/// What earlier drills found wrong and is not whole yet: read again, before any other. What there was no time for stays.
async fn doubted_still(
    storage: &Storage,
    user: &UserId,
    end: Instant,
) -> Result<Vec<DoubtedOriginal>, StorageError> {
    let note = storage.catalog.note::<Doubted>(&NoteKey::Doubted(user.clone())).await?;
    let mut still = Vec::new();
    for original in note.map(|note| note.says.originals).unwrap_or_default() {
        let record = match storage.catalog.get(user, &original.photo_id).await {
            Ok(record) => record,
            Err(StorageError::Corrupt { .. }) => {
                still.push(original);
                continue;
            }
            Err(error) => return Err(error),
        };
        let kept = |record: &Record| has_original(record) && original_of(record) == original;
        let Some(record) = record.filter(kept) else { continue };
        let whole = Instant::now() < end && matches!(is_whole(storage, &record).await, Ok(Some(true)));
        if !whole {
            still.push(original);
        }
    }
    Ok(still)
}

/// Keeps what is wrong for the next drill.
async fn doubt(
    storage: &Storage,
    user: &UserId,
    doubted: Vec<DoubtedOriginal>,
    read: &mut Read,
) -> Result<(), StorageError> {
    let had_any = !doubted.is_empty();
    for original in doubted {
        if !read.wrong.contains(&original) {
            read.wrong.push(original);
        }
    }
    let key = NoteKey::Doubted(user.clone());
    if had_any || !read.wrong.is_empty() || storage.catalog.note::<Doubted>(&key).await?.is_some() {
        let originals = read.wrong.iter().copied().take(Doubted::MOST).collect();
        storage.catalog.tell(&key, &Doubted { originals }).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Read {
    photos: u64,
    bytes: u64,
    wrong: Vec<DoubtedOriginal>,
    unchecked: u64,
    /// Whether the time was over before all were read.
    cut_off: bool,
}

async fn read_back(
    storage: &Storage,
    user: &UserId,
    budget: Budget,
    end: Instant,
) -> Result<Read, StorageError> {
    let mut read = Read::default();
    let mut picked = BTreeSet::new();
    while (picked.len() as u64) < budget.photos {
        if Instant::now() >= end {
            read.cut_off = true;
            break;
        }
        let Some(record) = pick(storage, user, &picked).await? else { break };
        // The first one is read whatever its size: a drill that reads nothing shows nothing.
        if !picked.is_empty() && read.bytes.saturating_add(record.size) > budget.bytes {
            break;
        }
        picked.insert(record.photo_id);
        match is_whole(storage, &record).await {
            Ok(Some(true)) => {
                read.photos += 1;
                read.bytes += record.size;
            }
            Ok(Some(false)) => read.wrong.push(original_of(&record)),
            Ok(None) => {}
            Err(error) => {
                read.unchecked += 1;
                tracing::warn!(error = &error as &dyn std::error::Error, "could not be read back");
            }
        }
    }
    Ok(read)
}

/// A safe photo that was not picked yet: the next one behind a random id, round the end.
async fn pick(
    storage: &Storage,
    user: &UserId,
    picked: &BTreeSet<PhotoId>,
) -> Result<Option<Record>, StorageError> {
    let start = PhotoId::from_digest(rand::rng().random());
    let (mut from, mut turned) = (start, false);
    loop {
        match storage.catalog.stored_behind(user, from).await? {
            Some(record) if !picked.contains(&record.photo_id) => return Ok(Some(record)),
            Some(record) if !turned || record.photo_id < start => from = record.photo_id,
            None if !turned => (from, turned) = (PhotoId::from_digest([0; 32]), true),
            Some(_) | None => return Ok(None),
        }
    }
}

/// Whether a photo comes back byte for byte; `None` if it was moved or removed meanwhile.
async fn is_whole(storage: &Storage, record: &Record) -> Result<Option<bool>, StorageError> {
    // Read twice before it is called wrong: a connection can break, a disk cannot mend itself.
    for _ in 0..2 {
        let original = storage.vault.hash(&record.key).await?;
        if original.is_some_and(|original| original.is_that_of(record)) {
            return Ok(Some(true));
        }
    }
    let now = storage.catalog.get(&record.user, &record.photo_id).await?;
    let same = now.is_some_and(|now| now.is_safe() && now.key == record.key);
    Ok(same.then_some(false))
}
