//! One user's part of a drill: what is doubted is read again, and then others on the way round.

use std::collections::VecDeque;
use std::time::Instant;

use rand::Rng;
use time::OffsetDateTime;
use tintype_core::audit::doubted::DoubtedOriginal;
use tintype_core::audit::has_original;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::Record;
use tintype_core::wire::DrillSummary;
use tintype_storage::catalog::NoteKey;
use tintype_storage::{Storage, StorageError, mint};

use crate::doubts;
use crate::request::DrillWalk;

/// Records of a page.
const RECORDS: i32 = 25;

/// How much is read of one user.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub(super) photos: u64,
    pub(super) bytes: u64,
    /// How large the first photo may be.
    pub(super) first: u64,
}

fn original_of(record: &Record) -> DoubtedOriginal {
    DoubtedOriginal { photo_id: record.photo_id, generation: record.generation }
}

/// What one call reads.
#[derive(Default)]
pub(super) struct Read {
    pub(super) photos: u64,
    pub(super) bytes: u64,
    pub(super) unchecked: u64,
}

/// One user's part of a drill.
pub(super) struct Turn<'a> {
    storage: &'a Storage,
    user: &'a UserId,
    pub(super) walk: DrillWalk,
    /// Records read ahead.
    ahead: VecDeque<Record>,
    /// Whether the walk goes on from an earlier call.
    goes_on: bool,
    /// What audits and drills found lost or wrong, and is not whole yet.
    pub(super) doubted: Vec<DoubtedOriginal>,
    /// What the note said of these.
    before: Vec<DoubtedOriginal>,
    pub(super) now: Read,
    /// Whether the time was over before all were read.
    pub(super) cut_off: bool,
}

impl<'a> Turn<'a> {
    pub(super) async fn of(
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
    pub(super) async fn read_back(&mut self, budget: Budget, end: Instant) -> Result<(), StorageError> {
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
    pub(super) async fn tell(&self, finished_at: OffsetDateTime) -> Result<(), StorageError> {
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
