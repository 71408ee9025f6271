//! Into the trash, out of it, and out for good: the owner's last wish stands.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::HttpConnector;
use tintype_core::key::{ObjectKey, Variant};
use tintype_core::record::{Record, State};
use tintype_core::repair;
use tintype_core::wire::{ChangeOutcome, EmptyTrashAnswer, LookupState, UploadFile, UploadOutcome};
use tintype_core::work::{self, Render};
use tintype_keeper::Report;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, User, answer, assert_counters_are_true};
use tokio::sync::Notify;

const DAY: i64 = 24;

async fn states(user: &User, files: &[File]) -> Vec<LookupState> {
    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    user.lookup(&photo_ids).await.into_iter().map(|known| known.state).collect()
}

#[tokio::test]
async fn trash_and_restore_can_be_said_twice_and_answer_for_each_photo() {
    use ChangeOutcome::{Already, Done, NotFound};
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = [File::jpeg(1), File::jpeg(2), File::jpeg(3)];
    app.settle(&ada, &files).await;
    let [one, two, _] = files.each_ref().map(File::photo_id);
    let unknown = File::jpeg(9).photo_id();

    let before = ada.get(&format!("/api/photos/{one}")).await.text();
    assert_eq!(ada.trash(&[one, unknown, two]).await, [Done, NotFound, Done]);
    assert_eq!(ada.trash(&[one, one]).await, [Already, Already]);
    assert_eq!(states(&ada, &files).await, [LookupState::Trashed, LookupState::Trashed, LookupState::Stored]);
    assert_eq!((ada.list_all().await.len(), ada.trash_all().await.len()), (1, 2));
    assert_counters_are_true(&ada).await;
    // What is in the trash can still be looked at and downloaded.
    assert_eq!(ada.original(&one).await.body, files[0].bytes);
    let photo = ada.photo(&one).await;
    let days = photo.purge_after.unwrap() - photo.trashed_at.unwrap();
    assert_eq!(days.whole_days(), 30);

    assert_eq!(ada.restore(&[two, unknown, one]).await, [Done, NotFound, Done]);
    assert_eq!(ada.restore(&[one]).await, [Already]);
    assert_eq!(states(&ada, &files).await, [LookupState::Stored; 3]);
    assert_eq!(ada.get(&format!("/api/photos/{one}")).await.text(), before, "it is as it was");
    assert_counters_are_true(&ada).await;

    for _ in 0..2 {
        assert_eq!(ada.delete(&format!("/api/photos/{one}")).await.status, 204);
    }
    ada.delete(&format!("/api/photos/{unknown}")).await.problem(404);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn a_nightly_backup_does_not_bring_back_what_was_trashed_but_a_person_does() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let before = app.settle(&ada, std::slice::from_ref(&file)).await.remove(0);
    ada.trash(&[file.photo_id()]).await;

    let deleted = ada.offer(&file.wanted()).await;
    assert!(matches!(deleted, UploadOutcome::Deleted { state: LookupState::Trashed }), "{deleted:?}");
    assert_eq!(states(&ada, std::slice::from_ref(&file)).await, [LookupState::Trashed]);

    ada.upload_again(&file).await;
    let after = ada.until_settled(&[file.photo_id()]).await.remove(0);
    assert_eq!(after.generation, before.generation, "the same life goes on");
    assert_eq!(ada.photo(&file.photo_id()).await.trashed_at, None);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn the_echo_of_an_older_upload_leaves_the_trash_alone() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let wanted = UploadFile { restore: true, ..file.wanted() };
    // Two URLs are asked for before the photo is trashed; the second is used afterwards, and does not ask to restore.
    let nightly = User::request_of(ada.offer(&file.wanted()).await);
    let by_hand = User::request_of(ada.offer(&wanted).await);
    ada.put(&by_hand, &file.bytes).await.expect(200);
    ada.until_settled(&[file.photo_id()]).await;
    ada.trash(&[file.photo_id()]).await;

    ada.put(&nightly, &file.bytes).await.expect(200);
    app.buckets.until_nothing_waits().await;
    assert_eq!(states(&ada, std::slice::from_ref(&file)).await, [LookupState::Trashed]);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn an_upload_that_was_asked_for_before_the_last_wish_does_not_undo_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let (id, all) = (file.photo_id(), std::slice::from_ref(&file));
    let wanted = UploadFile { restore: true, ..file.wanted() };
    let slow = User::request_of(ada.offer(&wanted).await);
    let slower = User::request_of(ada.offer(&wanted).await);
    app.settle(&ada, all).await;
    ada.trash(&[id]).await;

    // Asked for before the trash, sent after it.
    ada.put(&slow, &file.bytes).await.expect(200);
    app.buckets.until_nothing_waits().await;
    assert_eq!(states(&ada, all).await, [LookupState::Trashed]);

    // Asked for in between, and then its owner trashes it once more.
    let between = User::request_of(ada.offer(&wanted).await);
    assert_eq!(ada.trash(&[id]).await, [ChangeOutcome::Already]);
    ada.put(&between, &file.bytes).await.expect(200);
    app.buckets.until_nothing_waits().await;
    assert_eq!(states(&ada, all).await, [LookupState::Trashed]);

    // Nor does it come back when it is removed for good.
    app.keep(31 * DAY).await;
    assert_eq!(states(&ada, all).await, [LookupState::Gone]);
    ada.put(&slower, &file.bytes).await.expect(200);
    app.buckets.until_nothing_waits().await;
    assert_eq!(states(&ada, all).await, [LookupState::Gone]);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn the_trash_is_kept_for_thirty_days_and_then_removed_for_good() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = [File::jpeg(1), File::jpeg(2)];
    let before = app.settle(&ada, &files).await;
    let id = files[0].photo_id();
    ada.trash(&[id]).await;

    assert_eq!(app.keep(29 * DAY).await, Report::default());
    assert_eq!(app.keep(31 * DAY).await, Report { purged: 1, ..Report::default() });
    assert_eq!(app.keep(31 * DAY).await, Report::default());

    assert_eq!(states(&ada, &files).await, [LookupState::Gone, LookupState::Stored]);
    assert_eq!(ada.trash_all().await.len(), 0);
    for path in [format!("/api/photos/{id}"), format!("/api/photos/{id}/original")] {
        ada.get(&path).await.problem(404);
    }
    assert_eq!(ada.trash(&[id]).await, [ChangeOutcome::NotFound]);
    assert_eq!(ada.restore(&[id]).await, [ChangeOutcome::NotFound]);
    let left = app.buckets.vault().await;
    assert!(left.keys().all(|key| !key.contains(&id.to_string())), "{left:?}");
    assert_eq!(left.len(), 3, "the other photo and its variants stay");
    assert_counters_are_true(&ada).await;

    // It stays deleted for a nightly backup, and begins a new life by hand.
    let deleted = ada.offer(&files[0].wanted()).await;
    assert!(matches!(deleted, UploadOutcome::Deleted { state: LookupState::Gone }), "{deleted:?}");
    ada.upload_again(&files[0]).await;
    let after = ada.until_settled(&[id]).await.remove(0);
    assert_ne!(after.generation, before[0].generation, "a generation is never used again");
    assert_eq!(ada.original(&id).await.body, files[0].bytes);
    assert_eq!(app.buckets.originals().await[&id].len(), 1);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn an_emptied_trash_goes_with_the_next_run_of_the_keeper_unless_it_is_brought_back_before() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = [File::jpeg(1), File::jpeg(2), File::jpeg(3)];
    app.settle(&ada, &files).await;
    let photo_ids = files.each_ref().map(File::photo_id);
    ada.trash(&photo_ids).await;

    let empty = async || -> EmptyTrashAnswer {
        let answer = ada.post("/api/trash/empty", &()).await.expect(202);
        serde_json::from_slice(&answer.body).unwrap()
    };
    assert_eq!(empty().await.count, 3);
    assert_eq!(ada.restore(&photo_ids[..1]).await, [ChangeOutcome::Done]);

    assert_eq!(app.keep(1).await.purged, 2);
    let (gone, stored) = (LookupState::Gone, LookupState::Stored);
    assert_eq!(states(&ada, &files).await, [stored, gone, gone]);
    assert_eq!(ada.original(&photo_ids[0]).await.body, files[0].bytes);
    assert_eq!(empty().await.count, 0);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn a_trash_of_several_pages_is_walked_and_emptied_whole() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files: Vec<File> = (0..25).map(|n| File::new("note", "", format!("note {n}"))).collect();
    app.settle(&ada, &files).await;
    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    ada.trash(&photo_ids).await;
    for limit in [1, 7, 24, 25, 26] {
        let walked = ada.walk(&format!("/api/trash?limit={limit}")).await;
        let mut walked: Vec<_> = walked.into_iter().map(|photo| photo.photo_id).collect();
        walked.sort_unstable();
        let mut expected = photo_ids.clone();
        expected.sort_unstable();
        assert_eq!(walked, expected, "limit {limit}");
    }
    ada.post("/api/trash/empty", &()).await.expect(202);
    assert_eq!(app.keep(1).await.purged, 25);
    assert_eq!(app.buckets.vault().await.len(), 0);
    assert_counters_are_true(&ada).await;
}

/// What happens to the first variant of a photo that is on its way into the vault while the photo is removed for good.
#[derive(Debug, Clone, Copy)]
enum Late {
    Arrives,
    /// It is put, and its answer is an error: this attempt fails.
    Fails,
    /// The process ends when it is put, and Lambda delivers the event again.
    Crashes,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumb_that_comes_after_its_photo_was_removed_for_good_is_removed_too() {
    for late in [Late::Arrives, Late::Fails, Late::Crashes] {
        let (faults, [reached, purged, ended]) =
            (Faults::default(), [(); 3].map(|()| Arc::new(Notify::new())));
        let app = TestApp::start_faulty(&faults).await;
        let (ada, file) = (app.user("ada"), File::jpeg(1));
        let upload = app.receive(&ada, &file, false).await;
        // It is safe, its upload is gone, and its variants wait: as when the processor was stopped in its first attempt.
        assert!(app.deliver(&[upload], &faults).await);
        let record = app.record(&ada, &file).await;
        let waits = repair::to_render(&record, mint::now());
        let record = app.sight.catalog.replace(Some(&record), &waits).await.unwrap();
        for variant in [Variant::Thumb, Variant::Preview] {
            app.buckets.delete(&variant_of(&record, variant).to_string()).await;
        }
        let (user, photo_id, generation) = (record.user.clone(), record.photo_id, record.generation);
        let event = work::render_event(&Render { user, photo_id, generation });

        let notify = [&reached, &purged, &ended].map(Arc::clone);
        let held = Fault::Instead(Arc::new(move |request, real| {
            let [reached, purged, ended] = notify.clone();
            Box::pin(async move {
                reached.notify_one();
                purged.notified().await;
                let put = real.call(request).await;
                match late {
                    Late::Arrives => put,
                    Late::Fails => Ok(answer(403, "")),
                    Late::Crashes => {
                        ended.notify_one();
                        std::future::pending().await
                    }
                }
            })
        }));
        let thumb = variant_of(&record, Variant::Thumb).to_string();
        faults.plan(move |call| {
            let is_thumb = call.operation == "PutObject" && call.path.contains(&thumb);
            (is_thumb && call.attempt == 0).then(|| held.clone())
        });
        let remove = async {
            reached.notified().await;
            ada.trash(&[file.photo_id()]).await;
            assert_eq!(app.keep(31 * DAY).await.purged, 1, "{late:?}");
            purged.notify_one();
        };
        let attempt = async {
            tokio::select! { done = app.invoke(&event) => done, () = ended.notified() => false }
        };
        let (done, ()) = tokio::join!(attempt, remove);
        assert_eq!(done, matches!(late, Late::Arrives), "{late:?}");
        assert!(!app.buckets.vault().await.is_empty(), "they came too late to be removed: {late:?}");
        if matches!(late, Late::Crashes) {
            assert_eq!(app.record(&ada, &file).await.state, State::Gone);
            assert!(app.invoke(&event).await);
        }
        assert_eq!(app.keep(31 * DAY).await.purged, 1, "{late:?}");
        assert!(app.buckets.vault().await.is_empty(), "{late:?}: {:?}", app.buckets.vault().await);
        assert_eq!(app.record(&ada, &file).await.state, State::Gone);
        assert_eq!(app.keep(32 * DAY).await, Report::default(), "and then there is nothing left to do");
        assert_counters_are_true(&ada).await;
        // It can be sent again.
        let upload = app.receive(&ada, &file, true).await;
        assert!(app.deliver(&[upload], &faults).await);
        assert!(app.record(&ada, &file).await.is_safe());
    }
}

fn variant_of(record: &Record, variant: Variant) -> ObjectKey {
    let (user, photo_id, generation) = (record.user.clone(), record.photo_id, record.generation);
    ObjectKey::Variant { user, photo_id, generation, variant }
}
