//! The buckets, for servers that have no template to make them from.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

use crate::config::{Clients, StorageConfig};
use crate::error::{StorageError, unavailable};

/// Makes the uploads bucket and the vault, which is versioned, as `template.yaml` does. They must not be there yet.
pub async fn create(clients: &Clients, config: &StorageConfig) -> Result<(), StorageError> {
    for bucket in [&config.uploads_bucket, &config.vault_bucket] {
        clients.s3.create_bucket().bucket(bucket).send().await.map_err(unavailable("CreateBucket"))?;
    }
    let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let vault = clients.s3.put_bucket_versioning().bucket(&config.vault_bucket);
    vault.versioning_configuration(versioned).send().await.map_err(unavailable("PutBucketVersioning"))?;
    Ok(())
}
