//! Records that are due: half-made ones, photos without variants, and the trash.

use std::time::Instant;

use time::{Duration, OffsetDateTime};
use tintype_core::id::PhotoId;
use tintype_core::ingest::{Chore, on_due};
use tintype_core::key::{ObjectKey, Variant};
use tintype_core::record::{Preview, Record, State};
use tintype_core::work::{self, Render};
use tintype_storage::StorageError;
use tintype_storage::catalog::WORK_SHARDS;

use crate::{Keeper, MOST, Report};

/// What cannot be done now is looked at again after this long, behind what else is due.
const LATER: Duration = Duration::minutes(15);

/// Does what is due, oldest first in each part of the work index.
pub(crate) async fn do_due(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    report: &mut Report,
) -> Result<(), StorageError> {
    let most = i32::try_from(MOST).unwrap_or(i32::MAX);
    for shard in 0..WORK_SHARDS {
        for (user, photo_id) in keeper.storage.catalog.due(shard, now, most).await? {
            if Instant::now() >= end {
                return Ok(());
            }
            let Some(record) = keeper.storage.catalog.get(&user, &photo_id).await? else { continue };
            match do_chore(keeper, &record, now, report).await {
                // Somebody else is at it: the next run looks again.
                Ok(()) | Err(StorageError::Changed) => {}
                Err(error) => failed(report, &photo_id, &error),
            }
        }
    }
    Ok(())
}

fn failed(report: &mut Report, photo_id: &PhotoId, error: &StorageError) {
    report.failed += 1;
    tracing::warn!(%photo_id, error = error as &dyn std::error::Error, "stays due");
}

async fn do_chore(
    keeper: &Keeper,
    record: &Record,
    now: OffsetDateTime,
    report: &mut Report,
) -> Result<(), StorageError> {
    match on_due(record, now) {
        Chore::Finish(_) => finish(keeper, record, now, report).await,
        Chore::Render(generation) => {
            let (user, photo_id) = (record.user.clone(), record.photo_id);
            let event = work::render_event(&Render { user, photo_id, generation }).to_string();
            keeper.queue.send(event.into_bytes()).await?;
            report.renders_sent += 1;
            postpone(keeper, record, now).await
        }
        Chore::Purge(_) => {
            // A new upload of the same photo decides first: its owner may want it back.
            if keeper.storage.uploads.any_waiting(&record.user, &record.photo_id).await? {
                return postpone(keeper, record, now).await;
            }
            let purging = record.moved_to(State::Purging, record.preview, now);
            let purging = keeper.storage.catalog.replace(Some(record), &purging).await?;
            purge(keeper, &purging, report).await
        }
        Chore::ResumePurge(_) => purge(keeper, record, report).await,
        Chore::Nothing => Ok(()),
    }
}

async fn postpone(keeper: &Keeper, record: &Record, now: OffsetDateTime) -> Result<(), StorageError> {
    let later = Record { due: Some(now + LATER), ..record.clone() };
    keeper.storage.catalog.replace(Some(record), &later).await?;
    Ok(())
}

/// A record that has been `storing` for too long: its copy is there, or its upload still waits, or nothing is.
async fn finish(
    keeper: &Keeper,
    record: &Record,
    now: OffsetDateTime,
    report: &mut Report,
) -> Result<(), StorageError> {
    let storage = &keeper.storage;
    let copy = storage.vault.head(&record.key).await?;
    if let Some(copy) = copy.filter(|copy| copy.size == record.size && copy.sha256 == Some(record.photo_id)) {
        let mut stored = record.moved_to(State::Stored, Preview::Pending, now);
        stored.stored_at = Some(now);
        stored.version_id = copy.version_id;
        // Its variants are due at once.
        stored.due = Some(now);
        storage.catalog.replace(Some(record), &stored).await?;
        report.finished += 1;
        return Ok(());
    }
    if storage.uploads.any_waiting(&record.user, &record.photo_id).await? {
        return postpone(keeper, record, now).await;
    }
    storage.catalog.remove(record).await?;
    report.removed += 1;
    Ok(())
}

/// Original, variants, and only then the tombstone: whatever interrupts it, the next run goes on.
async fn purge(keeper: &Keeper, record: &Record, report: &mut Report) -> Result<(), StorageError> {
    let storage = &keeper.storage;
    storage.vault.delete(&record.key).await?;
    for variant in Variant::ALL {
        let key = ObjectKey::Variant {
            user: record.user.clone(),
            photo_id: record.photo_id,
            generation: record.generation,
            variant,
        };
        storage.vault.delete(&key.to_string()).await?;
    }
    let gone = Record {
        state: State::Gone,
        due: None,
        file_name: String::new(),
        width: None,
        height: None,
        thumbhash: None,
        camera: None,
        place: None,
        ..record.clone()
    };
    storage.catalog.replace(Some(record), &gone).await?;
    report.purged += 1;
    Ok(())
}
