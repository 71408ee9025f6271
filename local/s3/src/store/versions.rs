//! The versions of one key: found, published, removed.
//!
//! Version `n` of an object is the folder `@n` inside the object's folder; the greatest is current. A bucket without
//! versioning has at most one, except for the moment between the publication of a new one and the removal of the old.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::disk::Durability;
use super::error::StoreError;
use super::incoming::{CONTENT, Incoming, RECORD};
use super::names;
use super::record::{Record, Sequence};
use super::{Bucket, Store, unreadable};

/// How often a reader looks again when what it found is replaced under its hands.
const ATTEMPTS: usize = 100;

/// What must hold for a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Always,
    /// `if-none-match: *`
    Absent,
    /// `if-match: *`
    Present,
    /// `if-match: "etag"`
    Etag(String),
}

/// One version, as it was found.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) sequence: Sequence,
    pub(crate) record: Record,
    folder: PathBuf,
}

/// Which version a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    Current,
    Exactly(Sequence),
}

impl Version {
    /// Guards against file systems that ignore case, and against who moved a folder: better an error than another object's
    /// bytes.
    fn check_belongs_to(&self, key: &str) -> io::Result<()> {
        if self.record.key == key {
            return Ok(());
        }
        Err(io::Error::other("the description of an object is that of another one"))
    }

    /// Its bytes.
    pub(crate) fn content(&self) -> io::Result<File> {
        File::open(self.folder.join(CONTENT))
    }
}

impl Bucket {
    /// A version and its bytes. A delete marker is an error here, as it is for readers.
    pub(crate) fn read(&self, key: &str, which: Which) -> Result<(Version, File), StoreError> {
        names::check_key(key).map_err(StoreError::BadKey)?;
        let folder = names::folder(&self.folder, key);
        for _ in 0..ATTEMPTS {
            let version = match which {
                Which::Current => current(&folder)?.ok_or(StoreError::NoSuchKey)?,
                Which::Exactly(sequence) => version(&folder, sequence)?.ok_or(StoreError::NoSuchVersion)?,
            };
            version.check_belongs_to(key)?;
            if version.record.delete_marker {
                return Err(StoreError::Deleted(version.sequence));
            }
            match version.content() {
                Ok(content) => return Ok((version, content)),
                // Replaced since we looked: look again.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other("an object is replaced faster than it can be read").into())
    }

    /// Whether a write under this condition could succeed now. [`Store::publish`] decides; this spares the upload.
    pub(crate) fn check(&self, key: &str, condition: &Condition) -> Result<(), StoreError> {
        names::check_key(key).map_err(StoreError::BadKey)?;
        if *condition == Condition::Always {
            return Ok(());
        }
        check(condition, current(&names::folder(&self.folder, key))?.as_ref())
    }
}

impl Store {
    /// Makes what was received the current version of `key`, if the condition holds, and brings it to the disk.
    pub(crate) fn publish(
        &self,
        bucket: &Bucket,
        mut incoming: Incoming,
        record: &Record,
        condition: &Condition,
    ) -> Result<Sequence, StoreError> {
        let folder = names::folder(&bucket.folder, &record.key);
        incoming.seal(record)?;
        let _turn = self.lock(bucket, &record.key).lock().unwrap_or_else(PoisonError::into_inner);
        let _stay = bucket.folders.read().unwrap_or_else(PoisonError::into_inner);
        let replaced = current(&folder)?;
        if let Some(replaced) = &replaced {
            replaced.check_belongs_to(&record.key)?;
        }
        check(condition, replaced.as_ref())?;
        let before = sequences(&folder)?;
        let sequence = self.next_sequence(before.last().copied());
        if sequence > Sequence::LAST {
            return Err(io::Error::other("no number is left for another version of an object").into());
        }
        create_folders(self.durability, &bucket.folder, &folder)?;
        incoming.publish(&folder.join(version_name(sequence)))?;
        self.durability.sync_folder(&folder)?;
        if !bucket.versioned {
            for old in before {
                self.discard(&folder.join(version_name(old)))?;
            }
        }
        Ok(sequence)
    }

    /// Removes an object from a bucket that keeps one version. Nothing there is fine.
    pub(crate) fn remove(&self, bucket: &Bucket, key: &str) -> Result<(), StoreError> {
        names::check_key(key).map_err(StoreError::BadKey)?;
        let folder = names::folder(&bucket.folder, key);
        let _turn = self.lock(bucket, key).lock().unwrap_or_else(PoisonError::into_inner);
        let found = sequences(&folder)?;
        let Some(newest) = current(&folder)? else { return Ok(()) };
        newest.check_belongs_to(key)?;
        self.discard_all(bucket, &folder, &found)?;
        prune(bucket, &folder);
        Ok(())
    }

    /// Removes one version for good, and answers what it was, if it was there.
    pub(crate) fn remove_version(
        &self,
        bucket: &Bucket,
        key: &str,
        sequence: Sequence,
    ) -> Result<Option<Record>, StoreError> {
        names::check_key(key).map_err(StoreError::BadKey)?;
        let folder = names::folder(&bucket.folder, key);
        let _turn = self.lock(bucket, key).lock().unwrap_or_else(PoisonError::into_inner);
        let Some(version) = version(&folder, sequence)? else { return Ok(None) };
        self.discard_all(bucket, &folder, &[sequence])?;
        prune(bucket, &folder);
        Ok(Some(version.record))
    }

    /// Takes versions away, durably.
    fn discard_all(&self, bucket: &Bucket, folder: &Path, sequences: &[Sequence]) -> io::Result<()> {
        let _stay = bucket.folders.read().unwrap_or_else(PoisonError::into_inner);
        for sequence in sequences {
            self.discard(&folder.join(version_name(*sequence)))?;
        }
        self.durability.sync_folder(folder)
    }

    /// Takes a version out of sight by one rename, then removes it.
    fn discard(&self, version: &Path) -> io::Result<()> {
        let aside = self.aside();
        fs::rename(version, &aside)?;
        fs::remove_dir_all(aside)
    }
}

/// Whether the condition holds for what is current. A delete marker counts as absent.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
fn check(condition: &Condition, current: Option<&Version>) -> Result<(), StoreError> {
    let record = current.map(|version| &version.record).filter(|record| !record.delete_marker);
    match (condition, record) {
        (Condition::Always, _) | (Condition::Absent, None) | (Condition::Present, Some(_)) => Ok(()),
        (Condition::Absent, Some(_)) => Err(StoreError::ConditionFailed("If-None-Match")),
        (Condition::Present | Condition::Etag(_), None) => Err(StoreError::NoSuchKey),
        (Condition::Etag(etag), Some(record)) if *etag == record.etag => Ok(()),
        (Condition::Etag(_), Some(_)) => Err(StoreError::ConditionFailed("If-Match")),
    }
}

/// Creates `folder` and what is missing above it, below `root`, each name brought to the disk.
fn create_folders(durability: Durability, root: &Path, folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        // Whoever made it may not have brought its name to the disk yet, or was killed before.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => sync_parent(durability, folder),
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder != root => {
            let Some(parent) = folder.parent() else { return Err(error) };
            create_folders(durability, root, parent)?;
            create_folders(durability, root, folder)
        }
        Err(error) => Err(error),
        Ok(()) => sync_parent(durability, folder),
    }
}

fn sync_parent(durability: Durability, folder: &Path) -> io::Result<()> {
    folder.parent().map_or(Ok(()), |parent| durability.sync_folder(parent))
}

/// Removes folders that have become empty, up to the bucket's own, which stays.
fn prune(bucket: &Bucket, folder: &Path) {
    let _alone = bucket.folders.write().unwrap_or_else(PoisonError::into_inner);
    let mut folder = folder;
    // A folder that is not empty cannot be removed like this, which ends it.
    while folder != bucket.folder && fs::remove_dir(folder).is_ok() {
        let Some(parent) = folder.parent() else { return };
        folder = parent;
    }
}

/// The folder name of a version.
fn version_name(sequence: Sequence) -> String {
    format!("@{sequence}")
}

/// The version that a folder name stands for; none if we never gave that number.
pub(super) fn read_version_name(name: &str) -> Option<Sequence> {
    name.strip_prefix('@')?.parse().ok().filter(|sequence| *sequence <= Sequence::LAST)
}

/// All versions of an object, oldest first.
pub(super) fn sequences(folder: &Path) -> io::Result<Vec<Sequence>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(entry?.file_name().to_str().and_then(read_version_name));
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether nothing lies there, or a file that somebody else put where a folder would be.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What lies where a version would.
enum Found {
    Whole(Box<Version>),
    /// Nothing: replaced since its name was read.
    Nothing,
    /// A part of it, or a record that cannot be read: something else had its hands in these files.
    Damaged,
}

/// The greatest version, delete marker or not. One that is damaged counts as absent, as S3 has it for what it lost.
pub(super) fn current(folder: &Path) -> io::Result<Option<Version>> {
    for _ in 0..ATTEMPTS {
        let Some(newest) = sequences(folder)?.last().copied() else { return Ok(None) };
        match find(folder, newest)? {
            Found::Whole(version) => return Ok(Some(*version)),
            Found::Damaged => return Ok(None),
            Found::Nothing => {}
        }
    }
    Err(io::Error::other("an object is replaced faster than it can be found"))
}

/// One version, if it is there.
pub(super) fn version(folder: &Path, sequence: Sequence) -> io::Result<Option<Version>> {
    Ok(match find(folder, sequence)? {
        Found::Whole(version) => Some(*version),
        Found::Nothing | Found::Damaged => None,
    })
}

/// What a listing says of one version: of one that cannot be read, only that it is there.
pub(super) fn seen(key: &str, folder: &Path, sequence: Sequence) -> Option<Record> {
    say_of(key, folder, version(folder, sequence))
}

/// What a listing says of the greatest version, as [`seen`] does.
pub(super) fn current_seen(key: &str, folder: &Path) -> Option<Record> {
    say_of(key, folder, current(folder))
}

fn say_of(key: &str, folder: &Path, found: io::Result<Option<Version>>) -> Option<Record> {
    let found = found.and_then(|found| {
        found.map(|version| version.check_belongs_to(key).map(|()| version.record)).transpose()
    });
    found.unwrap_or_else(|error| {
        unreadable::say(folder, &error);
        Some(Record { key: key.to_owned(), ..Record::default() })
    })
}

/// A plain file's size. Anything else is not opened: a pipe would wait for ever, and a folder has no bytes.
fn size_of_file(path: &Path) -> io::Result<u64> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other("something else lies in the place of a file"));
    }
    File::open(path)?;
    Ok(found.len())
}

/// Its size is that of its bytes, whatever the record says: what was cut must show.
fn find(folder: &Path, sequence: Sequence) -> io::Result<Found> {
    let folder = folder.join(version_name(sequence));
    let rest = || if folder.exists() { damaged(sequence) } else { Found::Nothing };
    let json = match size_of_file(&folder.join(RECORD)).and_then(|_| fs::read(folder.join(RECORD))) {
        Ok(json) => json,
        Err(error) if is_absent(&error) => return Ok(rest()),
        Err(error) => return Err(error),
    };
    let Ok(mut record) = serde_json::from_slice::<Record>(&json) else { return Ok(damaged(sequence)) };
    if !record.delete_marker {
        record.size = match size_of_file(&folder.join(CONTENT)) {
            Ok(size) => size,
            Err(error) if is_absent(&error) => return Ok(rest()),
            Err(error) => return Err(error),
        };
    }
    Ok(Found::Whole(Box::new(Version { sequence, record, folder })))
}

fn damaged(version_id: Sequence) -> Found {
    tracing::warn!(%version_id, "the files of an object are damaged: it counts as absent");
    Found::Damaged
}
