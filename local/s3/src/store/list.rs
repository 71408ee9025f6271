//! A page of a listing.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use std::io;
use std::path::Path;

use super::Bucket;
use super::record::Record;
use super::walk::{Step, Visitor, walk};
use super::{unreadable, versions};

/// What to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) prefix: String,
    /// Keys that have it after the prefix are rolled up into common prefixes.
    pub(crate) delimiter: Option<String>,
    /// Only what comes after it.
    pub(crate) after: String,
    pub(crate) limit: usize,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Object(Box<Record>),
    Prefix(String),
}

/// Lines in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    /// Where the next page goes on, if there is one.
    pub(crate) next: Option<String>,
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Entry::Object(record) => &record.key,
            Entry::Prefix(prefix) => prefix,
        }
    }
}

impl Bucket {
    /// Lists current objects.
    pub(crate) fn list(&self, query: &Query) -> io::Result<Page> {
        let mut lister = Lister { query, entries: Vec::new() };
        let complete = query.limit == 0 || walk(&self.folder, &query.prefix, &mut lister)?;
        let next = if complete { None } else { lister.entries.last().map(|entry| entry.name().to_owned()) };
        Ok(Page { entries: lister.entries, next })
    }
}

/// Whether the walk can pass over a tree: none of its keys has the prefix, or all come too early.
pub(super) fn is_beside(tree: &str, prefix: &str, after: &str) -> bool {
    let related = tree.starts_with(prefix) || prefix.starts_with(tree);
    let early = tree <= after && !after.starts_with(tree);
    !related || early
}

struct Lister<'a> {
    query: &'a Query,
    entries: Vec<Entry>,
}

impl Lister<'_> {
    /// What `name` is rolled up into.
    fn common_prefix(&self, name: &str) -> Option<String> {
        let delimiter = self.query.delimiter.as_deref()?;
        let rest = name.strip_prefix(self.query.prefix.as_str())?;
        let end = rest.find(delimiter)? + delimiter.len();
        Some(name[..self.query.prefix.len() + end].to_owned())
    }

    /// Whether a common prefix is on this page already, or was on an earlier one.
    fn is_listed(&self, prefix: &str) -> bool {
        prefix <= self.query.after.as_str() || self.entries.last().is_some_and(|last| last.name() == prefix)
    }

    fn push(&mut self, entry: Entry) -> Step {
        if self.entries.len() == self.query.limit {
            return Step::Stop;
        }
        self.entries.push(entry);
        Step::On
    }
}

impl Visitor for Lister<'_> {
    fn tree(&mut self, prefix: &str, folder: &Path) -> io::Result<Step> {
        if is_beside(prefix, &self.query.prefix, &self.query.after) {
            return Ok(Step::Skip);
        }
        let Some(common) = self.common_prefix(prefix) else { return Ok(Step::On) };
        let is_there = || {
            has_object(folder).unwrap_or_else(|error| {
                // Whoever lists it itself is told; beside others it is there, and hides none of them.
                unreadable::say(folder, &error);
                true
            })
        };
        if self.is_listed(&common) || !is_there() {
            return Ok(Step::Skip);
        }
        Ok(match self.push(Entry::Prefix(common)) {
            Step::Stop => Step::Stop,
            _ => Step::Skip,
        })
    }

    fn object(&mut self, key: &str, folder: &Path) -> io::Result<Step> {
        if !key.starts_with(&self.query.prefix) || key <= self.query.after.as_str() {
            return Ok(Step::Skip);
        }
        let common = self.common_prefix(key);
        if common.as_deref().is_some_and(|common| self.is_listed(common)) {
            return Ok(Step::Skip);
        }
        let Some(record) = versions::current_seen(key, folder).filter(|record| !record.delete_marker) else {
            return Ok(Step::Skip);
        };
        Ok(self.push(common.map_or_else(|| Entry::Object(Box::new(record)), Entry::Prefix)))
    }
}

/// Whether anything below `folder` can be seen: deleted objects leave their markers.
fn has_object(folder: &Path) -> io::Result<bool> {
    struct First;

    impl Visitor for First {
        fn tree(&mut self, _prefix: &str, _folder: &Path) -> io::Result<Step> {
            Ok(Step::On)
        }

        fn object(&mut self, _key: &str, folder: &Path) -> io::Result<Step> {
            // One that cannot be read is there.
            let seen = versions::current(folder)
                .map_or(true, |current| current.is_some_and(|version| !version.record.delete_marker));
            Ok(if seen { Step::Stop } else { Step::On })
        }
    }

    Ok(!walk(folder, "", &mut First)?)
}
