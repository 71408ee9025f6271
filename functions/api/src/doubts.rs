//! Photos of which an audit or a drill says that their original is lost or wrong: nobody is told that they are safe, and
//! what their owner still has is taken.

use serde::de::DeserializeOwned;
use tintype_core::audit::doubted::Doubted;
use tintype_core::audit::report::UserAudit;
use tintype_core::id::UserId;
use tintype_core::record::Record;
use tintype_core::wire::PhotoSummary;
use tintype_storage::catalog::{Catalog, NoteKey};
use tintype_storage::{StorageError, mint};

use crate::error::ApiError;

/// What the last audit says, and what is doubted.
#[derive(Default)]
pub(crate) struct Doubts {
    pub(crate) audit: Option<UserAudit>,
    pub(crate) doubted: Doubted,
}

impl Doubts {
    pub(crate) async fn of(catalog: &Catalog, user: &UserId) -> Result<Self, ApiError> {
        let audit = NoteKey::Audit(user.clone());
        let (audit, doubted) = tokio::try_join!(note(catalog, &audit), doubted(catalog, user))?;
        Ok(Self { audit, doubted })
    }

    pub(crate) fn about(&self, record: &Record) -> bool {
        self.doubted.doubts(record)
    }
}

async fn doubted(catalog: &Catalog, user: &UserId) -> Result<Doubted, ApiError> {
    match catalog.note(&NoteKey::Doubted(user.clone())).await {
        Ok(note) => Ok(note.map(|note| note.says).unwrap_or_default()),
        // The next audit writes it anew. Until then nobody knows what it named.
        Err(error @ StorageError::Corrupt { .. }) => {
            tracing::error!(error = &error as &dyn std::error::Error, "what is doubted cannot be read");
            Ok(Doubted::unknown(mint::now()))
        }
        Err(error) => Err(error.into()),
    }
}

/// What a note of the keeper's says. One that cannot be read says nothing: its next run writes it anew, and nobody has to
/// wait for that.
pub(crate) async fn note<T: DeserializeOwned>(
    catalog: &Catalog,
    key: &NoteKey,
) -> Result<Option<T>, ApiError> {
    match catalog.note(key).await {
        Ok(note) => Ok(note.map(|note| note.says)),
        Err(error @ StorageError::Corrupt { .. }) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a note of the keeper's cannot be read"
            );
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Marks what is doubted among the photos of a page: one note is read, whatever the page holds.
pub(crate) async fn mark(
    catalog: &Catalog,
    user: &UserId,
    photos: &mut [PhotoSummary],
) -> Result<(), ApiError> {
    if photos.is_empty() {
        return Ok(());
    }
    let doubted = doubted(catalog, user).await?;
    for photo in photos {
        photo.doubted = doubted.doubts_original(photo.photo_id, photo.generation, photo.stored_at);
    }
    Ok(())
}
