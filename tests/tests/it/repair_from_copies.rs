//! Originals that other tools copied back.

use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::key::{FileName, ObjectKey};
use tintype_core::record::Record;
use tintype_keeper::request::AuditAnswer;
use tintype_storage::mint;
use tintype_tests::{File, TestApp, assert_counters_are_true, assert_whole};

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
    let found = app.audit(json!({})).await;
    let done = app.repair(&found).await;
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
    let done = app.repair(&found).await;
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
        assert_whole(&app, &ada, file).await;
    }
    let again = app.audit(json!({})).await;
    assert_eq!(again.found, again.leftovers, "{again:?}");
    assert_counters_are_true(&ada).await;
}
