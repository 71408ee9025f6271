//! The table is lost: the catalog is rebuilt from the vault alone.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use time::macros::datetime;
use tintype_core::record::Record;
use tintype_core::wire::PreviewState;
use tintype_keeper::request::RebuildAnswer;
use tintype_tests::{Exif, File, TestApp, User, assert_counters_are_true, many, row, until};

/// What a record says, but for what a rebuild cannot know: how often it was written, when exactly it became safe.
fn comparable(records: BTreeMap<String, Record>) -> BTreeMap<String, Record> {
    let plain = |record: Record| Record { revision: 0, stored_at: None, attempts: 0, ..record };
    records.into_iter().map(|(photo_id, record)| (photo_id, plain(record))).collect()
}

/// Photos with and without what a catalog could know of them.
fn library(photos: u32) -> Vec<File> {
    (0..photos)
        .map(|seed| {
            let mut file = match seed % 10 {
                0 => File::jpeg_with(
                    seed,
                    &Exif {
                        orientation: Some(6),
                        taken: Some("2019:08:07 06:05:04".to_owned()),
                        place: Some(([48, 8, 0], [11, 34, 0])),
                        ..Exif::default()
                    },
                ),
                1 => File::new(&format!("note-{seed}.txt"), "text/plain", format!("note {seed}")),
                2 => File::jpeg(seed).named(&format!("Übermut {seed} 写真.jpg")),
                3 => File::jpeg(seed).named(&format!("IMG_20180203_0405{:02}-{seed}.jpg", seed % 60)),
                4 => File::new(
                    "broken.jpg",
                    "image/jpeg",
                    [&File::jpeg(seed).bytes[..40], &seed.to_be_bytes()].concat(),
                ),
                _ => File::jpeg(seed),
            };
            file.modified_at =
                Some(datetime!(2021-03-04 05:06:07 UTC) + time::Duration::hours(i64::from(seed)));
            file
        })
        .collect()
}

async fn upload(app: &TestApp, user: &User, files: &[File]) {
    futures::future::join_all(files.chunks(files.len().div_ceil(4)).map(async |files| {
        for file in files {
            user.upload(file).await;
        }
    }))
    .await;
    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    user.until_settled(&photo_ids).await;
    app.buckets.until_nothing_waits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_table_is_rebuilt_from_the_vault_and_equal() {
    let photos = many(150_u32, 2_000);
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = library(photos);
    upload(&app, &ada, &files).await;
    upload(&app, &ben, &files[..7]).await;
    // What a rebuild cannot know.
    ada.trash(&[files[5].photo_id()]).await;
    let trashed = app.record(&ada, &files[5]).await;
    let (hers, his) = (comparable(app.records(&ada).await), comparable(app.records(&ben).await));
    let before = app.buckets.vault().await;

    let app = app.without_its_table().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    assert!(ada.list_all().await.is_empty(), "the table is lost");

    // In slices, as it is interrupted and begun again.
    let (mut next, mut made, mut slices) = (serde_json::Value::Null, 0, 0);
    loop {
        let answer = app.ask(json!({"rebuild": {"next": next, "seconds": 0}}), 0).await;
        let said: RebuildAnswer = serde_json::from_value(answer.clone()).unwrap();
        (made, slices) = (made + said.made, slices + 1);
        assert!(said.refused.is_empty());
        if said.finished {
            break;
        }
        next = answer["next"].clone();
    }
    assert_eq!(made, u64::from(photos) + 7);
    until(Duration::from_mins(4), async || {
        let me = ada.me().await;
        if me.pending == 0 { Ok(()) } else { Err(format!("{} wait", me.pending)) }
    })
    .await;
    ben.until_settled(&files[..7].iter().map(File::photo_id).collect::<Vec<_>>()).await;

    let mut rebuilt = comparable(app.records(&ada).await);
    // The one that was in the trash is back, and safe.
    let back =
        rebuilt.insert(trashed.photo_id.to_string(), hers[&trashed.photo_id.to_string()].clone()).unwrap();
    assert!(back.is_safe());
    let differ = rebuilt.iter().filter(|(photo_id, record)| hers.get(*photo_id) != Some(record)).count();
    for (photo_id, record) in
        rebuilt.iter().filter(|(photo_id, record)| hers.get(*photo_id) != Some(record)).take(3)
    {
        println!("{record:?}\nwas\n{:?}", hers.get(photo_id));
    }
    assert_eq!((rebuilt.len(), differ), (hers.len(), 0));
    assert_eq!(comparable(app.records(&ben).await), his);
    assert_eq!(app.buckets.vault().await, before, "not an object more or less");
    assert_counters_are_true(&ada).await;
    assert_counters_are_true(&ben).await;

    // Once more, with everything there: it does nothing.
    let again: RebuildAnswer = serde_json::from_value(app.ask(json!({"rebuild": {}}), 0).await).unwrap();
    assert_eq!((again.made, again.originals, again.finished), (0, u64::from(photos) + 7, true));
    let figure = format!("{photos} photos rebuilt in {slices} slices, difference empty but for the trash");
    row(27, &figure);
}

/// How many versions of everything the vault holds.
async fn versions(app: &TestApp) -> usize {
    let page = app.sight.vault.versions("originals/", None).await.unwrap();
    assert!(page.next.is_none());
    page.versions.len()
}

/// Rebuilds in slices that are over when they begin; how many slices, what was made and what was refused.
async fn rebuild_in_slices(app: &TestApp) -> (u64, RebuildAnswer) {
    let (mut next, mut slices, mut all) = (serde_json::Value::Null, 0, RebuildAnswer::default());
    loop {
        let answer = app.ask(json!({"rebuild": {"next": next, "seconds": 0}}), 0).await;
        let said: RebuildAnswer = serde_json::from_value(answer.clone()).unwrap();
        slices += 1;
        all.originals += said.originals;
        all.made += said.made;
        all.refused.extend(said.refused);
        all.unread.extend(said.unread);
        if said.finished {
            return (slices, all);
        }
        next = answer["next"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_other_tools_copied_back_is_read_and_rebuilt_and_what_is_wrong_is_left() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = library(12);
    upload(&app, &ada, &files).await;
    upload(&app, &ben, &files[..2]).await;
    let hers = app.records(&ada).await;
    let before = app.buckets.vault().await;

    // A sync of another tool: the same keys and bytes, whatever type it guesses, and nothing of what S3 kept beside them.
    let app = app.without_its_table().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let bad = app.buckets.originals().await[&files[5].photo_id()][0].clone();
    for key in before.keys() {
        let bytes = app.buckets.original_bytes(key).await.unwrap();
        app.buckets.delete(key).await;
        if key.starts_with("originals/") {
            let bytes = if *key == bad { bytes.iter().map(|byte| byte ^ 1).collect() } else { bytes };
            app.buckets.put_as_others_do(key, "text/html", &bytes).await;
            let found = app.sight.vault.describe(key, None).await.unwrap().unwrap();
            assert_eq!(found.original.sha256, None, "S3 tells no SHA-256 of what others put");
        }
    }
    let copied = versions(&app).await;

    let (slices, all) = rebuild_in_slices(&app).await;
    assert_eq!((all.made, all.originals, &all.refused, &all.unread), (13, 14, &vec![bad.clone()], &vec![]));
    assert!(slices >= 14, "a slice without time reads one file whole, and no more: {slices}");
    assert_eq!(versions(&app).await, copied + 13, "each right one got one version more, the wrong one none");

    let photo_ids: Vec<_> =
        files.iter().map(File::photo_id).filter(|id| *id != files[5].photo_id()).collect();
    ada.until_settled(&photo_ids).await;
    ben.until_settled(&photo_ids[..2]).await;
    let rebuilt = app.records(&ada).await;
    assert!(!rebuilt.contains_key(&files[5].photo_id().to_string()), "other bytes have no record");
    for file in files.iter().filter(|file| file.photo_id() != files[5].photo_id()) {
        let (was, is) = (&hers[&file.photo_id().to_string()], &rebuilt[&file.photo_id().to_string()]);
        assert!(is.is_safe());
        assert_eq!((&is.key, is.size, is.preview), (&was.key, was.size, was.preview));
        assert!(is.key.ends_with(&is.file_name), "its name is in its key: {}", is.file_name);
        assert_ne!(is.content_type, "text/html");
        assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
        let found = app.sight.vault.describe(&is.key, None).await.unwrap().unwrap();
        assert_eq!(
            (found.original.sha256, found.original.version_id.clone()),
            (Some(is.photo_id), is.version_id.clone())
        );
        assert_eq!(found.metadata.file_name, is.file_name);
    }
    assert_counters_are_true(&ada).await;

    let audit = app.ask(json!({"audit": {"every_byte": true}}), 0).await;
    let named: Vec<_> = audit["findings"].as_array().unwrap().iter().map(|it| it["key"].clone()).collect();
    assert_eq!(named, [json!(bad)], "the wrong one is all that an audit of every byte names");
    let (_, again) = rebuild_in_slices(&app).await;
    assert_eq!((again.made, again.refused), (0, vec![bad]));
    assert_eq!(versions(&app).await, copied + 13, "once more does nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_disk_brought_back_is_called_safe_once_an_audit_has_read_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 3).await;
    let app = app.without_its_table().await;
    let ada = app.user("ada");
    app.rot(&files[1]);
    app.ask(json!({"rebuild": {"doubt": true}}), 0).await;
    let ids: Vec<_> = files.iter().map(File::photo_id).collect();
    until(Duration::from_secs(30), async || {
        let known = ada.lookup(&[ids[0], ids[2]]).await;
        let open = known.iter().filter(|known| known.preview == Some(PreviewState::Pending)).count();
        if open == 0 { Ok(()) } else { Err(format!("{open} wait")) }
    })
    .await;
    let safe = async || ada.lookup(&ids).await.iter().map(|known| known.safe).collect::<Vec<_>>();
    assert_eq!(safe().await, [false; 3], "S3 still tells the checksum of the file that rotted");
    // What is uploaded since is not doubted.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let new = File::jpeg(9);
    app.settle(&ada, std::slice::from_ref(&new)).await;
    assert!(ada.lookup(&[new.photo_id()]).await[0].safe);

    let audit = app.ask(json!({"audit": {}}), 0).await;
    assert_eq!((&audit["finished"], &audit["found"]), (&json!(true), &json!(1)), "{audit}");
    assert_eq!(safe().await, [true, false, true]);
}
