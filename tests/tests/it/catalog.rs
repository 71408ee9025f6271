//! Writes of the catalog: of two that write at once one is told, and who wrote knows it.

use tintype_core::record::Record;
use tintype_storage::StorageError;
use tintype_storage::catalog::NoteKey;
use tintype_tests::{Fault, Faults, File, TestApp};

/// A note that nobody else writes here.
const NOTE: NoteKey = NoteKey::KeeperDrill;

#[tokio::test]
async fn of_two_that_write_the_very_same_thing_one_is_told() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    let catalog = &app.stack.storage.catalog;
    for _ in 0..20 {
        let now = app.record(&ada, &file).await;
        let after = Record { attempts: now.attempts + 1, ..now.clone() };
        let both = tokio::join!(catalog.replace(Some(&now), &after), catalog.replace(Some(&now), &after));
        let told = [both.0, both.1].map(|one| matches!(one, Err(StorageError::Changed)));
        assert!(told[0] != told[1], "{told:?}");
        let note = catalog.note::<u8>(&NOTE).await.unwrap();
        let both = tokio::join!(
            catalog.put_note(&NOTE, note.as_ref(), 7_u8),
            catalog.put_note(&NOTE, note.as_ref(), 7_u8)
        );
        let told = [both.0, both.1].map(|one| matches!(one, Err(StorageError::Changed)));
        assert!(told[0] != told[1], "{told:?}");
    }
    // Nor does one that reads, and then meets what somebody else told whatever it said before.
    catalog.tell(&NOTE, &1_u8).await.unwrap();
    let read = catalog.note::<u8>(&NOTE).await.unwrap();
    catalog.tell(&NOTE, &2_u8).await.unwrap();
    let late = catalog.put_note(&NOTE, read.as_ref(), 3_u8).await;
    assert!(matches!(late, Err(StorageError::Changed)));
}

#[tokio::test]
async fn a_write_whose_reply_was_lost_is_known_again() {
    let faults = Faults::default();
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    let catalog = &app.stack.storage.catalog;
    let now = app.record(&ada, &file).await;
    faults.plan(|call| (call.operation == "PutItem" && call.attempt == 0).then_some(Fault::LostReply));
    let after = Record { attempts: now.attempts + 1, ..now.clone() };
    assert_eq!(catalog.replace(Some(&now), &after).await.unwrap().revision, now.revision + 1);
    let written = catalog.put_note::<_, u8>(&NOTE, None, 8_u8).await.unwrap();
    let written = catalog.put_note(&NOTE, Some(&written), 9_u8).await.unwrap();
    assert_eq!(written.says, 9);
    assert_eq!(faults.count(), 3);
}
