//! Listings: in order, each photo once, whatever the size of the pages and whatever happens meanwhile.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use tintype_core::id::PhotoId;
use tintype_core::wire::PhotoSummary;
use tintype_tests::{File, TestApp, User, assert_counters_are_true};

const DAY: i64 = 86_400;
/// 2024-01-01.
const START: i64 = 1_704_067_200;

/// A small file of that day; no picture, so that many of them are quick.
fn note(number: u32, day: i64) -> File {
    let mut file = File::new("note", "", format!("note {number}"));
    file.modified_at = Some(OffsetDateTime::from_unix_timestamp(START + day * DAY).unwrap());
    file
}

async fn upload_all(user: &User, files: &[File]) {
    let wanted: Vec<_> = files.iter().map(File::wanted).collect();
    for (file, outcome) in files.iter().zip(user.uploads(&wanted).await) {
        user.put(&User::request_of(outcome), &file.bytes).await.expect(200);
    }
    let photo_ids: Vec<PhotoId> = files.iter().map(File::photo_id).collect();
    user.until_settled(&photo_ids).await;
}

fn ids(photos: &[PhotoSummary]) -> Vec<PhotoId> {
    photos.iter().map(|photo| photo.photo_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_photo_comes_once_and_in_order_whatever_the_size_of_the_pages() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    // Half of them of one and the same moment.
    let files: Vec<File> = (0..60).map(|number| note(number, i64::from(number % 30).max(15))).collect();
    upload_all(&ada, &files).await;

    let newest_first = ada.list_all().await;
    let mut expected: Vec<(String, PhotoId)> =
        newest_first.iter().map(|photo| (photo.taken.clone(), photo.photo_id)).collect();
    expected.sort();
    expected.reverse();
    let expected: Vec<PhotoId> = expected.into_iter().map(|(_, photo_id)| photo_id).collect();
    assert_eq!(ids(&newest_first), expected, "by time taken, then by photo id");
    let distinct: BTreeSet<PhotoId> = expected.iter().copied().collect();
    assert_eq!(distinct, files.iter().map(File::photo_id).collect());

    for limit in [1, 2, 7, 59, 60, 61, 500] {
        assert_eq!(ids(&ada.walk(&format!("/api/photos?limit={limit}")).await), expected, "limit {limit}");
        let mut oldest_first = ids(&ada.walk(&format!("/api/photos?order=asc&limit={limit}")).await);
        oldest_first.reverse();
        assert_eq!(oldest_first, expected, "limit {limit}, oldest first");
    }
    // The last page says that it is the last one, also when it is full.
    let full = ada.page("/api/photos?limit=60", None).await;
    assert_eq!((full.photos.len(), full.next_cursor), (60, None));
    assert_counters_are_true(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_is_inclusive_and_to_is_exclusive() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    // One a day: the first of January is day 0, the first of February day 31.
    let files: Vec<File> = (0..40).map(|day| note(u32::try_from(day).unwrap(), day)).collect();
    upload_all(&ada, &files).await;
    for (query, days) in [
        ("from=2024", 0..40),
        ("from=2025", 0..0),
        ("to=2024", 0..0),
        ("to=2025", 0..40),
        ("from=2024-01&to=2024-02", 0..31),
        ("from=2024-02", 31..40),
        ("from=2024-01-10&to=2024-01-12", 9..11),
        ("from=2024-01-10T00:00:00.000&to=2024-01-10T00:00:00.001", 9..10),
        ("from=2024-01-10T00:00:00.001&to=2024-01-11", 0..0),
        ("from=2024-01-10T00:00:00.000&to=2024-01-10T00:00:00.000", 0..0),
        ("from=2024-02&to=2024-01", 0..0),
    ] {
        let expected: Vec<PhotoId> = files[days].iter().map(File::photo_id).collect();
        for limit in [3, 500] {
            let asc = ids(&ada.walk(&format!("/api/photos?{query}&order=asc&limit={limit}")).await);
            assert_eq!(asc, expected, "{query}, {limit} a page");
            let mut desc = ids(&ada.walk(&format!("/api/photos?{query}&limit={limit}")).await);
            desc.reverse();
            assert_eq!(desc, expected, "{query}, {limit} a page, newest first");
        }
    }
    // A cursor that is carried into other bounds goes on behind its photo, or ends.
    let cursor = ada.page("/api/photos?limit=20", None).await.next_cursor.unwrap();
    let beyond = ada.page("/api/photos?limit=500&from=2024-01-25", Some(&cursor)).await;
    assert_eq!((beyond.photos.len(), beyond.next_cursor), (0, None));
    let within = ada.page("/api/photos?limit=500&to=2024-01-05", Some(&cursor)).await;
    assert_eq!(within.photos.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_during_inserts_sees_every_earlier_photo_once_and_ends_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let earlier: Vec<File> = (0..30).map(|number| note(number, i64::from(number))).collect();
    upload_all(&ada, &earlier).await;

    for (order, first) in [("desc", 100), ("asc", 200)] {
        let path = format!("/api/photos?order={order}&limit=4");
        let (mut seen, mut cursor, mut ends) = (Vec::new(), None::<String>, 0);
        for turn in 0.. {
            assert!(turn < 100, "the walk ends");
            let page = ada.page(&path, cursor.as_deref()).await;
            seen.extend(ids(&page.photos));
            cursor = page.next_cursor;
            if cursor.is_none() {
                ends += 1;
                break;
            }
            // Before the cursor, behind it, and at its own moment.
            if turn < 6 {
                let day = |offset: u32| (turn * 7 + i64::from(offset) * 11) % 30;
                let more: Vec<File> =
                    (0..3).map(|n| note(first + u32::try_from(turn).unwrap() * 3 + n, day(n))).collect();
                upload_all(&ada, &more).await;
            }
        }
        assert_eq!(ends, 1);
        let distinct: BTreeSet<PhotoId> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "none twice");
        assert!(earlier.iter().all(|file| distinct.contains(&file.photo_id())), "every earlier one, {order}");
    }
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn an_empty_library_is_one_page_without_an_end_to_wait_for() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    for path in ["/api/photos?limit=1", "/api/photos?order=asc", "/api/trash?limit=1"] {
        let page = ada.page(path, None).await;
        assert_eq!((page.photos.len(), page.next_cursor), (0, None), "{path}");
    }
    assert_counters_are_true(&ada).await;
}
