//! The store's errors as S3 says them.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use http::{HeaderMap, HeaderValue};
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

/// 412, as S3 words it.
pub(super) fn failed_condition(condition: &str) -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold: {condition}"
    )
}
