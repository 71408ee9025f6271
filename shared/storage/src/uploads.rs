//! The uploads bucket: where an upload arrives, and which nothing leaves but by being safe.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use time::OffsetDateTime;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::ingest::Original;
use tintype_core::key::ObjectKey;
use tintype_core::metadata::UploadMetadata;
use tintype_core::wire::PresignedRequest;

use crate::error::{StorageError, unavailable};
use crate::inventory;
use crate::vault::at;

/// How long a presigned upload may begin.
pub const UPLOAD_LIFETIME: Duration = Duration::from_mins(5);

/// The uploads bucket.
#[derive(Debug, Clone)]
pub struct Uploads {
    client: Client,
    bucket: String,
}

/// What the bucket says of an upload.
#[derive(Debug, Clone)]
pub struct UploadHead {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 that S3 computed over the received bytes, if it has one.
    pub sha256: Option<PhotoId>,
    /// When S3 received it.
    pub received_at: OffsetDateTime,
    /// Media type as the client declared it.
    pub content_type: String,
    /// What it says of itself.
    pub metadata: UploadMetadata,
}

/// An upload that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its key as S3 lists it.
    pub key: String,
    /// When S3 received it.
    pub received_at: OffsetDateTime,
    /// Size in bytes.
    pub size: u64,
}

/// One page of what waits.
#[derive(Debug, Clone)]
pub struct WaitingPage {
    /// In the order of keys.
    pub uploads: Vec<Waiting>,
    /// Behind which key the next page starts; `None` on the last one.
    pub next: Option<String>,
}

impl Uploads {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// A PUT that S3 accepts for these bytes alone, once: size, type, checksum, metadata and if-none-match are
    /// **signed as headers** (S3 ignores a checksum in the query string).
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html>
    pub async fn presign(
        &self,
        key: &ObjectKey,
        photo_id: &PhotoId,
        size: u64,
        content_type: &str,
        metadata: &UploadMetadata,
        now: OffsetDateTime,
    ) -> Result<PresignedRequest, StorageError> {
        let broken = |why: String| StorageError::Corrupt { what: "a presigned upload".to_owned(), why };
        let config = PresigningConfig::builder()
            .expires_in(UPLOAD_LIFETIME)
            .start_time(now.into())
            .build()
            .map_err(|error| broken(error.to_string()))?;
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_length(i64::try_from(size).map_err(|error| broken(error.to_string()))?)
            .content_type(content_type)
            .if_none_match("*")
            .checksum_sha256(photo_id.to_base64())
            .set_metadata(Some(metadata.to_headers().into_iter().collect()))
            .presigned(config)
            .await
            .map_err(unavailable("PresignPutObject"))?;
        let headers = request
            .headers()
            .filter(|(name, _)| !matches!(*name, "host" | "content-length"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>();
        Ok(PresignedRequest {
            method: request.method().to_owned(),
            url: request.uri().to_owned(),
            headers,
            expires_at: now + UPLOAD_LIFETIME,
        })
    }

    /// Reads an upload from its first byte to its last, in constant memory: what its bytes really are. `None` only if S3
    /// says 404.
    pub async fn hash(&self, key: &ObjectKey) -> Result<Option<Original>, StorageError> {
        inventory::hash(&self.client, &self.bucket, &key.to_string(), None).await
    }

    /// What the bucket says of an upload; `None` only if S3 says 404.
    pub async fn head(&self, key: &ObjectKey) -> Result<Option<UploadHead>, StorageError> {
        let found = inventory::describe(&self.client, &self.bucket, &key.to_string(), None).await?;
        Ok(found.map(|found| UploadHead {
            size: found.original.size,
            sha256: found.original.sha256,
            received_at: found.stored_at,
            content_type: found.content_type,
            metadata: found.metadata,
        }))
    }

    /// Deletes an upload: the last step, when its photo is safe or unwanted.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        self.client
            .delete_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .send()
            .await
            .map_err(unavailable("DeleteObject"))?;
        Ok(())
    }

    /// Whether an upload of this photo waits.
    pub async fn any_waiting(&self, user: &UserId, photo_id: &PhotoId) -> Result<bool, StorageError> {
        let prefix = ObjectKey::uploads_of(user, photo_id);
        Ok(!self.list(&prefix, None, 1).await?.uploads.is_empty())
    }

    /// Uploads of this photo that wait; the first thousand.
    pub async fn of(&self, user: &UserId, photo_id: &PhotoId) -> Result<Vec<ObjectKey>, StorageError> {
        let page = self.list(&ObjectKey::uploads_of(user, photo_id), None, 1_000).await?;
        Ok(page.uploads.iter().filter_map(|upload| upload.key.parse().ok()).collect())
    }

    /// A page of all that waits, in the order of keys, behind this one.
    pub async fn waiting(&self, next: Option<String>) -> Result<WaitingPage, StorageError> {
        self.list(ObjectKey::UPLOADS_PREFIX, next, 1_000).await
    }

    async fn list(&self, prefix: &str, next: Option<String>, most: i32) -> Result<WaitingPage, StorageError> {
        let page = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .set_start_after(next)
            .max_keys(most)
            .send()
            .await
            .map_err(unavailable("ListObjectsV2"))?;
        let uploads: Vec<_> = page
            .contents()
            .iter()
            .filter_map(|object| {
                Some(Waiting {
                    key: object.key()?.to_owned(),
                    received_at: at(object.last_modified()),
                    size: object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                })
            })
            .collect();
        let last = uploads.last().filter(|_| page.is_truncated() == Some(true));
        let next = last.map(|upload: &Waiting| upload.key.clone());
        Ok(WaitingPage { uploads, next })
    }
}
