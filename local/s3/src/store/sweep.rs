//! The lifecycle of a versioned bucket: what nobody can want back any more is removed.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::versions::{self};
use super::walk::{Step, Visitor, walk};
use super::{Store, StoreError, unreadable};

impl Store {
    /// Removes versions that stopped being current at least `age` ago, and then delete markers with nothing below them.
    /// Answers how many.
    pub(crate) fn sweep_noncurrent(&self, age: Duration) -> io::Result<usize> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let before = i64::try_from(now.saturating_sub(age).as_secs()).unwrap_or(i64::MAX);
        let mut removed = 0;
        for bucket in self.buckets.values().filter(|bucket| bucket.versioned) {
            let mut keys = Keys::default();
            walk(&bucket.folder, "", &mut keys)?;
            for (key, folder) in keys.found {
                // What cannot be read stays, and holds up no other.
                let expired = expired(&folder, before).unwrap_or_else(|error| {
                    unreadable::say(&folder, &error);
                    Vec::new()
                });
                for sequence in expired {
                    match self.remove_version(bucket, &key, sequence) {
                        Ok(found) => removed += usize::from(found.is_some()),
                        Err(StoreError::Io(error)) => unreadable::say(&folder, &error),
                        Err(other) => return Err(io::Error::other(other)),
                    }
                }
            }
        }
        Ok(removed)
    }
}

/// What of a key has expired.
///
/// A version is noncurrent since its successor was created, as S3 counts it:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
fn expired(folder: &Path, before: i64) -> io::Result<Vec<super::Sequence>> {
    let all = versions::sequences(folder)?;
    let mut expired = Vec::new();
    for (older, newer) in all.iter().zip(all.iter().skip(1)) {
        if versions::version(folder, *newer)?.is_some_and(|newer| newer.record.last_modified <= before) {
            expired.push(*older);
        }
    }
    if let Some(last) = all.last()
        && expired.len() + 1 == all.len()
        && versions::version(folder, *last)?.is_some_and(|version| version.record.delete_marker)
    {
        expired.push(*last);
    }
    Ok(expired)
}

/// Every key that has a version, current or not.
#[derive(Default)]
struct Keys {
    found: Vec<(String, PathBuf)>,
}

impl Visitor for Keys {
    fn tree(&mut self, _prefix: &str, _folder: &Path) -> io::Result<Step> {
        Ok(Step::On)
    }

    fn object(&mut self, key: &str, folder: &Path) -> io::Result<Step> {
        self.found.push((key.to_owned(), folder.to_owned()));
        Ok(Step::On)
    }
}
