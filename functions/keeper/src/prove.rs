//! Originals for which S3 tells no SHA-256, as after a copy by other tools. Each is read whole; if its bytes are what its
//! key says, it is copied onto itself, which has S3 compute and keep one. It only adds: a version with the same bytes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tintype_core::key::ObjectKey;
use tintype_core::repair::{Found, Proof};
use tintype_storage::{StorageError, Vault};

/// Bytes of one file that are read and copied in a second, at the least, while others are too.
const BYTES_PER_SECOND: u64 = 10_000_000;

/// Which files a slice still reads whole.
#[derive(Debug)]
pub(crate) struct Reads {
    end: Instant,
    begun: AtomicBool,
}

impl Reads {
    /// Those that are done by `end`, as far as one can tell.
    pub(crate) fn until(end: Instant) -> Self {
        Self { end, begun: AtomicBool::new(false) }
    }

    /// Whether a file is still begun. The first one is, however large it is: else no slice would come further.
    pub(crate) fn begins(&self, bytes: u64) -> bool {
        let takes = Duration::from_secs(bytes.div_ceil(BYTES_PER_SECOND));
        let is_first = !self.begun.swap(true, Ordering::Relaxed);
        is_first || Instant::now() + takes < self.end
    }
}

/// What came of it.
pub(crate) enum Proved {
    /// S3 tells the SHA-256 that it ought to: what it says now.
    Told(Found),
    /// It has other bytes; nothing was written.
    Wrong,
    /// It was copied, and S3 does not agree yet.
    NotYet,
}

/// Has S3 tell the SHA-256 of an original.
pub(crate) async fn prove(vault: &Vault, key: &ObjectKey, proof: &Proof) -> Result<Proved, StorageError> {
    let key = key.to_string();
    let bytes = vault.hash_version(&key, proof.version_id.clone()).await?;
    if !bytes.is_some_and(|bytes| proof.is_given_by(&bytes)) {
        return Ok(Proved::Wrong);
    }
    let version_id = proof.version_id.as_deref();
    vault.copy_onto_itself(&key, version_id, &proof.content_type, &proof.metadata).await?;
    // An answer of 200 can carry an error: what lies there tells.
    let found = vault.describe(&key, None).await?.filter(|found| proof.is_given_by(&found.original));
    Ok(found.map_or(Proved::NotYet, Proved::Told))
}
