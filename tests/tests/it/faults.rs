//! Calls to S3, DynamoDB and Lambda fail in every way that they can, at every place where they are made; afterwards
//! everything is as if nothing had happened.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use tintype_core::wire::UploadOutcome;
use tintype_tests::{
    Call, Fault, Faults, File, TestApp, User, Wish, assert_at_rest, drawn, many, random, row, seed,
};

/// How often the SDK tries a call: a fault that strikes all of them fails the invocation.
pub(crate) const ALL_TRIES: usize = 4;

/// A fault at one call of one photo, for so many tries of it in a row.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    pub(crate) call: usize,
    pub(crate) fault: Fault,
    pub(crate) tries: usize,
}

/// Each photo has its own strikes.
pub(crate) fn strikes(plans: HashMap<String, Vec<Strike>>) -> impl Fn(&Call) -> Option<Fault> + Send + Sync {
    move |call| {
        let hit = |strike: &&Strike| strike.call == call.ordinal && call.attempt < strike.tries;
        plans.get(&call.subject)?.iter().find(hit).map(|strike| strike.fault.clone())
    }
}

/// A photo with variants, or a file without; the same number gives the same file.
fn file(number: u32) -> File {
    if number.is_multiple_of(4) {
        File::new(&format!("note {number}.txt"), "text/plain", format!("note {number}"))
    } else {
        File::jpeg(number)
    }
}

/// The calls that the processor makes for an upload when nothing fails.
async fn calls_of(app: &TestApp, ada: &User, faults: &Faults, file: &File) -> Vec<String> {
    let key = app.receive(ada, file, false).await;
    faults.stop();
    assert!(app.deliver(&[key], faults).await);
    let subject = file.photo_id().to_string();
    faults.log().into_iter().filter(|call| call.subject == subject).map(|call| call.operation).collect()
}

/// Uploads one file for each plan, each with an event that is delivered while its plan strikes; then all come to rest.
async fn upload_under(
    app: &TestApp,
    ada: &User,
    faults: &Faults,
    plans: Vec<(File, Vec<Strike>)>,
) -> (usize, usize) {
    let mut received = Vec::new();
    for (file, _) in &plans {
        received.push(app.receive(ada, file, false).await);
    }
    let by_photo = plans.iter().map(|(file, plan)| (file.photo_id().to_string(), plan.clone())).collect();
    faults.plan(strikes(by_photo));
    let delivered: Vec<bool> = stream::iter(received)
        .map(|key| async { app.deliver(&[key], faults).await })
        .buffer_unordered(128)
        .collect()
        .await;
    faults.stop();
    let runs = app.come_to_rest().await;
    (delivered.into_iter().filter(|done| !done).count(), runs)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_an_upload_fails_in_any_way_and_the_end_is_the_same() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let (photo, note) = (File::jpeg(1), file(0));
    let walks = [calls_of(&app, &ada, &faults, &photo).await, calls_of(&app, &ada, &faults, &note).await];
    assert!(walks[0].len() >= 12 && walks[1].len() >= 7, "{walks:?}");

    let (mut plans, mut number) = (Vec::new(), 10_000);
    for (walk, calls) in walks.iter().enumerate() {
        for call in 0..calls.len() {
            for tries in [1, ALL_TRIES] {
                let survived = Fault::SURVIVED.into_iter().filter(|_| {
                    // Each call with each fault; for each change, one of the two lengths.
                    many(drawn(seed(), (call, tries)) % 2 == 0 || tries == 1, true)
                });
                let halts = Fault::HALTS.into_iter().filter(|_| tries == 1);
                for fault in survived.chain(halts) {
                    number += 1;
                    let file = if walk == 0 { File::jpeg(number) } else { file(4 * number) };
                    plans.push((file, vec![Strike { call, fault, tries }]));
                }
            }
        }
    }
    let files: Vec<File> = plans.iter().map(|(file, _)| file.clone()).collect();
    let before = faults.count();
    let (failed, runs) = upload_under(&app, &ada, &faults, plans).await;
    let struck = faults.count() - before;
    assert!(struck >= files.len(), "{struck} faults struck in {} uploads", files.len());
    assert_at_rest(&app, &[Wish::all_safe(&ada, files.iter().chain([&photo, &note]))]).await;
    row(
        1,
        &format!(
            "{} calls x F1..F6 = {} uploads, {struck} faults, {failed} events failed three times, {runs} keeper runs: 0 lost, 0 twice, counters exact",
            walks[0].len() + walks[1].len(),
            files.len()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_faults_in_one_upload_and_the_end_is_the_same() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let calls = calls_of(&app, &ada, &faults, &File::jpeg(1)).await.len() as u64;
    let any: Vec<Fault> = Fault::SURVIVED.into_iter().chain(Fault::HALTS).collect();
    let plans: Vec<_> = (0..many(100_u32, 1_000))
        .map(|number| {
            let strike = |which: u64| {
                let draw = |what: &str| drawn(seed(), (number, which, what));
                // The second one may strike the walk that the first one made necessary.
                let call = usize::try_from(draw("call") % (calls + 6 * which)).unwrap();
                let fault = any[usize::try_from(draw("fault")).unwrap() % any.len()].clone();
                Strike { call, fault, tries: if draw("tries") % 3 == 0 { ALL_TRIES } else { 1 } }
            };
            (File::jpeg(20_000 + number), vec![strike(0), strike(1)])
        })
        .collect();
    let files: Vec<File> = plans.iter().map(|(file, _)| file.clone()).collect();
    let (failed, runs) = upload_under(&app, &ada, &faults, plans).await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, files.iter().chain([&File::jpeg(1)]))]).await;
    row(
        2,
        &format!(
            "{} pairs, {} faults, {failed} events failed three times, {runs} keeper runs: 0 lost, 0 twice, counters exact",
            files.len(),
            faults.count()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_under_random_faults_all_become_safe_and_none_twice() {
    let faults = Faults::default();
    let http = faults.client();
    let app = TestApp::start_with(|options| {
        options.http = Some(http);
        options.durability = tintype_local_s3::Durability::Process;
        options.lambda.concurrency = 32;
    })
    .await;
    let ada = app.user("ada");
    let files: Arc<Vec<File>> = Arc::new((0..many(300, 10_000)).map(|n| bulk(30_000 + n)).collect());
    faults.plan(random(seed(), many(40, 80), ALL_TRIES, Fault::SURVIVED.to_vec()));
    stream::iter(files.iter()).for_each_concurrent(16, |file| upload_stubbornly(&ada, file)).await;
    let runs = app.come_to_rest().await;
    faults.stop();
    let runs = runs + app.come_to_rest().await;
    assert!(faults.count() >= many(30, 1_000), "{} faults", faults.count());
    assert_at_rest(&app, &[Wish::all_safe(&ada, files.iter())]).await;
    row(
        3,
        &format!(
            "{} uploads, {} faults {:?}, {runs} keeper runs: 0 lost, 0 twice, counters exact",
            files.len(),
            faults.count(),
            faults.struck()
        ),
    );
}

/// Nine of ten are not pictures: the protocol is what is tried here, not the codecs.
fn bulk(number: u32) -> File {
    if number.is_multiple_of(10) { File::jpeg(number) } else { File::new("b", "", format!("bulk {number}")) }
}

/// As a client does it: what is refused for now is asked again.
async fn upload_stubbornly(user: &User, file: &File) {
    for _ in 0..20 {
        let asked = serde_json::json!({ "files": [file.wanted()] });
        let answer = user.post("/api/uploads", &asked).await;
        if answer.status == 200 {
            let mut answer: tintype_core::wire::UploadsAnswer = answer.json();
            match answer.results.remove(0).outcome {
                UploadOutcome::Known { .. } => return,
                UploadOutcome::Upload { request } => {
                    user.put(&request, &file.bytes).await.expect(200);
                    return;
                }
                other => panic!("{other:?}"),
            }
        }
        answer.problem(503);
    }
    panic!("{} could not be uploaded", file.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_lost_put_off_or_in_conflict_counts_once() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let times = many(40_usize, 200);
    let mut received = Vec::new();
    for number in 0..times {
        let file = File::new("t", "", format!("transaction {number}"));
        let key = app.receive(&ada, &file, false).await;
        received.push((file, key));
    }
    // Every write of every photo, in turn: performed and the reply lost; put off; lost four times in a row.
    faults.plan(move |call| {
        let draw = drawn(seed(), (&call.subject, call.ordinal));
        let tries = if draw.is_multiple_of(4) { ALL_TRIES } else { 1 };
        let fault = if draw % 2 == 1 { Fault::LostReply } else { Fault::Throttled };
        let writes = matches!(call.operation.as_str(), "TransactWriteItems" | "PutItem");
        (writes && call.attempt < tries).then_some(fault)
    });
    stream::iter(&received)
        .for_each_concurrent(16, |(file, key)| {
            let (app, ada, faults) = (&app, &ada, &faults);
            async move {
                app.deliver(std::slice::from_ref(key), faults).await;
                // A client that is told 503 asks again.
                for path in ["/api/photos/trash", "/api/photos/restore"] {
                    for _ in 0..10 {
                        let asked = tintype_core::wire::PhotoIds { photo_ids: vec![file.photo_id()] };
                        if ada.post(path, &asked).await.status == 200 {
                            break;
                        }
                    }
                }
            }
        })
        .await;
    faults.stop();
    let runs = app.come_to_rest().await;
    // What was not safe yet when its owner trashed it is safe now; nothing may be in the trash.
    let left: Vec<_> = ada.trash_all().await.into_iter().map(|photo| photo.photo_id).collect();
    ada.restore(&left).await;
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, received.iter().map(|(file, _)| file))]).await;
    let struck = faults.count();
    assert!(struck >= 3 * times, "{struck}");
    row(
        18,
        &format!(
            "{times} photos, {struck} faults on their writes, {runs} keeper runs: converged, counters exact"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_stored_and_the_preview_is_finished_by_the_keeper() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let walk = calls_of(&app, &ada, &faults, &File::jpeg(1)).await;
    // From the write that makes it safe to the deletion of the upload.
    let safe = walk.iter().rposition(|call| call == "HeadObject").unwrap() + 1;
    let crashes: Vec<_> =
        (safe..walk.len()).flat_map(|call| Fault::HALTS.map(|fault| (call, fault))).collect();
    let plans: Vec<_> = (0..many(3 * crashes.len(), 100.max(crashes.len())))
        .map(|n| {
            let (call, fault) = crashes[n % crashes.len()].clone();
            (File::jpeg(40_000 + u32::try_from(n).unwrap()), Strike { call, fault, tries: 1 })
        })
        .collect();
    let mut keys = Vec::new();
    for (file, _) in &plans {
        keys.push(app.receive(&ada, file, false).await);
    }
    faults.plan(strikes(plans.iter().map(|(f, s)| (f.photo_id().to_string(), vec![s.clone()])).collect()));
    // Lambda does not try again here: the keeper alone has to find them.
    let processor = app.processor();
    for (key, (file, _)) in keys.iter().zip(&plans) {
        let event =
            tintype_core::work::uploads_event(tintype_local::stack::UPLOADS, std::slice::from_ref(key));
        let subject = file.photo_id().to_string();
        let halted = async {
            while !faults.has_halted(&subject) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = tintype_processor::handle(&event, &processor) => panic!("it was to crash"),
            () = halted => {}
        }
    }
    faults.stop();
    let runs = app.come_to_rest().await;
    assert!(runs <= 2, "{runs} keeper runs");
    let files: Vec<_> = plans.iter().map(|(file, _)| file).collect();
    assert_at_rest(&app, &[Wish::all_safe(&ada, files.iter().copied().chain([&File::jpeg(1)]))]).await;
    row(
        34,
        &format!(
            "{} photos, a crash before and after each of {} calls, {runs} keeper runs: all have their previews, 0 lost, counters exact",
            files.len(),
            walk.len() - safe
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_the_keeper_fails_in_any_way_and_a_later_run_does_it() {
    // Its calls follow one another, and so do the SDK's pauses: several stacks, one for each fault.
    let of_each = Fault::SURVIVED.into_iter().chain(Fault::HALTS).map(keeper_under);
    let done = join_all(of_each).await;
    let (calls, struck) =
        done.into_iter().fold((0, 0), |sum, (calls, struck)| (sum.0.max(calls), sum.1 + struck));
    row(
        1,
        &format!(
            "{calls} calls of the keeper's purge x F1..F6, {struck} faults: 0 lost, 0 twice, counters exact"
        ),
    );
}

/// Purges photos under this fault, at another call of each.
async fn keeper_under(fault: Fault) -> (usize, usize) {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let kept = File::jpeg(1);
    let first = File::new("first", "", "first");
    let mut files: Vec<File> = (0..12).map(|n| File::new("p", "", format!("purged {n}"))).collect();
    files.push(first.clone());
    for file in files.iter().chain([&kept]) {
        let key = app.receive(&ada, file, false).await;
        app.deliver(&[key], &faults).await;
    }
    ada.trash(&[first.photo_id()]).await;
    faults.stop();
    app.keep(31 * 24).await;
    let subject = first.photo_id().to_string();
    let calls = faults.log().iter().filter(|call| call.subject == subject).count();
    assert!((6..=12).contains(&calls), "{calls} calls");

    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    ada.trash(&photo_ids[..calls]).await;
    let halts = matches!(fault, Fault::Halt { .. });
    let plan = files[..calls].iter().enumerate().map(|(call, file)| {
        let tries = many(1, ALL_TRIES);
        (file.photo_id().to_string(), vec![Strike { call, fault: fault.clone(), tries }])
    });
    let runs = if halts { calls } else { 1 };
    let before = faults.count();
    faults.plan(strikes(plan.collect()));
    for run in 0..runs {
        let then =
            tintype_storage::mint::now() + time::Duration::hours(31 * 24 + i64::try_from(run).unwrap());
        let halted = async {
            loop {
                if files.iter().any(|file| faults.has_halted(&file.photo_id().to_string())) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = tintype_keeper::run(&app.stack.keeper, then) => {}
            () = halted => {}
        }
    }
    faults.stop();
    for run in 0..3 {
        app.keep(33 * 24 + run).await;
    }
    let wish = Wish {
        user: &ada,
        stored: files[calls..12].iter().chain([&kept]).collect(),
        trashed: Vec::new(),
        gone: files[..calls].iter().chain([&first]).collect(),
        strays: std::collections::BTreeMap::new(),
    };
    assert_at_rest(&app, &[wish]).await;
    (calls, faults.count() - before)
}
