//! A page of versions.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

use std::io;
use std::path::Path;

use super::list::is_beside;
use super::record::{Record, Sequence};
use super::walk::{Step, Visitor, walk};
use super::{Bucket, unreadable, versions};

/// Which versions to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct VersionQuery {
    pub(crate) prefix: String,
    /// Only keys after it, and of it what is older than the next.
    pub(crate) key_marker: String,
    pub(crate) version_marker: Option<Sequence>,
    pub(crate) limit: usize,
}

/// One version in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) sequence: Sequence,
    pub(crate) record: Record,
    pub(crate) is_latest: bool,
}

impl Bucket {
    /// Versions and delete markers in the order of their keys, the newest of a key first; and whether there are more.
    pub(crate) fn list_versions(&self, query: &VersionQuery) -> io::Result<(Vec<Listed>, bool)> {
        let mut lister = Lister { query, found: Vec::new() };
        let complete = query.limit == 0 || walk(&self.folder, &query.prefix, &mut lister)?;
        Ok((lister.found, !complete))
    }
}

struct Lister<'a> {
    query: &'a VersionQuery,
    found: Vec<Listed>,
}

impl Visitor for Lister<'_> {
    fn tree(&mut self, prefix: &str, _folder: &Path) -> io::Result<Step> {
        let beside = is_beside(prefix, &self.query.prefix, &self.query.key_marker);
        Ok(if beside { Step::Skip } else { Step::On })
    }

    fn object(&mut self, key: &str, folder: &Path) -> io::Result<Step> {
        let marker = self.query.key_marker.as_str();
        let is_resumed = key == marker && self.query.version_marker.is_some();
        if !key.starts_with(&self.query.prefix) || (key <= marker && !is_resumed) {
            return Ok(Step::Skip);
        }
        let all = match versions::sequences(folder) {
            Ok(all) => all,
            Err(error) => {
                unreadable::say(folder, &error);
                return Ok(Step::Skip);
            }
        };
        for sequence in all.iter().rev() {
            if is_resumed && self.query.version_marker.is_some_and(|marker| *sequence >= marker) {
                continue;
            }
            let Some(record) = versions::seen(key, folder, *sequence) else { continue };
            if self.found.len() == self.query.limit {
                return Ok(Step::Stop);
            }
            let is_latest = all.last() == Some(sequence);
            self.found.push(Listed { sequence: *sequence, record, is_latest });
        }
        Ok(Step::On)
    }
}
