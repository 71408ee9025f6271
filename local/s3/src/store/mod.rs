//! The files.
//!
//! ```text
//! lock                                held while a process has the store open
//! incoming/{n}/                       versions in the making, and versions on their way out; emptied at start
//! buckets/{bucket}/{key}/@{version}/  content, record.json
//! ```
//!
//! Everything here blocks; `ops/` calls it from threads that may.

mod disk;
mod error;
mod incoming;
mod list;
mod list_versions;
mod names;
mod record;
mod sweep;
mod unreadable;
mod versions;
mod walk;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::SystemTime;

pub use disk::Durability;
pub use error::OpenError;
pub(crate) use error::StoreError;
pub(crate) use incoming::Incoming;
pub(crate) use list::{Entry, Page, Query};
pub(crate) use list_versions::{Listed, VersionQuery};
pub(crate) use names::BadKey;
pub(crate) use record::{Checksum, Headers, Record, Sequence};
pub(crate) use versions::{Condition, Which};

use crate::bucket::BucketSpec;

/// Writers of one key take turns; keys share this many locks.
const LOCKS: usize = 64;

/// All buckets under one folder.
pub(crate) struct Store {
    durability: Durability,
    buckets_folder: PathBuf,
    incoming_folder: PathBuf,
    buckets: BTreeMap<String, Bucket>,
    last_sequence: AtomicU64,
    last_incoming: AtomicU64,
    locks: [Mutex<()>; LOCKS],
    /// Released by the system when the process ends, however it ends.
    _lock: File,
}

/// One bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) versioned: bool,
    pub(crate) notify: bool,
    pub(crate) cors_origins: Vec<String>,
    folder: PathBuf,
    /// Shared by those who need folders to stay, taken alone to remove empty ones.
    folders: RwLock<()>,
}

impl Store {
    /// Opens the store under `root`, creating what is missing and removing what was never finished.
    pub(crate) fn open(root: &Path, specs: &[BucketSpec], durability: Durability) -> Result<Self, OpenError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Folder { path, source }
        };
        let buckets_folder = root.join("buckets");
        let incoming_folder = root.join("incoming");
        fs::create_dir_all(root).map_err(failed(root))?;
        let lock = File::create(root.join("lock")).map_err(failed(root))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(root.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(root)(error)),
        }
        match fs::remove_dir_all(&incoming_folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&incoming_folder)(error));
            }
            _ => {}
        }
        fs::create_dir_all(&incoming_folder).map_err(failed(&incoming_folder))?;

        let mut buckets = BTreeMap::new();
        for spec in specs {
            if !s3s::path::check_bucket_name(&spec.name) {
                return Err(OpenError::BucketName(spec.name.clone()));
            }
            let folder = buckets_folder.join(&spec.name);
            fs::create_dir_all(&folder).map_err(failed(&folder))?;
            let bucket = Bucket {
                name: spec.name.clone(),
                versioned: spec.versioned,
                notify: spec.notify,
                cors_origins: spec.cors_origins.clone(),
                folder,
                folders: RwLock::new(()),
            };
            buckets.insert(spec.name.clone(), bucket);
        }
        fs::create_dir_all(&buckets_folder).map_err(failed(&buckets_folder))?;
        for folder in [&buckets_folder, root] {
            durability.sync_folder(folder).map_err(failed(folder))?;
        }

        Ok(Self {
            durability,
            buckets_folder,
            incoming_folder,
            buckets,
            last_sequence: AtomicU64::new(0),
            last_incoming: AtomicU64::new(0),
            locks: [const { Mutex::new(()) }; LOCKS],
            _lock: lock,
        })
    }

    /// The folder of all buckets, for what `s3s-fs` answers.
    pub(crate) fn buckets_folder(&self) -> &Path {
        &self.buckets_folder
    }

    pub(crate) fn bucket(&self, name: &str) -> Result<&Bucket, StoreError> {
        self.buckets.get(name).ok_or(StoreError::NoSuchBucket)
    }

    /// Room for a new version.
    pub(crate) fn incoming(&self) -> Result<Incoming, StoreError> {
        Ok(Incoming::create(self.aside(), self.durability)?)
    }

    /// A path that nobody uses, on the same file system.
    fn aside(&self) -> PathBuf {
        self.incoming_folder.join(self.last_incoming.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// A number greater than `previous`, and, as long as clocks go forward, than any that was given for another reason
    /// than a greater `previous`, also by earlier runs. What somebody put under one key counts for that key alone.
    fn next_sequence(&self, previous: Option<Sequence>) -> Sequence {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_nanos()).unwrap_or(Sequence::LAST.0).min(Sequence::LAST.0);
        let next = |last: u64| Some(now.max(last.saturating_add(1)));
        // The closure always answers Some, so both arms hold the value before the change.
        let (Ok(given) | Err(given)) =
            self.last_sequence.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let behind = previous.map_or(0, |Sequence(previous)| previous.saturating_add(1));
        Sequence(now.max(given.saturating_add(1)).max(behind))
    }

    /// The lock under which versions of this key come and go.
    fn lock(&self, bucket: &Bucket, key: &str) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        (&bucket.name, key).hash(&mut hasher);
        let slot = usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or_default();
        &self.locks[slot]
    }
}
