//! A folder that is backed up every night: what was deleted stays deleted, and names come back as they were.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tintype_core::key::ObjectKey;
use tintype_core::wire::UploadOutcome;
use tintype_local_s3::Durability;
use tintype_tests::{File, TestApp, User, Wish, assert_at_rest, many, row, seed};

/// What a backup of a folder does: it asks for every file, sends what it is told to, and asks for nothing back.
async fn night(user: &User, files: &[File]) -> usize {
    let wanted: Vec<_> = files.iter().map(File::wanted).collect();
    let mut sent = 0;
    for (file, outcome) in files.iter().zip(user.uploads(&wanted).await) {
        if let UploadOutcome::Upload { request } = outcome {
            user.put(&request, &file.bytes).await.expect(200);
            sent += 1;
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_trashed_or_removed_stays_so_through_nightly_backups() {
    let app = TestApp::start_with(|options| options.durability = Durability::Process).await;
    let ada = app.user("ada");
    let files: Vec<File> = (0..many(40_u32, 100))
        .map(|n| if n % 5 == 0 { File::jpeg(n) } else { File::new("f", "", format!("folder {n}")) })
        .collect();
    assert_eq!(night(&ada, &files).await, files.len());
    app.come_to_rest().await;
    let (trashed, kept) = files.split_at(files.len() / 2);
    let photo_ids: Vec<_> = trashed.iter().map(File::photo_id).collect();
    ada.trash(&photo_ids).await;
    let mut sent = 0;
    for _ in 0..3 {
        sent += night(&ada, &files).await;
    }
    app.come_to_rest().await;
    let wish = |trashed, gone| Wish { trashed, gone, ..Wish::all_safe(&ada, kept) };
    assert_at_rest(&app, &[wish(trashed.iter().collect(), Vec::new())]).await;

    app.keep(31 * 24).await;
    for _ in 0..3 {
        sent += night(&ada, &files).await;
    }
    app.come_to_rest().await;
    assert_at_rest(&app, &[wish(Vec::new(), trashed.iter().collect())]).await;
    assert_eq!(sent, 0, "nothing was sent again");
    row(
        37,
        &format!(
            "{} photos, {} deleted, 3 nights in the trash and 3 after the purge: 0 sent again, 0 came back, 0 lost",
            files.len(),
            trashed.len()
        ),
    );
}

/// A name of this many characters, from one script or from anywhere.
fn name(length: usize, random: &mut StdRng) -> String {
    let scripts = [
        'a'..='z',
        '\u{3b1}'..='\u{3c9}',
        '\u{430}'..='\u{44f}',
        '\u{5d0}'..='\u{5ea}',
        '\u{627}'..='\u{64a}',
        '\u{904}'..='\u{939}',
        '\u{e01}'..='\u{e2e}',
        '\u{4e00}'..='\u{9fff}',
        '\u{ac00}'..='\u{d7a3}',
        '\u{1f300}'..='\u{1f5ff}',
    ];
    let script = random.random_range(0..=scripts.len());
    (0..length)
        .map(|_| match scripts.get(script) {
            Some(script) => random.random_range(script.clone()),
            // Line ends, quotes, separators, private use and all.
            None => random.random::<char>(),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_255_characters_in_any_script_upload_and_are_cut_at_a_character() {
    let app = TestApp::start_with(|options| options.durability = Durability::Process).await;
    let ada = app.user("ada");
    let mut random = StdRng::seed_from_u64(seed());
    let files: Vec<File> = (0..many(60, 1_000))
        .map(|n| {
            let length = [255, 255, 1, 80, 1_000][n % 5];
            let extension = ["", ".jpg", ".JPEG", ".a-very-long-extension"][n % 4];
            let name = format!(
                "{}{extension}",
                name(length - extension.chars().count().min(length - 1), &mut random)
            );
            let mut file = File::new(&name, "image/jpeg", format!("name {n}"));
            file.modified_at = Some(time::macros::datetime!(2024-05-14 15:42:07.123456789 +05:45));
            file
        })
        .collect();
    stream::iter(&files)
        .for_each_concurrent(8, async |file| {
            ada.upload(file).await;
        })
        .await;
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    let originals = app.buckets.originals().await;
    let (mut whole, mut plain) = (0, BTreeSet::new());
    for file in &files {
        let photo = ada.photo(&file.photo_id()).await;
        // Whole, cut at its end, or cut before its extension.
        let (stem, extension) = photo.file_name.rsplit_once('.').unwrap_or((&photo.file_name, ""));
        let kept = file.name.starts_with(stem) && file.name.ends_with(extension);
        let kept = kept || file.name.starts_with(&photo.file_name);
        assert!(kept, "{:?} became {:?}", file.name, photo.file_name);
        whole += usize::from(photo.file_name == file.name);
        let Ok(ObjectKey::Original { file_name, .. }) = originals[&file.photo_id()][0].parse() else {
            panic!("no original")
        };
        plain.insert(file_name.to_string().len());
    }
    assert!(plain.last().is_some_and(|longest| *longest <= 80), "{plain:?}");
    row(
        38,
        &format!(
            "{} names up to 1,000 characters in any script: all uploaded, {whole} whole, the others cut at a character; 0 lost",
            files.len()
        ),
    );
}
