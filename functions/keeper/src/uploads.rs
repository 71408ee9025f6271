//! Uploads that are older than they should be: their event was lost, or failed three times.

use std::collections::BinaryHeap;
use std::time::Instant;

use time::OffsetDateTime;
use tintype_core::keep::UPLOAD_PATIENCE;
use tintype_core::key::ObjectKey;
use tintype_core::work;
use tintype_storage::StorageError;

use crate::{Keeper, MOST, Report};

/// Sends the oldest to the processor again.
pub(crate) async fn send_again(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    report: &mut Report,
) -> Result<(), StorageError> {
    for key in oldest(keeper, now, end).await? {
        if Instant::now() >= end {
            break;
        }
        match key.parse::<ObjectKey>() {
            Ok(key) => {
                let event = work::uploads_event(&keeper.uploads_bucket, &[key]).to_string();
                keeper.queue.send(event.into_bytes()).await?;
                report.uploads_sent += 1;
            }
            // Nobody but us writes here; it is not touched, and said each time.
            Err(error) => {
                report.failed += 1;
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "an object that is no upload waits"
                );
            }
        }
    }
    Ok(())
}

/// S3 lists by key, not by age: all pages are looked at, and only the oldest are kept in memory.
async fn oldest(keeper: &Keeper, now: OffsetDateTime, end: Instant) -> Result<Vec<String>, StorageError> {
    let mut oldest = BinaryHeap::new();
    let mut next = None;
    loop {
        let page = keeper.storage.uploads.waiting(next).await?;
        for upload in page.uploads {
            if now - upload.received_at >= UPLOAD_PATIENCE {
                oldest.push((upload.received_at, upload.key));
                if oldest.len() > MOST {
                    oldest.pop();
                }
            }
        }
        next = page.next;
        if next.is_none() || Instant::now() >= end {
            return Ok(oldest.into_sorted_vec().into_iter().map(|(_, key)| key).collect());
        }
    }
}
