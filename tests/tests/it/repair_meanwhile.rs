//! What happens between an audit and its repair, or during one: what has changed is left alone, or done right.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::HttpConnector;
use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::key::{FileName, ObjectKey};
use tintype_core::record::Record;
use tintype_core::wire::LookupState;
use tintype_keeper::request::AuditAnswer;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, assert_counters_are_true, assert_whole, row, until};
use tokio::sync::Notify;

#[tokio::test]
async fn a_repair_from_a_stale_report_does_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let records = [app.record(&ada, &files[0]).await, app.record(&ada, &files[1]).await];
    for record in &records {
        app.buckets.delete(&record.key).await;
    }
    let found = app.audit(json!({})).await;
    assert_eq!(found.found, 2);

    let event = json!({"repair": {"report": found.report}});
    let in_two_hours = mint::now() + time::Duration::minutes(61);
    let before = app.everything(&ada).await;
    let refused =
        tintype_keeper::handle(&app.stack.keeper, &event, in_two_hours).await.unwrap_err().to_string();
    assert!(refused.contains("minutes old") && refused.contains("run the audit again"), "{refused}");
    assert_eq!(app.everything(&ada).await, before);

    // One of the two changed since: its owner moved it to the trash and back.
    ada.trash(&[files[0].photo_id()]).await;
    ada.restore(&[files[0].photo_id()]).await;
    let done = app.repair(&found).await;
    assert_eq!((done.repaired, done.left), (1, 1), "{done:?}");
    let left = done.results.iter().find(|result| !result.repaired).unwrap();
    assert_eq!(left.finding.photo_id, Some(files[0].photo_id()));
    assert!(left.says.contains("changed since the audit"), "{}", left.says);
    assert!(app.stack.storage.vault.head(&records[0].key).await.unwrap().is_none());
    assert_whole(&app, &ada, &files[1]).await;
    // The same report again: what is repaired has changed since.
    assert_eq!(app.repair(&found).await.repaired, 0);

    let unknown = json!({"repair": {"report": mint::audit_id(mint::now())}});
    let refused = tintype_keeper::handle(&app.stack.keeper, &unknown, mint::now()).await.unwrap_err();
    assert!(refused.to_string().contains("no report"), "{refused}");
    row(
        29,
        "a report of 61 minutes: refused whole; a record changed since: that one refused, the other repaired",
    );
}

#[tokio::test]
async fn an_upload_of_a_lost_photo_waits_for_the_repair_and_is_used() {
    let app =
        TestApp::start_with(|options| options.lambda.retry_after = [std::time::Duration::ZERO; 2]).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    // A photo whose bytes are in no version: its record was written by hand.
    let other = File::jpeg(2);
    app.settle(&ada, std::slice::from_ref(&other)).await;
    let template = app.record(&ada, &other).await;
    let generation = mint::generation(mint::now());
    let (photo_id, file_name) = (file.photo_id(), FileName::from_client(&file.name));
    let key = ObjectKey::Original { user: ada.id.clone(), photo_id, generation, file_name }.to_string();
    let size = file.bytes.len() as u64;
    let lost = Record { photo_id, generation, key, size, revision: 0, ..template };
    app.stack.storage.catalog.replace(None, &lost).await.unwrap();

    let found = app.audit(json!({})).await;
    let done = app.repair(&found).await;
    let of_it = done.results.iter().find(|result| result.finding.kind == Kind::Lost).unwrap();
    assert!(!of_it.repaired && of_it.says.contains("nowhere to be had"), "{}", of_it.says);

    // Its owner still has the file: to the trash with the photo, and the file once more.
    ada.trash(&[photo_id]).await;
    ada.upload_again(&file).await;
    until(std::time::Duration::from_secs(20), async || {
        let known = ada.lookup(&[photo_id]).await.remove(0);
        if known.state == LookupState::Stored { Ok(()) } else { Err(format!("{known:?}")) }
    })
    .await;
    let found = app.audit(json!({})).await;
    let done = app.repair(&found).await;
    let of_it = done.results.iter().find(|result| result.finding.kind == Kind::Lost).unwrap();
    assert!(of_it.repaired && of_it.says.contains("an upload that waited"), "{}", of_it.says);
    assert_eq!(ada.original(&photo_id).await.body, file.bytes);
    app.buckets.until_nothing_waits().await;
}

#[tokio::test]
async fn what_a_repair_copies_for_a_photo_that_is_removed_meanwhile_is_removed_too() {
    let (faults, [reached, purged]) = (Faults::default(), [(); 2].map(|()| Arc::new(Notify::new())));
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let ada = app.user("ada");
    let file = app.library(&ada, 1).await.remove(0);
    let record = app.record(&ada, &file).await;
    app.flip(&record, &file).await;
    ada.trash(&[file.photo_id()]).await;
    let found = app.audit(json!({})).await;
    assert_eq!(found.found, 1, "what is in the trash is looked at too");

    // The repair's copy is on its way while the keeper removes the photo.
    let (at_copy, go_on) = (Arc::clone(&reached), Arc::clone(&purged));
    let held = Fault::Instead(Arc::new(move |request, real| {
        let (at_copy, go_on) = (Arc::clone(&at_copy), Arc::clone(&go_on));
        Box::pin(async move {
            at_copy.notify_one();
            go_on.notified().await;
            real.call(request).await
        })
    }));
    faults.plan(move |call| (call.operation == "CopyObject").then(|| held.clone()));
    let remove = async {
        reached.notified().await;
        assert_eq!(app.keep(31 * 24).await.purged, 1);
        purged.notify_one();
    };
    let (done, ()) = tokio::join!(app.repair(&found), remove);
    assert_eq!((done.repaired, done.left), (0, 1), "{done:?}");
    assert_eq!(app.buckets.originals().await.len(), 1, "the copy came too late to be removed: {done:?}");
    assert_eq!(app.keep(31 * 24).await.purged, 1);
    assert_eq!(app.buckets.originals().await.len(), 0);
    assert_eq!(app.audit(json!({})).await.found, 0);
    assert_counters_are_true(&ada).await;
}

#[tokio::test]
async fn two_repairs_at_once_leave_a_whole_photo_and_nothing_that_needs_attention() {
    let (faults, [reached, other]) = (Faults::default(), [(); 2].map(|()| Arc::new(Notify::new())));
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let ada = app.user("ada");
    let file = app.library(&ada, 1).await.remove(0);
    let record = app.record(&ada, &file).await;
    app.buckets.put_original(&record.key, b"something else").await;
    let found = app.audit(json!({})).await;
    assert_eq!(found.found, 1, "{found:?}");

    // The copy of one is on its way while the other does all of its work.
    let (at_copy, go_on) = (Arc::clone(&reached), Arc::clone(&other));
    let copies = Arc::new(AtomicUsize::new(0));
    faults.plan(move |call| {
        let first = call.operation == "CopyObject" && copies.fetch_add(1, Ordering::SeqCst) == 0;
        let (at_copy, go_on) = (Arc::clone(&at_copy), Arc::clone(&go_on));
        first.then(|| {
            Fault::Instead(Arc::new(move |request, real| {
                let (at_copy, go_on) = (Arc::clone(&at_copy), Arc::clone(&go_on));
                Box::pin(async move {
                    at_copy.notify_one();
                    go_on.notified().await;
                    real.call(request).await
                })
            }))
        })
    });
    let overtakes = async {
        reached.notified().await;
        let done = app.repair(&found).await;
        other.notify_one();
        done
    };
    let (slow, fast) = tokio::join!(app.repair(&found), overtakes);
    assert_eq!((fast.repaired, slow.repaired, slow.left), (1, 0, 1), "{slow:?}");
    assert_whole(&app, &ada, &file).await;

    for every_byte in [false, true] {
        let event = json!({"audit": {"every_byte": every_byte}});
        let again: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
        assert_eq!((again.found, again.leftovers, again.unchecked), (4, 4, 0), "{again:?}");
    }
    let me = ada.me().await;
    assert_eq!(me.line, "1 photo, safe, checked today");
    assert_counters_are_true(&ada).await;
}
