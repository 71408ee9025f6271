//! The keeper alone in a process, as in Lambda, so that its memory can be measured: reads where everything is and one
//! event from its arguments, prints its answer and the most memory that it ever had.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails here is a test that fails")]

use std::env;
use std::fs;

use serde_json::{Value, json};
use tintype_keeper::Keeper;
use tintype_local::stack::Services;
use tintype_storage::{Clients, Queue, Storage, mint};

#[tokio::main]
async fn main() {
    let [s3, dynamodb, access_key, secret_key, lambda, event] =
        env::args().skip(1).collect::<Vec<_>>().try_into().expect("six arguments");
    let services = Services::embedded(s3, dynamodb, access_key, secret_key);
    let clients = Clients::emulated(&services.emulators(lambda), None);
    let keeper = Keeper {
        storage: Storage::new(&clients, &services.config()),
        queue: Queue::new(clients.lambda.clone(), "tintype-processor".to_owned()),
        uploads_bucket: services.uploads_bucket.clone(),
    };
    let event: Value = serde_json::from_str(&event).unwrap();
    let answer = tintype_keeper::handle(&keeper, &event, mint::now()).await.expect("the keeper does it");
    println!("{}", json!({"answer": answer, "peak_kb": peak()}));
}

/// `VmHWM` of this process in KiB; null where the system does not tell.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
