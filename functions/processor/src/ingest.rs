//! From the uploads bucket into the vault: makes the calls that [`tintype_core::ingest`] asks for, and decides nothing.

use std::time::Instant;

use time::OffsetDateTime;
use tintype_core::ingest::{self, Next, Upload};
use tintype_core::key::ObjectKey;
use tintype_core::metadata::UploadMetadata;
use tintype_core::record::{Record, State};
use tintype_function::metrics;
use tintype_storage::uploads::UploadHead;
use tintype_storage::{Storage, StorageError, mint};

use crate::render::GiveUp;
use crate::{Processor, Unfinished, render};

/// How often the record is read again because somebody else wrote in between.
const ROUNDS: usize = 10;

/// Takes one upload into the vault and makes its variants; the upload is deleted last.
pub(crate) async fn ingest(processor: &Processor, key: &ObjectKey) -> Result<(), Unfinished> {
    let begun = Instant::now();
    let storage = &processor.storage;
    let head = storage.uploads.head(key).await?;
    let Some(upload) = head.and_then(|head| upload(key, head)) else { return Ok(()) };

    let mut rounds = 0;
    let mut next = ingest::on_upload(Some(&upload));
    loop {
        next = match next {
            Next::Read if rounds == ROUNDS => return Err(Unfinished::Contended),
            Next::Read => {
                rounds += 1;
                let record = storage.catalog.get(&upload.user, &upload.photo_id).await?;
                let now = mint::now();
                ingest::on_record(record, &upload, now, mint::generation(now))
            }
            Next::Write { before, after, then } => match write(storage, before.as_deref(), &after).await {
                Ok(after) => {
                    if before.is_some_and(|before| before.state == State::Storing) {
                        count_stored(&after, begun);
                    }
                    ingest::on_written(after, then)
                }
                Err(StorageError::Changed) => Next::Read,
                Err(error) => return Err(error.into()),
            },
            Next::Copy(record) => {
                // The wish to restore was this upload's, and is not the original's.
                let metadata = UploadMetadata { restore: false, ..upload.metadata.clone() };
                let copied = storage.vault.copy_in(key, &record.key, &record.content_type, &metadata).await?;
                ingest::on_copied(record, copied)
            }
            Next::HeadCopy { record, copied } => {
                let copy = storage.vault.head(&record.key).await?;
                ingest::on_copy(record, copied, copy, mint::now())
            }
            Next::HashUpload(record) => {
                let bytes = storage.uploads.hash(key).await?;
                ingest::on_reread(record, bytes.as_ref(), mint::generation(mint::now()))
            }
            Next::Render { record, checked } => {
                match render::variants_of(processor, *record, GiveUp::Later).await {
                    Ok(()) | Err(Unfinished::Storage(StorageError::Changed)) => Next::after_render(checked),
                    Err(unfinished) => return Err(unfinished),
                }
            }
            Next::HeadOriginal(record) => {
                let original = if upload.wants_proof() {
                    storage.vault.hash(&record.key).await?
                } else {
                    storage.vault.head(&record.key).await?
                };
                ingest::on_original(&record, original.as_ref())
            }
            Next::DeleteUpload => {
                storage.uploads.delete(key).await?;
                Next::Done
            }
            Next::Done => return Ok(()),
            Next::Fail(trouble) => return Err(trouble.into()),
        };
    }
}

/// What the rules need to know of an upload.
fn upload(key: &ObjectKey, head: UploadHead) -> Option<Upload> {
    let ObjectKey::Upload { user, photo_id, upload_id } = key else { return None };
    let asked_at = i128::from(upload_id.milliseconds()) * 1_000_000;
    let asked_at = OffsetDateTime::from_unix_timestamp_nanos(asked_at).unwrap_or(head.received_at);
    Some(Upload {
        user: user.clone(),
        photo_id: *photo_id,
        size: head.size,
        sha256: head.sha256,
        received_at: head.received_at,
        asked_at,
        content_type: head.content_type,
        metadata: head.metadata,
    })
}

/// It became safe just now.
fn count_stored(record: &Record, begun: Instant) {
    if record.state == State::Stored {
        tracing::info!(
            target: metrics::TARGET,
            function = "processor",
            photos_stored = 1,
            stored_bytes = record.size,
            store_ms = metrics::milliseconds(begun),
        );
    }
}

async fn write(storage: &Storage, before: Option<&Record>, after: &Record) -> Result<Record, StorageError> {
    if after.state == State::Storing {
        // An audit must know of everybody who has a photo.
        storage.catalog.put_user(&after.user).await?;
    }
    storage.catalog.replace(before, after).await
}
