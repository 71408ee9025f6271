//! `ListObjectVersions`, without delimiters: nobody here lists folders of versions.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

use s3s::{S3Response, S3Result, dto, s3_error};

use super::list::{Encoding, max_keys};
use super::{Decorator, request};
use crate::store::{Bucket, Listed, Sequence, StoreError, VersionQuery, Which};

pub(super) async fn list_object_versions(
    decorator: &Decorator,
    input: dto::ListObjectVersionsInput,
) -> S3Result<S3Response<dto::ListObjectVersionsOutput>> {
    if input.delimiter.as_ref().is_some_and(|delimiter| !delimiter.is_empty()) {
        return Err(s3_error!(NotImplemented, "Versions are listed without a delimiter here"));
    }
    let max_keys = max_keys(input.max_keys)?;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let version_marker = match request::which(input.version_id_marker.as_deref())? {
        Which::Exactly(sequence) => Some(sequence),
        Which::Current => None,
    };
    let query = VersionQuery {
        prefix: input.prefix.clone().unwrap_or_default(),
        key_marker: input.key_marker.clone().unwrap_or_default(),
        version_marker,
        limit: usize::try_from(max_keys).unwrap_or_default(),
    };
    let name = input.bucket.clone();
    let (versions, delete_markers, next) = decorator
        .blocking(move |decorator| {
            let bucket = decorator.store.bucket(&name)?;
            let (found, is_more) = bucket.list_versions(&query).map_err(StoreError::from)?;
            let next = found.last().filter(|_| is_more).map(|last| (last.record.key.clone(), last.sequence));
            let (mut versions, mut markers) = (Vec::new(), Vec::new());
            for listed in found {
                if listed.record.delete_marker {
                    markers.push(marker(encoding, &listed));
                } else {
                    versions.push(version(encoding, bucket, listed));
                }
            }
            Ok((versions, markers, next))
        })
        .await?;
    let (next_key_marker, next_version_id_marker) = next.unzip();
    Ok(S3Response::new(dto::ListObjectVersionsOutput {
        is_truncated: Some(next_key_marker.is_some()),
        next_key_marker: next_key_marker.map(|key| encoding.text(&key)),
        next_version_id_marker: next_version_id_marker.map(|sequence: Sequence| sequence.to_string()),
        versions: Some(versions),
        delete_markers: Some(delete_markers),
        max_keys: Some(max_keys),
        name: Some(input.bucket),
        prefix: Some(encoding.text(&input.prefix.unwrap_or_default())),
        key_marker: Some(encoding.text(&input.key_marker.unwrap_or_default())),
        version_id_marker: input.version_id_marker,
        encoding_type: input.encoding_type,
        ..Default::default()
    }))
}

fn version(encoding: Encoding, bucket: &Bucket, listed: Listed) -> dto::ObjectVersion {
    let Listed { sequence, record, is_latest } = listed;
    dto::ObjectVersion {
        key: Some(encoding.text(&record.key)),
        version_id: Some(if bucket.versioned { sequence.to_string() } else { "null".to_owned() }),
        is_latest: Some(is_latest),
        size: i64::try_from(record.size).ok(),
        e_tag: Some(dto::ETag::Strong(record.etag)),
        last_modified: Some(request::timestamp(record.last_modified)),
        storage_class: Some(record.storage_class.unwrap_or_else(|| "STANDARD".to_owned()).into()),
        ..Default::default()
    }
}

fn marker(encoding: Encoding, listed: &Listed) -> dto::DeleteMarkerEntry {
    dto::DeleteMarkerEntry {
        key: Some(encoding.text(&listed.record.key)),
        version_id: Some(listed.sequence.to_string()),
        is_latest: Some(listed.is_latest),
        last_modified: Some(request::timestamp(listed.record.last_modified)),
        ..Default::default()
    }
}
