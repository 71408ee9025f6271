//! Photos of which an audit or a drill says that their original is lost or wrong: nobody is told that they are safe, and
//! what their owner still has is taken.

use tintype_core::audit::report::{Doubted, UserAudit};
use tintype_core::id::UserId;
use tintype_core::record::Record;
use tintype_core::wire::PhotoSummary;
use tintype_storage::catalog::{Catalog, NoteKey};

use crate::error::ApiError;

/// What the last audit says, and what is doubted.
#[derive(Default)]
pub(crate) struct Doubts {
    pub(crate) audit: Option<UserAudit>,
    pub(crate) doubted: Doubted,
}

impl Doubts {
    pub(crate) async fn of(catalog: &Catalog, user: &UserId) -> Result<Self, ApiError> {
        let (audit, doubted) = (NoteKey::Audit(user.clone()), NoteKey::Doubted(user.clone()));
        let (audit, doubted) =
            tokio::try_join!(catalog.note::<UserAudit>(&audit), catalog.note::<Doubted>(&doubted))?;
        let doubted = doubted.map(|note| note.says).unwrap_or_default();
        Ok(Self { audit: audit.map(|note| note.says), doubted })
    }

    pub(crate) fn about(&self, record: &Record) -> bool {
        self.audit.as_ref().is_some_and(|audit| audit.doubts(record)) || self.doubted.doubts(record)
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
    let note = catalog.note::<Doubted>(&NoteKey::Doubted(user.clone())).await?;
    let Some(doubted) = note.map(|note| note.says) else { return Ok(()) };
    for photo in photos {
        photo.doubted = doubted.doubts_original(photo.photo_id, photo.generation, photo.stored_at);
    }
    Ok(())
}
