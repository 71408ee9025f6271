//! From the uploads bucket into the vault. The rules stand in [`tintype_core::ingest`]; here they are carried out.

use time::OffsetDateTime;
use tintype_core::content_type;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::ingest::{Step, UploadSeen, due_after, on_upload};
use tintype_core::key::{FileName, ObjectKey};
use tintype_core::record::{Preview, Record, State};
use tintype_core::taken;
use tintype_storage::uploads::UploadHead;
use tintype_storage::vault::OriginalHead;
use tintype_storage::{Storage, StorageError, mint};

use crate::{Processor, Unfinished, render};

/// How often a decision is taken again because somebody else wrote in between.
const ROUNDS: usize = 10;

/// Takes one upload into the vault and makes its variants; the upload is deleted last.
pub(crate) async fn ingest(processor: &Processor, key: &ObjectKey) -> Result<(), Unfinished> {
    let ObjectKey::Upload { user, photo_id, upload_id } = key else { return Ok(()) };
    let storage = &processor.storage;
    // Another run finished it.
    let Some(upload) = storage.uploads.head(key).await? else { return Ok(()) };
    // S3 tells whole seconds; the id tells when its URL was asked for.
    let asked_at = i128::from(upload_id.milliseconds()) * 1_000_000;
    let asked_at = OffsetDateTime::from_unix_timestamp_nanos(asked_at).unwrap_or(upload.received_at);
    let seen = UploadSeen { received_at: upload.received_at.max(asked_at), restore: upload.metadata.restore };

    for _ in 0..ROUNDS {
        let record = storage.catalog.get(user, photo_id).await?;
        let step = on_upload(record.as_ref(), seen);
        let done = match (step, record) {
            (Step::Claim, record) => {
                let claimed = claim(storage, user, photo_id, &upload, record.as_ref()).await;
                match claimed {
                    Ok(record) => store_and_render(processor, key, &upload, record).await,
                    Err(error) => Err(error.into()),
                }
            }
            (Step::Store(_), Some(record)) => store_and_render(processor, key, &upload, record).await,
            (Step::Render(_), Some(record)) => match render::variants_of(processor, record).await {
                // Read again: the next round checks that the original is there before the upload goes.
                Ok(()) => continue,
                Err(unfinished) => Err(unfinished),
            },
            (Step::CheckOriginal(_), Some(record)) => check_original(storage, &record).await,
            (Step::Restore(_), Some(record)) => match restore(storage, &record).await {
                Ok(()) => continue,
                Err(error) => Err(error.into()),
            },
            (Step::Discard, _) => Ok(()),
            (Step::RetryLater, _) => Err(Unfinished::Purging),
            // No rule asks for a step with a record where there is none.
            (_, None) => continue,
        };
        match done {
            Ok(()) => return Ok(storage.uploads.delete(key).await?),
            Err(Unfinished::Storage(StorageError::Changed)) => {}
            Err(unfinished) => return Err(unfinished),
        }
    }
    Err(Unfinished::Contended)
}

/// Puts a `storing` record of a new life, if the record still is as it was read.
async fn claim(
    storage: &Storage,
    user: &UserId,
    photo_id: &PhotoId,
    upload: &UploadHead,
    before: Option<&Record>,
) -> Result<Record, StorageError> {
    storage.catalog.put_user(user).await?;
    let now = mint::now();
    let file_name = &upload.metadata.file_name;
    let generation = mint::generation(now);
    let original = ObjectKey::Original {
        user: user.clone(),
        photo_id: *photo_id,
        generation,
        file_name: FileName::from_client(file_name),
    };
    let record = Record {
        user: user.clone(),
        photo_id: *photo_id,
        generation,
        state: State::Storing,
        preview: Preview::Pending,
        size: upload.size,
        content_type: content_type::of_upload(&upload.content_type, file_name).to_owned(),
        file_name: file_name.clone(),
        modified_at: upload.metadata.modified_at,
        key: original.to_string(),
        version_id: None,
        taken: taken::choose(&[], file_name, upload.metadata.modified_at, upload.received_at),
        width: None,
        height: None,
        thumbhash: None,
        camera: None,
        place: None,
        attempts: 0,
        stored_at: None,
        trashed_at: None,
        audited_at: None,
        due: due_after(State::Storing, Preview::Pending, now),
        revision: 0,
    };
    storage.catalog.replace(before, &record).await
}

async fn store_and_render(
    processor: &Processor,
    upload_key: &ObjectKey,
    upload: &UploadHead,
    record: Record,
) -> Result<(), Unfinished> {
    let storage = &processor.storage;
    let metadata = tintype_core::metadata::UploadMetadata { restore: false, ..upload.metadata.clone() };
    let copied = storage.vault.copy_in(upload_key, &record.key, &record.content_type, &metadata).await?;
    let copy = storage.vault.head(&record.key).await?;
    let copy = match copy {
        Some(copy) if agrees(&copy, &record) => copy,
        Some(_) => return abandon(storage, &record).await,
        // Another run took the upload between our HEAD and our copy; what the record says now tells how it ended.
        None if !copied => return Err(StorageError::Changed.into()),
        None => return Err(Unfinished::CopyDiffers("it is not there")),
    };
    let now = mint::now();
    let mut stored = record.moved_to(State::Stored, Preview::Pending, now);
    stored.stored_at = Some(now);
    stored.version_id = copy.version_id;
    // Now it is safe.
    let stored = storage.catalog.replace(Some(&record), &stored).await?;
    match render::variants_of(processor, stored).await {
        // Somebody wrote the record meanwhile, its owner perhaps: it is safe all the same, and read again.
        Err(Unfinished::Storage(StorageError::Changed)) | Ok(()) => Ok(()),
        Err(unfinished) => Err(unfinished),
    }
}

fn agrees(copy: &OriginalHead, record: &Record) -> bool {
    copy.size == record.size && copy.sha256 == Some(record.photo_id)
}

/// Wrong bytes lie under this generation, and nothing is ever written over: go on under a new one.
async fn abandon(storage: &Storage, record: &Record) -> Result<(), Unfinished> {
    let now = mint::now();
    let generation = mint::generation(now);
    let original = ObjectKey::Original {
        user: record.user.clone(),
        photo_id: record.photo_id,
        generation,
        file_name: FileName::from_client(&record.file_name),
    };
    let next = Record { generation, key: original.to_string(), ..record.clone() };
    storage.catalog.replace(Some(record), &next).await?;
    Err(Unfinished::CopyDiffers("other bytes lie there"))
}

/// An upload of what is safe already goes only after a look at the original.
async fn check_original(storage: &Storage, record: &Record) -> Result<(), Unfinished> {
    match storage.vault.head(&record.key).await? {
        Some(original) if agrees(&original, record) => Ok(()),
        Some(_) | None => {
            tracing::error!(photo_id = %record.photo_id, "LOST: the original of a safe photo is not as it was stored");
            Err(Unfinished::OriginalMissing)
        }
    }
}

async fn restore(storage: &Storage, trashed: &Record) -> Result<(), StorageError> {
    let mut stored = trashed.moved_to(State::Stored, trashed.preview, mint::now());
    stored.trashed_at = None;
    storage.catalog.replace(Some(trashed), &stored).await?;
    Ok(())
}
