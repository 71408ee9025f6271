//! What can go wrong with storage: unavailable for now, changed since, or unreadable for good. What the services
//! answer in HTTP ends here.

use std::error::Error as StdError;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

type Source = Box<dyn StdError + Send + Sync>;

/// What can go wrong with storage.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The service did not do it this time, or not that we know of: try again.
    #[error("{operation} is unavailable ({code})")]
    Unavailable {
        /// Which call.
        operation: &'static str,
        /// The service's error code, or what became of the connection.
        code: String,
        /// What the SDK said.
        source: Source,
    },
    /// The service keeps putting us off: try again.
    #[error("{0} is put off for too long")]
    Busy(&'static str),
    /// The service has no room left: no use in trying again before somebody makes some. AWS never says so; a disk does.
    #[error("there is no room left for {0}: the disk is full; free some space on it, then try again")]
    Full(&'static str),
    /// Somebody else wrote since it was read: read again and decide again.
    #[error("the record changed since it was read")]
    Changed,
    /// An item or object that none of our functions wrote so.
    #[error("{what} cannot be read: {why}")]
    Corrupt {
        /// Which.
        what: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The HTTP status and the service's code of a failed call.
pub(crate) struct Failure {
    pub(crate) status: Option<u16>,
    pub(crate) code: String,
}

pub(crate) fn failure<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Failure {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.code().map_or_else(
        || match error {
            SdkError::TimeoutError(_) => "time-out".to_owned(),
            SdkError::DispatchFailure(_) => "no connection".to_owned(),
            SdkError::ResponseError(_) => "broken answer".to_owned(),
            SdkError::ConstructionFailure(_) => "request could not be built".to_owned(),
            _ => status.map_or_else(|| "unknown".to_owned(), |status| status.to_string()),
        },
        ToOwned::to_owned,
    );
    Failure { status, code }
}

/// Insufficient Storage: <https://www.rfc-editor.org/rfc/rfc4918#section-11.5>
const FULL: u16 = 507;

/// Whatever is not understood is unavailable: never absence, never success.
pub(crate) fn unavailable<E>(
    operation: &'static str,
) -> impl FnOnce(SdkError<E, HttpResponse>) -> StorageError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    move |error| match failure(&error) {
        Failure { status: Some(FULL), .. } => StorageError::Full(operation),
        Failure { code, .. } => StorageError::Unavailable { operation, code, source: Box::new(error) },
    }
}
