//! On a schedule: finds what the processor left, and removes what its owner deleted long enough ago.
//!
//! Each step may be interrupted anywhere: what is not done is found again on the next run. The rules stand in
//! [`tintype_core::keep`].

mod chores;
mod uploads;

use std::time::{Duration, Instant};

use serde::Serialize;
use time::OffsetDateTime;
use tintype_core::keep::Did;
use tintype_storage::{Queue, Storage, StorageError};

/// How much of each kind one run does at most.
pub const MOST: usize = 200;
/// How long a run goes on before it leaves the rest to the next one.
pub const RUN: Duration = Duration::from_mins(4);

/// What the keeper works with.
#[derive(Debug, Clone)]
pub struct Keeper {
    /// Buckets and catalog.
    pub storage: Storage,
    /// Work for the processor.
    pub queue: Queue,
    /// Name of the uploads bucket, for the events.
    pub uploads_bucket: String,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Uploads sent to the processor again.
    pub uploads_sent: usize,
    /// Photos sent to the processor for their variants.
    pub renders_sent: usize,
    /// Records finished: their copy was there.
    pub finished: usize,
    /// Records removed: neither upload nor copy was there.
    pub removed: usize,
    /// Photos removed for good.
    pub purged: usize,
    /// What did not work this time and stays due.
    pub failed: usize,
}

impl Report {
    /// Whether there was nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Report {
    fn count(&mut self, did: Did) {
        match did {
            Did::Finished => self.finished += 1,
            Did::Removed => self.removed += 1,
            Did::Sent => self.renders_sent += 1,
            Did::Purged => self.purged += 1,
            Did::Nothing | Did::Postponed | Did::PurgeBegun => {}
        }
    }
}

/// One run, as of `now`.
pub async fn run(keeper: &Keeper, now: OffsetDateTime) -> Result<Report, StorageError> {
    let end = Instant::now() + RUN;
    let mut report = Report::default();
    // Neither kind of work waits for the other's trouble.
    let sent = uploads::send_again(keeper, now, end, &mut report).await;
    let done = chores::do_due(keeper, now, end, &mut report).await;
    tracing::info!(?report, "kept");
    sent.and(done).map(|()| report)
}
