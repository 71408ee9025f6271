//! S3 and DynamoDB answer what is not so: nothing is called safe before it is, and nothing gone that is not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tintype_core::key::ObjectKey;
use tintype_core::work;
use tintype_local::stack::UPLOADS;
use tintype_tests::{
    Buckets, Call, Fault, Faults, File, TestApp, Wish, answer, assert_at_rest, many, row, stale_indexes,
};

const CONFLICT: &str = "<Error><Code>ConditionalRequestConflict</Code><Message>Again.</Message></Error>";
const THERE: &str = "<Error><Code>PreconditionFailed</Code><Message>It is there.</Message></Error>";
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>: "a 200 OK response can contain an error".
const INTERNAL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<Error><Code>InternalError</Code><Message>Retry.</Message></Error>";

fn file(kind: u32, number: u32) -> File {
    File::new("copy", "", format!("copy {kind} {number}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_not_safe_until_the_copy_agrees_whatever_the_copy_answered() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let vault = Arc::new(Buckets::of(&app.stack.services));
    let other_bytes = Fault::Instead(Arc::new(move |request, _| {
        let path = request.uri().split("/tintype-vault/").nth(1).expect("a key of the vault").to_owned();
        let (key, vault) = (path.split('?').next().unwrap_or_default().to_owned(), Arc::clone(&vault));
        Box::pin(async move {
            vault.put_original(&key, b"other bytes").await;
            Ok(answer(200, "<CopyObjectResult><ETag>\"0\"</ETag></CopyObjectResult>"))
        })
    }));
    let kinds = [
        ("409", Fault::Answer(409, CONFLICT)),
        ("412", Fault::Answer(412, THERE)),
        ("200 with an error", Fault::Answer(200, INTERNAL)),
        ("other bytes", other_bytes),
    ];
    let times = many(8, 50);
    let (mut files, mut strays) = (Vec::new(), BTreeMap::new());
    for (kind, (name, fault)) in kinds.into_iter().enumerate() {
        let here: Vec<File> = (0..times).map(|n| file(u32::try_from(kind).unwrap(), n)).collect();
        let mut keys = Vec::new();
        for file in &here {
            keys.push(app.receive(&ada, file, false).await);
        }
        // S3 answers so as long as this invocation runs.
        faults.plan(move |call| (call.operation == "CopyObject").then(|| fault.clone()));
        let events: Vec<_> =
            keys.iter().map(|key| work::uploads_event(UPLOADS, std::slice::from_ref(key))).collect();
        let done = futures::future::join_all(events.iter().map(|event| app.invoke(event))).await;
        assert!(done.iter().all(|done| !done), "{name}: the event fails");
        let photo_ids: Vec<_> = here.iter().map(File::photo_id).collect();
        assert!(ada.lookup(&photo_ids).await.iter().all(|known| !known.safe), "{name}: not safe");
        assert_eq!(app.buckets.uploads().await.len(), here.len(), "{name}: the uploads stay");
        faults.stop();
        assert!(app.deliver(&keys, &faults).await, "{name}: the second try");
        if name == "other bytes" {
            strays.extend(photo_ids.into_iter().map(|photo_id| (photo_id, 1)));
        }
        files.extend(here);
    }
    app.come_to_rest().await;
    // Nothing is ever written over: other bytes stay where they lie, and the photo has a generation of its own.
    assert_at_rest(&app, &[Wish { strays, ..Wish::all_safe(&ada, &files) }]).await;
    row(
        11,
        &format!(
            "409, 412, 200 with an error, other bytes, {times} each: none safe before HEAD agreed, 0 lost"
        ),
    );
}

/// S3 answers 403 for what is not there to whoever may not list the bucket.
fn forbidden(call: &Call) -> Option<Fault> {
    use aws_smithy_runtime_api::client::http::HttpConnector;
    matches!(call.operation.as_str(), "HeadObject" | "GetObject").then(|| {
        Fault::Instead(Arc::new(|request, real| {
            Box::pin(async move {
                let reply = real.call(request).await?;
                let absent = reply.status().as_u16() == 404;
                Ok(if absent { answer(403, "<Error><Code>AccessDenied</Code></Error>") } else { reply })
            })
        }))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_403_for_what_is_absent_is_unavailable_and_nothing_is_deleted_or_called_lost() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let times = many(10, 100);

    // Finished uploads whose event comes again: their HEAD finds nothing.
    let finished: Vec<File> = (0..times).map(|n| file(10, n)).collect();
    let mut echoes = Vec::new();
    for file in &finished {
        let key = app.receive(&ada, file, false).await;
        app.deliver(std::slice::from_ref(&key), &faults).await;
        echoes.push(key);
    }
    // Records whose invocation ended before the copy: `storing`, and nothing in the vault.
    let begun: Vec<File> = (0..times).map(|n| file(11, n)).collect();
    for file in &begun {
        let key = app.receive(&ada, file, false).await;
        faults.plan(|call| (call.operation == "CopyObject").then_some(Fault::Unsent));
        assert!(!app.invoke(&work::uploads_event(UPLOADS, &[key])).await);
    }
    let vault = app.buckets.vault().await;
    faults.plan(forbidden);
    let mut refused = 0;
    for key in &echoes {
        let event = work::uploads_event(UPLOADS, std::slice::from_ref(key));
        let said = tintype_processor::handle(&event, &app.processor())
            .await
            .expect_err("a 403 is no end")
            .to_string();
        assert!(said.contains("unavailable") && !said.contains("LOST"), "{said}");
        refused += 1;
    }
    // A run of the keeper whose messages to the processor are lost.
    faults
        .plan(|call| if call.operation == "Invoke" { Some(Fault::Answer(202, "")) } else { forbidden(call) });
    let report = app.keep(2).await;
    assert_eq!((report.removed, report.finished, report.purged), (0, 0, 0), "{report:?}");
    assert_eq!(report.failed, begun.len(), "{report:?}");
    assert_eq!(app.buckets.vault().await, vault);
    assert_eq!(app.buckets.uploads().await.len(), begun.len());
    faults.stop();
    let runs = app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, finished.iter().chain(&begun))]).await;
    row(
        35,
        &format!(
            "{} answers of 403 for what is absent: 0 deleted, 0 called lost; then {runs} keeper runs, 0 lost",
            refused + report.failed
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_that_lag_by_five_seconds_change_nothing_about_what_is_known_and_safe() {
    const LAG: Duration = Duration::from_secs(5);
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    faults.plan(stale_indexes(LAG));
    let files: Vec<File> = (0..many(40, 400)).map(|n| file(20, n)).collect();
    let mut unlisted = 0;
    for file in &files {
        let key: ObjectKey = app.receive(&ada, file, false).await;
        assert!(app.deliver(&[key], &faults).await);
        // Known and safe at once, in the listing later.
        assert!(ada.lookup(&[file.photo_id()]).await[0].safe);
        let known = ada.offer(&file.wanted()).await;
        assert!(matches!(known, tintype_core::wire::UploadOutcome::Known { .. }), "{known:?}");
        let listed = ada.get("/api/photos?limit=1").await.json::<tintype_core::wire::PhotoPage>();
        unlisted += usize::from(listed.photos.first().is_none_or(|photo| photo.photo_id != file.photo_id()));
    }
    assert!(unlisted > files.len() / 2, "the index lags: {unlisted}");
    // The keeper sees work that was done long ago, and leaves it alone.
    for hours in 1..4 {
        let report = app.keep(hours).await;
        assert_eq!((report.finished, report.removed, report.failed), (0, 0, 0), "{report:?}");
    }
    let trashed: Vec<_> = files.iter().take(files.len() / 4).collect();
    let photo_ids: Vec<_> = trashed.iter().map(|file| file.photo_id()).collect();
    ada.trash(&photo_ids).await;
    assert!(ada.lookup(&photo_ids).await.iter().all(|known| !known.safe), "the trash is known at once");
    tokio::time::sleep(LAG + Duration::from_millis(500)).await;
    app.come_to_rest().await;
    let wish = Wish { trashed: trashed.clone(), ..Wish::all_safe(&ada, &files[trashed.len()..]) };
    assert_at_rest(&app, &[wish]).await;
    row(
        19,
        &format!(
            "{} photos, {unlisted} known and safe before the index showed them ({LAG:?} late), 3 keeper runs over it: nothing done twice, 0 lost",
            files.len()
        ),
    );
}
