//! What really lies in the vault, page by page: for the audit and what follows from it, never for a request of the API.

use std::collections::VecDeque;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::types::ChecksumMode;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tintype_core::audit::report::{Below, Report};
use tintype_core::id::{AuditId, PhotoId, UserId};
use tintype_core::ingest::Original;
use tintype_core::key::ObjectKey;
use tintype_core::metadata::UploadMetadata;
use tintype_core::repair::Found;

use crate::Vault;
use crate::error::{StorageError, failure, unavailable};
use crate::vault::at;

/// One version of an object, as a listing has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its key.
    pub key: String,
    /// Its version; `None` where the vault is not versioned.
    pub version_id: Option<String>,
    /// Size in bytes.
    pub size: u64,
    /// Whether it is what a read without a version gets.
    pub latest: bool,
}

/// Where a listing of versions goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionMarker {
    /// Behind this key,
    pub key: String,
    /// or, if there is one, behind this version of it.
    pub version_id: Option<String>,
}

impl VersionMarker {
    /// What lies behind it. S3 lists nothing else; but its pages say that a marker is where a listing starts, and others
    /// take them by their word. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
    fn pass_over(&self, mut versions: Vec<Version>) -> Vec<Version> {
        let named = |version: &Version| version.key == self.key && version.version_id == self.version_id;
        let passed = match self.version_id {
            Some(_) => versions.iter().position(named).map_or(0, |last| last + 1),
            None => versions.iter().take_while(|version| version.key <= self.key).count(),
        };
        versions.drain(..passed);
        versions
    }
}

/// A page of versions: by key, the newest of each first.
#[derive(Debug)]
pub struct VersionsPage {
    /// Without delete markers: a key that has one on top has no latest version.
    pub versions: Vec<Version>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<VersionMarker>,
}

/// A page of keys, in their order.
#[derive(Debug)]
pub struct KeysPage {
    /// Current objects.
    pub keys: Vec<String>,
    /// Behind which key the next page starts; `None` on the last one.
    pub next: Option<String>,
}

impl Vault {
    /// A page of versions below a prefix.
    pub async fn versions(
        &self,
        prefix: &str,
        from: Option<VersionMarker>,
    ) -> Result<VersionsPage, StorageError> {
        let (key, version_id) = from.clone().map(|marker| (marker.key, marker.version_id)).unzip();
        let page = self
            .client
            .list_object_versions()
            .bucket(&self.bucket)
            .prefix(prefix)
            .set_key_marker(key)
            .set_version_id_marker(version_id.flatten())
            .send()
            .await
            .map_err(unavailable("ListObjectVersions"))?;
        let versions: Vec<Version> = page
            .versions()
            .iter()
            .filter_map(|version| {
                Some(Version {
                    key: version.key()?.to_owned(),
                    version_id: version.version_id().filter(|id| *id != "null").map(ToOwned::to_owned),
                    size: version.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                    latest: version.is_latest() == Some(true),
                })
            })
            .collect();
        let next =
            page.next_key_marker().filter(|_| page.is_truncated() == Some(true)).map(|key| VersionMarker {
                key: key.to_owned(),
                version_id: page.next_version_id_marker().map(ToOwned::to_owned),
            });
        let versions = match &from {
            Some(marker) => marker.pass_over(versions),
            None => versions,
        };
        Ok(VersionsPage { versions, next })
    }

    /// A page of the keys below a prefix, behind `after`.
    pub async fn keys(&self, prefix: &str, after: Option<String>) -> Result<KeysPage, StorageError> {
        let page = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .set_start_after(after)
            .send()
            .await
            .map_err(unavailable("ListObjectsV2"))?;
        let keys: Vec<String> =
            page.contents().iter().filter_map(|object| object.key().map(ToOwned::to_owned)).collect();
        let next = keys.last().filter(|_| page.is_truncated() == Some(true)).cloned();
        Ok(KeysPage { keys, next })
    }

    /// All that lies in the vault of one photo: originals and variants of whichever life. What Tintype did not write is
    /// left out.
    pub async fn lives(&self, user: &UserId, photo_id: &PhotoId) -> Result<Vec<ObjectKey>, StorageError> {
        let mut lives = Vec::new();
        for prefix in [ObjectKey::lives_of(user, photo_id), ObjectKey::media_of_photo(user, photo_id)] {
            let mut after = None;
            loop {
                let page = self.keys(&prefix, after).await?;
                lives.extend(page.keys.iter().filter_map(|key| key.parse::<ObjectKey>().ok()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(lives)
    }

    /// A page of the folders and objects directly below a prefix.
    pub async fn below(&self, place: &Below) -> Result<KeysPage, StorageError> {
        // Behind a folder is behind all that lies in it: S3 would name it again for what comes after its bare name.
        let start = place.after.as_ref().map(|after| match after.strip_suffix('/') {
            Some(folder) => format!("{folder}/{}", char::MAX),
            None => after.clone(),
        });
        let page = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(&place.prefix)
            .delimiter("/")
            .set_start_after(start)
            .send()
            .await
            .map_err(unavailable("ListObjectsV2"))?;
        let objects = page.contents().iter().filter_map(|object| object.key());
        let folders = page.common_prefixes().iter().filter_map(|folder| folder.prefix());
        let mut keys: Vec<String> = objects.chain(folders).map(ToOwned::to_owned).collect();
        keys.sort_unstable();
        let next = keys.last().filter(|_| page.is_truncated() == Some(true)).cloned();
        Ok(KeysPage { keys, next })
    }

    /// Whether there is an object under this key; `false` only if S3 says 404.
    pub async fn holds(&self, key: &str) -> Result<bool, StorageError> {
        Ok(self.describe(key, None).await?.is_some())
    }

    /// All that the vault says of an original, or of one version of it; `None` only if S3 says 404.
    pub async fn describe(
        &self,
        key: &str,
        version_id: Option<String>,
    ) -> Result<Option<Found>, StorageError> {
        describe(&self.client, &self.bucket, key, version_id).await
    }

    /// Reads an original from its first byte to its last, in constant memory: what its bytes really are. `None` only
    /// if S3 says 404.
    pub async fn hash(&self, key: &str) -> Result<Option<Original>, StorageError> {
        self.hash_version(key, None).await
    }

    /// The same of one version of it.
    pub async fn hash_version(
        &self,
        key: &str,
        version_id: Option<String>,
    ) -> Result<Option<Original>, StorageError> {
        hash(&self.client, &self.bucket, key, version_id).await
    }

    /// The last `most` reports of audits that began before `now`, by their ids, the newest first.
    pub async fn reports(&self, now: OffsetDateTime, most: usize) -> Result<Vec<AuditId>, StorageError> {
        let (mut newest, mut after) = (VecDeque::new(), None);
        loop {
            let page = self.keys(ObjectKey::AUDITS_PREFIX, after).await?;
            for key in &page.keys {
                let Ok(ObjectKey::Audit { audit_id }) = key.parse() else { continue };
                let began_at = i128::from(audit_id.milliseconds()) * 1_000_000;
                if began_at <= now.unix_timestamp_nanos() {
                    // Keys come sorted, and ids sort by time.
                    newest.push_front(audit_id);
                    newest.truncate(most);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(newest.into());
            }
        }
    }

    /// Writes the report of an audit. While the audit goes on, the next run writes over it.
    pub async fn put_report(&self, report: &Report) -> Result<(), StorageError> {
        let key = ObjectKey::Audit { audit_id: report.audit_id };
        let json = serde_json::to_vec(report)
            .map_err(|error| StorageError::Corrupt { what: key.to_string(), why: error.to_string() })?;
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_type("application/json")
            .body(json.into())
            .send()
            .await
            .map_err(unavailable("PutObject"))?;
        Ok(())
    }

    /// The report of an audit; `None` if there is none.
    pub async fn report(&self, audit_id: AuditId) -> Result<Option<Report>, StorageError> {
        let key = ObjectKey::Audit { audit_id }.to_string();
        let json = match self.read(&key).await {
            Err(error) if self.is_rotten(&key).await => {
                return Err(StorageError::Corrupt { what: key, why: error.to_string() });
            }
            read => read?,
        };
        let Some(json) = json else { return Ok(None) };
        let report = serde_json::from_slice(&json);
        report.map(Some).map_err(|error| StorageError::Corrupt { what: key, why: error.to_string() })
    }

    /// Whether an object comes whole, but not if the SDK compares its checksum. What the SDK says of that is what it says
    /// of a connection that broke, which would be tried again for ever.
    async fn is_rotten(&self, key: &str) -> bool {
        let comes = self.hash(key).await.is_ok_and(|found| found.is_some());
        comes && self.read(key).await.is_err()
    }
}

/// All that S3 says of an object, or of one version of it; `None` only if it says 404.
pub(crate) async fn describe(
    client: &Client,
    bucket: &str,
    key: &str,
    version_id: Option<String>,
) -> Result<Option<Found>, StorageError> {
    let head = client.head_object().bucket(bucket).key(key).set_version_id(version_id);
    let head = match head.checksum_mode(ChecksumMode::Enabled).send().await {
        Ok(head) => head,
        Err(error) if failure(&error).status == Some(404) => return Ok(None),
        Err(error) => return Err(unavailable("HeadObject")(error)),
    };
    Ok(Some(Found {
        original: Original {
            size: head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            sha256: head.checksum_sha256().and_then(|checksum| PhotoId::from_base64(checksum).ok()),
            version_id: head.version_id().map(ToOwned::to_owned),
        },
        stored_at: at(head.last_modified()),
        content_type: head.content_type().unwrap_or_default().to_owned(),
        metadata: UploadMetadata::from_headers(head.metadata().into_iter().flatten()),
    }))
}

/// Reads an object whole, in constant memory: what its bytes really are. `None` only if S3 says 404.
pub(crate) async fn hash(
    client: &Client,
    bucket: &str,
    key: &str,
    version_id: Option<String>,
) -> Result<Option<Original>, StorageError> {
    let broken = |error| StorageError::Unavailable {
        operation: "GetObject",
        code: "broken body".to_owned(),
        source: Box::new(error),
    };
    // We hash the bytes ourselves: the SDK's own check would make wrong ones look like a broken connection.
    let unchecked = aws_sdk_s3::config::Config::builder()
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    let object = client.get_object().bucket(bucket).key(key).set_version_id(version_id).customize();
    let mut object = match object.config_override(unchecked).send().await {
        Ok(object) => object,
        Err(error) if failure(&error).status == Some(404) => return Ok(None),
        Err(error) => return Err(unavailable("GetObject")(error)),
    };
    let (mut hasher, mut size) = (Sha256::new(), 0);
    while let Some(chunk) = object.body.next().await {
        let chunk = chunk.map_err(broken)?;
        hasher.update(&chunk);
        size += chunk.len() as u64;
    }
    let sha256 = Some(PhotoId::from_digest(hasher.finalize().into()));
    Ok(Some(Original { size, sha256, version_id: object.version_id }))
}
