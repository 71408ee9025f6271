//! A closer look at one photo: nothing is named that this does not confirm.

use std::collections::BTreeSet;

use tintype_core::audit::doubted::DoubtedOriginal;
use tintype_core::audit::{self, Checksum, Finding, Kind, SeenOriginal, SeenVariant};
use tintype_core::id::{Generation, PhotoId, UserId};
use tintype_core::key::{ObjectKey, Variant};
use tintype_core::record::{Preview, Record};
use tintype_storage::{Storage, StorageError};

/// How often a photo is looked at whose record keeps changing: then it is left to the next audit, and said.
const TRIES: usize = 3;

/// What to look at.
pub(super) struct Look {
    pub(super) user: UserId,
    pub(super) photo_id: PhotoId,
    /// The record as the walk read it.
    pub(super) record: Option<Record>,
    /// What the listings made suspicious; nothing, if it is only the photo's turn.
    pub(super) suspects: Vec<Finding>,
    /// Whether to read every byte.
    pub(super) bytes: bool,
}

/// What was seen.
pub(super) struct Seen {
    pub(super) photo_id: PhotoId,
    /// In which of its lives, if it has a record.
    pub(super) generation: Option<Generation>,
    pub(super) findings: Vec<Finding>,
    /// Whether S3 or DynamoDB did not say, or the record kept changing.
    pub(super) unchecked: bool,
    /// Whether the checksum of a whole photo was asked for.
    pub(super) checksums: u64,
    pub(super) bytes_read: u64,
    /// The original whose bytes were read whole and are right.
    pub(super) whole: Option<DoubtedOriginal>,
}

pub(super) async fn look(storage: &Storage, mut look: Look) -> Seen {
    let (photo_id, generation) = (look.photo_id, look.record.as_ref().map(|record| record.generation));
    let mut seen = Seen {
        photo_id,
        generation,
        findings: Vec::new(),
        unchecked: false,
        checksums: 0,
        bytes_read: 0,
        whole: None,
    };
    match closer(storage, &mut look, &mut seen).await {
        Ok(findings) => seen.findings = findings,
        Err(StorageError::Corrupt { .. }) => {
            seen.findings = vec![Finding::unreadable(&look.user, look.photo_id)];
        }
        Err(error) => {
            seen.unchecked = true;
            tracing::warn!(%photo_id, error = &error as &dyn std::error::Error, "could not be checked");
        }
    }
    seen
}

impl Seen {
    /// Notes that the original of this record was read whole, if it was, and that nothing was found of it.
    fn is_whole(&mut self, look: &Look, record: Option<&Record>, found: &[Finding]) {
        let right = look.bytes && !self.unchecked && !found.iter().any(|one| one.kind.is_of_the_original());
        let record = record.filter(|record| right && audit::has_original(record));
        self.whole =
            record.map(|record| DoubtedOriginal { photo_id: record.photo_id, generation: record.generation });
    }
}

async fn closer(storage: &Storage, look: &mut Look, seen: &mut Seen) -> Result<Vec<Finding>, StorageError> {
    let of = (&look.user, look.photo_id);
    if look.suspects.is_empty() {
        let Some(record) = &look.record else { return Ok(Vec::new()) };
        let original = original(storage, &record.key, look.bytes, seen).await?;
        look.suspects = audit::examine(of, Some(record), original.as_slice(), None);
        if look.suspects.is_empty() {
            seen.is_whole(look, Some(record), &[]);
            return Ok(Vec::new());
        }
    }
    for _ in 0..TRIES {
        let before = storage.catalog.get(&look.user, &look.photo_id).await?;
        let originals = originals(storage, before.as_ref(), look, seen).await?;
        let variants = variants(storage, look, before.as_ref()).await?;
        // Between two readings that agree, nothing came and nothing went.
        if storage.catalog.get(&look.user, &look.photo_id).await? == before {
            let closer = audit::examine(of, before.as_ref(), &originals, variants.as_deref());
            seen.is_whole(look, before.as_ref(), &closer);
            return Ok(audit::confirmed(&look.suspects, closer));
        }
    }
    seen.unchecked = true;
    Ok(Vec::new())
}

/// The photo's own original, and those beside it that are suspicious. Beside one that is right, they are left over,
/// whether they can be read or not.
async fn originals(
    storage: &Storage,
    record: Option<&Record>,
    look: &Look,
    seen: &mut Seen,
) -> Result<Vec<SeenOriginal>, StorageError> {
    let own = record.filter(|record| audit::has_original(record));
    let mut found = Vec::new();
    if let Some(own) = own {
        found.extend(original(storage, &own.key, look.bytes, seen).await?);
    }
    let whole = own.is_some_and(|own| !seen.unchecked && audit::is_whole(own, &found));
    let beside = look.suspects.iter().filter(|suspect| {
        let kind = matches!(suspect.kind, Kind::OrphanedOriginal | Kind::Leftover);
        kind && own.is_none_or(|own| own.key != suspect.key)
    });
    for key in beside.map(|suspect| suspect.key.as_str()).collect::<BTreeSet<_>>() {
        match original(storage, key, look.bytes && !whole, seen).await {
            Ok(one) => found.extend(one),
            Err(error) if whole => {
                let error = &error as &dyn std::error::Error;
                tracing::info!(photo_id = %seen.photo_id, error, "what is left over cannot be read");
                found.extend(listed(key));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// What a listing says of an original, which is no more than that it is there.
fn listed(key: &str) -> Option<SeenOriginal> {
    let Ok(ObjectKey::Original { generation, .. }) = key.parse() else { return None };
    let (key, checksum) = (key.to_owned(), Checksum::NotAsked);
    Some(SeenOriginal { key, generation, size: 0, checksum, version_id: None })
}

/// What S3 says of an original, or what its bytes really are.
async fn original(
    storage: &Storage,
    key: &str,
    bytes: bool,
    seen: &mut Seen,
) -> Result<Option<SeenOriginal>, StorageError> {
    let Ok(ObjectKey::Original { generation, .. }) = key.parse() else { return Ok(None) };
    let read = if bytes { Some(storage.vault.hash(key).await) } else { None };
    let found = match read {
        Some(Ok(found)) => {
            seen.bytes_read += found.as_ref().map_or(0, |found| found.size);
            found
        }
        // What S3 says is wrong, or absent, is so, even if its bytes cannot be had.
        Some(Err(error)) => {
            let said = storage.vault.head(key).await?;
            let error = &error as &dyn std::error::Error;
            tracing::warn!(photo_id = %seen.photo_id, %generation, error, "an original could not be read");
            seen.unchecked = true;
            said
        }
        None => storage.vault.head(key).await?,
    };
    seen.checksums += 1;
    Ok(found.map(|found| SeenOriginal {
        key: key.to_owned(),
        generation,
        size: found.size,
        checksum: found.sha256.map_or(Checksum::None, Checksum::Sha256),
        version_id: found.version_id,
    }))
}

/// The variants that matter to what is suspicious; `None` if none do.
async fn variants(
    storage: &Storage,
    look: &Look,
    record: Option<&Record>,
) -> Result<Option<Vec<SeenVariant>>, StorageError> {
    let concerned = |kind| matches!(kind, Kind::WithoutVariants | Kind::OrphanedVariant | Kind::Leftover);
    let suspects = look.suspects.iter().filter(|suspect| concerned(suspect.kind));
    let mut generations: BTreeSet<Generation> = suspects
        .filter_map(|suspect| match suspect.key.parse() {
            Ok(ObjectKey::Variant { generation, .. }) => Some(generation),
            Ok(_) | Err(_) => None,
        })
        .collect();
    if generations.is_empty() {
        return Ok(None);
    }
    generations
        .extend(record.filter(|record| record.preview == Preview::Ready).map(|record| record.generation));
    let mut found = Vec::new();
    for generation in generations {
        for variant in Variant::ALL {
            let (user, photo_id) = (look.user.clone(), look.photo_id);
            let key = ObjectKey::Variant { user, photo_id, generation, variant };
            if storage.vault.holds(&key.to_string()).await? {
                found.push(SeenVariant { generation, variant });
            }
        }
    }
    Ok(Some(found))
}
