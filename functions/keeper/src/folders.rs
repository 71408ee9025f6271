//! Whose folders there are in the vault, listed page by page inside the time of a run.

use std::time::Instant;

use tintype_core::audit::report::Folders;
use tintype_storage::{StorageError, Vault};

/// Lists on, one page at least, until all are listed or the time is over, and adds what none of our functions made. If
/// a page fails, it is the next one still.
pub(crate) async fn list(
    vault: &Vault,
    folders: &mut Folders,
    strange: &mut Vec<String>,
    end: Instant,
) -> Result<(), StorageError> {
    while let Some(at) = folders.next.clone() {
        let page = vault.below(&at).await?;
        let slow = page.next.is_some();
        strange.extend(folders.came(&at, page.keys, page.next));
        if slow && Instant::now() >= end {
            break;
        }
    }
    Ok(())
}
