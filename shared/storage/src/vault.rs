//! The vault: originals bit for bit, and the variants that we derive from them.

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, MetadataDirective, StorageClass};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;
use time::OffsetDateTime;
use tintype_core::ingest::Original;
use tintype_core::key::{FileName, ObjectKey, Variant};
use tintype_core::metadata::UploadMetadata;
use tintype_core::wire::OriginalUrl;

use crate::catalog::pause;
use crate::error::{StorageError, failure, unavailable};
use crate::inventory::Version;

/// How long the address of an original may be used.
pub const ORIGINAL_LIFETIME: Duration = Duration::from_mins(15);

/// How often a copy that met another one is tried: S3 answers 409 while both run.
const COPY_TRIES: u32 = 5;
/// Characters of a key that need no encoding in x-amz-copy-source.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');
/// attr-char of RFC 5987, for `filename*`.
const ATTR: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The vault.
#[derive(Debug, Clone)]
pub struct Vault {
    pub(crate) client: Client,
    uploads_bucket: String,
    pub(crate) bucket: String,
    originals_class: StorageClass,
}

/// What a copy may meet where it goes.
#[derive(Clone, Copy)]
enum Onto {
    /// Nothing: it is not made where something is.
    Nothing,
    /// What it is a copy of: it becomes the newest version of it, and the older ones stay.
    Itself,
}

/// A variant as it is served.
#[derive(Debug)]
pub struct VariantBody {
    /// Its bytes.
    pub bytes: Bytes,
    /// Names these bytes for caches.
    pub etag: String,
}

impl Vault {
    pub(crate) fn new(client: Client, uploads_bucket: String, bucket: String, originals_class: &str) -> Self {
        Self { client, uploads_bucket, bucket, originals_class: originals_class.into() }
    }

    /// Copies an upload to where its original lives, unless something is there already; false if the upload is
    /// gone. It is not there until [`Vault::head`] agrees: an answer of 200 can carry an error, and a lost answer
    /// can hide a success. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
    pub async fn copy_in(
        &self,
        upload: &ObjectKey,
        original: &str,
        content_type: &str,
        metadata: &UploadMetadata,
    ) -> Result<bool, StorageError> {
        let source = format!("{}/{}", self.uploads_bucket, utf8_percent_encode(&upload.to_string(), KEY));
        self.copy(&source, original, content_type, metadata, Onto::Nothing).await
    }

    /// Copies a version of an original to where one is missing, as [`Vault::copy_in`] copies an upload.
    pub async fn copy_back(
        &self,
        version: &Version,
        original: &str,
        content_type: &str,
        metadata: &UploadMetadata,
    ) -> Result<bool, StorageError> {
        let source = self.source(&version.key, version.version_id.as_deref());
        self.copy(&source, original, content_type, metadata, Onto::Nothing).await
    }

    /// Copies a version of an original onto its own key, as a new version that has the SHA-256 which S3 computes while it
    /// copies, and the metadata that ours have; false if that version is gone. What other tools wrote has none: S3 keeps
    /// a CRC of it. As with [`Vault::copy_in`], [`Vault::head`] has to agree.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
    pub async fn copy_onto_itself(
        &self,
        key: &str,
        version_id: Option<&str>,
        content_type: &str,
        metadata: &UploadMetadata,
    ) -> Result<bool, StorageError> {
        self.copy(&self.source(key, version_id), key, content_type, metadata, Onto::Itself).await
    }

    /// `x-amz-copy-source` of an original, or of one version of it.
    fn source(&self, key: &str, version_id: Option<&str>) -> String {
        let source = format!("{}/{}", self.bucket, utf8_percent_encode(key, KEY));
        match version_id {
            Some(version_id) => format!("{source}?versionId={}", utf8_percent_encode(version_id, KEY)),
            None => source,
        }
    }

    async fn copy(
        &self,
        source: &str,
        original: &str,
        content_type: &str,
        metadata: &UploadMetadata,
        onto: Onto,
    ) -> Result<bool, StorageError> {
        for tried in 1.. {
            let copied = self
                .client
                .copy_object()
                .bucket(&self.bucket)
                .key(original)
                .copy_source(source)
                .set_if_none_match(matches!(onto, Onto::Nothing).then(|| "*".to_owned()))
                .metadata_directive(MetadataDirective::Replace)
                .set_metadata(Some(metadata.to_headers().into_iter().collect()))
                .content_type(content_type)
                .checksum_algorithm(ChecksumAlgorithm::Sha256)
                .storage_class(self.originals_class.clone())
                .send()
                .await;
            let Err(error) = copied else { return Ok(true) };
            match failure(&error).code.as_str() {
                // Another run of us, or an earlier try whose answer was lost: the HEAD that follows will tell.
                "PreconditionFailed" => return Ok(true),
                "NoSuchKey" | "NoSuchVersion" => return Ok(false),
                "ConditionalRequestConflict" if tried < COPY_TRIES => pause(tried).await,
                _ => return Err(unavailable("CopyObject")(error)),
            }
        }
        Ok(false)
    }

    /// What the vault says of an original; `None` only if S3 says 404.
    pub async fn head(&self, key: &str) -> Result<Option<Original>, StorageError> {
        Ok(self.describe(key, None).await?.map(|found| found.original))
    }

    /// An original's bytes; `None` only if S3 says 404.
    pub async fn read(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        self.get(key, None).await
    }

    /// The first bytes of an original, at most `length`; `None` only if S3 says 404. `length` is at least 1,
    /// and the original is not empty.
    pub async fn read_start(&self, key: &str, length: u64) -> Result<Option<Bytes>, StorageError> {
        self.get(key, Some(format!("bytes=0-{}", length.saturating_sub(1)))).await
    }

    async fn get(&self, key: &str, range: Option<String>) -> Result<Option<Bytes>, StorageError> {
        let object = self.client.get_object().bucket(&self.bucket).key(key).set_range(range).send().await;
        let object = match object {
            Ok(object) => object,
            Err(error) if failure(&error).status == Some(404) => return Ok(None),
            Err(error) => return Err(unavailable("GetObject")(error)),
        };
        Ok(Some(collect(object.body).await?))
    }

    /// Writes a variant; the same bytes again do no harm.
    pub async fn put_variant(&self, key: &ObjectKey, webp: Vec<u8>) -> Result<(), StorageError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_type(Variant::CONTENT_TYPE)
            .cache_control(Variant::CACHE_CONTROL)
            .body(ByteStream::from(webp))
            .send()
            .await
            .map_err(unavailable("PutObject"))?;
        Ok(())
    }

    /// A variant as it is served; `None` if there is none.
    pub async fn variant(&self, key: &ObjectKey) -> Result<Option<VariantBody>, StorageError> {
        let object = self.client.get_object().bucket(&self.bucket).key(key.to_string()).send().await;
        let object = match object {
            Ok(object) => object,
            Err(error) if failure(&error).status == Some(404) => return Ok(None),
            Err(error) => return Err(unavailable("GetObject")(error)),
        };
        let etag = object.e_tag().unwrap_or_default().to_owned();
        Ok(Some(VariantBody { bytes: collect(object.body).await?, etag }))
    }

    /// The address of an original for a while; it saves the file under its own name and is never shown inline.
    pub async fn presign(
        &self,
        key: &str,
        file_name: &str,
        now: OffsetDateTime,
    ) -> Result<OriginalUrl, StorageError> {
        let config = PresigningConfig::builder()
            .expires_in(ORIGINAL_LIFETIME)
            .start_time(now.into())
            .build()
            .map_err(|error| StorageError::Corrupt {
                what: "a presigned GET".to_owned(),
                why: error.to_string(),
            })?;
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(attachment(file_name))
            .presigned(config)
            .await
            .map_err(unavailable("PresignGetObject"))?;
        Ok(OriginalUrl { url: request.uri().to_owned(), expires_at: now + ORIGINAL_LIFETIME })
    }

    /// Deletes what lies under a key: the vault is versioned, so this writes a delete marker.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        self.client
            .delete_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
            .map_err(unavailable("DeleteObject"))?;
        Ok(())
    }
}

async fn collect(body: ByteStream) -> Result<Bytes, StorageError> {
    let collected = body.collect().await.map_err(|error| StorageError::Unavailable {
        operation: "GetObject",
        code: "broken body".to_owned(),
        source: Box::new(error),
    })?;
    Ok(collected.into_bytes())
}

/// `Content-Disposition` of RFC 6266: a plain name for old clients, the whole one for all others.
fn attachment(file_name: &str) -> String {
    let plain = FileName::from_client(file_name);
    let shown: String = file_name
        .chars()
        .map(|c| if c.is_control() || matches!(c, '/' | '\\') { '_' } else { c })
        .take(200)
        .collect();
    let whole = if shown.is_empty() { plain.to_string() } else { shown };
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&whole, ATTR))
}

/// S3's times, in ours; what S3 leaves out is the beginning of time, older than anything.
pub(crate) fn at(time: Option<&DateTime>) -> OffsetDateTime {
    time.and_then(|time| OffsetDateTime::from_unix_timestamp_nanos(time.as_nanos()).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_is_saved_under_its_own_name_and_nothing_else_gets_into_the_header() {
        assert_eq!(
            attachment("IMG 1.JPG"),
            "attachment; filename=\"IMG1.JPG\"; filename*=UTF-8''IMG%201.JPG"
        );
        assert_eq!(
            attachment("写真.jpg"),
            "attachment; filename=\"photo.jpg\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg"
        );
        assert_eq!(
            attachment("a\"\r\nx: y"),
            "attachment; filename=\"axy\"; filename*=UTF-8''a%22__x%3A%20y"
        );
        assert_eq!(attachment(""), "attachment; filename=\"photo\"; filename*=UTF-8''photo");
    }
}
