//! Nothing hides: what fails is counted, explained and shown, and can be sent again.

use serde_json::json;
use tintype_core::record::{Preview, PreviewReason, State};
use tintype_core::wire::{PreviewState, StuckReason};
use tintype_keeper::request::{AuditAnswer, RetryAnswer};
use tintype_storage::mint;
use tintype_tests::{Faults, File, Service, TestApp, assert_counters_are_true};

#[tokio::test]
async fn an_upload_that_stays_is_shown_with_its_reason_until_it_is_gone() {
    let app = TestApp::start_with(|options| options.lose_events = true).await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let new = ada.me().await.keeper;
    assert!(!new.late && new.ran_at.is_none(), "it was just started, and has still to run");
    ada.upload(&File::jpeg(1)).await;
    ada.upload(&File::jpeg(2)).await;
    app.ask(json!({}), 0).await;
    let fresh = ada.me().await;
    assert_eq!(fresh.stuck.count, 0, "it is given time");
    assert!(!fresh.keeper.late && fresh.keeper.ran_at.is_some());

    // Hours later they are still there: so the run sees it, though it sends them once more.
    app.ask(json!({}), 3).await;
    let told = ada.me().await.stuck;
    // One that was sent just now may wait for its preview, at a clock that is set forward.
    let waiting = told.reasons.iter().find(|one| one.reason == StuckReason::NotTakenIn);
    assert_eq!(waiting.map(|one| one.count), Some(2), "{told:?}");
    assert!(told.oldest.is_some());
    assert_eq!(ben.me().await.stuck.count, 0);

    ada.until_settled(&[File::jpeg(1).photo_id(), File::jpeg(2).photo_id()]).await;
    app.buckets.until_nothing_waits().await;
    app.ask(json!({}), 4).await;
    assert_eq!(ada.me().await.stuck.count, 0);
}

#[tokio::test]
async fn an_upload_of_a_photo_whose_original_is_missing_says_so() {
    let app =
        TestApp::start_with(|options| options.lambda.retry_after = [std::time::Duration::ZERO; 2]).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    // The week's audit and drill find it whole.
    app.ask(json!({}), 0).await;
    assert_eq!(ada.me().await.line, "1 photo, safe, checked today");
    ada.trash(&[file.photo_id()]).await;
    let record = app.record(&ada, &file).await;
    app.stack.storage.vault.delete(&record.key).await.unwrap();
    ada.upload_again(&file).await;
    ada.until_safe(&[file.photo_id()]).await;
    app.ask(json!({}), 3).await;
    let told = ada.me().await;
    assert_eq!(told.line, "1 photo, 1 needs attention");
    app.ask(json!({"audit": {}}), 3).await;
    assert_eq!(ada.me().await.line, "1 photo, 1 needs attention", "named by an audit too, it counts once");
    let told = told.stuck;
    assert_eq!(told.reasons.iter().map(|one| one.reason).collect::<Vec<_>>(), [StuckReason::OriginalMissing]);
}

#[tokio::test]
async fn an_upload_that_rotted_is_copied_once_and_shown_and_gives_way_to_its_owners_next_one() {
    let app = TestApp::start_with(|options| options.lose_events = true).await;
    let (ada, file, none) = (app.user("ada"), File::jpeg(1), Faults::default());
    let rotten = app.receive(&ada, &file, false).await;
    app.rot(&file);
    let copies = async || app.buckets.originals().await.into_values().flatten().count();
    for _ in 0..3 {
        assert!(!app.deliver(std::slice::from_ref(&rotten), &none).await);
        assert_eq!(copies().await, 1, "each further copy would be as wrong");
    }
    assert_eq!(app.buckets.uploads().await.len(), 1, "it stays");
    app.ask(json!({}), 3).await;
    let told = ada.me().await.stuck;
    assert_eq!(told.reasons.iter().map(|one| one.reason).collect::<Vec<_>>(), [StuckReason::Damaged]);

    let right = app.receive(&ada, &file, false).await;
    assert!(app.deliver(&[right], &none).await);
    ada.until_settled(&[file.photo_id()]).await;
    assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
    assert!(app.deliver(&[rotten], &none).await);
    app.buckets.until_nothing_waits().await;
    let found: AuditAnswer =
        serde_json::from_value(app.ask(json!({"audit": {"every_byte": true}}), 0).await).unwrap();
    assert_eq!((found.found, found.leftovers, found.unchecked), (1, 1, 0), "{found:?}");
    app.ask(json!({}), 4).await;
    assert_eq!(ada.me().await.stuck.count, 0);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn what_ended_badly_is_tried_again_by_one_request() {
    let app = TestApp::start_with(|options| options.lose_events = true).await;
    let ada = app.user("ada");
    let files = [File::jpeg(1), File::jpeg(2), File::new("note.txt", "text/plain", "a note"), File::jpeg(3)];
    let retry = async |event| -> RetryAnswer {
        serde_json::from_value(app.ask(json!({ "retry": event }), 0).await).unwrap()
    };
    for file in &files[..3] {
        ada.upload(file).await;
    }
    // Without waiting for their time; and it goes on where the time was over.
    let (mut sent, mut calls, mut next) = (0, 0, None);
    loop {
        let answer = retry(json!({"seconds": 0, "next": next})).await;
        (sent, calls, next) = (sent + answer.uploads_sent, calls + 1, answer.next);
        if answer.finished {
            break;
        }
    }
    assert_eq!(sent, 3);
    assert!(calls >= 3, "{calls}");
    ada.until_settled(&files[..3].iter().map(File::photo_id).collect::<Vec<_>>()).await;
    app.buckets.until_nothing_waits().await;
    for (file, reason) in files.iter().zip([PreviewReason::OutOfMemory, PreviewReason::Broken]) {
        let ready = app.record(&ada, file).await;
        let ended = ready.moved_to(State::Stored, Preview::None(reason), mint::now());
        app.stack.storage.catalog.replace(Some(&ready), &ended).await.unwrap();
    }
    let told = ada.me().await.without_preview;
    assert_eq!(told.len(), 3, "each reason is counted: {told:?}");

    let sent = retry(json!({})).await;
    assert_eq!((sent.renders_sent, sent.finished), (2, true), "a note stays a note");
    let ends = ada.until_settled(&files[..3].iter().map(File::photo_id).collect::<Vec<_>>()).await;
    let previews: Vec<_> = ends.iter().map(|end| end.preview).collect();
    let (ready, none) = (Some(PreviewState::Ready), Some(PreviewState::None));
    assert_eq!(previews, [ready, ready, none]);
    assert_eq!(retry(json!({"photo_ids": [files[2].photo_id()]})).await.renders_sent, 1);
    ada.until_settled(&[files[2].photo_id()]).await;
    assert_eq!(retry(json!({"reasons": ["not_an_image"]})).await.renders_sent, 1);
    ada.until_settled(&[files[2].photo_id()]).await;
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn another_try_of_one_photo_reads_that_photo_alone() {
    let faults = Faults::default();
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 5).await;
    app.library(&ben, 1).await;
    faults.plan(|_| None);
    let asked = json!({"retry": {"photo_ids": [files[2].photo_id(), File::jpeg(77).photo_id()]}});
    let answer: RetryAnswer = serde_json::from_value(app.ask(asked, 0).await).unwrap();
    assert!(answer.finished);
    let log = faults.log();
    let catalog = log.iter().filter(|call| call.service == Service::DynamoDb);
    let read: Vec<_> = catalog.map(|call| call.operation.as_str()).collect();
    // Who there is, and of each the photos that are named.
    assert_eq!(read, ["Query", "GetItem", "GetItem", "GetItem", "GetItem"]);
}
