//! Files that nobody would call photos, and some that only look like it: kept bit for bit, shown if they can be.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tintype_core::ingest::MAX_ATTEMPTS;
use tintype_core::key::Variant;
use tintype_core::wire::PreviewState;
use tintype_local::stack::Options;
use tintype_tests::{Exif, File, TestApp, Wish, assert_at_rest, many, riff_chunks, row, seed};

fn quick(options: &mut Options) {
    options.durability = tintype_local_s3::Durability::Process;
}

/// A JPEG with a few bytes of it changed, cut, doubled or put in.
fn mutated(number: u32, random: &mut StdRng) -> File {
    let mut file = File::jpeg(number).named(&format!("mutated-{number}.jpg"));
    for _ in 0..random.random_range(1..=8) {
        let at = random.random_range(2..file.bytes.len());
        match random.random_range(0..6) {
            0 => file.bytes[at] = random.random(),
            1 => file.bytes[at] ^= 1 << random.random_range(0..8),
            // Headers are where it hurts.
            2 => {
                let early = random.random_range(0..file.bytes.len().min(700));
                file.bytes[early] = [0, 0xFF, 0x7F, 0xDA, 0xC2][random.random_range(0..5)];
            }
            3 => file.bytes.truncate(at.max(3)),
            4 => drop(file.bytes.splice(at..at, [0xFF, random.random(), 0, random.random()])),
            _ => {
                let end = (at + random.random_range(1..200)).min(file.bytes.len());
                file.bytes.extend_from_within(at..end);
            }
        }
    }
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_jpegs_are_kept_and_end_with_a_preview_or_a_reason_after_few_attempts() {
    let app = TestApp::start_with(quick).await;
    let ada = app.user("ada");
    let mut random = StdRng::seed_from_u64(seed());
    let files: Vec<File> = (0..many(80, 1_000)).map(|n| mutated(50_000 + n, &mut random)).collect();
    stream::iter(&files)
        .for_each_concurrent(8, async |file| {
            ada.upload(file).await;
        })
        .await;
    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    let ends = ada.until_settled(&photo_ids).await;
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    let records = app.stack.storage.catalog.get_many(&ada.id, &photo_ids).await.unwrap();
    let attempts = records.values().flatten().map(|record| record.attempts).max().unwrap_or_default();
    assert!((1..=MAX_ATTEMPTS).contains(&attempts), "{attempts} attempts");
    let mut by_end = BTreeMap::<String, usize>::new();
    for end in &ends {
        let name = end.preview_reason.map_or("ready", tintype_core::record::PreviewReason::as_str);
        *by_end.entry(name.to_owned()).or_default() += 1;
    }
    row(12, &format!("{} mutated JPEGs, at most {attempts} attempts: {by_end:?}, 0 lost", files.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_image_is_kept_without_a_preview_and_served_as_an_attachment() {
    let app = TestApp::start_with(quick).await;
    let ada = app.user("ada");
    let heic = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &[0; 64]].concat();
    let raw = [b"II*\0\x08\0\0\0\0\0".as_slice(), &[7; 64]].concat();
    let kinds: [(&str, &str, Vec<u8>); 10] = [
        ("empty", "image/jpeg", Vec::new()),
        ("photo.heic", "image/heic", heic),
        ("photo.cr2", "image/x-canon-cr2", raw.clone()),
        ("photo.dng", "", raw),
        (
            "drawing.svg",
            "image/svg+xml",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(),
        ),
        ("page.html", "text/html", b"<!doctype html><script>alert(document.cookie)</script>".to_vec()),
        ("note", "text/plain", b"a note".to_vec()),
        ("Foto \u{e4}\u{f6}\u{fc}.jpg", "image/jpeg", b"no jpeg at all".to_vec()),
        ("\u{5199}\u{771f}.pdf", "application/pdf", b"%PDF-1.7\n".to_vec()),
        ("film.mp4", "video/mp4", [b"\0\0\0\x18ftypisom".as_slice(), &[0; 64]].concat()),
    ];
    let mut files = Vec::new();
    for (name, content_type, bytes) in kinds {
        let upper = name.to_uppercase();
        let bare = name.split('.').next().unwrap();
        for (number, name) in [name, upper.as_str(), bare].into_iter().enumerate() {
            // An empty file is one file, whatever its name; the others differ in their last byte.
            let tail = if bytes.is_empty() { Vec::new() } else { vec![u8::try_from(number).unwrap()] };
            files.push(File::new(name, content_type, [&bytes[..], &tail].concat()));
        }
    }
    let named = files.len();
    let ends = ada.upload_all(&files).await;
    app.come_to_rest().await;
    files.dedup_by_key(|file| file.photo_id());
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    for end in &ends {
        assert_eq!(end.preview, Some(PreviewState::None), "{end:?}");
        let original = ada.original(&end.photo_id).await;
        let disposition = original.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        let content_type = original.header("content-type");
        assert!(
            !["text/", "svg", "xml", "script", "pdf"].iter().any(|it| content_type.contains(it)),
            "{content_type}"
        );
    }
    row(13, &format!("{named} files: all kept, without preview, as attachments; 0 lost"));
}

#[tokio::test(flavor = "multi_thread")]
async fn variants_of_photos_with_a_place_say_nothing_of_it() {
    let app = TestApp::start_with(quick).await;
    let ada = app.user("ada");
    let files: Vec<File> = (0..many(20_u32, 100))
        .map(|n| {
            let exif = Exif {
                orientation: Some(u16::try_from(1 + n % 8).unwrap()),
                taken: Some("2024:05:14 15:42:07".to_owned()),
                place: Some(([n % 90, n % 60, 7], [n % 180, 59 - n % 60, 11])),
                ..Exif::default()
            };
            let mut file = File::jpeg_with(60_000 + n, &exif);
            let xmp = format!("<x:xmpmeta><exif:GPSLatitude>{n},33.1N</exif:GPSLatitude></x:xmpmeta>");
            let payload = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), xmp.as_bytes()].concat();
            let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
            file.bytes.splice(2..2, [&[0xFF, 0xE1], &length[..], &payload].concat());
            file
        })
        .collect();
    let ends = app.settle(&ada, &files).await;
    let cookies = ada.session().await;
    let mut looked = 0;
    for end in &ends {
        assert!(ada.photo(&end.photo_id).await.place.is_some(), "the place is known to its owner");
        for variant in Variant::ALL {
            let webp = ada.variant(&cookies, end, variant).await.expect(200).body;
            let chunks = riff_chunks(&webp);
            assert!(
                chunks.iter().all(|chunk| matches!(chunk.as_str(), "VP8 " | "VP8L" | "VP8X" | "ALPH")),
                "{chunks:?}"
            );
            for secret in [&b"Exif"[..], b"GPS", b"xmpmeta", b"Tintype One", b"2024:05:14"] {
                assert!(
                    !webp.windows(secret.len()).any(|window| window == secret),
                    "{}",
                    String::from_utf8_lossy(secret)
                );
            }
            looked += 1;
        }
    }
    row(
        33,
        &format!(
            "{} photos with GPS in EXIF and XMP, {looked} variants: none has EXIF, XMP or GPS",
            files.len()
        ),
    );
}
