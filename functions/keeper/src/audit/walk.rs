//! The walk from user to user and photo to photo, from one place to the next.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use tintype_core::audit::doubted::Doubted;
use tintype_core::audit::report::{Place, Report};
use tintype_core::audit::{self, Finding, Kind};
use tintype_core::id::UserId;
use tintype_storage::{Storage, StorageError};

use super::look::{self, Look};
use crate::merge::{Gathered, Merge};
use crate::{doubts, folders};

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

/// Goes on until the time is over; whether it came to the end. If it breaks off, the report is as of its last place: what
/// comes behind that is seen again.
pub(super) async fn walk(storage: &Storage, kept: &mut Report, end: Instant) -> Result<bool, StorageError> {
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
        let doubted = doubts::of(storage, &user).await?;
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
                look_closer(storage, report, (&user, &doubted), &mut looks).await;
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
        look_closer(storage, report, (&user, &doubted), &mut looks).await;
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
    let bytes = report.every_byte || record.as_ref().is_some_and(|record| doubted.has_to_be_read(record));
    let turn = has_original && (bytes || audit::is_its_turn(&photo_id, report.started_at));
    (turn || !suspects.is_empty()).then(|| Look { user: user.clone(), photo_id, record, suspects, bytes })
}

async fn look_closer(
    storage: &Storage,
    report: &mut Report,
    (user, doubted): (&UserId, &Doubted),
    looks: &mut Vec<Look>,
) {
    let looks = std::mem::take(looks).into_iter().map(|look| look::look(storage, look));
    let seen: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    for seen in seen {
        if seen.unchecked {
            report.could_not_check(user, seen.photo_id, seen.generation);
        }
        let looked = report.of(user);
        looked.checksums += seen.checksums;
        looked.bytes_read += seen.bytes_read;
        looked.whole_again.extend(seen.whole.filter(|whole| doubted.originals.contains(whole)));
        report.name(seen.findings);
    }
}
