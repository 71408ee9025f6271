//! The audit: what the catalog says against what really lies in the vault, both ways. It writes nothing but its report,
//! and what it tells each user of it. The rules stand in [`tintype_core::audit`].
//!
//! It runs in slices: the report in the vault says where the next one goes on. One slice at a time holds the lease, a
//! note in the catalog.

mod look;

use std::collections::BTreeSet;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tintype_core::audit::report::{Doubted, Place, Report};
use tintype_core::audit::{self, Finding, Kind};
use tintype_core::id::{AuditId, UserId};
use tintype_function::metrics;
use tintype_storage::catalog::{Note, NoteKey};
use tintype_storage::{Storage, StorageError, mint};

use crate::merge::{Gathered, Merge};
use crate::request::{AuditAnswer, AuditRequest};
use crate::{Keeper, KeeperError, folders};
use look::Look;

/// How long after one audit began the schedule begins the next.
const EVERY: Duration = Duration::days(7);
/// The same, if some photos could not be looked at.
const AGAIN: Duration = Duration::days(1);
/// An audit by hand goes on with an unfinished one only if that came further so recently.
const BY_HAND: Duration = Duration::hours(1);
/// What a slice may take beyond its time.
const GRACE: Duration = Duration::seconds(60);
/// How long a slice goes on at most with what it has read when its time is over.
const SLACK: std::time::Duration = std::time::Duration::from_secs(10);
/// How many photos are looked at closely before the place is kept: fewer, if whole files are read.
const BATCH: usize = 64;
const BATCH_OF_FILES: usize = 8;
/// How many bytes of whole files are read before the place is kept; one file at least.
const BATCH_BYTES: u64 = 256_000_000;
/// How often the place is written into the vault while whole files are read.
const SAVED_EVERY: std::time::Duration = std::time::Duration::from_secs(20);
/// How many of them at once.
const AT_ONCE: usize = 16;

/// What the keeper remembers of audits.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Audits {
    /// The one that goes on.
    running: Option<AuditId>,
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
    /// Whether the last one could not look at every photo.
    #[serde(default)]
    unchecked: bool,
}

impl Audits {
    /// Whether an audit of every byte came further so recently that whoever began it goes on with it: it would begin
    /// again behind one of the schedule.
    fn is_in_hand(&self, now: OffsetDateTime) -> bool {
        let further_at = self.came_further_at.unwrap_or(self.started_at);
        self.running.is_some() && self.every_byte && now - further_at < BY_HAND
    }
}

/// Gives back the lease of an audit that was killed, for whoever knows that no keeper runs.
pub(crate) async fn take_over(storage: &Storage) -> Result<(), StorageError> {
    let note = storage.catalog.note::<Audits>(&NoteKey::KeeperAudit).await?;
    let Some(note) = note.filter(|note| note.says.lease_until.is_some()) else { return Ok(()) };
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
    let note = keeper.storage.catalog.note::<Audits>(&NoteKey::KeeperAudit).await?;
    let says = note.as_ref().map(|note| &note.says);
    let is_time = |says: &Audits| {
        let every = if says.unchecked { AGAIN } else { EVERY };
        !says.is_in_hand(now) && (says.running.is_some() || now - says.started_at >= every)
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
        let note = keeper.storage.catalog.note(&NoteKey::KeeperAudit).await?;
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
    let unchecked = report.unchecked() > 0;
    let says = Audits { running, lease_until: None, unchecked, ..note.says.clone() };
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
    let place = (report.folders.clone(), report.next.clone());
    let walked = walk(&keeper.storage, &mut report, end).await;
    // Who took longer than the lease writes nothing: somebody else goes on with it.
    note.says.lease_until = Some(now + begun.elapsed() + GRACE);
    if (&report.folders, &report.next) != (&place.0, &place.1) {
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
    // What was seen up to the last place is kept, whatever ended the walk.
    keeper.storage.vault.put_report(&report).await?;
    Ok((note, report, walked))
}

/// Says what a whole audit found.
fn log(report: &Report) {
    let (checked, found, unchecked) = (report.checked(), report.found(), report.unchecked());
    tracing::info!(
        target: metrics::TARGET,
        function = "keeper",
        photos_audited = checked,
        photos_lost = lost(report),
    );
    if found > 0 {
        tracing::error!(audit_id = %report.audit_id, checked, found, unchecked, "the audit found differences");
    } else {
        tracing::info!(checked, unchecked, "the audit found no difference");
    }
}

/// Photos whose original is not there, or is not what it was: an alarm watches this number.
fn lost(report: &Report) -> u64 {
    let kinds = [Kind::Lost, Kind::WrongSize, Kind::WrongChecksum];
    let users = report.users.values();
    users.flat_map(|looked| kinds.iter().filter_map(|kind| looked.findings.get(kind))).sum()
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
    if let Some(until) = note.as_ref().and_then(|note| note.says.lease_until).filter(|until| *until > now) {
        return Err(KeeperError::Busy { seconds: (until - now).whole_seconds() + 1 });
    }
    let running = match note.as_ref().and_then(|note| note.says.running) {
        Some(audit_id) => match vault.report(audit_id).await {
            // Read again, it would be the same: begun again, the audit comes to its end.
            Err(error @ StorageError::Corrupt { .. }) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(%audit_id, error, "the audit begins again: its report cannot be read");
                None
            }
            report => report?,
        },
        None => None,
    };
    let further_at = note.as_ref().and_then(|note| note.says.came_further_at);
    let goes_on = |report: &Report| {
        report.finished_at.is_some()
            || report.every_byte == every_byte && now - further_at.unwrap_or(report.started_at) < goes_on_for
    };
    let report =
        running.filter(goes_on).unwrap_or_else(|| Report::begun(mint::audit_id(now), now, every_byte));
    let lease_until = Some(now + end.saturating_duration_since(Instant::now()) + GRACE);
    let says = Audits {
        running: Some(report.audit_id),
        every_byte: report.every_byte,
        started_at: report.started_at,
        came_further_at: further_at.filter(|_| report.has_begun()),
        lease_until,
        unchecked: false,
    };
    match catalog.put_note(&NoteKey::KeeperAudit, note.as_ref(), says).await {
        Ok(note) => Ok((note, report)),
        Err(StorageError::Changed) => Err(KeeperError::Busy { seconds: GRACE.whole_seconds() }),
        Err(error) => Err(error.into()),
    }
}

/// Goes on until the time is over; whether it came to the end. If it breaks off, the report is as of its last place: what
/// comes behind that is seen again.
async fn walk(storage: &Storage, kept: &mut Report, end: Instant) -> Result<bool, StorageError> {
    let report = &mut kept.clone();
    let mut saved = Instant::now();
    if report.folders.next.is_some() {
        let strange = folders::list(&storage.vault, &mut report.folders, end).await?;
        // An audit that an earlier Tintype began has named them before its first place.
        if report.next.is_none() {
            report.name(strange.into_iter().map(|key| Finding::strange(None, key)).collect());
        }
        kept.clone_from(report);
        if report.folders.next.is_some() {
            return Ok(false);
        }
    }
    let mut users: BTreeSet<UserId> = report.folders.users.clone();
    users.extend(storage.catalog.users().await?);
    let mut users = users.into_iter().peekable();
    while let Some(user) = users.next() {
        let Some(mut place) = Place::going_on(report.next.as_ref(), &user) else { continue };
        let named = report.of(&user).findings.get(&Kind::StrangeKey).copied().unwrap_or_default();
        let mut merge = Merge::from(storage.clone(), &place, named, end);
        let batch = if report.every_byte { BATCH_OF_FILES } else { BATCH };
        let doubted = doubted(storage, &user).await?;
        let mut looks = Vec::new();
        loop {
            let photo = merge.next().await?;
            name_strange(storage, report, &user, &mut merge).await?;
            if photo.is_none() && !merge.is_over() {
                break;
            }
            if let Some(photo) = photo {
                place.after = Some(photo.photo_id);
                looks.extend(first_look(report, &user, photo, &doubted));
            }
            let read = looks.iter().filter(|look| look.bytes).filter_map(|look| look.record.as_ref());
            let full = looks.len() >= batch || read.map(|record| record.size).sum::<u64>() >= BATCH_BYTES;
            // What is read already is used, unless files are to be read whole for it.
            let goes_on = !merge.is_over() && merge.has_ahead() && !looks.iter().any(|look| look.bytes);
            let now = Instant::now();
            let over = now >= end && !goes_on || now >= end + SLACK;
            if full || over {
                look_closer(storage, report, &user, &mut looks).await;
                report.next = Some(merge.place(place.after));
                kept.clone_from(report);
                // A file may take longer than is left of a run: the next run begins with it.
                let now = Instant::now();
                if report.every_byte && now < end && now - saved >= SAVED_EVERY {
                    storage.vault.put_report(kept).await?;
                    saved = now;
                }
            }
            if over {
                return Ok(false);
            }
        }
        look_closer(storage, report, &user, &mut looks).await;
        if let Some(next) = users.peek() {
            report.next = Some(Place::before_all_of(next));
            kept.clone_from(report);
            if Instant::now() >= end {
                return Ok(false);
            }
        }
    }
    kept.clone_from(report);
    Ok(true)
}

/// Names the strange keys that came by, those that are still there; beyond a number, they are counted.
async fn name_strange(
    storage: &Storage,
    report: &mut Report,
    user: &UserId,
    merge: &mut Merge,
) -> Result<(), StorageError> {
    let looks = std::mem::take(&mut merge.strange).into_iter().map(|key| async move {
        let holds = storage.vault.holds(&key).await?;
        Ok::<_, StorageError>(holds.then_some(key))
    });
    let mut seen = stream::iter(looks).buffered(AT_ONCE);
    while let Some(key) = seen.next().await {
        report.name(key?.map(|key| Finding::strange(Some(user), key)).into_iter().collect());
    }
    let more = std::mem::take(&mut merge.more_strange);
    if more > 0 {
        *report.of(user).findings.entry(Kind::StrangeKey).or_default() += more;
        report.not_named += more;
    }
    Ok(())
}

/// What the listings say of a photo; a reason to look closer, if there is one.
fn first_look(report: &mut Report, user: &UserId, photo: Gathered, doubted: &Doubted) -> Option<Look> {
    let Gathered { photo_id, record, originals, variants } = photo;
    let record = match record {
        Some(Err(unreadable)) => {
            let error = &unreadable.error as &dyn std::error::Error;
            tracing::error!(%photo_id, error, "a record cannot be read");
            report.name(vec![Finding::unreadable(user, photo_id)]);
            return None;
        }
        Some(Ok(record)) => Some(record),
        None => None,
    };
    let suspects = audit::examine((user, photo_id), record.as_ref(), &originals, Some(&variants));
    let has_original = record.as_ref().is_some_and(audit::has_original);
    report.of(user).checked += u64::from(has_original);
    // What was wrong once is read whole until it is right: a checksum that S3 remembers does not tell.
    let bytes = report.every_byte || record.as_ref().is_some_and(|record| doubted.doubts(record));
    let turn = has_original && (bytes || audit::is_its_turn(&photo_id, report.started_at));
    (turn || !suspects.is_empty()).then(|| Look { user: user.clone(), photo_id, record, suspects, bytes })
}

async fn look_closer(storage: &Storage, report: &mut Report, user: &UserId, looks: &mut Vec<Look>) {
    let looks = std::mem::take(looks).into_iter().map(|look| look::look(storage, look));
    let seen: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    for seen in seen {
        let looked = report.of(user);
        looked.unchecked += u64::from(seen.unchecked);
        looked.checksums += seen.checksums;
        looked.bytes_read += seen.bytes_read;
        report.name(seen.findings);
    }
}

/// Tells each user what was found of theirs: no user waits for another's trouble. Told again, it is the same.
async fn tell(keeper: &Keeper, report: &Report) -> Result<(), StorageError> {
    let mut ended = Ok(());
    for user in report.users.keys() {
        let told = tell_one(keeper, report, user).await;
        // The first error is the answer, which is logged.
        match (&ended, told) {
            (Err(_), Err(later)) => {
                tracing::error!(error = &later as &dyn std::error::Error, "a further owner was not told");
            }
            (Err(_), Ok(())) => {}
            (Ok(()), told) => ended = told,
        }
    }
    ended
}

async fn tell_one(keeper: &Keeper, report: &Report, user: &UserId) -> Result<(), StorageError> {
    if let Some(summary) = report.summary(user) {
        keeper.storage.catalog.tell(&NoteKey::Audit(user.clone()), &summary).await?;
    }
    let mut doubted = doubted(&keeper.storage, user).await?;
    let known = doubted.originals.len();
    for original in report.wrong_bytes(user) {
        if doubted.originals.len() < Doubted::MOST && !doubted.originals.contains(&original) {
            doubted.originals.push(original);
        }
    }
    if doubted.originals.len() > known {
        keeper.storage.catalog.tell(&NoteKey::Doubted(user.clone()), &doubted).await?;
    }
    Ok(())
}

/// What was found wrong before, and not whole since.
async fn doubted(storage: &Storage, user: &UserId) -> Result<Doubted, StorageError> {
    let note = storage.catalog.note(&NoteKey::Doubted(user.clone())).await?;
    Ok(note.map(|note| note.says).unwrap_or_default())
}
