//! Every photo there is: each ends in a preview or a reason why not, comes back bit for bit, and is known for ever.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use tintype_core::id::PhotoId;
use tintype_core::key::Variant;
use tintype_core::record::PreviewReason;
use tintype_core::wire::{Lookup, PreviewState, UploadOutcome};
use tintype_tests::{
    Exif, File, Picture, TestApp, User, assert_counters_are_true, riff_chunks, shared_photos,
};

/// As the page does it.
const SIDE_BY_SIDE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_is_kept_and_ends_in_a_preview_or_a_reason_why_not() {
    let files = made_here();
    let ends = all_are_kept(&files).await;
    for (file, end) in &ends {
        let shown = expected(&file.name);
        assert_eq!(end.preview_reason, shown.err(), "{}", file.name);
        assert_eq!(end.preview == Some(PreviewState::Ready), shown.is_ok(), "{}", file.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shared_photo_is_kept_and_ends_in_a_preview_or_a_reason_why_not() {
    let files: Vec<File> = shared_photos("").iter().map(|path| File::read(path)).collect();
    if files.is_empty() {
        println!(
            "skipped: there is no ../shared/photos beside the repository, and TINTYPE_PHOTOS names no folder"
        );
        return;
    }
    all_are_kept(&files).await;
}

/// Uploads all, waits for their ends, and holds the library to its promises. Answers how each file ended.
async fn all_are_kept(files: &[File]) -> Vec<(&File, Lookup)> {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let begun = Instant::now();

    stream::iter(files).map(|file| ada.upload(file)).buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await;
    let photo_ids: Vec<PhotoId> = files.iter().map(File::photo_id).collect();
    let ends = ada.until_settled(&photo_ids).await;
    let settled = begun.elapsed();
    app.buckets.until_nothing_waits().await;

    for (file, end) in files.iter().zip(&ends) {
        let original = ada.original(&end.photo_id).await;
        assert!(original.body == file.bytes, "{} comes back bit for bit", file.name);
        variants_agree(&ada, file, end).await;
    }
    let distinct: BTreeMap<PhotoId, u64> =
        files.iter().map(|file| (file.photo_id(), file.bytes.len() as u64)).collect();
    let listed: BTreeMap<_, _> = ada.list_all().await.iter().map(|p| (p.photo_id, p.size)).collect();
    assert_eq!(listed, distinct, "the timeline has each photo, once");
    assert_counters_are_true(&ada).await;

    let before = (app.buckets.vault().await, ada.list_all().await.len());
    let wanted: Vec<_> = files.iter().map(File::wanted).collect();
    for (file, outcome) in files.iter().zip(ada.uploads(&wanted).await) {
        assert!(matches!(outcome, UploadOutcome::Known { .. }), "{} is known: {outcome:?}", file.name);
    }
    let after = (app.buckets.vault().await, ada.list_all().await.len());
    assert_eq!(before, after, "uploading all again adds no object and no record");
    assert!(app.buckets.originals().await.values().all(|keys| keys.len() == 1), "one original a photo");
    assert_counters_are_true(&ada).await;

    let mut summary = BTreeMap::<String, usize>::new();
    for end in &ends {
        let how =
            end.preview_reason.map_or("ready".to_owned(), |reason| format!("none: {}", reason.as_str()));
        *summary.entry(how).or_default() += 1;
    }
    println!(
        "{} files, {} photos, {} MB, settled in {settled:.1?}: {summary:?}",
        files.len(),
        distinct.len(),
        files.iter().map(|file| file.bytes.len()).sum::<usize>() / 1_000_000,
    );
    files.iter().zip(ends).collect()
}

/// What is `ready` has both variants, which are WebP without any metadata; what is not has none.
async fn variants_agree(user: &User, file: &File, end: &Lookup) {
    let cookies = user.session().await;
    for variant in Variant::ALL {
        let image = user.variant(&cookies, end, variant).await;
        if end.preview == Some(PreviewState::Ready) {
            let image = image.expect(200);
            let chunks = riff_chunks(&image.body);
            assert!(
                chunks.iter().all(|chunk| PICTURE.contains(&chunk.as_str())),
                "{}: {chunks:?}",
                file.name
            );
        } else {
            assert_eq!(image.status, 404, "{} has no {}", file.name, variant.as_str());
        }
    }
}

/// Chunks that hold pixels, and nothing about who took them or where.
const PICTURE: [&str; 4] = ["VP8 ", "VP8L", "VP8X", "ALPH"];

/// One file of each kind.
fn made_here() -> Vec<File> {
    let mut files: Vec<File> = (0..=8)
        .map(|orientation| {
            let exif = Exif { orientation: Some(orientation), ..Exif::default() };
            File::jpeg_with(100 + u32::from(orientation), &exif)
                .named(&format!("orientation-{orientation}.jpg"))
        })
        .collect();
    let jpeg = |seed: u32, name: &str| File::jpeg(seed).named(name);
    files.extend([
        jpeg(1, "UPPER.JPG"),
        jpeg(2, "no-extension"),
        jpeg(3, "wrong-extension.png"),
        jpeg(4, ".jpg"),
    ]);
    let picture = Picture::new(5, 640, 480);
    files.push(File::new("picture.png", "image/png", picture.png()));
    files.push(File::new("picture.webp", "image/webp", picture.webp()));
    files.push(File::new("picture.gif", "image/gif", picture.gif()));
    files.push(File::new("picture-as.jpg", "image/jpeg", Picture::new(6, 64, 64).png()));
    let whole = Picture::new(7, 640, 480).jpeg();
    files.push(File::new("truncated.jpg", "image/jpeg", &whole[..whole.len() / 2]));
    files.push(File::new("only-a-header.jpg", "image/jpeg", &whole[..20]));
    files.push(File::new("empty.jpg", "image/jpeg", []));
    files.push(File::new("text.txt", "text/plain", "not a picture"));
    files.push(File::new("text.jpg", "image/jpeg", "not a picture either"));
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    files.push(File::new("drawing.svg", "image/svg+xml", svg));
    files.push(File::new("page.html", "text/html", "<!doctype html><script>alert(1)</script>"));
    files
}

/// Whether a file of [`made_here`] is shown. What a truncated JPEG still shows, is shown: its bytes are safe anyway.
fn expected(name: &str) -> Result<(), PreviewReason> {
    match name {
        "only-a-header.jpg" => Err(PreviewReason::Broken),
        "empty.jpg" | "text.txt" | "text.jpg" | "drawing.svg" | "page.html" => Err(PreviewReason::NotAnImage),
        _ => Ok(()),
    }
}
