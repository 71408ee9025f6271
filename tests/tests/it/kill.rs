//! The process is killed in the middle of uploads: what was acknowledged becomes safe, and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use tintype_core::id::PhotoId;
use tintype_core::wire::{UploadOutcome, UploadsAnswer};
use tintype_tests::{Answer, File, Picture, Server, Start, User, assert_counters_are_true, until};

use crate::PROGRAM;

const PHOTOS: u32 = 50;
/// As the page does it.
const SIDE_BY_SIDE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_few_uploads_all_become_safe_and_none_twice() {
    killed_after(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_half_way_all_become_safe_and_none_twice() {
    killed_after(23).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_the_last_answer_all_become_safe_and_none_twice() {
    killed_after(PHOTOS as usize).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_all_become_safe_and_none_twice() {
    let files: Vec<File> = (0..PHOTOS).map(photo).collect();
    let start = Start::new(PROGRAM);
    let mut server = start.start().await;
    let port = server.port();
    let mut received = BTreeSet::new();
    while received.len() < files.len() {
        let so_far = received.len();
        received = upload_until_killed(server, &files, received, so_far + 9).await;
        server = start.start_on(port).await.expect("it starts again on the same folder");
    }
    all_are_there_once(&server, &files, &received).await;
}

/// Kills the process when so many uploads are acknowledged and others are on their way.
async fn killed_after(acknowledged: usize) {
    let files: Vec<File> = (0..PHOTOS).map(photo).collect();
    let start = Start::new(PROGRAM);
    let first = start.start().await;
    let port = first.port();
    let received = upload_until_killed(first, &files, BTreeSet::new(), acknowledged).await;
    let second = start.start_on(port).await.expect("it starts again on the same folder");
    all_are_there_once(&second, &files, &received).await;
}

/// Uploads what is not received yet, kills the process when so many are, and answers what is received.
async fn upload_until_killed(
    server: Server,
    files: &[File],
    received: BTreeSet<PhotoId>,
    acknowledged: usize,
) -> BTreeSet<PhotoId> {
    let ada = server.user("ada");
    let missing: Vec<&File> = files.iter().filter(|file| !received.contains(&file.photo_id())).collect();
    let acknowledged = acknowledged.min(files.len());
    let received = Mutex::new(received);
    let uploading = stream::iter(missing).for_each_concurrent(SIDE_BY_SIDE, |file| async {
        // From some moment on, nobody answers.
        if try_to_upload(&ada, file).await {
            received.lock().unwrap().insert(file.photo_id());
        }
    });
    let killing = async {
        until(Duration::from_mins(2), async || {
            let so_far = received.lock().unwrap().len();
            if so_far >= acknowledged { Ok(()) } else { Err(format!("{so_far} received")) }
        })
        .await;
        server.kill().await;
    };
    tokio::join!(uploading, killing);
    received.into_inner().unwrap()
}

/// What was received becomes safe without being sent again; with the rest, all are there, once.
async fn all_are_there_once(server: &Server, files: &[File], received: &BTreeSet<PhotoId>) {
    let ada = server.user("ada");
    let received: Vec<PhotoId> = received.iter().copied().collect();
    ada.until_safe(&received).await;
    println!("killed after {} of {PHOTOS}: all of these safe without being sent again", received.len());
    for file in files {
        ada.upload(file).await;
    }
    let photo_ids: Vec<PhotoId> = files.iter().map(File::photo_id).collect();
    ada.until_settled(&photo_ids).await;

    let listed: Vec<PhotoId> = ada.list_all().await.iter().map(|photo| photo.photo_id).collect();
    assert_eq!(listed.len(), files.len(), "one record each");
    let originals = server.buckets().originals().await;
    let copies: BTreeMap<_, _> = originals.iter().map(|(photo_id, keys)| (*photo_id, keys.len())).collect();
    assert_eq!(copies, photo_ids.iter().map(|photo_id| (*photo_id, 1)).collect(), "one original each");
    for file in files {
        assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
    }
    server.buckets().until_nothing_waits().await;
    assert_counters_are_true(&ada).await;
}

/// Large enough that a kill meets photos on their way.
fn photo(seed: u32) -> File {
    let name = format!("IMG_2024{:02}{:02}_120000.jpg", 1 + seed % 12, 1 + seed % 28);
    let mut file = File::new(&name, "image/jpeg", Picture::new(seed, 480, 360).jpeg());
    // What follows the picture changes its checksum, not how it looks.
    file.bytes.extend(seed.to_be_bytes());
    file
}

/// Whether a file was received: acknowledged by S3, now or, as the API says, before.
async fn try_to_upload(user: &User, file: &File) -> bool {
    let asked = serde_json::json!({ "files": [file.wanted()] });
    let asked = user.request(reqwest::Method::POST, "/api/uploads").json(&asked);
    let Ok(answer) = Answer::try_to(asked).await else { return false };
    match answer.json::<UploadsAnswer>().results.remove(0).outcome {
        UploadOutcome::Known { .. } => true,
        UploadOutcome::Upload { request } => {
            let put = Answer::try_to(user.put_request(&request, &file.bytes)).await;
            put.is_ok_and(|answer| answer.status == 200)
        }
        other => panic!("{other:?}"),
    }
}
