//! What a repaired photo has to be.

use std::time::Duration;

use tintype_core::key::Variant;
use tintype_core::wire::PreviewState;

use crate::{File, TestApp, User, until};

/// A photo is as it was: its original, its variants, and its receipt.
pub async fn assert_whole(app: &TestApp, user: &User, file: &File) {
    let end = user.until_settled(&[file.photo_id()]).await.remove(0);
    assert_eq!(end.preview, Some(PreviewState::Ready));
    assert_eq!(user.original(&file.photo_id()).await.body, file.bytes);
    let cookies = user.session().await;
    until(Duration::from_secs(20), async || {
        let end = user.lookup(&[file.photo_id()]).await.remove(0);
        let answer = user.variant(&cookies, &end, Variant::Thumb).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.text()) }
    })
    .await;
    let record = app.record(user, file).await;
    let head = app.stack.storage.vault.head(&record.key).await.unwrap().unwrap();
    assert_eq!(head.version_id, record.version_id, "the receipt names the version that is there");
}
