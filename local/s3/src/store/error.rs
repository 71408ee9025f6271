//! What can go wrong below HTTP. `ops/errors.rs` gives each its S3 code.

use std::io;
use std::path::PathBuf;

use super::names::BadKey;
use super::record::Sequence;

/// Why the store cannot be opened; each message is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is in use by another Tintype", .0.display())]
    InUse(PathBuf),
    /// The folder cannot be created, read or written.
    #[error("cannot use {}: {}", path.display(), source)]
    Folder {
        /// Where it failed.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
    /// A bucket has a name that S3 would refuse.
    #[error("{0:?} is no name for a bucket")]
    BucketName(String),
    /// The work was cancelled because the runtime stops.
    #[error("stopped while opening the store: {0}")]
    Stopped(String),
}

/// Why an object cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("no such bucket")]
    NoSuchBucket,
    #[error("not a key that S3 takes: {0:?}")]
    BadKey(BadKey),
    #[error("no such object")]
    NoSuchKey,
    /// The current version is a delete marker.
    #[error("deleted")]
    Deleted(Sequence),
    #[error("no such version")]
    NoSuchVersion,
    #[error("not a version id")]
    BadVersionId,
    /// The condition of a write does not hold.
    #[error("precondition failed: {0}")]
    ConditionFailed(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}
