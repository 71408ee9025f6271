//! What several operations read from a request in the same way.

use s3s::dto::{ETagCondition, Metadata, StorageClass, Timestamp};
use s3s::{S3Error, S3Result, s3_error};
use time::OffsetDateTime;

use super::errors::failed_condition;
use crate::store::{Condition, Sequence, StoreError, Which};

/// User metadata may have this many bytes, names and values together.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
const MAX_METADATA: usize = 2048;

/// Storage classes that S3 takes for new objects.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
const STORAGE_CLASSES: [&str; 8] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];

/// Which version is asked for.
pub(super) fn which(version_id: Option<&str>) -> Result<Which, StoreError> {
    match version_id {
        // An object that was written without versioning has the version "null".
        None | Some("null") => Ok(Which::Current),
        Some(id) => id.parse::<Sequence>().map(Which::Exactly).map_err(|()| StoreError::BadVersionId),
    }
}

/// The condition of a write.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
pub(super) fn write_condition(
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<Condition> {
    match (if_match, if_none_match) {
        (None, None) => Ok(Condition::Always),
        (None, Some(ETagCondition::Any)) => Ok(Condition::Absent),
        (Some(ETagCondition::Any), None) => Ok(Condition::Present),
        (Some(ETagCondition::ETag(etag)), None) => match etag.as_strong() {
            Some(etag) => Ok(Condition::Etag(etag.to_owned())),
            // Weak tags never match strongly.
            None => Err(failed_condition("If-Match")),
        },
        (None, Some(ETagCondition::ETag(_))) | (Some(_), Some(_)) => Err(not_kept()),
    }
}

/// User metadata, if S3 would take it.
pub(super) fn metadata(given: Option<Metadata>) -> S3Result<std::collections::BTreeMap<String, String>> {
    let given = given.unwrap_or_default();
    let size: usize = given.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MAX_METADATA {
        return Err(s3_error!(
            MetadataTooLarge,
            "Your metadata headers exceed the maximum allowed metadata size"
        ));
    }
    Ok(given.into_iter().collect())
}

/// The storage class, `None` for STANDARD.
pub(super) fn storage_class(given: Option<&StorageClass>) -> S3Result<Option<String>> {
    match given.map(StorageClass::as_str) {
        None | Some("STANDARD") => Ok(None),
        Some(class) if STORAGE_CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        Some(_) => Err(s3_error!(InvalidStorageClass, "The storage class you specified is not valid")),
    }
}

/// The answer to wishes that nobody here fulfils.
pub(super) fn not_kept() -> S3Error {
    s3_error!(NotImplemented, "A header you provided implies functionality that is not implemented")
}

/// Seconds since 1970.
pub(super) fn seconds(time: Timestamp) -> i64 {
    OffsetDateTime::from(time).unix_timestamp()
}

/// The other way.
pub(super) fn timestamp(seconds: i64) -> Timestamp {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).into()
}
