//! Records that are due: makes the calls that [`tintype_core::keep`] asks for, and decides nothing.

use std::time::Instant;

use time::OffsetDateTime;
use tintype_core::keep::{self, Did, Next};
use tintype_core::record::Record;
use tintype_core::work::{self, Render};
use tintype_storage::StorageError;
use tintype_storage::catalog::WORK_SHARDS;

use crate::stuck::Watch;
use crate::{Keeper, MOST, Report};

/// Does what is due, oldest first in each part of the work index.
pub(crate) async fn do_due(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    report: &mut Report,
    watch: &mut Watch,
) -> Result<(), StorageError> {
    let most = i32::try_from(MOST).unwrap_or(i32::MAX);
    for shard in 0..WORK_SHARDS {
        for (user, photo_id) in keeper.storage.catalog.due(shard, now, most).await? {
            if Instant::now() >= end {
                return Ok(());
            }
            // One record that cannot be read must not hide the others.
            let done = match keeper.storage.catalog.get(&user, &photo_id).await {
                Ok(Some(record)) => {
                    watch.record(&record, now);
                    do_chore(keeper, record, now).await
                }
                Ok(None) => Ok(Did::Nothing),
                Err(error) => Err(error),
            };
            match done {
                Ok(did) => report.count(did),
                Err(error) => {
                    report.failed += 1;
                    tracing::warn!(%photo_id, error = &error as &dyn std::error::Error, "stays due");
                }
            }
        }
    }
    Ok(())
}

async fn do_chore(keeper: &Keeper, record: Record, now: OffsetDateTime) -> Result<Did, StorageError> {
    let storage = &keeper.storage;
    let mut next = keep::on_due(record, now);
    loop {
        next = match next {
            Next::HeadCopy(record) => {
                let copy = storage.vault.head(&record.key).await?;
                keep::on_copy(record, copy, now)
            }
            Next::AnyWaiting(record) => {
                let waiting = storage.uploads.any_waiting(&record.user, &record.photo_id).await?;
                keep::on_waiting(record, waiting, now)
            }
            Next::SendRender(record) => {
                send_render(keeper, &record).await?;
                keep::on_sent(record, now)
            }
            Next::Write { before, after, did } => {
                match storage.catalog.replace(Some(&before), &after).await {
                    Ok(after) => keep::on_written(after, did),
                    Err(StorageError::Changed) => keep::on_changed(did),
                    Err(error) => return Err(error),
                }
            }
            Next::Remove(record) => match storage.catalog.remove(&record).await {
                Ok(()) => Next::Done(Did::Removed),
                Err(StorageError::Changed) => Next::Done(Did::Nothing),
                Err(error) => return Err(error),
            },
            Next::ListLives(record) => {
                let lives = storage.vault.lives(&record.user, &record.photo_id).await?;
                keep::on_lives(record, lives)
            }
            Next::ReadAgain { record, lives } => {
                let again = storage.catalog.get(&record.user, &record.photo_id).await?;
                keep::on_read_again(record, lives, again.as_ref())
            }
            Next::Delete { record, key, rest } => {
                storage.vault.delete(&key.to_string()).await?;
                keep::on_deleted(record, rest)
            }
            Next::Done(did) => return Ok(did),
        };
    }
}

/// Sends a photo to the processor for its variants.
pub(crate) async fn send_render(keeper: &Keeper, record: &Record) -> Result<(), StorageError> {
    let (user, photo_id, generation) = (record.user.clone(), record.photo_id, record.generation);
    let event = work::render_event(&Render { user, photo_id, generation }).to_string();
    keeper.queue.send(event.into_bytes()).await
}
