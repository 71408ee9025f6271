//! The catalog from the vault alone: a record for each original that has none. It writes nothing over, so that it may be
//! stopped and begun again, and does no harm where the catalog is whole.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use time::OffsetDateTime;
use tintype_core::audit::report::Place;
use tintype_core::key::ObjectKey;
use tintype_core::repair::promoted;
use tintype_storage::{StorageError, mint};

use crate::merge::Merge;
use crate::request::{RebuildAnswer, RebuildPlace, RebuildRequest};
use crate::{Keeper, KeeperError, chores, folders};

/// How many photos between two looks at the time.
const BATCH: usize = 64;
const AT_ONCE: usize = 8;
/// How many refused originals an answer names.
const MOST_REFUSED: usize = 1_000;

/// What became of the originals of one photo.
pub(crate) enum Made {
    /// It has a record now, and is sent for its variants.
    Record,
    /// Somebody else wrote one meanwhile.
    Already,
    /// None of its originals is what its key says.
    Refused,
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
    // What none of our functions made is for the audit to name.
    folders::list(&storage.vault, &mut folders, end).await?;
    if folders.next.is_some() {
        answer.next = Some(RebuildPlace { folders, photos: begun });
        return Ok(answer);
    }
    for user in &folders.users {
        let Some(place) = Place::going_on(begun.as_ref(), user) else { continue };
        let mut merge = Merge::from(storage.clone(), &place, 0, end);
        let mut last = place.after;
        loop {
            let (mut lives, before) = (Vec::new(), last);
            while lives.len() < BATCH
                && let Some(photo) = merge.next().await?
            {
                last = Some(photo.photo_id);
                answer.originals += photo.originals.len() as u64;
                if photo.record.is_none() && !photo.originals.is_empty() {
                    lives.push(photo.originals.into_iter().map(|original| original.key).collect());
                }
                // Most photos may have their records.
                if Instant::now() >= end && !merge.has_ahead() {
                    break;
                }
            }
            let made = lives.into_iter().map(|keys: BTreeSet<String>| async move {
                let first = keys.first().cloned().unwrap_or_default();
                promote(keeper, keys, now).await.map(|made| (first, made))
            });
            let made: Vec<_> = stream::iter(made).buffered(AT_ONCE).collect().await;
            for made in made {
                match made? {
                    (_, Made::Record) => answer.made += 1,
                    (key, Made::Refused) if answer.refused.len() < MOST_REFUSED => answer.refused.push(key),
                    (_, Made::Refused | Made::Already) => {}
                }
            }
            if last == before && !merge.is_over() {
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

/// Makes a record for a photo that has none, from the newest of these originals whose bytes are right.
pub(crate) async fn promote(
    keeper: &Keeper,
    originals: BTreeSet<String>,
    now: OffsetDateTime,
) -> Result<Made, StorageError> {
    let storage = &keeper.storage;
    // Keys of one photo differ in their generation first, and those sort by time.
    for key in originals.into_iter().rev() {
        let (Ok(parsed), Some(found)) = (key.parse::<ObjectKey>(), storage.vault.describe(&key, None).await?)
        else {
            continue;
        };
        let Some(record) = promoted(&parsed, found, now) else { continue };
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
    Ok(Made::Refused)
}

/// A generation that never was, and the key of an original of the same name under it.
pub(crate) fn beside(key: &str, now: OffsetDateTime) -> Option<(tintype_core::id::Generation, String)> {
    let Ok(ObjectKey::Original { user, photo_id, file_name, .. }) = key.parse() else { return None };
    let generation = mint::generation(now);
    Some((generation, ObjectKey::Original { user, photo_id, generation, file_name }.to_string()))
}
