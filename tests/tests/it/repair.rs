//! Repair brings back what can be had, only adds, and does nothing about what has changed since the audit.

use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::key::{FileName, ObjectKey, Variant};
use tintype_core::record::Record;
use tintype_core::wire::UploadOutcome;
use tintype_keeper::request::{AuditAnswer, RepairResult};
use tintype_storage::mint;
use tintype_tests::{File, TestApp, assert_counters_are_true, assert_whole, until};

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
    app.buckets.delete(&records[0].key).await;
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
    app.buckets.delete(&records[6].key).await;

    let found = app.audit(json!({})).await;
    assert_eq!(found.found, 9, "the thumb and preview without a record are findings too: {found:?}");
    let before = app.everything(&ada).await;
    let done = app.repair(&found).await;
    assert!(done.finished);
    let left: Vec<_> = done.results.iter().filter(|result| !result.repaired).collect();
    assert_eq!((done.repaired, left.len()), (7, 2), "{done:?}");
    for (_, file) in files.iter().enumerate().filter(|(index, _)| *index != 6) {
        assert_whole(&app, &ada, file).await;
    }
    ada.restore(&[files[6].photo_id()]).await;
    assert_whole(&app, &ada, &files[6]).await;
    let after = app.everything(&ada).await;
    let versions = |all: &[String]| -> Vec<String> {
        let kept = all.iter().filter(|line| line.starts_with("Version"));
        kept.map(|line| line.replace("latest: true", "").replace("latest: false", "")).collect()
    };
    let after = versions(&after);
    assert!(versions(&before).iter().all(|version| after.contains(version)), "every version is still there");
    assert_counters_are_true(&ada).await;

    // What is left are the wrong bytes beside which the right ones now lie, with their thumbs and previews: no difference.
    let again = app.audit(json!({})).await;
    assert!(again.findings.iter().all(|finding| finding.kind == Kind::Leftover), "{again:?}");
    assert_eq!((again.found, again.leftovers), (6, 6), "{again:?}");
    let nothing = app.repair(&again).await;
    assert_eq!((nothing.repaired, nothing.left, nothing.results.len()), (0, 0, 6));
    let me = ada.me().await;
    assert_eq!(me.line, "8 photos, all safe, checked today");
    assert_eq!(me.last_audit.map(|audit| (audit.differences, audit.findings.len())), Some((0, 1)));
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
    let done = app.repair(&found).await;
    let of = |record: &Record| {
        let same = |result: &&RepairResult| {
            result.finding.kind == Kind::WrongChecksum && result.finding.photo_id == Some(record.photo_id)
        };
        done.results.iter().find(same).unwrap_or_else(|| panic!("{done:?}"))
    };
    assert!(of(&record).repaired, "{done:?}");
    assert_whole(&app, &ada, &files[0]).await;
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
    let done = app.repair(&found).await;
    assert_eq!(done.repaired, 1, "{done:?}");
    assert!(done.results.iter().any(|result| result.says.contains("an upload that waited")), "{done:?}");
    assert_whole(&app, &ada, &file).await;
    app.buckets.until_nothing_waits().await;
}

#[tokio::test]
async fn of_a_repaired_photo_that_its_owner_removes_for_good_no_life_stays() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let record = app.record(&ada, &files[0]).await;
    app.flip(&record, &files[0]).await;
    assert_eq!(app.repair(&app.audit(json!({})).await).await.repaired, 1);
    assert_whole(&app, &ada, &files[0]).await;
    let of_it = async || -> Vec<String> {
        let photo_id = files[0].photo_id().to_string();
        app.buckets.vault().await.into_keys().filter(|key| key.contains(&photo_id)).collect()
    };
    assert_eq!(of_it().await.len(), 6, "two originals, each with two variants");
    ada.trash(&[files[0].photo_id()]).await;
    assert_eq!(app.keep(31 * 24).await.purged, 1);
    assert_eq!(of_it().await, [""; 0]);
    assert_eq!(app.audit(json!({})).await.found, 0);
    // The other is untouched, and a new life begins as if there had been none.
    assert_eq!(ada.original(&files[1].photo_id()).await.body, files[1].bytes);
    ada.upload_again(&files[0]).await;
    assert_whole(&app, &ada, &files[0]).await;
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn beside_a_photo_that_was_read_whole_what_is_left_over_need_not_be_readable() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = app.library(&ada, 1).await.remove(0);
    let record = app.record(&ada, &file).await;
    app.flip(&record, &file).await;
    let found = app.audit(json!({})).await;
    assert_eq!(app.repair(&found).await.repaired, 1);
    assert_whole(&app, &ada, &file).await;

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
    assert_eq!(ada.me().await.line, "1 photo, safe, checked today");

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
    app.buckets.delete(&app.record(&ada, &files[0]).await.key).await;
    app.rot(&files[1]);
    assert_eq!(safe().await, [true; 3], "nobody has looked yet");
    every_byte().await;
    assert_eq!(safe().await, [false, false, true]);

    // A client that still has the file sends it, and it waits.
    ada.upload(&files[1]).await;
    assert_eq!(app.buckets.uploads().await.len(), 1);
    assert!(matches!(ada.offer(&files[2].wanted()).await, UploadOutcome::Known { .. }));
    let found = every_byte().await;
    let done = app.repair(&found).await;
    assert_eq!(done.repaired, 2, "{done:?}");
    assert_whole(&app, &ada, &files[0]).await;
    assert_whole(&app, &ada, &files[1]).await;
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
    app.buckets.delete(&app.record(&ada, &files[0]).await.key).await;
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
    let done = app.repair(&found).await;
    assert_eq!(done.repaired, 2, "{done:?}");
    for file in &files {
        assert_whole(&app, &ada, file).await;
    }
    app.keep(5).await;
    app.buckets.until_nothing_waits().await;
}
