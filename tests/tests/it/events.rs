//! S3's events come at least once, in any order, several in one, malformed, or not at all.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tintype_core::work::{self, Work};
use tintype_local::stack::UPLOADS;
use tintype_tests::{Fault, Faults, File, TestApp, Wish, assert_at_rest, many, row, seed};

/// Mostly files without a picture: the protocol is what is tried here, not the codecs.
fn file(number: u32) -> File {
    if number.is_multiple_of(5) { File::jpeg(number) } else { File::new("e", "", format!("event {number}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_up_to_five_times_make_one_record_one_copy_and_one_count() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let files: Vec<File> = (0..many(60, 1_000)).map(file).collect();
    let mut random = StdRng::seed_from_u64(seed());
    let mut events = Vec::new();
    for file in &files {
        let key = app.receive(&ada, file, false).await;
        events.extend(vec![key; random.random_range(1..=5)]);
    }
    // Side by side and long after one another, in any order.
    events.shuffle(&mut random);
    stream::iter(&events)
        .for_each_concurrent(16, |key| async {
            app.deliver(std::slice::from_ref(key), &faults).await;
        })
        .await;
    let runs = app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    row(
        5,
        &format!(
            "{} photos, {} events, {runs} keeper runs: 0 lost, 0 twice, counters exact",
            files.len(),
            events.len()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_whose_event_was_lost_are_promoted_within_two_runs_of_the_keeper() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let files: Vec<File> = (0..many(100, 1_000)).map(file).collect();
    let mut lost = 0;
    for (number, file) in files.iter().enumerate() {
        let key = app.receive(&ada, file, false).await;
        if number % 10 == 3 {
            lost += 1;
        } else {
            assert!(app.deliver(&[key], &faults).await);
        }
    }
    assert_eq!(app.buckets.uploads().await.len(), lost);
    let runs = app.come_to_rest().await;
    assert!((1..=2).contains(&runs), "{runs} runs");
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    row(7, &format!("{lost} of {} events lost, {runs} keeper runs: 0 lost, counters exact", files.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_record_of_an_event_does_not_keep_the_others_from_being_done() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let mut random = StdRng::seed_from_u64(seed());
    let (mut files, mut events) = (Vec::new(), Vec::new());
    for number in 0..many(50_u32, 500) {
        let here: Vec<File> =
            (0..random.random_range(2..=5)).map(|n| file(100_000 + 10 * number + n)).collect();
        let mut keys = Vec::new();
        for file in &here {
            keys.push(app.receive(&ada, file, false).await);
        }
        let mut event = work::uploads_event(UPLOADS, &keys);
        let at = random.random_range(0..=keys.len());
        let absent = format!("in%2F{}%2F{}%2F01ARZ3NDEKTSV4RRFFQ69G5FAV", ada.id, "0".repeat(64));
        let bad = match number % 6 {
            0 => json!({}),
            1 => json!(null),
            2 => json!({"s3": {"object": {"key": "%FF%00+../../etc/passwd"}}}),
            3 => json!({"s3": {"object": {"key": absent}}}),
            4 => json!({"s3": {"object": {"key": ["in"]}}}),
            // This one ends in a panic, in the middle of its first call.
            _ => json!({"s3": {"object": {"key": absent.replace("0000", "dead")}}}),
        };
        event["Records"].as_array_mut().unwrap().insert(at, bad);
        files.extend(here);
        events.push(event);
    }
    faults.plan(|call| {
        call.subject
            .contains(&"dead".repeat(8))
            .then(|| Fault::Instead(Arc::new(|_, _| std::panic::resume_unwind(Box::new("a fault of ours")))))
    });
    let done =
        stream::iter(&events).map(|event| app.invoke(event)).buffer_unordered(8).collect::<Vec<_>>().await;
    let panicked = done.into_iter().filter(|done| !done).count();
    assert_eq!(
        panicked,
        events.len() / 6,
        "those with a panic fail and are tried again; the others are done"
    );
    faults.stop();
    // Nobody tries again: what was not bad is done.
    app.buckets.until_nothing_waits().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    row(
        16,
        &format!(
            "{} mixtures, {panicked} with a panic, {} good records: all done, 0 lost",
            events.len(),
            files.len()
        ),
    );
}

/// Something that is nearly S3's event.
fn malformed(good: &Value, random: &mut StdRng) -> Value {
    let mut event = good.clone();
    for _ in 0..random.random_range(1..=3) {
        if random.random_bool(0.3) {
            // As text, with a byte of it changed; what is no JSON any more comes as text.
            let mut text = event.to_string().into_bytes();
            let at = random.random_range(0..text.len());
            match random.random_range(0..3) {
                0 => text[at] ^= 1 << random.random_range(0..7),
                1 => drop(text.drain(at..)),
                _ => drop(text.remove(at)),
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            event = serde_json::from_str(&text).unwrap_or(Value::String(text));
        } else {
            let strange = [
                json!(null),
                json!(-1),
                json!(1e300),
                json!(""),
                json!("\u{0}/../%"),
                json!([]),
                json!({}),
                json!(true),
                json!([[[]]]),
                json!({"Records": []}),
                json!({"render": {"user": "a/b"}}),
                json!("%E0%A4%A"),
            ];
            let with = strange.choose(random).unwrap().clone();
            *any_part(&mut event, random) = with;
        }
        if let Some(object) = event.as_object_mut()
            && random.random_bool(0.3)
        {
            object.insert(
                ["Records", "render", "Event", "new", ""].choose(random).unwrap().to_string(),
                json!("x"),
            );
        }
    }
    event
}

fn any_part<'a>(value: &'a mut Value, random: &mut StdRng) -> &'a mut Value {
    let children = match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    if children == 0 || random.random_bool(0.2) {
        return value;
    }
    let at = random.random_range(0..children);
    let child = match value {
        Value::Array(items) => &mut items[at],
        Value::Object(fields) => fields.values_mut().nth(at).unwrap(),
        _ => unreachable!("it has no children"),
    };
    any_part(child, random)
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_events_are_read_without_a_panic_and_touch_nothing() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let safe = File::jpeg(1);
    let key = app.receive(&ada, &safe, false).await;
    app.deliver(std::slice::from_ref(&key), &faults).await;
    let generation = ada.lookup(&[safe.photo_id()]).await[0].generation.unwrap();
    let render = work::Render { user: ada.id.clone(), photo_id: safe.photo_id(), generation };
    let s3 = json!({"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": UPLOADS, "arn": "arn:aws:s3:::b"},
        "object": {"key": key.to_string(), "size": 7, "eTag": "x", "sequencer": "00"}}}]});
    let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": UPLOADS});
    let good = [s3, test, work::render_event(&render), work::uploads_event(UPLOADS, &[key])];
    let mut random = StdRng::seed_from_u64(seed());

    let read = many(20_000, 1_000_000);
    let mut understood = 0;
    for _ in 0..read {
        let event = malformed(good.choose(&mut random).unwrap(), &mut random);
        let work = std::panic::catch_unwind(|| work::parse(&event));
        let work = work.unwrap_or_else(|_| panic!("a panic over {event}"));
        understood += usize::from(!work.iter().any(|piece| matches!(piece, Work::Unknown(_))));
    }
    let handled = many(200, 5_000);
    for _ in 0..handled {
        let event = malformed(good.choose(&mut random).unwrap(), &mut random);
        if let Err(failed) = tintype_processor::handle(&event, &app.processor()).await {
            panic!("{event}: {failed}");
        }
    }
    assert_at_rest(&app, &[Wish::all_safe(&ada, [&safe])]).await;
    row(
        17,
        &format!(
            "{read} events read ({understood} still made sense), {handled} handled: 0 panics, 0 failed, nothing changed"
        ),
    );
}
