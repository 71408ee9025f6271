//! The audit: what the catalog says against what really lies in the vault, both ways. It writes nothing but its report,
//! and what it tells each user of it. The rules stand in [`tintype_core::audit`].
//!
//! It runs in slices: the report in the vault says where the next one goes on. One slice at a time holds the lease, a
//! note in the catalog.

mod look;
mod tell;
mod walk;

use std::time::Instant;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tintype_core::audit::report::Report;
use tintype_core::id::AuditId;
use tintype_core::stuck::is_ahead;
use tintype_storage::catalog::{Note, NoteKey};
use tintype_storage::{Storage, StorageError, Vault, mint};

use crate::request::{AuditAnswer, AuditRequest};
use crate::{Keeper, KeeperError};
use tell::{log, tell};
use walk::walk;

/// How long after one audit began the schedule begins the next.
const EVERY: Duration = Duration::days(7);
/// The same, if something could not be looked at.
const AGAIN: Duration = Duration::days(1);
/// An audit by hand goes on with an unfinished one only if that came further so recently.
const BY_HAND: Duration = Duration::hours(1);
/// What a slice may take beyond its time.
const GRACE: Duration = Duration::seconds(60);
/// What the keeper remembers of audits.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Audits {
    /// The one that goes on.
    running: Option<AuditId>,
    /// The schedule's own, while one of every byte by hand goes before it: should nobody go on with that one, the schedule
    /// goes on with its own.
    #[serde(default)]
    aside: Option<AuditId>,
    /// Whether that one reads every byte, as one by hand may.
    #[serde(default)]
    every_byte: bool,
    /// When the last one began.
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    /// When that one last came further.
    #[serde(default, with = "time::serde::rfc3339::option")]
    came_further_at: Option<OffsetDateTime>,
    /// Until when nobody else may go on with it.
    #[serde(with = "time::serde::rfc3339::option")]
    lease_until: Option<OffsetDateTime>,
    /// Whether the last one could not look at everything.
    #[serde(default)]
    unchecked: bool,
    /// When the first one began of those since the last that came to its end: `Unfinished` in the line.
    #[serde(default, with = "time::serde::rfc3339::option")]
    unfinished_since: Option<OffsetDateTime>,
}

impl Audits {
    /// In the place of a note that cannot be read: an audit is due.
    fn forgotten() -> Self {
        Self {
            running: None,
            aside: None,
            every_byte: false,
            started_at: OffsetDateTime::UNIX_EPOCH,
            came_further_at: None,
            lease_until: None,
            unchecked: false,
            unfinished_since: None,
        }
    }

    /// Whether an audit of every byte came further so recently that whoever began it goes on with it: it would begin
    /// again behind one of the schedule.
    fn is_in_hand(&self, now: OffsetDateTime) -> bool {
        let further_at = self.came_further_at.unwrap_or(self.started_at);
        self.running.is_some() && self.every_byte && now - further_at < BY_HAND
    }
}

async fn remembered(storage: &Storage) -> Result<Option<Note<Audits>>, StorageError> {
    match storage.catalog.note(&NoteKey::KeeperAudit).await {
        // Read again, it would be the same.
        Err(error @ StorageError::Corrupt { .. }) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the audit begins again: its note cannot be read"
            );
            storage.catalog.tell(&NoteKey::KeeperAudit, &Audits::forgotten()).await?;
            storage.catalog.note(&NoteKey::KeeperAudit).await
        }
        note => note,
    }
}

/// Gives back the lease of an audit that was killed, for whoever knows that no keeper runs.
pub(crate) async fn take_over(storage: &Storage) -> Result<(), StorageError> {
    let Some(note) = remembered(storage).await?.filter(|note| note.says.lease_until.is_some()) else {
        return Ok(());
    };
    let says = Audits { lease_until: None, ..note.says.clone() };
    match storage.catalog.put_note(&NoteKey::KeeperAudit, Some(&note), says).await {
        Ok(_) | Err(StorageError::Changed) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A slice on schedule: goes on with an audit, or begins one if it is time.
pub(crate) async fn on_schedule(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
) -> Result<(), KeeperError> {
    let note = remembered(&keeper.storage).await?;
    let says = note.as_ref().map(|note| &note.says);
    let is_time = |says: &Audits| {
        let every = if says.unchecked { AGAIN } else { EVERY };
        let was_ahead = is_ahead(says.started_at, now);
        was_ahead || !says.is_in_hand(now) && (says.running.is_some() || now - says.started_at >= every)
    };
    if !says.is_none_or(is_time) {
        return Ok(());
    }
    match slice(keeper, now, end, false, note, EVERY).await {
        Ok(_) | Err(KeeperError::Busy { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A slice by hand.
pub(crate) async fn by_hand(
    keeper: &Keeper,
    request: &AuditRequest,
    now: OffsetDateTime,
    end: Instant,
) -> Result<AuditAnswer, KeeperError> {
    let again = async || {
        let note = remembered(&keeper.storage).await?;
        slice(keeper, now, end, request.every_byte, note, BY_HAND).await
    };
    let report = again().await?;
    let is_old = report.finished_at.is_some_and(|at| now - at >= BY_HAND);
    // Another audit had only to be told: the one that is asked for comes behind it.
    let report = if is_old || report.every_byte != request.every_byte { again().await? } else { report };
    Ok(AuditAnswer::of(report))
}

async fn slice(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    every_byte: bool,
    note: Option<Note<Audits>>,
    goes_on_for: Duration,
) -> Result<Report, KeeperError> {
    let (note, report) = claim(keeper, now, end, every_byte, note, goes_on_for).await?;
    let (note, report, walked) = if report.finished_at.is_some() {
        // An earlier slice came to the end, and could not tell everybody.
        (note, report, Ok(true))
    } else {
        go_on(keeper, now, end, note, report).await?
    };
    let told = if report.finished_at.is_some() {
        log(&report);
        tell(keeper, &report).await
    } else {
        tracing::info!(
            checked = report.checked(),
            found = report.found(),
            "the audit goes on with the next run"
        );
        Ok(())
    };
    // Who could not be told is told by the next slice.
    let is_over = report.finished_at.is_some() && told.is_ok();
    let running = (!is_over).then_some(report.audit_id);
    let unchecked = !report.is_whole();
    let unfinished_since = note.says.unfinished_since.filter(|_| report.finished_at.is_none());
    // One of every byte that came to its end looked at all that the other would have.
    let aside = note.says.aside.filter(|_| report.finished_at.is_none());
    let says = Audits { running, aside, lease_until: None, unchecked, unfinished_since, ..note.says.clone() };
    match keeper.storage.catalog.put_note(&NoteKey::KeeperAudit, Some(&note), says).await {
        // The lease ended, or our own write lost its reply.
        Ok(_) | Err(StorageError::Changed) => {}
        Err(error) => return Err(error.into()),
    }
    walked?;
    told?;
    Ok(report)
}

/// Walks on until the time is over, and keeps the report; whether the walk came to the end.
async fn go_on(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    mut note: Note<Audits>,
    mut report: Report,
) -> Result<(Note<Audits>, Report, Result<bool, StorageError>), KeeperError> {
    let begun = Instant::now();
    let place_of = |report: &Report| (report.folders.clone(), report.next.clone(), report.put_off.clone());
    let place = place_of(&report);
    let walked = walk(&keeper.storage, &mut report, end).await;
    // Who took longer than the lease writes nothing: somebody else goes on with it.
    note.says.lease_until = Some(now + begun.elapsed() + GRACE);
    if place_of(&report) != place {
        note.says.came_further_at = Some(now + begun.elapsed());
    }
    let says = note.says.clone();
    let note = match keeper.storage.catalog.put_note(&NoteKey::KeeperAudit, Some(&note), says).await {
        Ok(note) => note,
        Err(StorageError::Changed) => return Err(KeeperError::Busy { seconds: GRACE.whole_seconds() }),
        Err(error) => return Err(error.into()),
    };
    if let Ok(true) = walked {
        report.finished_at = Some(now + begun.elapsed());
    }
    // What was seen up to the last place is kept, whatever ended the walk. If it is not, the lease is given back all the
    // same, and the next slice sees it again.
    if let Err(error) = keeper.storage.vault.put_report(&report).await {
        report.finished_at = None;
        return Ok((note, report, Err(error)));
    }
    Ok((note, report, walked))
}

/// The report of an audit that goes on; `None` if it has to begin again.
async fn report_of(vault: &Vault, audit_id: AuditId) -> Result<Option<Report>, StorageError> {
    match vault.report(audit_id).await {
        // Read again, it would be the same: begun again, the audit comes to its end.
        Err(error @ StorageError::Corrupt { .. }) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(%audit_id, error, "the audit begins again: its report cannot be read");
            Ok(None)
        }
        report => report,
    }
}

/// Takes the lease, with the report to go on with, or a new one. One that is finished is still to be told.
async fn claim(
    keeper: &Keeper,
    now: OffsetDateTime,
    end: Instant,
    every_byte: bool,
    note: Option<Note<Audits>>,
    goes_on_for: Duration,
) -> Result<(Note<Audits>, Report), KeeperError> {
    let Storage { catalog, vault, .. } = &keeper.storage;
    if let Some(until) = note
        .as_ref()
        .and_then(|note| note.says.lease_until)
        .filter(|until| *until > now && !is_ahead(*until, now))
    {
        return Err(KeeperError::Busy { seconds: (until - now).whole_seconds() + 1 });
    }
    let running = match note.as_ref().and_then(|note| note.says.running) {
        Some(audit_id) => report_of(vault, audit_id).await?,
        None => None,
    };
    let aside = note.as_ref().and_then(|note| note.says.aside);
    let further_at = note.as_ref().and_then(|note| note.says.came_further_at);
    let begun = || Report::begun(mint::audit_id(now), now, every_byte);
    let goes_on = |report: &Report| {
        report.finished_at.is_some()
            || report.every_byte == every_byte && now - further_at.unwrap_or(report.started_at) < goes_on_for
    };
    let (report, aside) = match (running, aside) {
        (Some(report), aside) if goes_on(&report) => (report, aside),
        (Some(running), _) if every_byte && !running.every_byte => (begun(), Some(running.audit_id)),
        (_, Some(audit_id)) if !every_byte => {
            let aside = report_of(vault, audit_id).await?;
            let recent = aside.filter(|report| now - report.started_at < EVERY);
            (recent.unwrap_or_else(begun), None)
        }
        (_, aside) => (begun(), aside),
    };
    let lease_until = Some(now + end.saturating_duration_since(Instant::now()) + GRACE);
    let says = Audits {
        running: Some(report.audit_id),
        aside,
        every_byte: report.every_byte,
        started_at: report.started_at,
        came_further_at: further_at.filter(|_| report.has_begun()),
        lease_until,
        unchecked: false,
        unfinished_since: note
            .as_ref()
            .and_then(|note| note.says.unfinished_since)
            .or(Some(report.started_at)),
    };
    match catalog.put_note(&NoteKey::KeeperAudit, note.as_ref(), says).await {
        Ok(note) => Ok((note, report)),
        Err(StorageError::Changed) => Err(KeeperError::Busy { seconds: GRACE.whole_seconds() }),
        Err(error) => Err(error.into()),
    }
}
