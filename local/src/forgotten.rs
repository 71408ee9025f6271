//! A catalog that was lost looks like one that is new. The vault knows better.

use std::path::Path;

use tintype_core::key::ObjectKey;
use tintype_storage::{Storage, StorageError};

use crate::next;

/// Whether the vault holds originals and the catalog knows of no photo at all: one page of a listing at most.
pub(crate) async fn is_forgotten(storage: &Storage) -> Result<bool, StorageError> {
    for user in storage.catalog.users().await? {
        if !storage.catalog.records(&user, None, 1).await?.records.is_empty() {
            return Ok(false);
        }
    }
    let page = storage.vault.keys(ObjectKey::ORIGINALS_PREFIX, None).await?;
    Ok(page.keys.iter().any(|key| matches!(key.parse(), Ok(ObjectKey::Original { .. }))))
}

/// What to do then.
pub(crate) fn says(data_dir: &Path) -> String {
    let rebuild = next::command(data_dir, "rebuild", None, &[]);
    format!("The vault holds originals and the catalog none: {rebuild} brings it back")
}
