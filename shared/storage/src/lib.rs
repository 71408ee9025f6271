//! The only crate that names the AWS SDK: the uploads bucket, the vault, the catalog, the processor's queue
//! and secrets.

pub mod buckets;
pub mod catalog;
pub mod config;
pub mod error;
pub mod inventory;
pub mod mint;
pub mod queue;
pub mod secret;
pub mod uploads;
pub mod vault;

pub use catalog::Catalog;
pub use config::{Clients, StorageConfig};
pub use error::StorageError;
pub use queue::Queue;
pub use uploads::{Uploads, Waiting};
pub use vault::Vault;

/// Everything that a function keeps: cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    /// Where an upload arrives.
    pub uploads: Uploads,
    /// Where originals and variants live.
    pub vault: Vault,
    /// Records and counters.
    pub catalog: Catalog,
}

impl Storage {
    /// Over these clients.
    pub fn new(clients: &Clients, config: &StorageConfig) -> Self {
        Self {
            uploads: Uploads::new(clients.s3.clone(), config.uploads_bucket.clone()),
            vault: Vault::new(
                clients.s3.clone(),
                config.uploads_bucket.clone(),
                config.vault_bucket.clone(),
                &config.originals_class,
            ),
            catalog: Catalog::new(clients.dynamodb.clone(), config.table.clone()),
        }
    }
}
