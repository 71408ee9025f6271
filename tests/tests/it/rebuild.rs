//! The table is lost: the catalog is rebuilt from the vault alone.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use time::macros::datetime;
use tintype_core::record::Record;
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
        let me: tintype_core::wire::Me = ada.get("/api/me").await.json();
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
