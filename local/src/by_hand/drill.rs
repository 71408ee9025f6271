//! The restore drill.

use std::collections::BTreeSet;

use serde_json::json;
use tintype_core::audit::line::{counted, grouped};
use tintype_core::id::PhotoId;
use tintype_keeper::request::DrillAnswer;
use tintype_storage::StorageError;

use super::asked::{Asked, shown};
use super::{Drill, SLICE};
use crate::say::say;

pub(super) async fn drill(keeper: &Asked, asked: &Drill) -> Result<bool, String> {
    let (mut next, mut photos, mut bytes, mut unchecked) = (None, 0, 0, 0);
    let mut wrong = BTreeSet::new();
    loop {
        let event = json!({"drill": {
            "photos": asked.photos, "megabytes": asked.megabytes, "next": next, "seconds": SLICE,
        }});
        let answer: DrillAnswer = keeper.call(&event).await?;
        (photos, bytes, unchecked) =
            (photos + answer.photos, bytes + answer.bytes, unchecked + answer.unchecked);
        wrong.extend(answer.wrong);
        next = answer.next;
        if answer.finished {
            break;
        }
        say!("{} read back so far", counted(photos, "photo"));
    }
    for photo_id in &wrong {
        match name(keeper, photo_id).await {
            Ok(Some(name)) => say!("{photo_id} ({}): did not come back byte for byte", shown(&name)),
            Ok(None) => say!("{photo_id}: did not come back byte for byte"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a photo's name could not be read");
                say!("{photo_id}: did not come back byte for byte");
            }
        }
    }
    let megabytes = bytes.div_ceil(1_000_000);
    let not =
        if wrong.is_empty() { String::new() } else { format!(", {} did not", grouped(wrong.len() as u64)) };
    say!("{}, {} MB, came back byte for byte{not}", counted(photos, "photo"), grouped(megabytes));
    if photos == 0 && keeper.is_forgotten().await {
        return Ok(false);
    }
    let again = format!("{} could not be read; run it again", counted(unchecked, "photo"));
    if wrong.is_empty() && unchecked > 0 {
        return Err(again);
    }
    if unchecked > 0 {
        say!("{again}");
    }
    if !wrong.is_empty() {
        let (audit, repair) = (keeper.next("audit", None, &[]), keeper.next("repair", None, &[]));
        say!("{audit}, then {repair}, bring back what the vault still has in another place.");
        say!(
            "If you still have the file: drop it on the page again, then do both; docs/RESTORE.md says more."
        );
    }
    Ok(wrong.is_empty())
}

/// What its owner calls a photo, if the catalog knows.
async fn name(keeper: &Asked, photo_id: &PhotoId) -> Result<Option<String>, StorageError> {
    let catalog = &keeper.storage.catalog;
    for user in catalog.users().await? {
        match catalog.get(&user, photo_id).await {
            Ok(Some(record)) => return Ok(Some(record.file_name)),
            Ok(None) | Err(StorageError::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
