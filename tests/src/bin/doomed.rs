//! Tintype that ends in the middle of an upload: at a call, or out of memory.
//!
//! `tintype-doomed FOLDER SEED CALL before|after` starts on a folder, receives the JPEG of this seed, says
//! `received`, and aborts at this call of its processing. `tintype-doomed FOLDER memory BYTES` starts on a folder
//! with so much memory and processes what waits until it ends, one way or the other.

use std::path::Path;
use std::time::Duration;

use tintype_tests::{Fault, Faults, File, TestApp};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [folder, "memory", bytes] => until_memory_ends(Path::new(folder), bytes.parse()?).await,
        [folder, seed, call, when] => {
            abort_at(Path::new(folder), seed.parse()?, call.parse()?, when == "after").await;
            Ok(())
        }
        _ => Err("FOLDER SEED CALL before|after, or FOLDER memory BYTES".into()),
    }
}

async fn abort_at(folder: &Path, seed: u32, call: usize, after: bool) {
    let faults = Faults::default();
    let http = Some(faults.client());
    let app = TestApp::start_in(folder, |options| {
        options.http = http;
        options.lose_events = true;
    })
    .await;
    let key = app.receive(&app.user("ada"), &File::jpeg(seed), false).await;
    println!("received");
    faults.plan(move |found| {
        (found.ordinal == call && !found.subject.is_empty()).then_some(Fault::Abort { after })
    });
    app.deliver(&[key], &faults).await;
}

/// Ends the process as soon as it holds more memory than this. So does Lambda: it ends the function, and no call for
/// memory ever fails.
fn end_beyond(bytes: u64) {
    std::thread::spawn(move || {
        loop {
            let held = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
            let pages: u64 =
                held.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
            if pages * rustix::param::page_size() as u64 > bytes {
                std::process::abort();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

async fn until_memory_ends(folder: &Path, bytes: u64) -> Result<(), Box<dyn std::error::Error>> {
    end_beyond(bytes);
    let app = TestApp::start_in(folder, |options| {
        // As in Lambda: one upload a process.
        options.lambda.concurrency = 1;
        // What is left after the third try is the keeper's.
        options.lambda.retry_after = [Duration::from_millis(5); 2];
    })
    .await;
    println!("limited");
    // What cannot be done stays; who started us sees when nothing moves any more.
    let (mut last, mut quiet) = (usize::MAX, 0);
    while quiet < 8 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let left = app.buckets.uploads().await.len();
        quiet = if left == last { quiet + 1 } else { 0 };
        last = left;
        if left == 0 {
            break;
        }
    }
    Ok(())
}
