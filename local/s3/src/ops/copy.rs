//! `CopyObject`.
//!
//! The bytes are read and hashed again: what arrives is what the answer's checksum says, whatever the source's record
//! claims. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>

use std::fs::File;
use std::io::{self, Read as _};

use http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use s3s::dto::{self, CopySource, ETagCondition};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use time::OffsetDateTime;

use super::checksum::{self, Algorithm, Digests, Hasher, Promise};
use super::conditions::Conditions;
use super::put::{MAX_SIZE, version_id};
use super::{Decorator, request};
use crate::store::{Condition, Headers, Incoming, Record, StoreError};

/// What is copied at once.
const CHUNK: usize = 1024 * 1024;

pub(super) async fn copy_object(
    decorator: &Decorator,
    req: S3Request<dto::CopyObjectInput>,
) -> S3Result<S3Response<dto::CopyObjectOutput>> {
    // s3s 0.14 does not know that a copy can be conditional, but keeps the headers.
    let if_match = condition(&req.headers, &IF_MATCH)?;
    let if_none_match = condition(&req.headers, &IF_NONE_MATCH)?;
    let condition = request::write_condition(if_match.as_ref(), if_none_match.as_ref())?;
    refuse_what_is_not_kept(&req.input)?;
    let output = decorator.blocking(move |decorator| copy(decorator, &req.input, &condition)).await?;
    Ok(S3Response::new(output))
}

/// One of the conditions on what is at the destination.
fn condition(headers: &HeaderMap, name: &HeaderName) -> S3Result<Option<ETagCondition>> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let parsed = ETagCondition::parse_http_header(value.as_bytes());
    parsed.map(Some).map_err(|error| s3_error!(error, InvalidArgument, "invalid header: {name}"))
}

fn copy(
    decorator: &Decorator,
    input: &dto::CopyObjectInput,
    condition: &Condition,
) -> S3Result<dto::CopyObjectOutput> {
    let CopySource::Bucket { bucket: from, key: source, version_id: asked } = &input.copy_source else {
        return Err(s3_error!(NotImplemented, "Only buckets can be copied from"));
    };
    let to = decorator.store.bucket(&input.bucket)?;
    to.check(&input.key, condition)?;

    let from = decorator.store.bucket(from)?;
    let (version, content) = from.read(source, request::which(asked.as_deref())?)?;
    source_conditions(input).refuse_copy(&version.record)?;
    if version.record.size > MAX_SIZE {
        return Err(s3_error!(
            InvalidRequest,
            "The specified copy source is larger than the maximum allowable size for a copy source: {MAX_SIZE}"
        ));
    }

    let algorithm = match (&input.checksum_algorithm, &version.record.checksum) {
        (Some(asked), _) => Algorithm::named(asked.as_str())?,
        (None, Some(source)) => Algorithm::named(&source.algorithm)?,
        (None, None) => Algorithm::default(),
    };
    let mut record = record_of(input, &version.record, from.name == to.name && **source == *input.key)?;
    let mut incoming = decorator.store.incoming()?;
    let (digests, size) = transfer(content, &mut incoming, algorithm).map_err(StoreError::from)?;
    if size != version.record.size {
        return Err(StoreError::Io(io::Error::other("the source of a copy is shorter than it was")).into());
    }
    let (etag, sum) = Promise::default().keep(digests)?;
    record.size = size;
    record.etag = etag;
    record.checksum = Some(sum);

    let new_version = decorator.store_object(&to.name, incoming, &record, condition, "ObjectCreated:Copy")?;
    let sums = checksum::fields(record.checksum.as_ref());
    Ok(dto::CopyObjectOutput {
        copy_source_version_id: version_id(from, version.sequence),
        version_id: new_version,
        copy_object_result: Some(dto::CopyObjectResult {
            e_tag: Some(dto::ETag::Strong(record.etag)),
            last_modified: Some(request::timestamp(record.last_modified)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            checksum_type: sums.checksum_type,
        }),
        ..Default::default()
    })
}

/// Refuses what S3 would do and we would silently forget.
fn refuse_what_is_not_kept(input: &dto::CopyObjectInput) -> S3Result<()> {
    let wishes = [
        input.acl.is_some(),
        input.grant_full_control.is_some(),
        input.grant_read.is_some(),
        input.grant_read_acp.is_some(),
        input.grant_write_acp.is_some(),
        input.object_lock_legal_hold_status.is_some(),
        input.object_lock_mode.is_some(),
        input.sse_customer_algorithm.is_some(),
        input.copy_source_sse_customer_algorithm.is_some(),
        input.tagging.is_some(),
        input.website_redirect_location.is_some(),
    ];
    if wishes.contains(&true) { Err(request::not_kept()) } else { Ok(()) }
}

/// Copies the bytes, and learns what they are.
fn transfer(mut from: File, to: &mut Incoming, algorithm: Algorithm) -> io::Result<(Digests, u64)> {
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok((hasher.finish(), size));
        }
        hasher.update(&buffer[..read]);
        to.write(&buffer[..read])?;
        size += read as u64;
    }
}

/// The conditions on the source.
fn source_conditions(input: &dto::CopyObjectInput) -> Conditions {
    Conditions {
        matches: input.copy_source_if_match.clone(),
        none_match: input.copy_source_if_none_match.clone(),
        modified_since: input.copy_source_if_modified_since.clone(),
        unmodified_since: input.copy_source_if_unmodified_since.clone(),
    }
}

/// What is stored of the copy, but for what its bytes tell: from the request, or from the source.
fn record_of(input: &dto::CopyObjectInput, source: &Record, onto_itself: bool) -> S3Result<Record> {
    let replace = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    let storage_class = request::storage_class(input.storage_class.as_ref())?;
    if onto_itself && !replace && input.storage_class.is_none() {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let (headers, metadata) = if replace {
        let headers = Headers {
            content_type: input.content_type.clone(),
            content_encoding: input.content_encoding.clone(),
            content_language: input.content_language.clone(),
            content_disposition: input.content_disposition.clone(),
            cache_control: input.cache_control.clone(),
            expires: input.expires.clone().map(request::seconds),
        };
        (headers, request::metadata(input.metadata.clone())?)
    } else {
        (source.headers.clone(), source.metadata.clone())
    };
    Ok(Record {
        key: input.key.clone(),
        last_modified: OffsetDateTime::now_utc().unix_timestamp(),
        headers,
        metadata,
        // The class is of the place, not of the object: without a header it is STANDARD, whatever the source has.
        storage_class,
        ..Record::default()
    })
}
