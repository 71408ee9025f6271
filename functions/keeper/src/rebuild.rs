//! The catalog from the vault alone: a record for each original that has none. It writes nothing over, so that it may be
//! stopped and begun again, and does no harm where the catalog is whole.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use time::OffsetDateTime;
use tintype_core::audit::report::Place;
use tintype_core::key::ObjectKey;
use tintype_core::repair::{Promotion, promoted};
use tintype_storage::{StorageError, mint};

use crate::merge::Merge;
use crate::prove::{Proved, Reads, prove};
use crate::request::{RebuildAnswer, RebuildPlace, RebuildRequest};
use crate::{Keeper, KeeperError, chores, doubts, folders};

/// How many photos between two looks at the time.
const BATCH: usize = 64;
const AT_ONCE: usize = 8;
/// How many originals of each kind an answer names.
const MOST_NAMED: usize = 1_000;

/// What became of the originals of one photo.
pub(crate) enum Made {
    /// It has a record now, and is sent for its variants.
    Record,
    /// Somebody else wrote one meanwhile.
    Already,
    /// None of its originals is what its key says.
    Refused,
    /// None is but one that could not be read just now.
    Unread,
    /// One has to be read whole, for which there is no time left.
    Later,
}

/// A photo without a record.
struct Photo {
    keys: BTreeSet<String>,
    /// Originals that came by up to it, its own included.
    originals: u64,
    /// Where to go on behind it.
    behind: Place,
}

pub(crate) async fn rebuild(
    keeper: &Keeper,
    request: &RebuildRequest,
    now: OffsetDateTime,
    end: Instant,
) -> Result<RebuildAnswer, KeeperError> {
    let storage = &keeper.storage;
    let mut answer = RebuildAnswer::default();
    let RebuildPlace { mut folders, photos: begun } = request.next.clone().unwrap_or_default();
    // What none of our functions made is for the audit to name. Whose originals there are has to be known; who has
    // nothing but variants, or where audits lie, has not.
    let mut strange = Vec::new();
    while let Err(error) = folders::list(&storage.vault, &mut folders, &mut strange, end).await {
        match folders.pass_over() {
            Some(prefix) if prefix != ObjectKey::ORIGINALS_PREFIX => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(prefix, error, "what lies in a folder of the vault could not be listed");
            }
            _ => return Err(error.into()),
        }
    }
    if folders.next.is_some() {
        answer.next = Some(RebuildPlace { folders, photos: begun });
        return Ok(answer);
    }
    let reads = Reads::until(end);
    for user in &folders.users {
        let Some(place) = Place::going_on(begun.as_ref(), user) else { continue };
        let mut merge = Merge::of_originals(storage.clone(), &place, end);
        let mut last = place.after;
        loop {
            let (mut photos, mut originals, before) = (Vec::new(), 0, last);
            let mut ended = Ok(());
            let begins = merge.place(last);
            while photos.len() < BATCH {
                let photo = match merge.next().await {
                    Ok(Some(photo)) => photo,
                    Ok(None) => break,
                    Err(error) => {
                        ended = Err(error);
                        break;
                    }
                };
                last = Some(photo.photo_id);
                originals += photo.originals.len() as u64;
                if photo.record.is_none() && !photo.originals.is_empty() {
                    let keys = photo.originals.into_iter().map(|original| original.key).collect();
                    photos.push(Photo { keys, originals, behind: merge.place(last) });
                }
                // Most photos may have their records.
                if Instant::now() >= end && !merge.has_ahead() {
                    break;
                }
            }
            if request.doubt && !photos.is_empty() {
                // Before any record is made: whatever ends this run, none is called safe.
                doubts::change(storage, user, |doubted| doubted.doubt_all(now)).await?;
            }
            let is_over = last == before && !merge.is_over();
            if let Some(behind) = make(keeper, photos, begins, originals, &reads, now, &mut answer).await? {
                answer.next = Some(RebuildPlace { folders, photos: Some(behind) });
                return Ok(answer);
            }
            // Nobody waits for a user whose photos cannot be listed.
            if let Err(error) = ended {
                let error = &error as &dyn std::error::Error;
                tracing::error!(%user, error, "the photos of a user could not be listed");
                answer.not_listed.push(user.clone());
                break;
            }
            if is_over {
                break;
            }
            if Instant::now() >= end {
                let photos = Some(merge.place(last));
                answer.next = Some(RebuildPlace { folders, photos });
                return Ok(answer);
            }
        }
    }
    answer.finished = true;
    tracing::info!(originals = answer.originals, made = answer.made, "rebuilt");
    Ok(answer)
}

/// Makes the records of a batch that begins at a place; where to go on, if it was not finished.
async fn make(
    keeper: &Keeper,
    photos: Vec<Photo>,
    begins: Place,
    originals: u64,
    reads: &Reads,
    now: OffsetDateTime,
    answer: &mut RebuildAnswer,
) -> Result<Option<Place>, StorageError> {
    let made = photos.into_iter().map(|photo| async move {
        let first = photo.keys.first().cloned().unwrap_or_default();
        let made = promote(keeper, photo.keys, reads, now).await?;
        Ok::<_, StorageError>((made, first, photo.originals, photo.behind))
    });
    let made: Vec<_> = stream::iter(made).buffered(AT_ONCE).collect().await;
    // What comes behind the first one that has to wait is seen again, but for the records that are made.
    let (mut done, mut waits, mut seen) = (begins, false, 0);
    for made in made {
        let (made, first, originals, behind) = made?;
        answer.made += u64::from(matches!(made, Made::Record));
        waits |= matches!(made, Made::Later);
        if waits {
            continue;
        }
        (done, seen) = (behind, originals);
        match made {
            Made::Refused if answer.refused.len() < MOST_NAMED => answer.refused.push(first),
            Made::Unread if answer.unread.len() < MOST_NAMED => answer.unread.push(first),
            Made::Record | Made::Already | Made::Refused | Made::Unread | Made::Later => {}
        }
    }
    answer.originals += if waits { seen } else { originals };
    Ok(waits.then_some(done))
}

/// Makes a record for a photo that has none, from the newest of these originals whose bytes are right.
pub(crate) async fn promote(
    keeper: &Keeper,
    originals: BTreeSet<String>,
    reads: &Reads,
    now: OffsetDateTime,
) -> Result<Made, StorageError> {
    let storage = &keeper.storage;
    let (mut unread, mut reads_it) = (false, false);
    // Keys of one photo differ in their generation first, and those sort by time.
    for key in originals.into_iter().rev() {
        let Ok(parsed) = key.parse::<ObjectKey>() else { continue };
        let found = match storage.vault.describe(&key, None).await {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            // One that cannot be read must not hold up the others.
            Err(error) => {
                say_unread(&parsed, &error);
                unread = true;
                continue;
            }
        };
        let promotion = match promoted(&parsed, found, now) {
            Promotion::Prove(proof) => {
                reads_it = reads_it || reads.begins(proof.size);
                if !reads_it {
                    return Ok(Made::Later);
                }
                match prove(&storage.vault, &parsed, &proof).await {
                    Ok(Proved::Told(found)) => promoted(&parsed, found, now),
                    Ok(Proved::Wrong) => Promotion::Refuse,
                    Ok(Proved::NotYet) => {
                        unread = true;
                        continue;
                    }
                    Err(error) => {
                        say_unread(&parsed, &error);
                        unread = true;
                        continue;
                    }
                }
            }
            other => other,
        };
        let Promotion::Record(record) = promotion else { continue };
        storage.catalog.put_user(&record.user).await?;
        return match storage.catalog.replace(None, &record).await {
            Ok(record) => {
                chores::send_render(keeper, &record).await?;
                Ok(Made::Record)
            }
            Err(StorageError::Changed) => Ok(Made::Already),
            Err(error) => Err(error),
        };
    }
    Ok(if unread { Made::Unread } else { Made::Refused })
}

/// Not by its key, which holds the name of a person's file.
fn say_unread(key: &ObjectKey, error: &StorageError) {
    if let ObjectKey::Original { photo_id, .. } = key {
        tracing::warn!(%photo_id, error = error as &dyn std::error::Error, "could not be read");
    }
}

/// A generation that never was, and the key of an original of the same name under it.
pub(crate) fn beside(key: &str, now: OffsetDateTime) -> Option<(tintype_core::id::Generation, String)> {
    let Ok(ObjectKey::Original { user, photo_id, file_name, .. }) = key.parse() else { return None };
    let generation = mint::generation(now);
    Some((generation, ObjectKey::Original { user, photo_id, generation, file_name }.to_string()))
}
