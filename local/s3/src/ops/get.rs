//! `GetObject` and `HeadObject`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::ops;

use http::{HeaderMap, HeaderValue};
use s3s::dto::{self, StreamingBlob};
use s3s::{S3Error, S3Response, S3Result, s3_error};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::conditions::Conditions;
use super::put::version_id;
use super::{Decorator, checksum, request};
use crate::store::{Record, StoreError, Which};

/// What is read from a file at once.
const CHUNK: usize = 256 * 1024;

/// Content type of objects that were stored without one.
const UNKNOWN_TYPE: &str = "binary/octet-stream";

/// An object ready to be answered.
struct Found {
    record: Record,
    version_id: Option<String>,
    content: File,
}

pub(super) async fn get_object(
    decorator: &Decorator,
    input: dto::GetObjectInput,
) -> S3Result<S3Response<dto::GetObjectOutput>> {
    let conditions = Conditions {
        matches: input.if_match,
        none_match: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    let found = find(decorator, input.bucket, input.key, input.version_id, conditions).await?;
    let Found { record, version_id, content } = found;
    if matches!(record.storage_class.as_deref(), Some("GLACIER" | "DEEP_ARCHIVE")) {
        return Err(s3_error!(
            InvalidObjectState,
            "The operation is not valid for the object's storage class"
        ));
    }
    let range = input.range.map(|range| satisfy(range, record.size)).transpose()?;
    let part = range.clone().unwrap_or(0..record.size);
    let sums = match (&input.checksum_mode, &range) {
        (Some(_), None) => checksum::fields(record.checksum.as_ref()),
        _ => dto::Checksum::default(),
    };
    let Record { size, etag, headers, metadata, storage_class, last_modified, .. } = record;
    Ok(S3Response::new(dto::GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(stream(content, part.clone())?),
        content_length: i64::try_from(part.end - part.start).ok(),
        content_range: range.map(|range| format!("bytes {}-{}/{size}", range.start, range.end - 1)),
        content_type: headers.content_type.or_else(|| Some(UNKNOWN_TYPE.to_owned())),
        content_encoding: headers.content_encoding,
        content_language: headers.content_language,
        content_disposition: headers.content_disposition,
        cache_control: headers.cache_control,
        expires: headers.expires.map(request::timestamp),
        e_tag: Some(dto::ETag::Strong(etag)),
        last_modified: Some(request::timestamp(last_modified)),
        metadata: Some(metadata.into_iter().collect()),
        storage_class: storage_class.map(Into::into),
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

pub(super) async fn head_object(
    decorator: &Decorator,
    input: dto::HeadObjectInput,
) -> S3Result<S3Response<dto::HeadObjectOutput>> {
    let conditions = Conditions {
        matches: input.if_match,
        none_match: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    let found = find(decorator, input.bucket, input.key, input.version_id, conditions).await?;
    let Found { record, version_id, .. } = found;
    let sums = match &input.checksum_mode {
        Some(_) => checksum::fields(record.checksum.as_ref()),
        None => dto::Checksum::default(),
    };
    let Record { size, etag, headers, metadata, storage_class, last_modified, .. } = record;
    Ok(S3Response::new(dto::HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(size).ok(),
        content_type: headers.content_type.or_else(|| Some(UNKNOWN_TYPE.to_owned())),
        content_encoding: headers.content_encoding,
        content_language: headers.content_language,
        content_disposition: headers.content_disposition,
        cache_control: headers.cache_control,
        expires: headers.expires.map(request::timestamp),
        e_tag: Some(dto::ETag::Strong(etag)),
        last_modified: Some(request::timestamp(last_modified)),
        metadata: Some(metadata.into_iter().collect()),
        storage_class: storage_class.map(Into::into),
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

/// The object, if it is there and the conditions hold.
async fn find(
    decorator: &Decorator,
    bucket: String,
    key: String,
    asked: Option<String>,
    conditions: Conditions,
) -> S3Result<Found> {
    decorator
        .blocking(move |decorator| {
            let bucket = decorator.store.bucket(&bucket)?;
            let which = request::which(asked.as_deref())?;
            let (version, content) = bucket.read(&key, which).map_err(|error| match error {
                // A delete marker asked for by its id is there, but cannot be read.
                StoreError::Deleted(_) if matches!(which, Which::Exactly(_)) => marker_asked_for(),
                other => other.into(),
            })?;
            let version_id = version_id(bucket, version.sequence);
            conditions.refuse_read(&version.record, version_id.as_deref())?;
            Ok(Found { record: version.record, version_id, content })
        })
        .await
}

fn marker_asked_for() -> S3Error {
    let mut error = s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource.");
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    headers.insert(http::header::ALLOW, HeaderValue::from_static("DELETE"));
    error.set_headers(headers);
    error
}

/// The bytes that a range means.
fn satisfy(range: dto::Range, size: u64) -> S3Result<ops::Range<u64>> {
    let satisfied = range.check(size).ok().filter(|range| range.start < range.end);
    satisfied.ok_or_else(|| {
        let mut error = s3_error!(InvalidRange, "The requested range is not satisfiable");
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
            headers.insert(http::header::CONTENT_RANGE, value);
        }
        error.set_headers(headers);
        error
    })
}

/// A part of a file, chunk by chunk.
fn stream(mut content: File, part: ops::Range<u64>) -> S3Result<StreamingBlob> {
    if part.start > 0 {
        content.seek(SeekFrom::Start(part.start)).map_err(StoreError::from)?;
    }
    let mut file = tokio::fs::File::from_std(content);
    file.set_max_buf_size(CHUNK);
    let part = file.take(part.end - part.start);
    Ok(StreamingBlob::wrap(ReaderStream::with_capacity(part, CHUNK)))
}
