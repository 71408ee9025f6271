//! The process ends: at every call of an upload, at any moment, out of memory. The next run finishes what was begun.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tintype_core::record::PreviewReason;
use tintype_core::wire::PreviewState;
use tintype_tests::{Answer, Faults, File, Picture, Start, TestApp, Wish, assert_at_rest, many, row, seed};
use tokio::process::Command;

use crate::PROGRAM;

const DOOMED: &str = env!("CARGO_BIN_EXE_tintype-doomed");

/// Runs it to its end: what it said, and whether it ended well.
async fn doomed(folder: &Path, arguments: &[&str]) -> (String, bool) {
    let child = Command::new(DOOMED)
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_mins(5), child).await.expect("it ends").unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
}

/// How many calls the processor makes for a JPEG.
async fn calls() -> usize {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let key = app.receive(&app.user("ada"), &File::jpeg(1), false).await;
    faults.stop();
    assert!(app.deliver(&[key], &faults).await);
    faults.log().iter().filter(|call| call.subject == File::jpeg(1).photo_id().to_string()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_before_and_after_every_call_the_next_run_finishes_every_upload() {
    let folder = tempfile::tempdir().unwrap();
    let calls = calls().await;
    let mut files = Vec::new();
    // Each starts on what those before it left.
    for call in 0..calls {
        for when in ["before", "after"] {
            let number = u32::try_from(80_000 + files.len()).unwrap();
            let (said, ended_well) =
                doomed(folder.path(), &[&number.to_string(), &call.to_string(), when]).await;
            assert_eq!(said, "received\n", "{when} call {call}");
            assert!(!ended_well, "{when} call {call}: it goes on");
            files.push(File::jpeg(number));
        }
    }
    let app = TestApp::start_on(folder, |_| {}).await;
    let runs = app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&app.user("ada"), &files)]).await;
    row(
        4,
        &format!(
            "{} processes ended before and after each of {calls} calls, {runs} keeper runs: 0 lost, 0 twice, counters exact",
            files.len()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_many_times_everything_received_is_safe_once() {
    let start = Start::new(PROGRAM);
    let kills = many(6, 500);
    let mut random = StdRng::seed_from_u64(seed());
    let (mut received, mut number) = (Vec::<File>::new(), 90_000);
    for _ in 0..kills {
        let server = start.start().await;
        let ada = server.user("ada");
        // Somewhere in an upload, after a few: by count, for machines are slow and fast.
        let enough = random.random_range(0..6);
        let life = Duration::from_millis(random.random_range(0..60));
        let (count, mut counted) = tokio::sync::watch::channel(0);
        let uploading = async {
            loop {
                number += 1;
                let file = if number % 4 == 0 {
                    File::jpeg(number)
                } else {
                    File::new("k", "", format!("killed {number}"))
                };
                let asked = serde_json::json!({ "files": [file.wanted()] });
                let asked = ada.request(reqwest::Method::POST, "/api/uploads").json(&asked);
                let Ok(answer) = Answer::try_to(asked).await else { return };
                let mut answer: tintype_core::wire::UploadsAnswer = answer.json();
                let request = tintype_tests::User::request_of(answer.results.remove(0).outcome);
                match Answer::try_to(ada.put_request(&request, &file.bytes)).await {
                    Ok(answer) if answer.status == 200 => {
                        received.push(file);
                        count.send_modify(|count| *count += 1);
                    }
                    _ => return,
                }
            }
        };
        let killing = async {
            let enough = counted.wait_for(|count| *count >= enough);
            let _ = tokio::time::timeout(Duration::from_secs(10), enough).await;
            tokio::time::sleep(life).await;
            server.kill().await;
        };
        tokio::join!(uploading, killing);
    }
    let app = TestApp::start_in(start.folder(), |_| {}).await;
    let ada = app.user("ada");
    app.come_to_rest().await;
    let acknowledged = received.len();
    // S3 may have received what it could not acknowledge any more: that is a photo like any other.
    let all = (90_001..=number).map(|number| {
        if number % 4 == 0 { File::jpeg(number) } else { File::new("k", "", format!("killed {number}")) }
    });
    let known: Vec<_> = received.iter().map(File::photo_id).collect();
    for file in all.filter(|file| !known.contains(&file.photo_id())) {
        if ada.lookup(&[file.photo_id()]).await[0].safe {
            received.push(file);
        }
    }
    assert_at_rest(&app, &[Wish::all_safe(&ada, &received)]).await;
    row(
        4,
        &format!(
            "{kills} SIGKILLs, {acknowledged} uploads acknowledged meanwhile: all safe, 0 lost, 0 twice, counters exact"
        ),
    );
}

/// Small as files, and much more than is left when they are decoded, though less than a function has.
fn bombs_of(count: u32) -> Vec<File> {
    // A photo for each number by what follows it: a WebP says itself how long it is.
    let webp = Picture::new(1, 6_000, 5_000).webp();
    let bomb = |number: u32| [&webp[..], &number.to_be_bytes()].concat();
    (0..count).map(|number| File::new(&format!("bomb-{number}.webp"), "image/webp", bomb(number))).collect()
}

/// Bytes of memory that the process may hold: enough for itself and small photos.
const MEMORY: u64 = 160 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn photos_that_end_the_process_by_their_memory_end_without_a_preview_and_keep_nobody_else() {
    let (bombs, good) = many((2, 20), (20, 200));
    let faults = Faults::default();
    let folder = tempfile::tempdir().unwrap();
    let http = Some(faults.client());
    let app = TestApp::start_in(folder.path(), |options| {
        options.http = http;
        options.lose_events = true;
    })
    .await;
    let ada = app.user("ada");
    let bombs = bombs_of(bombs);
    let good: Vec<File> = (0..good).map(|n| File::jpeg(95_000 + n)).collect();
    for file in bombs.iter().chain(&good) {
        app.receive(&ada, file, false).await;
    }
    app.stack.stop().await;

    let mut ends = 0;
    loop {
        let (said, ended_well) = doomed(folder.path(), &["memory", &MEMORY.to_string()]).await;
        assert_eq!(said, "limited\n");
        if ended_well {
            break;
        }
        ends += 1;
        assert!(ends <= 3 * bombs.len(), "it ended {ends} times");
    }
    assert!(ends >= bombs.len(), "it ended {ends} times");
    let app = TestApp::start_on(folder, |_| {}).await;
    let runs = app.come_to_rest().await;
    let ada = app.user("ada");
    assert_at_rest(&app, &[Wish::all_safe(&ada, bombs.iter().chain(&good))]).await;
    for known in ada.lookup(&bombs.iter().map(File::photo_id).collect::<Vec<_>>()).await {
        assert_eq!(known.preview_reason, Some(PreviewReason::OutOfMemory), "{known:?}");
    }
    for known in ada.lookup(&good.iter().map(File::photo_id).collect::<Vec<_>>()).await {
        assert_eq!(known.preview, Some(PreviewState::Ready), "{known:?}");
    }
    row(
        15,
        &format!(
            "{} bombs among {} good photos, the process ended {ends} times, {runs} keeper runs: bombs end as out_of_memory, the others with previews, 0 lost",
            bombs.len(),
            good.len()
        ),
    );
}
