//! Uploads that are older than they should be: their event was lost, or failed three times.

use std::collections::BTreeMap;
use std::time::Instant;

use time::OffsetDateTime;
use tintype_core::keep::UPLOAD_PATIENCE;
use tintype_core::key::ObjectKey;
use tintype_core::work;
use tintype_storage::StorageError;

use crate::stuck::Watch;
use crate::{Keeper, MOST, Report};

/// Sends them to the processor again: the oldest, and the newest, so that uploads which fail for ever cannot keep
/// others from their turn.
pub(crate) async fn send_again(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    report: &mut Report,
    watch: &mut Watch,
) -> Result<(), StorageError> {
    for key in overdue(keeper, now, end, report, watch).await? {
        if Instant::now() >= end {
            break;
        }
        let event = work::uploads_event(&keeper.uploads_bucket, &[key]).to_string();
        keeper.queue.send(event.into_bytes()).await?;
        report.uploads_sent += 1;
    }
    Ok(())
}

/// S3 lists by key, not by age: pages are looked at for half of the run's time, and only what is sent is kept in
/// memory.
async fn overdue(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    report: &mut Report,
    watch: &mut Watch,
) -> Result<Vec<ObjectKey>, StorageError> {
    let enough = Instant::now() + end.saturating_duration_since(Instant::now()) / 2;
    let (mut oldest, mut newest) = (BTreeMap::new(), BTreeMap::new());
    let mut next = None;
    loop {
        let page = keeper.storage.uploads.waiting(next).await?;
        for upload in page.uploads.into_iter().filter(|upload| now - upload.received_at >= UPLOAD_PATIENCE) {
            let Ok(key) = upload.key.parse::<ObjectKey>() else {
                // Nobody but us writes here; it is not touched, and said each time.
                report.failed += 1;
                tracing::error!("an object that is no upload waits in the uploads bucket");
                continue;
            };
            watch.upload(&key, upload.received_at, now);
            newest.insert((upload.received_at, upload.key), key);
            if newest.len() > MOST / 2
                && let Some((age, key)) = newest.pop_first()
            {
                oldest.insert(age, key);
                if oldest.len() > MOST / 2 {
                    oldest.pop_last();
                }
            }
        }
        next = page.next;
        if next.is_none() || Instant::now() >= enough {
            return Ok(oldest.into_values().chain(newest.into_values()).collect());
        }
    }
}
