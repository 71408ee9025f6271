//! Calls to S3, DynamoDB and Lambda fail in every way that they can, at every place where they are made; afterwards
//! everything is as if nothing had happened.

mod of_the_keeper;

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use tintype_core::wire::UploadOutcome;
use tintype_tests::{
    ALL_TRIES, Fault, Faults, File, Strike, TestApp, User, Wish, assert_at_rest, drawn, many, random, row,
    seed, strikes,
};

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
