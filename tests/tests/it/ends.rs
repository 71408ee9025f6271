//! The process ends when it is told to, whatever holds it up.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tintype_tests::Start;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::PROGRAM;

#[tokio::test(flavor = "multi_thread")]
async fn with_a_log_that_nobody_reads_it_still_ends_when_told_to() {
    let start = Start::new(PROGRAM);
    let mut child = start
        .command(0)
        // Everything is said, and nothing of it read: soon the pipe is full, and whoever says more waits for ever.
        .env("RUST_LOG", "trace")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let log = child.stderr.take().expect("it has a log");
    let mut line = String::new();
    let mut said = BufReader::new(child.stdout.take().expect("it has an output"));
    // It may be held up before it says where it is.
    let _ = tokio::time::timeout(Duration::from_secs(20), said.read_line(&mut line)).await;

    let pid = Pid::from_raw(i32::try_from(child.id().expect("it runs")).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::TERM).expect("it can be told");
    let ended = tokio::time::timeout(Duration::from_mins(1), child.wait()).await;
    assert!(ended.is_ok(), "it ends");
    drop(log);
}
