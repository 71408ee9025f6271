//! The catalog from the vault alone, and the previews that follow.

use serde_json::json;
use tintype_core::audit::line::{counted, grouped};
use tintype_core::key::ObjectKey;
use tintype_core::record::{Preview, Record};
use tintype_keeper::request::RebuildAnswer;
use tintype_storage::StorageError;

use super::asked::{Asked, shown};
use super::{LOOK_AGAIN, SLICE};
use crate::say::say;

/// Records of a page.
const PAGE: i32 = 500;
/// How many photos without a preview are named; the others are counted.
const MOST_NAMED: usize = 100;

pub(super) async fn rebuild(keeper: &Asked) -> Result<bool, String> {
    let (mut next, mut originals, mut made, mut refused, mut unread) = (None, 0, 0, 0, 0);
    let mut not_listed = 0;
    loop {
        // A disk does not check itself: what S3 tells of a file that rotted is the checksum that it had.
        let event = json!({"rebuild": {"next": next, "doubt": true, "seconds": SLICE}});
        let answer: RebuildAnswer = keeper.call(&event).await?;
        for key in &answer.refused {
            say!("left alone, since its bytes are not what its key says: {key}");
        }
        for key in &answer.unread {
            say!("could not be read: {key}");
        }
        for user in &answer.not_listed {
            say!("could not be listed to its end: {}", ObjectKey::originals_of(user));
        }
        not_listed += answer.not_listed.len() as u64;
        (originals, made) = (originals + answer.originals, made + answer.made);
        (next, refused) = (answer.next, refused + answer.refused.len());
        unread += answer.unread.len() as u64;
        say!("{} looked at, {} made", counted(originals, "original"), counted(made, "record"));
        if answer.finished {
            break;
        }
    }
    let ended = made == 0 || previews(keeper).await?;
    if made > 0 {
        let audit = keeper.next("audit", None, &[]);
        say!("None of these is called safe before an audit has read it whole: run {audit}");
    }
    if not_listed > 0 {
        let folders = counted(not_listed, "folder");
        return Err(format!(
            "{folders} could not be listed, and photos in there may have no record: {LOOK_AGAIN}"
        ));
    }
    if unread > 0 && refused == 0 && ended {
        return Err(format!("{} could not be read: {LOOK_AGAIN}", counted(unread, "original")));
    }
    Ok(refused == 0 && unread == 0 && ended)
}

/// Waits for the previews, if nobody else makes them, and says what got none; whether all came to their end.
async fn previews(keeper: &Asked) -> Result<bool, String> {
    if !keeper.finish().await {
        say!("The Tintype that runs makes thumbs and previews; Status on its page names what gets none.");
        return Ok(true);
    }
    let open = without_preview(keeper).await.map_err(|error| error.to_string())?;
    if open > 0 {
        let retry = keeper.next("retry", None, &[]);
        say!("{} did not come to its end; {retry} tries again", counted(open, "preview"));
    }
    Ok(open == 0)
}

/// Names photos that got no preview, and why; how many of these did not come to their end.
async fn without_preview(keeper: &Asked) -> Result<u64, StorageError> {
    let catalog = &keeper.storage.catalog;
    let (mut open, mut without) = (0_u64, 0_usize);
    for user in catalog.users().await? {
        let mut after = None;
        loop {
            let page = catalog.records(&user, after, PAGE).await?;
            for record in page.records.into_iter().flatten().filter(Record::is_safe) {
                let why = match record.preview {
                    Preview::Ready => continue,
                    Preview::None(reason) => reason.as_str(),
                    Preview::Pending => {
                        open += 1;
                        why_not(keeper, &record).await
                    }
                };
                without += 1;
                if without <= MOST_NAMED {
                    say!("{} ({}): no preview: {why}", record.photo_id, shown(&record.file_name));
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    if without > MOST_NAMED {
        say!("and {} more without a preview", grouped((without - MOST_NAMED) as u64));
    }
    Ok(open)
}

/// Why a preview did not come to its end.
async fn why_not(keeper: &Asked, record: &Record) -> &'static str {
    match keeper.storage.vault.hash(&record.key).await {
        Ok(Some(original)) if original.is_that_of(record) => "it could not be made just now",
        Ok(Some(_)) => "its original is not what it was, byte for byte; docs/RESTORE.md says what to do",
        Ok(None) => "its original is not in the vault",
        Err(_) => "its original could not be read",
    }
}
