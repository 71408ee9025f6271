//! The walk from user to user and photo to photo, from one place to the next.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use tintype_core::audit::doubted::Doubted;
use tintype_core::audit::report::{Place, Report};
use tintype_core::audit::{self, Finding, Kind};
use tintype_core::id::UserId;
use tintype_storage::{Storage, StorageError, catalog};

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
/// comes behind that is seen again. Nobody waits for a user whose photos cannot be listed: they are tried again by a later
/// run, and if that fails too, their photos are counted as unchecked.
pub(super) async fn walk(storage: &Storage, kept: &mut Report, end: Instant) -> Result<bool, StorageError> {
    while kept.folders.next.is_some() {
        let (mut strange, failed_before) = (Vec::new(), kept.folders.failed);
        let listed = folders::list(&storage.vault, &mut kept.folders, &mut strange, end).await;
        // An audit that an earlier Tintype began has named them before its first place.
        if kept.next.is_none() {
            kept.name(strange.into_iter().map(|key| Finding::strange(None, key)).collect());
        }
        let Err(error) = listed else { break };
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, tried_again = failed_before, "the folders of the vault could not be listed");
        kept.could_not_list_folders();
        if !failed_before {
            return Ok(false);
        }
    }
    if kept.folders.next.is_some() {
        return Ok(false);
    }
    let mut saved = Instant::now();
    if kept.tries_again() {
        return try_again(storage, kept, end, &mut saved).await;
    }
    let mut users: BTreeSet<UserId> = kept.folders.users.clone();
    let (known, strange) = storage.catalog.everybody().await?;
    for name in strange.iter().map(|sort_key| catalog::name_of_user_item(sort_key)) {
        // Each run sees them again.
        if !kept.findings.iter().any(|finding| finding.kind == Kind::StrangeItem && finding.key == name) {
            kept.name(vec![Finding::strange_item(None, name)]);
        }
    }
    users.extend(known);
    users.retain(|user| !kept.put_off.contains_key(user));
    let mut users = users.into_iter().peekable();
    while let Some(user) = users.next() {
        let Some(place) = Place::going_on(kept.next.as_ref(), &user) else { continue };
        match walk_one(storage, kept, place.clone(), end, &mut saved).await {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the photos of a user could not be listed: a later run tries again");
                let came_to = kept.next.take().filter(|next| next.user == user);
                kept.put_off.insert(user, came_to.unwrap_or(place));
            }
        }
        kept.next = users.peek().map(Place::before_all_of);
        if kept.next.is_some() && Instant::now() >= end {
            return Ok(false);
        }
    }
    kept.next = None;
    Ok(kept.put_off.is_empty())
}

/// Goes on with those whose photos an earlier run could not list; whether all are done.
async fn try_again(
    storage: &Storage,
    kept: &mut Report,
    end: Instant,
    saved: &mut Instant,
) -> Result<bool, StorageError> {
    while let Some(place) = kept.put_off.values().next().cloned() {
        let user = place.user.clone();
        match walk_one(storage, kept, place, end, saved).await {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the photos of a user could not be listed again: they are unchecked"
                );
                kept.could_not_list(&user, photos_of(storage, &user).await);
            }
        }
        kept.put_off.remove(&user);
        if !kept.put_off.is_empty() && Instant::now() >= end {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many photos a user has by the counters; none, if these do not say.
async fn photos_of(storage: &Storage, user: &UserId) -> u64 {
    match storage.catalog.counters(user).await {
        Ok(counters) => counters.values().map(|tally| u64::try_from(tally.count).unwrap_or_default()).sum(),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the counters of a user do not say");
            0
        }
    }
}

/// Goes on with one user until the time is over; whether it came to the end of their photos.
async fn walk_one(
    storage: &Storage,
    kept: &mut Report,
    mut place: Place,
    end: Instant,
    saved: &mut Instant,
) -> Result<bool, StorageError> {
    let (user, mut report) = (place.user.clone(), kept.clone());
    let named = [Kind::StrangeKey, Kind::StrangeItem]
        .map(|kind| report.of(&user).findings.get(&kind).copied().unwrap_or_default());
    let mut merge = Merge::from(storage.clone(), &place, named.into(), end);
    let batch = if report.every_byte { BATCH_OF_FILES } else { BATCH };
    let doubted = doubts::of(storage, &user).await?;
    let mut looks = Vec::new();
    loop {
        let photo = merge.next().await?;
        name_strange(storage, &mut report, &user, &mut merge).await;
        if photo.is_none() && !merge.is_over() {
            break;
        }
        if let Some(photo) = photo {
            place.after = Some(photo.photo_id);
            looks.extend(first_look(&mut report, &user, photo, &doubted));
        }
        let read = looks.iter().filter(|look| look.bytes).filter_map(|look| look.record.as_ref());
        let full = looks.len() >= batch || read.map(|record| record.size).sum::<u64>() >= BATCH_BYTES;
        // What is read already is used, unless files are to be read whole for it.
        let goes_on = !merge.is_over() && merge.has_ahead() && !looks.iter().any(|look| look.bytes);
        let now = Instant::now();
        let over = now >= end && !goes_on || now >= end + SLACK;
        if full || over {
            look_closer(storage, &mut report, (&user, &doubted), &mut looks).await;
            report.came_to(merge.place(place.after));
            kept.clone_from(&report);
            // A file may take longer than is left of a run: the next run begins with it.
            let now = Instant::now();
            if report.every_byte && now < end && now - *saved >= SAVED_EVERY {
                storage.vault.put_report(kept).await?;
                *saved = now;
            }
        }
        if over {
            return Ok(false);
        }
    }
    look_closer(storage, &mut report, (&user, &doubted), &mut looks).await;
    let counters = storage.catalog.strange_counters(&user).await?;
    name_items(&mut report, &user, &counters);
    *kept = report;
    Ok(true)
}

/// Names the strange keys that came by, those that are still there; beyond a number, they are counted.
async fn name_strange(storage: &Storage, report: &mut Report, user: &UserId, merge: &mut Merge) {
    name_items(report, user, &std::mem::take(&mut merge.strange_items.names));
    report.count_more(user, Kind::StrangeItem, std::mem::take(&mut merge.strange_items.more));
    let looks = std::mem::take(&mut merge.strange.names).into_iter().map(|key| async move {
        let holds = storage.vault.holds(&key).await.unwrap_or_else(|error| {
            // It was listed, and nobody says that it is gone.
            tracing::warn!(error = &error as &dyn std::error::Error, "a strange key could not be asked for");
            true
        });
        holds.then_some(key)
    });
    let mut seen = stream::iter(looks).buffered(AT_ONCE);
    while let Some(key) = seen.next().await {
        report.name(key.map(|key| Finding::strange(Some(user), key)).into_iter().collect());
    }
    report.count_more(user, Kind::StrangeKey, std::mem::take(&mut merge.strange.more));
}

/// Names items of the catalog that none of our functions wrote.
fn name_items(report: &mut Report, user: &UserId, sort_keys: &[String]) {
    let names = sort_keys.iter().map(|sort_key| catalog::name_of_item(user, sort_key));
    report.name(names.map(|name| Finding::strange_item(Some(user), name)).collect());
}

/// What the listings say of a photo; a reason to look closer, if there is one.
fn first_look(report: &mut Report, user: &UserId, photo: Gathered, doubted: &Doubted) -> Option<Look> {
    let Gathered { photo_id, record, unlisted, originals, variants } = photo;
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
    // The attributes of an item are written together: it stays so until somebody writes it again.
    report.name(record.iter().filter(|_| unlisted).map(Finding::unlisted).collect());
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
