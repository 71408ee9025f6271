//! The bytes of an upload, from the connection to a file, hashed on the way.
//!
//! The connection is read here, while another thread hashes and writes; the channel between them holds a few chunks,
//! so that an upload of any size needs the same memory.

use bytes::Bytes;
use futures::StreamExt as _;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, StdError, s3_error};
use tokio::sync::mpsc;

use super::Decorator;
use super::checksum::{Algorithm, Digests, Hasher};
use crate::store::Incoming;

/// Chunks that may wait for the disk. One has up to about 400 KiB.
const WAITING: usize = 8;

/// Bytes in a file that nobody sees yet.
pub(super) struct Received {
    pub(super) incoming: Incoming,
    pub(super) digests: Digests,
    pub(super) size: u64,
}

/// Reads a body to its end. If that fails, nothing is left of it.
pub(super) async fn receive(
    decorator: &Decorator,
    mut body: StreamingBlob,
    algorithm: Algorithm,
    expected: u64,
) -> S3Result<Received> {
    let (chunks, waiting) = mpsc::channel(WAITING);
    let writer = decorator.blocking(move |decorator| write(decorator, waiting, algorithm));
    let reader = async {
        let mut size = 0_u64;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(broken)?;
            size += chunk.len() as u64;
            if size > expected {
                return Err(incomplete());
            }
            if chunks.send(chunk).await.is_err() {
                // The writer has failed, and says why below.
                break;
            }
        }
        drop(chunks);
        Ok(size)
    };
    let (read, written) = tokio::join!(reader, writer);
    let size = read?;
    let received = written?;
    if size != expected || received.size != expected {
        return Err(incomplete());
    }
    Ok(received)
}

/// Hashes and writes what comes.
fn write(
    decorator: &Decorator,
    mut waiting: mpsc::Receiver<Bytes>,
    algorithm: Algorithm,
) -> S3Result<Received> {
    let mut incoming = decorator.store.incoming()?;
    let mut hasher = Hasher::new(algorithm);
    let mut size = 0;
    while let Some(chunk) = waiting.blocking_recv() {
        hasher.update(&chunk);
        incoming.write(&chunk).map_err(crate::store::StoreError::from)?;
        size += chunk.len() as u64;
    }
    Ok(Received { incoming, digests: hasher.finish(), size })
}

fn incomplete() -> S3Error {
    s3_error!(
        IncompleteBody,
        "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )
}

/// Why a body could not be read. s3s keeps the types of these errors to itself, so their words must do.
fn broken(error: StdError) -> S3Error {
    let words = error.to_string();
    let mut answer = if words.contains("Sha256Mismatch") {
        // s3s has no code of this name; S3 does.
        let mut answer = S3Error::with_message(
            s3s::S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()),
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        );
        answer.set_status_code(http::StatusCode::BAD_REQUEST);
        answer
    } else if words.contains("SignatureMismatch") {
        s3_error!(
            SignatureDoesNotMatch,
            "The request signature we calculated does not match the signature you provided."
        )
    } else {
        incomplete()
    };
    answer.set_source(error);
    answer
}
