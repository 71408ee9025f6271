//! `PutObject`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

use std::sync::Arc;

use http::HeaderMap;
use s3s::{S3Request, S3Response, S3Result, dto, s3_error};
use time::OffsetDateTime;

use super::checksum::{self, Promise};
use super::receive::{Received, receive};
use super::{Decorator, request};
use crate::event::ObjectCreated;
use crate::store::{Bucket, Condition, Headers, Incoming, Record, Sequence};

/// Largest object that one PUT may bring, and that one copy may copy: 5 GiB.
pub(super) const MAX_SIZE: u64 = 5 * 1024 * 1024 * 1024;

pub(super) async fn put_object(
    decorator: &Decorator,
    req: S3Request<dto::PutObjectInput>,
) -> S3Result<S3Response<dto::PutObjectOutput>> {
    let S3Request { mut input, headers, trailing_headers, .. } = req;
    let body = input.body.take().ok_or_else(|| s3_error!(IncompleteBody))?;
    let mut promise = Promise::of(&input, &headers)?;
    let condition = request::write_condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let expected = announced_length(&input, &headers)?;
    refuse_what_is_not_kept(&input)?;
    let (bucket, mut record) = record_of(input)?;

    // Whoever cannot succeed is told before sending a gigabyte. The decision falls when all is there.
    let (early_bucket, early_key, early_condition) = (bucket.clone(), record.key.clone(), condition.clone());
    decorator
        .blocking(move |decorator| {
            let bucket = decorator.store.bucket(&early_bucket)?;
            Ok(bucket.check(&early_key, &early_condition)?)
        })
        .await?;

    let Received { incoming, digests, size } = receive(decorator, body, promise.algorithm, expected).await?;
    promise
        .complete(&trailing_headers.and_then(|trailers| trailers.take()).unwrap_or_else(HeaderMap::new))?;
    let (etag, checksum) = promise.keep(digests)?;
    record.size = size;
    record.etag = etag;
    record.checksum = Some(checksum);
    let record = Arc::new(record);

    let stored = Arc::clone(&record);
    let version_id = decorator
        .blocking(move |decorator| {
            decorator.store_object(&bucket, incoming, &stored, &condition, "ObjectCreated:Put")
        })
        .await?;

    let sums = checksum::fields(record.checksum.as_ref());
    Ok(S3Response::new(dto::PutObjectOutput {
        e_tag: Some(dto::ETag::Strong(record.etag.clone())),
        version_id,
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        checksum_type: sums.checksum_type,
        ..Default::default()
    }))
}

impl Decorator {
    /// Publishes a version and, once it is durable, tells who listens. Answers the version id, if the bucket has them.
    pub(super) fn store_object(
        &self,
        bucket: &str,
        incoming: Incoming,
        record: &Record,
        condition: &Condition,
        event_name: &'static str,
    ) -> S3Result<Option<String>> {
        let bucket = self.store.bucket(bucket)?;
        let sequence = self.store.publish(bucket, incoming, record, condition)?;
        let version_id = version_id(bucket, sequence);
        if bucket.notify {
            self.notifier.tell(&ObjectCreated {
                bucket: bucket.name.clone(),
                key: record.key.clone(),
                size: record.size,
                etag: record.etag.clone(),
                version_id: version_id.clone(),
                event_time: OffsetDateTime::now_utc(),
                sequencer: sequence.to_string(),
                event_name,
            });
        }
        Ok(version_id)
    }
}

/// A version's id, where there are versions.
pub(super) fn version_id(bucket: &Bucket, sequence: Sequence) -> Option<String> {
    bucket.versioned.then(|| sequence.to_string())
}

/// How many bytes the client announced. It must: S3 takes no upload of unknown length.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> (`MissingContentLength`, `EntityTooLarge`)
fn announced_length(input: &dto::PutObjectInput, headers: &HeaderMap) -> S3Result<u64> {
    // A body in signed chunks says its own length and may leave that of the transfer open.
    let decoded = || headers.get("x-amz-decoded-content-length")?.to_str().ok()?.parse().ok();
    let announced = match input.content_length {
        Some(length) => u64::try_from(length).ok(),
        None => decoded(),
    };
    match announced {
        Some(length) if length > MAX_SIZE => {
            Err(s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"))
        }
        Some(length) => Ok(length),
        None => Err(s3_error!(MissingContentLength, "You must provide the Content-Length HTTP header.")),
    }
}

/// Refuses what S3 would do and we would silently forget.
fn refuse_what_is_not_kept(input: &dto::PutObjectInput) -> S3Result<()> {
    let wishes = [
        input.acl.is_some(),
        input.grant_full_control.is_some(),
        input.grant_read.is_some(),
        input.grant_read_acp.is_some(),
        input.grant_write_acp.is_some(),
        input.object_lock_legal_hold_status.is_some(),
        input.object_lock_mode.is_some(),
        input.sse_customer_algorithm.is_some(),
        input.tagging.is_some(),
        input.website_redirect_location.is_some(),
        input.write_offset_bytes.is_some(),
    ];
    if wishes.contains(&true) { Err(request::not_kept()) } else { Ok(()) }
}

/// What the request says of the object, but for what its bytes will tell.
fn record_of(input: dto::PutObjectInput) -> S3Result<(String, Record)> {
    let record = Record {
        key: input.key,
        last_modified: OffsetDateTime::now_utc().unix_timestamp(),
        headers: Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding.and_then(|encoding| without_framing(&encoding)),
            content_language: input.content_language,
            content_disposition: input.content_disposition,
            cache_control: input.cache_control,
            expires: input.expires.map(request::seconds),
        },
        metadata: request::metadata(input.metadata)?,
        storage_class: request::storage_class(input.storage_class.as_ref())?,
        ..Record::default()
    };
    Ok((input.bucket, record))
}

/// The content encoding without `aws-chunked`, which is of the transfer and not of the object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
fn without_framing(encoding: &str) -> Option<String> {
    let kept: Vec<_> = encoding.split(',').map(str::trim).filter(|part| *part != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(","))
}
