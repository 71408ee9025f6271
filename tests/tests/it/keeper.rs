//! What the processor left undone, the keeper finds.

use tintype_core::key::{FileName, ObjectKey};
use tintype_core::record::{Preview, Record, State};
use tintype_core::wire::{ChangeOutcome, LookupState, PreviewState};
use tintype_keeper::Report;
use tintype_storage::mint;
use tintype_tests::{File, TestApp, User, assert_counters_are_true};

/// One hour from now every kind of patience is over, but for the trash's.
const LATER: i64 = 2;

async fn record_of(app: &TestApp, user: &User, file: &File) -> Record {
    app.stack.storage.catalog.get(&user.id, &file.photo_id()).await.unwrap().expect("a record")
}

/// A record as the processor puts it before it copies.
fn storing(settled: &Record, file: &File) -> Record {
    let now = mint::now();
    let generation = mint::generation(now);
    let key = ObjectKey::Original {
        user: settled.user.clone(),
        photo_id: file.photo_id(),
        generation,
        file_name: FileName::from_client(&file.name),
    };
    Record {
        photo_id: file.photo_id(),
        generation,
        key: key.to_string(),
        size: file.bytes.len() as u64,
        file_name: file.name.clone(),
        version_id: None,
        stored_at: None,
        attempts: 0,
        revision: 0,
        ..settled.moved_to(State::Storing, Preview::Pending, now)
    }
}

#[tokio::test]
async fn an_upload_whose_event_was_lost_is_promoted() {
    let app = TestApp::start_with(|options| options.lose_events = true).await;
    let ada = app.user("ada");
    let files = [File::jpeg(1), File::jpeg(2), File::new("note.txt", "text/plain", "a note")];
    for file in &files {
        ada.upload(file).await;
    }
    assert_eq!(app.keep(0).await, Report::default(), "the processor is given time");
    assert_eq!(app.buckets.uploads().await.len(), files.len());

    assert_eq!(app.keep(LATER).await.uploads_sent, 3);
    let ends = ada.until_settled(&files.each_ref().map(File::photo_id)).await;
    assert_eq!(ends[0].preview, Some(PreviewState::Ready));
    app.buckets.until_nothing_waits().await;
    assert_eq!(app.keep(LATER).await, Report::default(), "and then there is nothing left to do");
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn a_record_that_is_storing_with_its_copy_is_finished() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let (template, file) = (File::jpeg(1), File::jpeg(2));
    app.settle(&ada, std::slice::from_ref(&template)).await;
    let record = storing(&record_of(&app, &ada, &template).await, &file);
    app.buckets.put_original(&record.key, &file.bytes).await;
    app.stack.storage.catalog.replace(None, &record).await.unwrap();

    assert_eq!(app.keep(0).await, Report::default(), "the processor is given time");
    assert_eq!(app.keep(LATER).await, Report { finished: 1, ..Report::default() });
    assert!(ada.lookup(&[file.photo_id()]).await[0].safe);
    assert_eq!(app.keep(LATER + 1).await, Report { renders_sent: 1, ..Report::default() });
    assert_eq!(ada.until_settled(&[file.photo_id()]).await[0].preview, Some(PreviewState::Ready));
    assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn a_record_that_is_storing_with_other_bytes_in_its_place_never_becomes_safe() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let (template, file) = (File::jpeg(1), File::jpeg(2));
    app.settle(&ada, std::slice::from_ref(&template)).await;
    let record = storing(&record_of(&app, &ada, &template).await, &file);
    app.buckets.put_original(&record.key, &template.bytes).await;
    app.stack.storage.catalog.replace(None, &record).await.unwrap();

    app.keep(LATER).await;
    assert!(!ada.lookup(&[file.photo_id()]).await[0].safe);
    // Sent again, it is stored under a life of its own.
    app.settle(&ada, std::slice::from_ref(&file)).await;
    assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
}

#[tokio::test]
async fn a_record_with_neither_upload_nor_copy_is_removed() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let (template, file) = (File::jpeg(1), File::jpeg(2));
    app.settle(&ada, std::slice::from_ref(&template)).await;
    let record = storing(&record_of(&app, &ada, &template).await, &file);
    app.stack.storage.catalog.replace(None, &record).await.unwrap();
    assert_eq!(ada.lookup(&[file.photo_id()]).await[0].state, LookupState::Storing);
    ada.get(&format!("/api/photos/{}/original", file.photo_id())).await.problem(404);

    assert_eq!(app.keep(LATER).await, Report { removed: 1, ..Report::default() });
    assert_eq!(ada.lookup(&[file.photo_id()]).await[0].state, LookupState::Unknown);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn a_record_that_is_storing_while_its_upload_waits_is_left_to_the_processor() {
    let app = TestApp::start_with(|options| options.lose_events = true).await;
    let ada = app.user("ada");
    let (template, file) = (File::jpeg(1), File::jpeg(2));
    ada.upload(&template).await;
    app.keep(LATER).await;
    ada.until_settled(&[template.photo_id()]).await;
    app.buckets.until_nothing_waits().await;
    ada.upload(&file).await;
    let record = storing(&record_of(&app, &ada, &template).await, &file);
    app.stack.storage.catalog.replace(None, &record).await.unwrap();

    let report = app.keep(LATER).await;
    assert_eq!((report.uploads_sent, report.removed), (1, 0));
    let end = ada.until_settled(&[file.photo_id()]).await.remove(0);
    assert_eq!(end.generation, Some(record.generation), "it goes on with the life that was begun");
}

#[tokio::test]
async fn a_safe_photo_without_its_preview_gets_one() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    let ready = record_of(&app, &ada, &file).await;
    let mut pending = ready.moved_to(State::Stored, Preview::Pending, mint::now());
    (pending.width, pending.thumbhash) = (None, None);
    app.stack.storage.catalog.replace(Some(&ready), &pending).await.unwrap();

    assert_eq!(app.keep(0).await, Report::default(), "the processor is given time");
    assert_eq!(app.keep(LATER).await, Report { renders_sent: 1, ..Report::default() });
    assert_eq!(ada.until_settled(&[file.photo_id()]).await[0].preview, Some(PreviewState::Ready));
    let again = record_of(&app, &ada, &file).await;
    assert_eq!((again.width, again.thumbhash), (ready.width, ready.thumbhash));
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn a_photo_whose_decoding_ended_the_process_three_times_ends_without_a_preview() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    let ready = record_of(&app, &ada, &file).await;
    let mut pending = ready.moved_to(State::Stored, Preview::Pending, mint::now());
    pending.attempts = tintype_core::ingest::MAX_ATTEMPTS;
    app.stack.storage.catalog.replace(Some(&ready), &pending).await.unwrap();

    app.keep(LATER).await;
    let end = ada.until_settled(&[file.photo_id()]).await.remove(0);
    assert_eq!(end.preview_reason, Some(tintype_core::record::PreviewReason::OutOfMemory));
    assert!(end.safe);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn an_upload_of_what_is_in_the_trash_holds_the_purge_back_until_it_is_decided() {
    let app = TestApp::start_with(|options| options.lose_events = true).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    ada.upload(&file).await;
    app.keep(LATER).await;
    ada.until_settled(&[file.photo_id()]).await;
    app.buckets.until_nothing_waits().await;
    ada.trash(&[file.photo_id()]).await;
    ada.upload_again(&file).await;

    let report = app.keep(31 * 24).await;
    assert_eq!((report.purged, report.uploads_sent), (0, 1));
    ada.until_safe(&[file.photo_id()]).await;
    assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
}

#[tokio::test]
async fn a_photo_that_was_trashed_before_its_preview_was_made_gets_it_when_it_is_restored() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    let ready = record_of(&app, &ada, &file).await;
    let pending = ready.moved_to(State::Stored, Preview::Pending, mint::now());
    app.stack.storage.catalog.replace(Some(&ready), &pending).await.unwrap();
    ada.trash(&[file.photo_id()]).await;
    assert_eq!(app.keep(LATER).await, Report::default(), "nothing is made for what is in the trash");
    assert_counters_are_true(&ada).await;

    ada.restore(&[file.photo_id()]).await;
    assert_eq!(app.keep(LATER).await, Report { renders_sent: 1, ..Report::default() });
    assert_eq!(ada.until_settled(&[file.photo_id()]).await[0].preview, Some(PreviewState::Ready));
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn an_upload_that_meets_the_purge_of_its_photo_becomes_a_new_life() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    ada.trash(&[file.photo_id()]).await;
    let trashed = record_of(&app, &ada, &file).await;
    let purging = trashed.moved_to(State::Purging, trashed.preview, mint::now());
    app.stack.storage.catalog.replace(Some(&trashed), &purging).await.unwrap();

    assert_eq!(ada.restore(&[file.photo_id()]).await, [ChangeOutcome::TooLate]);
    ada.upload_again(&file).await;
    assert_eq!(app.keep(LATER).await.purged, 1);
    let new = tintype_tests::until(std::time::Duration::from_mins(1), async || {
        // Its event may have failed three times while the purge was not done.
        app.keep(LATER).await;
        let known = ada.lookup(&[file.photo_id()]).await.remove(0);
        if known.safe { Ok(known) } else { Err(format!("{known:?}")) }
    })
    .await;
    assert_ne!(new.generation, Some(trashed.generation));
    assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
    assert_eq!(app.buckets.originals().await[&file.photo_id()].len(), 1);
}
