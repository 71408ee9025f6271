//! What waits longer than it should: each run counts it, says so in the log, and tells whose it is.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use tintype_core::id::UserId;
use tintype_core::key::ObjectKey;
use tintype_core::record::{Preview, Record, State};
use tintype_core::stuck::{self, LastRun, STUCK_AFTER};
use tintype_core::wire::{Stuck, StuckCount, StuckReason};
use tintype_storage::catalog::NoteKey;
use tintype_storage::{Storage, StorageError};

/// Of how many uploads a run finds out why they wait; the others are counted as not taken in.
const EXPLAINED: usize = 20;

/// From now on, runs are expected; before, nobody could have made them.
pub(crate) async fn expect_runs(storage: &Storage, now: OffsetDateTime) -> Result<(), StorageError> {
    let last = last_run(storage).await?;
    storage.catalog.tell(&NoteKey::KeeperRun, &LastRun { expected_since: Some(now), ..last }).await
}

/// What the last run said. A note that cannot be read is begun anew: read again, it would be the same.
async fn last_run(storage: &Storage) -> Result<LastRun, StorageError> {
    match storage.catalog.note::<LastRun>(&NoteKey::KeeperRun).await {
        Ok(note) => Ok(note.map(|note| note.says).unwrap_or_default()),
        Err(error @ StorageError::Corrupt { .. }) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "what the keeper remembers of its last run is begun anew");
            Ok(LastRun::default())
        }
        Err(error) => Err(error),
    }
}

/// What a run saw that is stuck.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    users: BTreeMap<UserId, BTreeMap<StuckReason, u64>>,
    oldest: BTreeMap<UserId, OffsetDateTime>,
    /// Some of the uploads, to be explained.
    uploads: Vec<ObjectKey>,
}

impl Watch {
    /// An upload that waits.
    pub(crate) fn upload(&mut self, key: &ObjectKey, since: OffsetDateTime, now: OffsetDateTime) {
        let ObjectKey::Upload { user, .. } = key else { return };
        if now - since < STUCK_AFTER {
            return;
        }
        self.count(user, StuckReason::NotTakenIn, since);
        if self.uploads.len() < EXPLAINED {
            self.uploads.push(key.clone());
        }
    }

    /// A record that is due.
    pub(crate) fn record(&mut self, record: &Record, now: OffsetDateTime) {
        let waits = record.is_safe() && record.preview == Preview::Pending;
        if let Some(since) = record.stored_at.filter(|since| waits && now - *since >= STUCK_AFTER) {
            self.count(&record.user, StuckReason::PreviewPending, since);
        }
    }

    fn count(&mut self, user: &UserId, reason: StuckReason, since: OffsetDateTime) {
        *self.users.entry(user.clone()).or_default().entry(reason).or_default() += 1;
        let oldest = self.oldest.entry(user.clone()).or_insert(since);
        *oldest = since.min(*oldest);
    }

    /// Tells everybody what of theirs is stuck, and who was told before that nothing is any more; then that the run is
    /// done.
    pub(crate) async fn tell(mut self, storage: &Storage, now: OffsetDateTime) -> Result<(), StorageError> {
        for key in std::mem::take(&mut self.uploads) {
            // Without its reason it still counts as not taken in.
            if let Err(error) = self.explain(storage, &key).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(%key, error, "could not find out why an upload waits");
            }
        }
        let catalog = &storage.catalog;
        for user in last_run(storage).await?.stuck {
            if !self.users.contains_key(&user) {
                catalog.tell(&NoteKey::Stuck(user), &Stuck::default()).await?;
            }
        }
        let mut stuck_users = Vec::new();
        for (user, reasons) in self.users {
            let (count, oldest) = (reasons.values().sum(), self.oldest.get(&user).copied());
            tracing::error!(%user, count, ?oldest, ?reasons, "stuck; docs/RESTORE.md says what to do");
            let reasons = reasons.into_iter().filter(|(_, count)| *count > 0);
            let reasons = reasons.map(|(reason, count)| StuckCount { reason, count }).collect();
            catalog.tell(&NoteKey::Stuck(user.clone()), &Stuck { count, oldest, reasons }).await?;
            stuck_users.push(user);
        }
        let last = LastRun { ran_at: Some(now), stuck: stuck_users, ..LastRun::default() };
        catalog.tell(&NoteKey::KeeperRun, &last).await
    }

    async fn explain(&mut self, storage: &Storage, key: &ObjectKey) -> Result<(), StorageError> {
        let ObjectKey::Upload { user, photo_id, .. } = key else { return Ok(()) };
        let Some(upload) = storage.uploads.head(key).await? else { return Ok(()) };
        let record = storage.catalog.get(user, photo_id).await?;
        let original = match &record {
            Some(record) if record.is_safe() || record.state == State::Storing => {
                storage.vault.head(&record.key).await?
            }
            Some(_) | None => None,
        };
        let reason = stuck::reason(*photo_id, upload.sha256, record.as_ref(), original.as_ref());
        if let Some(reasons) = self.users.get_mut(user) {
            if let Some(not_taken_in) = reasons.get_mut(&StuckReason::NotTakenIn) {
                *not_taken_in -= 1;
            }
            *reasons.entry(reason).or_default() += 1;
        }
        Ok(())
    }
}
