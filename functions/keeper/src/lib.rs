//! On a schedule: finds what the processor left, removes what its owner deleted long enough ago, and audits the vault.
//! By hand: audit, repair, rebuild, restore drill, another try.
//!
//! Each step may be interrupted anywhere: what is not done is found again on the next run. The rules stand in
//! [`tintype_core::keep`], [`tintype_core::audit`] and [`tintype_core::repair`].

mod audit;
mod chores;
pub mod config;
mod doubts;
mod drill;
mod folders;
mod merge;
mod prove;
mod rebuild;
mod repair;
pub mod request;
mod retry;
mod stuck;
mod uploads;

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use tintype_core::id::AuditId;
use tintype_core::keep::Did;
use tintype_core::repair::Stale;
use tintype_function::metrics;
use tintype_storage::{Queue, Storage, StorageError};

pub use request::{Answer, Request};
use stuck::Watch;

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

/// Why the keeper did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// A service did not do it this time.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No request of ours.
    #[error(
        "not understood{0}; ask for one of {{\"audit\": {{}}}}, {{\"repair\": {{\"report\": \"01…\"}}}}, {{\"rebuild\": {{}}}}, \
         {{\"drill\": {{\"photos\": 20}}}} and {{\"retry\": {{}}}}"
    )]
    NotUnderstood(String),
    /// Another one runs, or did until it was killed.
    #[error(
        "another audit runs just now, or was killed in the middle; ask again in {seconds} seconds, when this is certain"
    )]
    Busy {
        /// In how many seconds it may be begun at the latest.
        seconds: i64,
    },
    /// There is no such audit.
    #[error("there is no report of an audit {0}; run an audit, and name the report that it prints")]
    NoSuchReport(AuditId),
    /// There is none at all.
    #[error("there is no report of any audit yet; run an audit first")]
    NoReport,
    /// The report cannot be used any more.
    #[error(transparent)]
    Stale(#[from] Stale),
}

/// For whoever starts the schedule and knows that no other keeper runs: what a killed one held is given back, and from
/// now on runs are expected.
pub async fn begin(storage: &Storage, now: OffsetDateTime) -> Result<(), StorageError> {
    audit::take_over(storage).await?;
    stuck::expect_runs(storage, now).await
}

/// Does what an event asks for, as of `now`: the schedule's run, or what a person wants.
pub async fn handle(keeper: &Keeper, event: &Value, now: OffsetDateTime) -> Result<Answer, KeeperError> {
    let request = Request::parse(event)?;
    let end = Instant::now() + request.seconds().map_or(RUN, |seconds| RUN.min(Duration::from_secs(seconds)));
    // Boxed: each is a large future, and only one of them runs.
    Ok(match &request {
        Request::Run => Answer::Run(Box::pin(scheduled(keeper, now, end)).await?),
        Request::Audit(request) => Answer::Audit(Box::pin(audit::by_hand(keeper, request, now, end)).await?),
        Request::Repair(request) => {
            Answer::Repair(Box::pin(repair::repair(keeper, request, now, end)).await?)
        }
        Request::Rebuild(request) => {
            Answer::Rebuild(Box::pin(rebuild::rebuild(keeper, request, now, end)).await?)
        }
        Request::Drill(request) => Answer::Drill(Box::pin(drill::by_hand(keeper, request, now, end)).await?),
        Request::Retry(request) => Answer::Retry(Box::pin(retry::retry(keeper, request, now, end)).await?),
    })
}

/// What the schedule asks for: what is stuck and what is due first, then, in what is left of the time, a slice of the
/// audit and the drill.
async fn scheduled(keeper: &Keeper, now: OffsetDateTime, end: Instant) -> Result<Report, KeeperError> {
    let (begun, mut watch) = (Instant::now(), Watch::default());
    let (report, kept) = match keep(keeper, now, end, &mut watch).await {
        Ok(report) => (report, Ok(())),
        Err(error) => (Report::default(), Err(error)),
    };
    let told = if kept.is_ok() { watch.tell(&keeper.storage, now).await } else { Ok(()) };
    let audited = Box::pin(audit::on_schedule(keeper, now + begun.elapsed(), end)).await;
    let drilled = Box::pin(drill::on_schedule(keeper, now + begun.elapsed(), end)).await;
    // No step waits for another's trouble. The first error is the answer, which is logged; later ones are logged here.
    let mut ended = kept.map_err(KeeperError::from);
    for step in [told.map_err(KeeperError::from), audited, drilled] {
        match (&ended, step) {
            (Err(_), Err(later)) => {
                tracing::error!(error = &later as &dyn std::error::Error, "a further step of the run failed");
            }
            (Err(_), Ok(())) => {}
            (Ok(()), step) => ended = step,
        }
    }
    ended.map(|()| report)
}

/// Finishes what is stuck and does what is due, as of `now`.
pub async fn run(keeper: &Keeper, now: OffsetDateTime) -> Result<Report, StorageError> {
    keep(keeper, now, Instant::now() + RUN, &mut Watch::default()).await
}

async fn keep(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    watch: &mut Watch,
) -> Result<Report, StorageError> {
    let mut report = Report::default();
    // Neither kind of work waits for the other's trouble.
    let sent = uploads::send_again(keeper, now, end, &mut report, watch).await;
    let done = chores::do_due(keeper, now, end, &mut report, watch).await;
    tracing::info!(?report, "kept");
    // Not while there is nothing to do: CloudWatch bills a metric for each hour in which it is heard of.
    if !report.is_empty() {
        tracing::info!(
            target: metrics::TARGET,
            function = "keeper",
            sent_again = report.uploads_sent + report.renders_sent,
            photos_purged = report.purged,
            chores_failed = report.failed,
        );
    }
    sent.and(done).map(|()| report)
}
