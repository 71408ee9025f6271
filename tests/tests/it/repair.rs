//! Repair brings back what can be had, only adds, and does nothing about what has changed since the audit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::HttpConnector;
use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::key::{FileName, ObjectKey, Variant};
use tintype_core::record::Record;
use tintype_core::wire::{LookupState, Me, PreviewState, UploadOutcome};
use tintype_keeper::request::{AuditAnswer, RepairAnswer, RepairResult};
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, User, assert_counters_are_true, row, until};
use tokio::sync::Notify;

async fn audit(app: &TestApp) -> AuditAnswer {
    let answer: AuditAnswer = serde_json::from_value(app.ask(json!({"audit": {}}), 0).await).unwrap();
    assert!(answer.finished);
    answer
}

async fn repair(app: &TestApp, audit: &AuditAnswer) -> RepairAnswer {
    let event = json!({"repair": {"report": audit.report}});
    serde_json::from_value(app.ask(event, 0).await).unwrap()
}

async fn lose(app: &TestApp, record: &Record) {
    app.stack.storage.vault.delete(&record.key).await.unwrap();
}

async fn is_whole(app: &TestApp, user: &User, file: &File) {
    let end = user.until_settled(&[file.photo_id()]).await.remove(0);
    assert_eq!(end.preview, Some(PreviewState::Ready));
    assert_eq!(user.original(&file.photo_id()).await.body, file.bytes);
    let cookies = user.session().await;
    until(std::time::Duration::from_secs(20), async || {
        let end = user.lookup(&[file.photo_id()]).await.remove(0);
        let answer = user.variant(&cookies, &end, Variant::Thumb).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.text()) }
    })
    .await;
    let record = app.record(user, file).await;
    let head = app.stack.storage.vault.head(&record.key).await.unwrap().unwrap();
    assert_eq!(head.version_id, record.version_id, "the receipt names the version that is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_had_is_brought_back_and_nothing_is_removed_or_written_over() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 8).await;
    let vault = &app.stack.storage.vault;
    let mut records = Vec::new();
    for file in &files {
        records.push(app.record(&ada, file).await);
    }
    lose(&app, &records[0]).await;
    app.flip(&records[1], &files[1]).await;
    app.buckets.put_original(&records[2].key, b"something else").await;
    app.buckets.put_original(&records[3].key, &files[3].bytes).await;
    for variant in Variant::ALL {
        let (photo_id, generation) = (records[4].photo_id, records[4].generation);
        let key = ObjectKey::Variant { user: ada.id.clone(), photo_id, generation, variant };
        vault.delete(&key.to_string()).await.unwrap();
    }
    // An original whose record is lost.
    app.stack.storage.catalog.remove(&records[5]).await.unwrap();
    // One in the trash, lost as well.
    ada.trash(&[files[6].photo_id()]).await;
    lose(&app, &records[6]).await;

    let found = audit(&app).await;
    assert_eq!(found.found, 9, "the thumb and preview without a record are findings too: {found:?}");
    let before = app.everything(&ada).await;
    let done = repair(&app, &found).await;
    assert!(done.finished);
    let left: Vec<_> = done.results.iter().filter(|result| !result.repaired).collect();
    assert_eq!((done.repaired, left.len()), (7, 2), "{done:?}");
    for (_, file) in files.iter().enumerate().filter(|(index, _)| *index != 6) {
        is_whole(&app, &ada, file).await;
    }
    ada.restore(&[files[6].photo_id()]).await;
    is_whole(&app, &ada, &files[6]).await;
    let after = app.everything(&ada).await;
    let versions = |all: &[String]| -> Vec<String> {
        let kept = all.iter().filter(|line| line.starts_with("Version"));
        kept.map(|line| line.replace("latest: true", "").replace("latest: false", "")).collect()
    };
    let after = versions(&after);
    assert!(versions(&before).iter().all(|version| after.contains(version)), "every version is still there");
    assert_counters_are_true(&ada).await;

    // What is left are the wrong bytes beside which the right ones now lie, with their thumbs and previews: no difference.
    let again = audit(&app).await;
    assert!(again.findings.iter().all(|finding| finding.kind == Kind::Leftover), "{again:?}");
    assert_eq!((again.found, again.leftovers), (6, 6), "{again:?}");
    let nothing = repair(&app, &again).await;
    assert_eq!((nothing.repaired, nothing.left, nothing.results.len()), (0, 0, 6));
    let me: Me = ada.get("/api/me").await.json();
    assert_eq!(me.line, "8 photos, all safe, checked today");
    assert_eq!(me.last_audit.map(|audit| (audit.differences, audit.findings.len())), Some((0, 1)));
}

#[tokio::test]
async fn a_repair_from_a_stale_report_does_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let records = [app.record(&ada, &files[0]).await, app.record(&ada, &files[1]).await];
    for record in &records {
        lose(&app, record).await;
    }
    let found = audit(&app).await;
    assert_eq!(found.found, 2);

    let event = json!({"repair": {"report": found.report}});
    let in_two_hours = mint::now() + time::Duration::minutes(61);
    let before = app.everything(&ada).await;
    let refused =
        tintype_keeper::handle(&app.stack.keeper, &event, in_two_hours).await.unwrap_err().to_string();
    assert!(refused.contains("minutes old") && refused.contains("run the audit again"), "{refused}");
    assert_eq!(app.everything(&ada).await, before);

    // One of the two changed since: its owner moved it to the trash and back.
    ada.trash(&[files[0].photo_id()]).await;
    ada.restore(&[files[0].photo_id()]).await;
    let done = repair(&app, &found).await;
    assert_eq!((done.repaired, done.left), (1, 1), "{done:?}");
    let left = done.results.iter().find(|result| !result.repaired).unwrap();
    assert_eq!(left.finding.photo_id, Some(files[0].photo_id()));
    assert!(left.says.contains("changed since the audit"), "{}", left.says);
    assert!(app.stack.storage.vault.head(&records[0].key).await.unwrap().is_none());
    is_whole(&app, &ada, &files[1]).await;
    // The same report again: what is repaired has changed since.
    assert_eq!(repair(&app, &found).await.repaired, 0);

    let unknown = json!({"repair": {"report": mint::audit_id(mint::now())}});
    let refused = tintype_keeper::handle(&app.stack.keeper, &unknown, mint::now()).await.unwrap_err();
    assert!(refused.to_string().contains("no report"), "{refused}");
    row(
        29,
        "a report of 61 minutes: refused whole; a record changed since: that one refused, the other repaired",
    );
}

#[tokio::test]
async fn what_is_nowhere_to_be_had_comes_back_from_a_copy_on_a_disk() {
    let app =
        TestApp::start_with(|options| options.lambda.retry_after = [std::time::Duration::ZERO; 2]).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&file)).await;
    let record = app.record(&ada, &file).await;
    // Other bytes of another life: nothing that helps.
    app.buckets.put_original(&record.key, b"not it").await;
    // The record is made to speak of an original that never was.
    let generation = mint::generation(mint::now());
    let key = ObjectKey::Original {
        user: ada.id.clone(),
        photo_id: record.photo_id,
        generation,
        file_name: FileName::from_client("gone.jpg"),
    };
    let mut lost = Record { generation, key: key.to_string(), ..record.clone() };
    lost = app.stack.storage.catalog.replace(Some(&record), &lost).await.unwrap();
    // The right version lies under the old key: as long as it does, it is found.
    assert!(app.stack.storage.vault.head(&lost.key).await.unwrap().is_none());
    let found = audit(&app).await;
    let done = repair(&app, &found).await;
    let of_it = done.results.iter().find(|result| result.finding.kind == Kind::Lost).unwrap();
    assert!(of_it.repaired, "{done:?}");
    assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
}

#[tokio::test]
async fn an_original_that_other_tools_copied_back_gets_its_checksum_again_where_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 5).await;
    let mut records = Vec::new();
    for file in &files {
        let record = app.record(&ada, file).await;
        app.buckets.delete(&record.key).await;
        // The last one has other bytes: the right ones are in the version before.
        let bytes = if file.name == files[4].name { vec![0; file.bytes.len()] } else { file.bytes.clone() };
        app.buckets.put_as_others_do(&record.key, "binary/octet-stream", &bytes).await;
        assert_eq!(app.sight.vault.head(&record.key).await.unwrap().unwrap().sha256, None);
        records.push(record);
    }
    // Of one the record is lost too, one is in the trash.
    app.sight.catalog.remove(&records[0]).await.unwrap();
    ada.trash(&[files[1].photo_id()]).await;

    for (event, kinds) in [
        (json!({"audit": {"every_byte": true}}), [Kind::Replaced, Kind::WrongChecksum]),
        (json!({"audit": {}}), [Kind::WrongChecksum; 2]),
    ] {
        let found: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
        let of = |file: &File| -> Vec<Kind> {
            let its = found.findings.iter().filter(|finding| finding.photo_id == Some(file.photo_id()));
            its.map(|finding| finding.kind).collect()
        };
        assert_eq!(of(&files[2])[0], kinds[0], "{found:?}");
        assert_eq!(of(&files[4])[0], kinds[1], "{found:?}");
    }
    let every_byte = app.ask(json!({"audit": {"every_byte": true}}), 0).await;
    let found: AuditAnswer = serde_json::from_value(every_byte).unwrap();
    let done = repair(&app, &found).await;
    // Thumb and preview of the one without a record: they are its own again.
    assert_eq!((done.repaired, done.left), (5, 2), "{done:?}");
    for (file, record) in files[..4].iter().zip(&records) {
        let after = app.record(&ada, file).await;
        assert_eq!((after.generation, &after.key), (record.generation, &record.key), "where it is");
        let head = app.sight.vault.head(&after.key).await.unwrap().unwrap();
        assert_eq!((head.sha256, &head.version_id), (Some(file.photo_id()), &after.version_id));
    }
    assert_ne!(app.record(&ada, &files[4]).await.generation, records[4].generation, "beside the wrong bytes");
    ada.restore(&[files[1].photo_id()]).await;
    for file in &files {
        is_whole(&app, &ada, file).await;
    }
    let again = audit(&app).await;
    assert_eq!(again.found, again.leftovers, "{again:?}");
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn an_upload_of_a_lost_photo_waits_for_the_repair_and_is_used() {
    let app =
        TestApp::start_with(|options| options.lambda.retry_after = [std::time::Duration::ZERO; 2]).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    // A photo whose bytes are in no version: its record was written by hand.
    let other = File::jpeg(2);
    app.settle(&ada, std::slice::from_ref(&other)).await;
    let template = app.record(&ada, &other).await;
    let generation = mint::generation(mint::now());
    let (photo_id, file_name) = (file.photo_id(), FileName::from_client(&file.name));
    let key = ObjectKey::Original { user: ada.id.clone(), photo_id, generation, file_name }.to_string();
    let size = file.bytes.len() as u64;
    let lost = Record { photo_id, generation, key, size, revision: 0, ..template };
    app.stack.storage.catalog.replace(None, &lost).await.unwrap();

    let found = audit(&app).await;
    let done = repair(&app, &found).await;
    let of_it = done.results.iter().find(|result| result.finding.kind == Kind::Lost).unwrap();
    assert!(!of_it.repaired && of_it.says.contains("nowhere to be had"), "{}", of_it.says);

    // Its owner still has the file: to the trash with the photo, and the file once more.
    ada.trash(&[photo_id]).await;
    ada.upload_again(&file).await;
    until(std::time::Duration::from_secs(20), async || {
        let known = ada.lookup(&[photo_id]).await.remove(0);
        if known.state == LookupState::Stored { Ok(()) } else { Err(format!("{known:?}")) }
    })
    .await;
    let found = audit(&app).await;
    let done = repair(&app, &found).await;
    let of_it = done.results.iter().find(|result| result.finding.kind == Kind::Lost).unwrap();
    assert!(of_it.repaired && of_it.says.contains("an upload that waited"), "{}", of_it.says);
    assert_eq!(ada.original(&photo_id).await.body, file.bytes);
    app.buckets.until_nothing_waits().await;
}

#[tokio::test]
async fn what_rotted_on_the_disk_is_brought_back_from_bytes_that_are_right_and_never_from_itself() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let [record, other] = [app.record(&ada, &files[0]).await, app.record(&ada, &files[1]).await];
    app.rot(&files[0]);
    app.rot(&files[1]);
    let event = json!({"audit": {"every_byte": true}});
    let found: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
    // Of the first, the right bytes lie in another life, behind the rotten ones; of the other, nowhere.
    let another = ObjectKey::Original {
        user: ada.id.clone(),
        photo_id: record.photo_id,
        generation: mint::generation(mint::now()),
        file_name: FileName::from_client("another.jpg"),
    };
    app.buckets.put_original(&another.to_string(), &files[0].bytes).await;
    let before = app.buckets.originals().await.into_values().flatten().count();
    let done = repair(&app, &found).await;
    let of = |record: &Record| {
        let same = |result: &&RepairResult| {
            result.finding.kind == Kind::WrongChecksum && result.finding.photo_id == Some(record.photo_id)
        };
        done.results.iter().find(same).unwrap_or_else(|| panic!("{done:?}"))
    };
    assert!(of(&record).repaired, "{done:?}");
    is_whole(&app, &ada, &files[0]).await;
    assert!(!of(&other).repaired && of(&other).says.contains("nowhere to be had"), "{done:?}");
    let after = app.buckets.originals().await.into_values().flatten().count();
    assert_eq!(after, before + 1, "no copy of wrong bytes was made");
}

#[tokio::test]
async fn what_rotted_on_the_disk_comes_back_from_its_owners_copy() {
    let app =
        TestApp::start_with(|options| options.lambda.retry_after = [std::time::Duration::ZERO; 2]).await;
    let ada = app.user("ada");
    let file = app.library(&ada, 1).await.remove(0);
    app.rot(&file);
    // As docs/RESTORE.md says: to the trash, the file once more, an audit, a repair.
    ada.trash(&[file.photo_id()]).await;
    ada.upload_again(&file).await;
    until(std::time::Duration::from_secs(20), async || {
        let known = ada.lookup(&[file.photo_id()]).await.remove(0);
        if known.safe { Ok(()) } else { Err(format!("{known:?}")) }
    })
    .await;
    let event = json!({"audit": {"every_byte": true}});
    let found: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
    let done = repair(&app, &found).await;
    assert_eq!(done.repaired, 1, "{done:?}");
    assert!(done.results.iter().any(|result| result.says.contains("an upload that waited")), "{done:?}");
    is_whole(&app, &ada, &file).await;
    app.buckets.until_nothing_waits().await;
}

#[tokio::test]
async fn of_a_repaired_photo_that_its_owner_removes_for_good_no_life_stays() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let record = app.record(&ada, &files[0]).await;
    app.flip(&record, &files[0]).await;
    assert_eq!(repair(&app, &audit(&app).await).await.repaired, 1);
    is_whole(&app, &ada, &files[0]).await;
    let of_it = async || -> Vec<String> {
        let photo_id = files[0].photo_id().to_string();
        app.buckets.vault().await.into_keys().filter(|key| key.contains(&photo_id)).collect()
    };
    assert_eq!(of_it().await.len(), 6, "two originals, each with two variants");
    ada.trash(&[files[0].photo_id()]).await;
    assert_eq!(app.keep(31 * 24).await.purged, 1);
    assert_eq!(of_it().await, [""; 0]);
    assert_eq!(audit(&app).await.found, 0);
    // The other is untouched, and a new life begins as if there had been none.
    assert_eq!(ada.original(&files[1].photo_id()).await.body, files[1].bytes);
    ada.upload_again(&files[0]).await;
    is_whole(&app, &ada, &files[0]).await;
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn what_a_repair_copies_for_a_photo_that_is_removed_meanwhile_is_removed_too() {
    let (faults, [reached, purged]) = (Faults::default(), [(); 2].map(|()| Arc::new(Notify::new())));
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let ada = app.user("ada");
    let file = app.library(&ada, 1).await.remove(0);
    let record = app.record(&ada, &file).await;
    app.flip(&record, &file).await;
    ada.trash(&[file.photo_id()]).await;
    let found = audit(&app).await;
    assert_eq!(found.found, 1, "what is in the trash is looked at too");

    // The repair's copy is on its way while the keeper removes the photo.
    let (at_copy, go_on) = (Arc::clone(&reached), Arc::clone(&purged));
    let held = Fault::Instead(Arc::new(move |request, real| {
        let (at_copy, go_on) = (Arc::clone(&at_copy), Arc::clone(&go_on));
        Box::pin(async move {
            at_copy.notify_one();
            go_on.notified().await;
            real.call(request).await
        })
    }));
    faults.plan(move |call| (call.operation == "CopyObject").then(|| held.clone()));
    let remove = async {
        reached.notified().await;
        assert_eq!(app.keep(31 * 24).await.purged, 1);
        purged.notify_one();
    };
    let (done, ()) = tokio::join!(repair(&app, &found), remove);
    assert_eq!((done.repaired, done.left), (0, 1), "{done:?}");
    assert_eq!(app.buckets.originals().await.len(), 1, "the copy came too late to be removed: {done:?}");
    assert_eq!(app.keep(31 * 24).await.purged, 1);
    assert_eq!(app.buckets.originals().await.len(), 0);
    assert_eq!(audit(&app).await.found, 0);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn two_repairs_at_once_leave_a_whole_photo_and_nothing_that_needs_attention() {
    let (faults, [reached, other]) = (Faults::default(), [(); 2].map(|()| Arc::new(Notify::new())));
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let ada = app.user("ada");
    let file = app.library(&ada, 1).await.remove(0);
    let record = app.record(&ada, &file).await;
    app.buckets.put_original(&record.key, b"something else").await;
    let found = audit(&app).await;
    assert_eq!(found.found, 1, "{found:?}");

    // The copy of one is on its way while the other does all of its work.
    let (at_copy, go_on) = (Arc::clone(&reached), Arc::clone(&other));
    let copies = Arc::new(AtomicUsize::new(0));
    faults.plan(move |call| {
        let first = call.operation == "CopyObject" && copies.fetch_add(1, Ordering::SeqCst) == 0;
        let (at_copy, go_on) = (Arc::clone(&at_copy), Arc::clone(&go_on));
        first.then(|| {
            Fault::Instead(Arc::new(move |request, real| {
                let (at_copy, go_on) = (Arc::clone(&at_copy), Arc::clone(&go_on));
                Box::pin(async move {
                    at_copy.notify_one();
                    go_on.notified().await;
                    real.call(request).await
                })
            }))
        })
    });
    let overtakes = async {
        reached.notified().await;
        let done = repair(&app, &found).await;
        other.notify_one();
        done
    };
    let (slow, fast) = tokio::join!(repair(&app, &found), overtakes);
    assert_eq!((fast.repaired, slow.repaired, slow.left), (1, 0, 1), "{slow:?}");
    is_whole(&app, &ada, &file).await;

    for every_byte in [false, true] {
        let event = json!({"audit": {"every_byte": every_byte}});
        let again: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
        assert_eq!((again.found, again.leftovers, again.unchecked), (4, 4, 0), "{again:?}");
    }
    let me: Me = ada.get("/api/me").await.json();
    assert_eq!(me.line, "1 photo, safe, checked today");
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn beside_a_photo_that_was_read_whole_what_is_left_over_need_not_be_readable() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = app.library(&ada, 1).await.remove(0);
    let record = app.record(&ada, &file).await;
    app.flip(&record, &file).await;
    let found = audit(&app).await;
    assert_eq!(repair(&app, &found).await.repaired, 1);
    is_whole(&app, &ada, &file).await;

    let on_disk = |key: &str| app.folder().join("data/s3/buckets/tintype-vault").join(key);
    let spoil = |key: &str, name: &str| {
        for version in std::fs::read_dir(on_disk(key)).unwrap() {
            let path = version.unwrap().path().join(name);
            if path.is_file() {
                std::fs::remove_file(&path).unwrap();
                std::fs::create_dir(&path).unwrap();
            }
        }
    };
    let look = async |every_byte: bool| -> AuditAnswer {
        let event = json!({"audit": {"every_byte": every_byte}});
        serde_json::from_value(app.ask(event, 0).await).unwrap()
    };
    for name in ["content", "record.json"] {
        spoil(&record.key, name);
        for every_byte in [true, false] {
            let again = look(every_byte).await;
            assert_eq!((again.unchecked, again.found, again.leftovers), (0, 3, 3), "{name}: {again:?}");
        }
    }
    assert_eq!(ada.get("/api/me").await.json::<Me>().line, "1 photo, safe, checked today");

    // Of the photo itself nothing is passed over.
    spoil(&app.record(&ada, &file).await.key, "content");
    let again = look(true).await;
    assert_eq!((again.unchecked, again.unchecked_photos[0].photo_id), (1, file.photo_id()), "{again:?}");
}

#[tokio::test]
async fn what_is_lost_is_not_called_safe_and_its_owners_copy_is_taken() {
    let app =
        TestApp::start_with(|options| options.lambda.retry_after = [std::time::Duration::ZERO; 2]).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 3).await;
    let ids: Vec<_> = files.iter().map(File::photo_id).collect();
    let safe = async || ada.lookup(&ids).await.iter().map(|known| known.safe).collect::<Vec<_>>();
    let every_byte = async || -> AuditAnswer {
        serde_json::from_value(app.ask(json!({"audit": {"every_byte": true}}), 0).await).unwrap()
    };
    lose(&app, &app.record(&ada, &files[0]).await).await;
    app.rot(&files[1]);
    assert_eq!(safe().await, [true; 3], "nobody has looked yet");
    every_byte().await;
    assert_eq!(safe().await, [false, false, true]);

    // A client that still has the file sends it, and it waits.
    ada.upload(&files[1]).await;
    assert_eq!(app.buckets.uploads().await.len(), 1);
    assert!(matches!(ada.offer(&files[2].wanted()).await, UploadOutcome::Known { .. }));
    let found = every_byte().await;
    let done = repair(&app, &found).await;
    assert_eq!(done.repaired, 2, "{done:?}");
    is_whole(&app, &ada, &files[0]).await;
    is_whole(&app, &ada, &files[1]).await;
    app.buckets.until_nothing_waits().await;
    assert_eq!(safe().await, [true; 3]);
    every_byte().await;
    assert_eq!(safe().await, [true; 3]);
}

#[tokio::test]
async fn a_copy_that_waits_is_kept_while_its_photo_is_in_the_trash() {
    let app =
        TestApp::start_with(|options| options.lambda.retry_after = [std::time::Duration::ZERO; 2]).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let ids: Vec<_> = files.iter().map(File::photo_id).collect();
    lose(&app, &app.record(&ada, &files[0]).await).await;
    app.rot(&files[1]);
    let every_byte = json!({"audit": {"every_byte": true}});
    app.ask(every_byte.clone(), 0).await;
    // A client is asked for what it still has, before their owner trashes both.
    for file in &files {
        ada.upload(file).await;
    }
    assert_eq!(app.buckets.uploads().await.len(), 2);
    ada.trash(&ids).await;
    for hours in 1..4 {
        app.keep(hours).await;
    }
    assert_eq!(app.buckets.uploads().await.len(), 2, "the only right bytes of both");
    ada.restore(&ids).await;
    let found: AuditAnswer = serde_json::from_value(app.ask(every_byte, 0).await).unwrap();
    let done = repair(&app, &found).await;
    assert_eq!(done.repaired, 2, "{done:?}");
    for file in &files {
        is_whole(&app, &ada, file).await;
    }
    app.keep(5).await;
    app.buckets.until_nothing_waits().await;
}
