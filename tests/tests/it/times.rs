//! Cameras' clocks are wrong in every way; photos are still in a sane order, and none is lost.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use time::OffsetDateTime;
use tintype_core::wire::PhotoSummary;
use tintype_storage::mint;
use tintype_tests::{Exif, File, TestApp, Wish, assert_at_rest, many, row, seed};

/// What cameras, scanners and messengers write, and whether it makes sense as a time.
const CLAIMS: [(&str, bool); 18] = [
    ("0000:00:00 00:00:00", false),
    ("    :  :     :  :  ", false),
    ("2024:02:30 12:00:00", false),
    ("2024:13:01 12:00:00", false),
    ("2024:05:14 25:61:61", false),
    ("1825:12:31 23:59:59", false),
    ("9999:12:31 23:59:59", false),
    ("not a time at all", false),
    ("", false),
    ("1826:06:01 12:00:00", true),
    ("1901:12:13 20:45:52", true),
    ("1969:12:31 23:59:59", true),
    ("1970:01:01 00:00:00", true),
    ("2000:02:29 12:00:00", true),
    ("2024:05:14 15:42:07", true),
    // The hour that daylight saving skips, and the one that it repeats.
    ("2024:03:31 02:30:00", true),
    ("2024:10:27 02:30:00", true),
    ("2016:12:31 23:59:59", true),
];
const OFFSETS: [Option<&str>; 7] =
    [None, Some("+02:00"), Some("-09:30"), Some("+14:00"), Some("Z"), Some("+99:99"), Some("   :  ")];
const NAMES: [&str; 5] =
    ["IMG_0001.jpg", "IMG_20190607_101112.jpg", "PXL_20211131_999999.jpg", "scan.jpg", "0000-00-00.jpg"];

#[tokio::test(flavor = "multi_thread")]
async fn photos_of_odd_times_are_all_there_in_a_sane_order() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let mut random = StdRng::seed_from_u64(seed());
    let mut claimed = BTreeMap::new();
    let files: Vec<File> = (0..many(60, 200))
        .map(|n: u32| {
            let (taken, makes_sense) = CLAIMS[n as usize % CLAIMS.len()];
            let offset = OFFSETS.choose(&mut random).unwrap().map(ToOwned::to_owned);
            let exif = Exif { taken: Some(taken.to_owned()), offset, ..Exif::default() };
            let exif = if n % 10 == 9 { Exif::default() } else { exif };
            let mut file = File::jpeg_with(70_000 + n, &exif).named(NAMES.choose(&mut random).unwrap());
            // From before 1826 to beyond the year 9000, or not said.
            let modified = random.random_range(-6_000_000_000_i64..250_000_000_000);
            file.modified_at =
                (!n.is_multiple_of(3)).then(|| OffsetDateTime::from_unix_timestamp(modified).unwrap());
            if makes_sense && n % 10 != 9 {
                let text = format!("{}T{}.000", taken[..10].replace(':', "-"), &taken[11..]);
                claimed.insert(file.photo_id(), text);
            }
            file
        })
        .collect();
    app.settle(&ada, &files).await;
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;

    let listed = ada.list_all().await;
    let tomorrow = (mint::now() + time::Duration::days(1)).date().to_string();
    for photo in &listed {
        let date = &photo.taken[..10];
        assert!(date >= "1826-01-01" && *date <= *tomorrow, "{} from {:?}", photo.taken, photo.taken_source);
        if let Some(claim) = claimed.get(&photo.photo_id) {
            assert_eq!(photo.taken, *claim, "what the camera says stands");
        }
    }
    let keys = |photos: &[PhotoSummary]| {
        photos.iter().map(|photo| (photo.taken.clone(), photo.photo_id)).collect::<Vec<_>>()
    };
    assert!(keys(&listed).is_sorted_by(|one, other| one > other), "newest first, and total");
    let mut oldest_first = ada.walk("/api/photos?limit=7&order=asc").await;
    oldest_first.reverse();
    assert_eq!(keys(&oldest_first), keys(&listed), "the other way round, in pages of seven");
    // Cut at any year, nothing falls between.
    for year in [1826, 1900, 1970, 2000, 2024, 2025] {
        let before = ada.walk(&format!("/api/photos?limit=50&to={year}")).await;
        let after = ada.walk(&format!("/api/photos?limit=50&from={year}")).await;
        assert_eq!(before.len() + after.len(), listed.len(), "cut at {year}");
    }
    row(
        31,
        &format!(
            "{} photos of odd times, {} with a camera's own: sane order both ways, 0 lost",
            files.len(),
            claimed.len()
        ),
    );
}
