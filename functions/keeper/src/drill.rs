//! The restore drill: photos picked at random, read back whole and hashed. What a listing or a HEAD says of an original
//! is S3's word; this is the bytes.

use std::collections::VecDeque;
use std::time::Instant;

use rand::Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tintype_core::audit::doubted::DoubtedOriginal;
use tintype_core::audit::has_original;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::Record;
use tintype_core::stuck::is_ahead;
use tintype_core::tally::Counter;
use tintype_core::wire::DrillSummary;
use tintype_function::metrics;
use tintype_storage::catalog::NoteKey;
use tintype_storage::{Storage, StorageError, mint};

use crate::request::{DrillAnswer, DrillPlace, DrillRequest, DrillWalk};
use crate::{Keeper, KeeperError, doubts};

/// How long after one drill the schedule holds the next.
const EVERY: Duration = Duration::days(7);
/// How many bytes a drill on schedule reads at most, of everybody together.
const MOST_BYTES: u64 = 200_000_000;
/// And of each library at most one byte in so many, so that it never costs more than the storage does; but one photo,
/// if it fits into what is left for everybody: a drill that reads nothing shows nothing.
const SHARE: u64 = 30;
/// Records of a page.
const RECORDS: i32 = 25;
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

/// How much is read of one user.
#[derive(Clone, Copy)]
struct Budget {
    photos: u64,
    bytes: u64,
    /// How large the first photo may be.
    first: u64,
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

fn original_of(record: &Record) -> DoubtedOriginal {
    DoubtedOriginal { photo_id: record.photo_id, generation: record.generation }
}

/// What one call reads.
#[derive(Default)]
struct Read {
    photos: u64,
    bytes: u64,
    unchecked: u64,
}

/// One user's part of a drill.
struct Turn<'a> {
    storage: &'a Storage,
    user: &'a UserId,
    walk: DrillWalk,
    /// Records read ahead.
    ahead: VecDeque<Record>,
    /// Whether the walk goes on from an earlier call.
    goes_on: bool,
    /// What audits and drills found lost or wrong, and is not whole yet.
    doubted: Vec<DoubtedOriginal>,
    /// What the note said of these.
    before: Vec<DoubtedOriginal>,
    now: Read,
    /// Whether the time was over before all were read.
    cut_off: bool,
}

impl<'a> Turn<'a> {
    async fn of(
        storage: &'a Storage,
        user: &'a UserId,
        walk: Option<DrillWalk>,
    ) -> Result<Self, StorageError> {
        let before = doubts::of(storage, user).await?.originals;
        let goes_on = walk.is_some();
        let walk = walk.unwrap_or_else(|| {
            let start = PhotoId::from_digest(rand::rng().random());
            DrillWalk { start, after: Some(start), turned: false, photos: 0, bytes: 0 }
        });
        let (doubted, now) = (before.clone(), Read::default());
        Ok(Self {
            storage,
            user,
            walk,
            ahead: VecDeque::new(),
            goes_on,
            doubted,
            before,
            now,
            cut_off: false,
        })
    }

    /// Reads what is doubted, and then others within the budget.
    async fn read_back(&mut self, budget: Budget, end: Instant) -> Result<(), StorageError> {
        if !self.goes_on {
            // Half of the time: however many they are, others have their turn too.
            let now = Instant::now();
            self.read_doubted(now + end.saturating_duration_since(now) / 2).await?;
        }
        while self.walk.photos < budget.photos {
            if Instant::now() >= end {
                self.cut_off = true;
                break;
            }
            let Some(record) = self.next().await? else { break };
            if self.walk.photos == 0 && record.size > budget.first {
                continue;
            }
            if self.walk.photos > 0 && self.walk.bytes.saturating_add(record.size) > budget.bytes {
                break;
            }
            let original = original_of(&record);
            if self.doubted.contains(&original) {
                continue;
            }
            match is_whole(self.storage, &record).await {
                Ok(Some(true)) => {
                    self.now.photos += 1;
                    self.now.bytes += record.size;
                    self.walk.photos += 1;
                    self.walk.bytes += record.size;
                }
                Ok(Some(false)) => {
                    let photo_id = record.photo_id;
                    tracing::error!(%photo_id, "did not come back byte for byte");
                    self.doubted.push(original);
                    // Whatever ends this drill, this is said.
                    doubts::change(self.storage, self.user, |doubted| {
                        doubted.drilled(&[], &[original], mint::now());
                    })
                    .await?;
                }
                Ok(None) => {}
                Err(error) => {
                    self.now.unchecked += 1;
                    tracing::warn!(error = &error as &dyn std::error::Error, "could not be read back");
                }
            }
        }
        Ok(())
    }

    /// The next safe photo on the way round, if there is one.
    async fn next(&mut self) -> Result<Option<Record>, StorageError> {
        loop {
            while let Some(record) = self.ahead.pop_front() {
                if self.walk.turned && record.photo_id > self.walk.start {
                    return Ok(None);
                }
                self.walk.after = Some(record.photo_id);
                if record.is_safe() {
                    return Ok(Some(record));
                }
            }
            let page = self.storage.catalog.records(self.user, self.walk.after, RECORDS).await?;
            self.ahead.extend(page.records.into_iter().flatten());
            match page.next {
                // A page of nothing but records that cannot be read.
                Some(next) if self.ahead.is_empty() => self.walk.after = Some(next),
                None if self.ahead.is_empty() && self.walk.turned => return Ok(None),
                None if self.ahead.is_empty() => (self.walk.turned, self.walk.after) = (true, None),
                Some(_) | None => {}
            }
        }
    }

    /// What audits and drills found lost or wrong is read again; what is not whole stays, first what there was no time for.
    async fn read_doubted(&mut self, end: Instant) -> Result<(), StorageError> {
        let (mut unread, mut still) = (Vec::new(), Vec::new());
        for original in std::mem::take(&mut self.doubted) {
            if Instant::now() >= end {
                unread.push(original);
                continue;
            }
            let record = match self.storage.catalog.get(self.user, &original.photo_id).await {
                Ok(record) => record,
                Err(StorageError::Corrupt { .. }) => {
                    still.push(original);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let kept = |record: &Record| has_original(record) && original_of(record) == original;
            let Some(record) = record.filter(kept) else { continue };
            if !matches!(is_whole(self.storage, &record).await, Ok(Some(true))) {
                let photo_id = record.photo_id;
                tracing::error!(%photo_id, "still does not come back byte for byte");
                still.push(original);
            }
        }
        unread.append(&mut still);
        self.doubted = unread;
        Ok(())
    }

    /// Keeps what is wrong for the next drill, and tells the user once all are read.
    async fn tell(&self, finished_at: OffsetDateTime) -> Result<(), StorageError> {
        let catalog = &self.storage.catalog;
        let mended: Vec<_> =
            self.before.iter().filter(|original| !self.doubted.contains(original)).copied().collect();
        doubts::change(self.storage, self.user, |doubted| {
            doubted.drilled(&mended, &self.doubted, finished_at);
        })
        .await?;
        let (photos, bytes, wrong) = (self.walk.photos, self.walk.bytes, self.doubted.len() as u64);
        if !self.cut_off && (photos > 0 || wrong > 0) {
            let summary = DrillSummary { finished_at, photos, bytes, wrong };
            catalog.tell(&NoteKey::Drill(self.user.clone()), &summary).await?;
        }
        Ok(())
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
