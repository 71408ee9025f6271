//! The note of what is doubted of a user's originals. Audits, drills and repairs write it, each what it knows: none
//! writes over what another has just added.

use time::OffsetDateTime;
use tintype_core::audit::doubted::Doubted;
use tintype_core::id::UserId;
use tintype_storage::catalog::NoteKey;
use tintype_storage::{Storage, StorageError, mint};

/// What was found wrong before, and not whole since.
pub(crate) async fn of(storage: &Storage, user: &UserId) -> Result<Doubted, StorageError> {
    match storage.catalog.note(&NoteKey::Doubted(user.clone())).await {
        Ok(note) => Ok(note.map(|note| note.says).unwrap_or_default()),
        Err(error @ StorageError::Corrupt { .. }) => Ok(anew(&error, mint::now())),
        Err(error) => Err(error),
    }
}

/// Changes the note as it now stands.
pub(crate) async fn change(
    storage: &Storage,
    user: &UserId,
    change: impl Fn(&mut Doubted),
) -> Result<(), StorageError> {
    let (catalog, key) = (&storage.catalog, NoteKey::Doubted(user.clone()));
    loop {
        let note = match catalog.note::<Doubted>(&key).await {
            Err(error @ StorageError::Corrupt { .. }) => {
                catalog.tell(&key, &anew(&error, mint::now())).await?;
                continue;
            }
            note => note?,
        };
        let before = note.as_ref().map(|note| note.says.clone()).unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        match catalog.put_note(&key, note.as_ref(), after).await {
            Err(StorageError::Changed) => {}
            written => return written.map(drop),
        }
    }
}

/// In the place of a note that cannot be read. What it named is not known: all are doubted until they are read.
fn anew(error: &StorageError, now: OffsetDateTime) -> Doubted {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "what is doubted of a user's photos is begun anew"
    );
    Doubted::unknown(now)
}
