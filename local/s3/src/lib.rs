//! S3 on one machine, as AWS documents it: a decorator around `s3s-fs`, spoken to over HTTP by the real SDK.
//!
//! The functions must not notice where they run, so what matters to them is kept to the letter: checksums,
//! conditional writes, what a signature covers, error codes, the order of listings, and that an acknowledged PUT
//! is on the disk. `s3s-fs` answers what concerns whole buckets; objects are stored here, because its layout (a
//! file for the bytes, others for what is known of them) cannot show both at once.
//!
//! *Architecture Invariant:* an object's version is one folder, renamed into place when it is complete and synced.
//! Nobody can see half of it, whenever the process is killed.
//!
//! # What it does not prove
//!
//! Policies and roles: whoever has the key may do everything. Encryption, tags, ACLs, object lock, multipart uploads and
//! browser form posts: refused (`NotImplemented`), or absent from answers. Throttling, slow replicas of anything, and
//! 409 for races: S3 may answer `ConditionalRequestConflict` where one of two writers gets 412 here. Lifecycle rules run
//! when [`LocalS3::sweep_noncurrent`] is called. A `Range` that cannot be read is refused here and ignored by S3. On a
//! file system that ignores case, a key that differs from another in nothing else is refused.
//!
//! Reading order: [`LocalS3`] here, `front/` (HTTP before and after s3s), `ops/` (one file an operation), `store/`
//! (the files).

mod bucket;
mod event;
mod front;
mod ops;
mod store;

use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;

pub use crate::bucket::BucketSpec;
pub use crate::event::ObjectCreated;
pub use crate::store::{Durability, OpenError};

use crate::event::Notifier;
use crate::front::Front;
use crate::ops::Decorator;
use crate::store::Store;

/// The store and its server; cheap to clone, all clones share one store.
#[derive(Clone)]
pub struct LocalS3 {
    store: Arc<Store>,
    notifier: Arc<Notifier>,
    front: Arc<Front>,
}

impl LocalS3 {
    /// Opens (creating it if needed) the store under `root`.
    ///
    /// What a killed process left half-written is removed. A second instance on the same folder is refused.
    pub async fn open(
        root: &Path,
        region: &str,
        access_key: &str,
        secret_key: &str,
        buckets: Vec<BucketSpec>,
    ) -> Result<LocalS3, OpenError> {
        Self::open_with(root, region, access_key, secret_key, buckets, Durability::Machine).await
    }

    /// The same, with a say in what acknowledged writes survive.
    pub async fn open_with(
        root: &Path,
        region: &str,
        access_key: &str,
        secret_key: &str,
        buckets: Vec<BucketSpec>,
        durability: Durability,
    ) -> Result<LocalS3, OpenError> {
        let root = root.to_owned();
        let opened = tokio::task::spawn_blocking(move || Store::open(&root, &buckets, durability));
        let store = Arc::new(opened.await.map_err(|stopped| OpenError::Stopped(stopped.to_string()))??);
        let notifier = Arc::new(Notifier::default());
        let decorator = Decorator::new(Arc::clone(&store), Arc::clone(&notifier), region)?;
        let front = Arc::new(Front::new(decorator, Arc::clone(&store), region, access_key, secret_key));
        Ok(LocalS3 { store, notifier, front })
    }

    /// Serves until `shutdown` resolves, then lets requests in flight finish (bounded to a few seconds).
    ///
    /// Only on loopback: the keys that guard it are no secret.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        front::serve(self.front, listener, shutdown).await
    }

    /// Notifications of `notify` buckets: one for every successful `PutObject` or `CopyObject` into them, sent after
    /// the write is durable.
    ///
    /// They live in memory: an object written just before the process is killed is found by the keeper, as on AWS an
    /// event that was lost.
    pub fn subscribe(&self) -> UnboundedReceiver<ObjectCreated> {
        self.notifier.subscribe()
    }

    /// Removes what a versioned bucket's lifecycle would: versions that were replaced or deleted at least `age` ago,
    /// and delete markers that hide nothing any more. Answers how many it removed.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
    pub async fn sweep_noncurrent(&self, age: Duration) -> io::Result<usize> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || store.sweep_noncurrent(age)).await.map_err(io::Error::other)?
    }
}
