//! The store's errors as S3 says them.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use std::io;

use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::{S3Error, S3ErrorCode, s3_error};

use crate::store::{BadKey, StoreError};

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchBucket => s3_error!(NoSuchBucket, "The specified bucket does not exist"),
            StoreError::BadKey(BadKey::TooLong) => s3_error!(KeyTooLongError, "Your key is too long"),
            StoreError::BadKey(BadKey::Empty | BadKey::Escapes) => {
                s3_error!(InvalidURI, "Couldn't parse the specified URI.")
            }
            StoreError::NoSuchKey => s3_error!(NoSuchKey, "The specified key does not exist."),
            StoreError::Deleted(sequence) => {
                let mut error = s3_error!(NoSuchKey, "The specified key does not exist.");
                let mut headers = HeaderMap::new();
                headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
                if let Ok(version) = HeaderValue::try_from(sequence.to_string()) {
                    headers.insert("x-amz-version-id", version);
                }
                error.set_headers(headers);
                error
            }
            StoreError::NoSuchVersion => s3_error!(NoSuchVersion, "The specified version does not exist."),
            StoreError::BadVersionId => s3_error!(InvalidArgument, "Invalid version id specified"),
            StoreError::ConditionFailed(condition) => failed_condition(condition),
            StoreError::Io(error) if is_full(&error) => {
                tracing::warn!(%error, "the disk is full: free some space on it");
                storage_full()
            }
            StoreError::Io(error) => {
                tracing::error!(%error, "the local S3 could not use its files");
                S3Error::with_message(
                    S3ErrorCode::InternalError,
                    "We encountered an internal error. Please try again.",
                )
            }
        }
    }
}

/// Whether there was no room for it: on the disk, or in the owner's share of it.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// S3 is never full, so it has no word for it. This is HTTP's; a client of ours does not send it again at once, which
/// would not help. <https://www.rfc-editor.org/rfc/rfc4918#section-11.5>
fn storage_full() -> S3Error {
    let mut error = S3Error::with_message(
        S3ErrorCode::Custom("StorageFull".into()),
        "The disk is full. Free some space on it, then try again.",
    );
    error.set_status_code(StatusCode::INSUFFICIENT_STORAGE);
    error
}

/// 412, as S3 words it.
pub(super) fn failed_condition(condition: &str) -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold: {condition}"
    )
}
