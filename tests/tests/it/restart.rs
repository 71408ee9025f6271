//! One process on one folder: it starts soon, stops cleanly, keeps everything, and says in one line why it cannot start.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tintype_core::key::Variant;
use tintype_core::wire::PreviewState;
use tintype_tests::{File, Start, assert_counters_are_true};

use crate::PROGRAM;

/// What a person waits for; printed, so that it can be watched.
const SOON: Duration = Duration::from_secs(2);
/// What fails: a test's process shares its machine with builds and other tests.
const AT_MOST: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_kept_across_a_restart() {
    let start = Start::new(PROGRAM);
    let first = start.start().await;
    let port = first.port();
    let ada = first.user("ada");
    let files: Vec<File> = (0..6).map(File::jpeg).collect();
    let ends = ada.upload_all(&files).await;
    ada.trash(&[files[5].photo_id()]).await;
    let cookies = ada.session().await;
    let me = ada.get("/api/me").await;
    let (photos, trash) = (ada.get("/api/photos").await, ada.get("/api/trash").await);
    let stopped = first.stop().await;
    println!("stopped in {stopped:.2?}");
    assert!(stopped < Duration::from_secs(6), "it stops soon: {stopped:?}");

    let second = start.start_on(port).await.unwrap();
    println!("started again in {:.2?} ({SOON:?} is the aim)", second.took);
    assert!(second.took < AT_MOST, "it starts soon: {:?}", second.took);
    // The token and the cookies of before are still good.
    let ada = second.user_with_token(ada.token.clone());
    assert_eq!(ada.get("/api/me").await.text(), me.text());
    assert_eq!(ada.get("/api/photos").await.text(), photos.text());
    assert_eq!(ada.get("/api/trash").await.text(), trash.text());
    for (file, end) in files.iter().zip(&ends) {
        assert_eq!(end.preview, Some(PreviewState::Ready));
        assert_eq!(ada.original(&file.photo_id()).await.body, file.bytes);
        ada.variant(&cookies, end, Variant::Thumb).await.expect(200);
    }
    assert_counters_are_true(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_is_soon_too() {
    let start = Start::new(PROGRAM);
    let server = start.start().await;
    println!("started on an empty folder, two keys made, in {:.2?} ({SOON:?} is the aim)", server.took);
    assert!(server.took < AT_MOST, "{:?}", server.took);
    let me = server.user("ada").me().await;
    assert_eq!((me.photos, me.line.as_str()), (0, "No photos yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_with_photos_on_their_way_it_stops_and_goes_on_at_the_next_start() {
    let start = Start::new(PROGRAM);
    let first = start.start().await;
    let port = first.port();
    let ada = first.user("ada");
    let files: Vec<File> = (0..20).map(File::jpeg).collect();
    for file in &files {
        ada.upload(file).await;
    }
    let stopped = first.stop().await;
    assert!(stopped < Duration::from_secs(6), "{stopped:?}");

    let second = start.start_on(port).await.unwrap();
    let ada = second.user("ada");
    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    ada.until_settled(&photo_ids).await;
    assert_eq!(ada.list_all().await.len(), files.len());
    assert_counters_are_true(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_folder_says_so_in_one_line() {
    let start = Start::new(PROGRAM);
    let first = start.start().await;
    let other = Start::new(PROGRAM);
    let output = run(&other, &["--port", "0", "--data-dir", start.data_dir().to_str().unwrap()]);
    let line = only_line(&output);
    assert!(line.starts_with("tintype: another Tintype runs on "), "{line}");
    assert!(line.contains("--data-dir"), "it says what to do: {line}");
    // The first one goes on.
    first.user("ada").get("/api/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_said_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let start = Start::new(PROGRAM);
    let data_dir = start.data_dir();
    let output = run(&start, &["--port", &port, "--data-dir", data_dir.to_str().unwrap()]);
    let line = only_line(&output);
    assert!(
        line.starts_with(&format!("tintype: port {port} is taken; choose another with --port")),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_said_in_one_line() {
    let start = Start::new(PROGRAM);
    // Even root cannot make a folder below a file.
    let file = start.folder().join("a-file");
    fs::write(&file, "").unwrap();
    for folder in [file.clone(), file.join("below")] {
        let output = run(&start, &["--port", "0", "--data-dir", folder.to_str().unwrap()]);
        let line = only_line(&output);
        assert!(line.starts_with(&format!("tintype: cannot write to {}", folder.display())), "{line}");
        assert!(line.contains("--data-dir"), "it says what to do: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_beyond_that_of_s3_is_said_in_one_line() {
    let start = Start::new(PROGRAM);
    let data_dir = start.data_dir();
    for limit in ["0", "5368709121"] {
        let arguments = ["--port", "0", "--max-file-bytes", limit, "--data-dir", data_dir.to_str().unwrap()];
        let line = only_line(&run(&start, &arguments));
        assert_eq!(line, "tintype: --max-file-bytes must be from 1 to 5368709120 (5 GiB)");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_scripts_is_printed_and_good() {
    let start = Start::new(PROGRAM);
    let data_dir = start.data_dir();
    let arguments = ["token", "--user", "ada", "--data-dir", data_dir.to_str().unwrap()];
    let line = only_line(&run(&start, &arguments));
    assert!(line.starts_with("tintype: "), "where nothing ever ran there is nothing to sign with: {line}");

    let server = start.start().await;
    let output = run(&start, &arguments);
    assert!(output.status.success());
    let token = String::from_utf8(output.stdout).unwrap();
    let ada = server.user_with_token(token.trim_end().to_owned());
    assert_eq!(ada.id, server.user("ada").id);
    ada.get("/api/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_one_leaves_nothing_behind() {
    let start = Start::new(PROGRAM);
    let mut command = std::process::Command::new(PROGRAM);
    command.args(["--port", "0", "--print-json", "--ephemeral"]).current_dir(start.folder());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addresses: serde_json::Value = serde_json::from_str(&line).unwrap();
    let data_dir = Path::new(addresses["data_dir"].as_str().unwrap());
    assert!(data_dir.is_dir());
    rustix::process::kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(!data_dir.exists());
    assert_eq!(fs::read_dir(start.folder()).unwrap().count(), 0, "nor where it was started");
}

/// Runs the program to its end, as somebody types it.
fn run(start: &Start, arguments: &[&str]) -> Output {
    let mut command = std::process::Command::new(PROGRAM);
    command.args(arguments).current_dir(start.folder()).env_remove("RUST_LOG").output().unwrap()
}

/// What it says when it cannot start: exit code 1, one line on stderr, nothing on stdout.
fn only_line(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 1, "one line: {stderr}");
    lines[0].to_owned()
}
