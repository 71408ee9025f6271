//! The keeper over a large library: pages, slices, and memory that does not grow with it.

use std::time::Instant;

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use tintype_core::id::PhotoId;
use tintype_core::key::{FileName, ObjectKey};
use tintype_core::record::{Preview, PreviewReason, Record};
use tintype_keeper::request::{AuditAnswer, RebuildAnswer};
use tintype_local_s3::Durability;
use tintype_storage::mint;
use tintype_tests::{File, TestApp, User, drawn, many, seed};

/// What the function has.
const MEMORY_KB: u64 = 256 << 10;

/// So many photos, each one original and its record, put there without the processor: files of a few bytes.
async fn seeded(app: &TestApp, user: &User, photos: u32) {
    let template = File::new("note.txt", "text/plain", "a note");
    app.settle(user, std::slice::from_ref(&template)).await;
    let template = app.record(user, &template).await;
    stream::iter(1..photos)
        .for_each_concurrent(8, |number| {
            let template = &template;
            async move {
                let file = File::new("n.txt", "text/plain", format!("{:x}", drawn(seed(), number)));
                let (photo_id, generation) = (file.photo_id(), mint::generation(mint::now()));
                let key = ObjectKey::Original {
                    user: user.id.clone(),
                    photo_id,
                    generation,
                    file_name: FileName::from_client(&file.name),
                };
                let key = key.to_string();
                let version_id = app.buckets.put_original(&key, &file.bytes).await;
                let size = file.bytes.len() as u64;
                let preview = Preview::None(PreviewReason::NotAnImage);
                let record =
                    Record { photo_id, generation, key, size, version_id, preview, ..template.clone() };
                app.stack.storage.catalog.replace(None, &record).await.unwrap();
            }
        })
        .await;
}

/// What the keeper, alone in a process, answers to an event, and its peak memory in KiB.
async fn keeper(app: &TestApp, event: Value) -> (Value, Option<u64>) {
    let services = &app.stack.services;
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_keeper-under-test"))
        .args([&services.s3, &services.dynamodb, &services.access_key, &services.secret_key])
        .args([&app.stack.addresses.lambda, &event.to_string()])
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    (said["answer"].clone(), said["peak_kb"].as_u64())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_of_a_large_library_stays_inside_its_memory_and_its_time() {
    let photos = many(600_u32, 100_000);
    let app = TestApp::start_with(|options| options.durability = Durability::Process).await;
    let ada = app.user("ada");
    let begun = Instant::now();
    seeded(&app, &ada, photos).await;
    let took = begun.elapsed();
    // One is missing.
    let missing = app.records(&ada).await.into_values().nth(photos as usize / 2).unwrap();
    app.buckets.delete(&missing.key).await;

    let begun = Instant::now();
    let (mut peak, mut slices) = (None, 0);
    let found: AuditAnswer = loop {
        // Five seconds at a time, each in a new process, as the schedule has it.
        let begun = Instant::now();
        let (answer, used) = keeper(&app, json!({"audit": {"seconds": 5}})).await;
        assert!(begun.elapsed().as_secs() < 60, "a slice ends in its time: {:?}", begun.elapsed());
        (peak, slices) = (peak.max(used), slices + 1);
        let answer: AuditAnswer = serde_json::from_value(answer).unwrap();
        if answer.finished {
            break answer;
        }
    };
    let audited = begun.elapsed();
    assert_eq!(found.checked, u64::from(photos));
    let named: Vec<PhotoId> = found.findings.iter().filter_map(|finding| finding.photo_id).collect();
    assert_eq!(named, [missing.photo_id]);
    let (_, run) = keeper(&app, json!({})).await;
    let peak = peak.max(run);
    println!(
        "keeper over {photos} photos: audited in {audited:.1?} and {slices} slices (seeded in {took:.1?}), peak {} MB",
        peak.unwrap_or_default() / 1_024
    );
    assert!(peak.is_none_or(|peak| peak < MEMORY_KB), "{peak:?} KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn short_audits_and_rebuilds_end_with_the_pages_that_they_have_read() {
    let photos = 1_100_u32;
    let app = TestApp::start_with(|options| options.durability = Durability::Process).await;
    let ada = app.user("ada");
    seeded(&app, &ada, photos).await;
    // Three pages of records: all of one are looked at, and no slice goes on with the next.
    let (mut slices, mut checked) = (0, 0);
    let found = loop {
        let event = json!({"audit": {"seconds": 0}});
        let answer: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
        slices += 1;
        assert!(answer.checked - checked <= 500, "{} behind {checked}", answer.checked);
        checked = answer.checked;
        if answer.finished {
            break answer;
        }
    };
    assert_eq!((found.checked, found.found), (u64::from(photos), 0));
    assert!((3..=4).contains(&slices), "{slices} slices");

    // And a rebuild, where the catalog is whole.
    let (mut slices, mut originals, mut next) = (0, 0, None);
    loop {
        let answer = app.ask(json!({"rebuild": {"next": next, "seconds": 0}}), 0).await;
        let answer: RebuildAnswer = serde_json::from_value(answer).unwrap();
        assert_eq!((answer.made, answer.refused.len()), (0, 0));
        assert!(answer.originals <= 500, "{answer:?}");
        (slices, originals, next) = (slices + 1, originals + answer.originals, answer.next);
        if answer.finished {
            break;
        }
    }
    assert_eq!(originals, u64::from(photos));
    assert!((3..=4).contains(&slices), "{slices} slices");
}
