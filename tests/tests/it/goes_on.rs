//! The keeper goes on: what one slice, one note or one report has against it, the others do not wait for.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::HttpConnector;
use serde_json::{Value, json};
use tintype_core::audit::Kind;
use tintype_core::audit::doubted::{Doubted, DoubtedOriginal};
use tintype_core::id::{AuditId, Generation, PhotoId};
use tintype_core::key::ObjectKey;
use tintype_core::record::Record;
use tintype_core::wire::{UploadOutcome, UploadsAnswer};
use tintype_keeper::request::{AuditAnswer, DrillAnswer, RepairAnswer};
use tintype_storage::catalog::NoteKey;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, User};

async fn drill(app: &TestApp, event: Value) -> DrillAnswer {
    serde_json::from_value(app.ask(json!({ "drill": event }), 0).await).unwrap()
}

#[tokio::test]
async fn an_audit_whose_report_cannot_be_written_gives_its_lease_back() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    app.library(&ada, 3).await;
    faults.plan(|call| {
        let writes = call.operation == "PutObject" && call.path.contains("audits/");
        writes.then_some(Fault::Answer(507, ""))
    });
    let event = json!({"audit": {}});
    let failed = tintype_keeper::handle(&app.stack.keeper, &event, mint::now()).await.unwrap_err();
    assert!(failed.to_string().contains("disk is full"), "{failed}");
    assert!(ada.me().await.last_audit.is_none(), "nobody is told of an audit whose report is not there");
    faults.stop();
    let found = app.audit(json!({})).await;
    assert_eq!((found.checked, found.found), (3, 0), "it is not busy");
    assert_eq!(ada.me().await.last_audit.unwrap().report, found.report);
}

#[tokio::test]
async fn the_schedule_goes_on_with_its_own_audit_behind_one_by_hand_that_was_left() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let mut users = [app.user("ada"), app.user("ben")];
    users.sort_by(|one, other| one.id.cmp(&other.id));
    let [first, second] = users;
    app.library(&first, 2).await;
    app.library(&second, 2).await;
    let running = async || -> AuditId {
        let note = app.sight.catalog.note::<Value>(&NoteKey::KeeperAudit).await.unwrap().unwrap();
        serde_json::from_value(note.says["running"].clone()).unwrap()
    };
    let of_second = second.id.to_string();
    faults.plan(move |call| {
        let strikes = call.path.contains("versions") && call.path.contains(&of_second);
        strikes.then_some(Fault::Answer(403, ""))
    });
    app.ask(json!({}), 0).await;
    faults.stop();
    let scheduled = running().await;
    let by_hand = json!({"audit": {"every_byte": true, "seconds": 0}});
    let left: AuditAnswer = serde_json::from_value(app.ask(by_hand, 0).await).unwrap();
    assert!(!left.finished && left.report != scheduled);
    app.ask(json!({}), 2).await;
    assert_eq!(first.me().await.last_audit.unwrap().report, scheduled);
    assert_eq!(second.me().await.last_audit.unwrap().checked, 2);
}

#[tokio::test]
async fn a_note_that_cannot_be_read_is_begun_anew_and_nobody_waits_for_it() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 3).await;
    app.library(&ben, 2).await;
    let catalog = &app.sight.catalog;
    let of_hers =
        [NoteKey::Doubted, NoteKey::Audit, NoteKey::Drill, NoteKey::Stuck].map(|of| of(ada.id.clone()));
    for key in [NoteKey::KeeperAudit, NoteKey::KeeperDrill, NoteKey::KeeperRun].into_iter().chain(of_hers) {
        catalog.tell(&key, &"nonsense").await.unwrap();
    }
    // Nobody waits for the keeper either.
    let photo_id = files[0].photo_id();
    assert_eq!(ada.me().await.line, "3 photos, not checked yet");
    ada.get("/api/timeline").await.expect(200);
    ada.get(&format!("/api/photos/{photo_id}")).await.expect(200);
    assert!(ada.list_all().await.iter().all(|photo| photo.doubted), "nobody knows of which it spoke");
    assert!(!ada.lookup(&[photo_id]).await.remove(0).safe);
    let asked = json!({ "files": [files[0].wanted()] });
    let known: UploadsAnswer = ada.post("/api/uploads", &asked).await.expect(200).json();
    let known = matches!(known.results[0].outcome, UploadOutcome::Known { .. });
    assert!(known, "the library is not sent again for the sake of a note");
    tintype_keeper::begin(&app.stack.storage, mint::now()).await.unwrap();
    app.ask(json!({}), 0).await;
    for (user, photos) in [(&ada, 3), (&ben, 2)] {
        let told = user.me().await;
        assert_eq!(told.last_audit.unwrap().checked, photos);
        assert_eq!(told.last_drill.unwrap().photos, 1);
    }
    // What the note named is not known: none is called safe before an audit that began since has read them all.
    assert!(!ada.lookup(&[files[0].photo_id()]).await.remove(0).safe);
    assert_eq!(app.audit(json!({})).await.found, 0);
    assert_eq!(ada.me().await.line, "3 photos, all safe, checked today");
    assert!(ada.lookup(&[files[0].photo_id()]).await.remove(0).safe);
    tintype_keeper::begin(&app.stack.storage, mint::now()).await.unwrap();
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_said_and_holds_no_other_up() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 3).await;
    app.spoil_record(&ada, &files[1]).await;
    let found = app.audit(json!({})).await;
    let named: Vec<_> = found.findings.iter().map(|finding| (finding.kind, finding.photo_id)).collect();
    assert_eq!(named, [(Kind::UnreadableRecord, Some(files[1].photo_id()))]);
    assert_eq!(ada.me().await.line, "3 photos, 1 needs attention");
    let known = ada.lookup(&files.iter().map(File::photo_id).collect::<Vec<_>>()).await;
    let safe: Vec<_> = known.iter().map(|photo| (photo.safe, photo.doubted)).collect();
    assert_eq!(safe, [(true, false), (false, true), (true, false)]);
    let asked = json!({ "files": [files[0].wanted(), files[1].wanted()] });
    let answer: UploadsAnswer = ada.post("/api/uploads", &asked).await.expect(200).json();
    let outcomes = answer.results.iter().map(|result| &result.outcome);
    let outcomes: Vec<_> = outcomes.map(|outcome| matches!(outcome, UploadOutcome::Known { .. })).collect();
    assert_eq!(outcomes, [true, false], "what nobody knows of is taken");
}

#[tokio::test]
async fn a_clock_that_was_once_ahead_ends_no_audits_and_checks_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 3).await;
    let years = 24 * 365 * 12;
    app.ask(json!({}), years).await;
    assert_eq!(ada.me().await.line, "3 photos, not checked yet", "not in twelve years");
    let shown = ada.get(&format!("/api/photos/{}", files[0].photo_id())).await.expect(200).value();
    assert!(shown["receipt"]["audited_at"].is_null(), "{shown}");
    let record = app.record(&ada, &files[1]).await;
    app.stack.storage.vault.delete(&record.key).await.unwrap();
    app.ask(json!({}), 1).await;
    assert_eq!(ada.me().await.line, "3 photos, 1 needs attention");
}

/// What page, photo and lookup say of a photo, and the line.
async fn said(user: &User, photo_id: PhotoId) -> ([bool; 3], String) {
    let listed = user.list_all().await.into_iter().find(|photo| photo.photo_id == photo_id).unwrap();
    let shown = user.get(&format!("/api/photos/{photo_id}")).await.expect(200).value();
    let known = user.lookup(&[photo_id]).await.remove(0);
    assert_eq!(known.safe, !known.doubted);
    ([listed.doubted, shown["doubted"] == true, known.doubted], user.me().await.line)
}

#[tokio::test]
async fn what_is_whole_again_is_called_so_by_whoever_has_read_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 3).await;
    let photo_id = files[1].photo_id();
    let record = app.record(&ada, &files[1]).await;
    let wrong = ([true; 3], "3 photos, 1 needs attention".to_owned());
    let right = ([false; 3], "3 photos, all safe, checked today".to_owned());
    for by_audit in [true, false] {
        app.flip(&record, &files[1]).await;
        assert_eq!(app.audit(json!({"every_byte": true})).await.found, 1);
        assert_eq!(said(&ada, photo_id).await, wrong);
        // Its owner brings the right bytes back by hand.
        app.buckets.put_original(&record.key, &files[1].bytes).await;
        let noted = app.stack.storage.vault.head(&record.key).await.unwrap().unwrap();
        let current = app.record(&ada, &files[1]).await;
        let now = Record { version_id: noted.version_id, ..current.clone() };
        app.sight.catalog.replace(Some(&current), &now).await.unwrap();
        assert_eq!(said(&ada, photo_id).await, wrong, "nobody has read it since");
        if by_audit {
            let read = app.audit(json!({})).await;
            assert_eq!((read.found, read.unchecked), (0, 0), "{read:?}");
        } else {
            assert_eq!(drill(&app, json!({"photos": 3})).await.wrong, []);
        }
        assert_eq!(said(&ada, photo_id).await, right, "by an audit: {by_audit}");
    }
}

#[tokio::test]
async fn what_a_drill_found_is_said_though_it_breaks_off() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 30).await;
    let mut sorted: Vec<_> = files.iter().map(File::photo_id).collect();
    sorted.sort_unstable();
    for file in &files {
        app.flip(&app.record(&ada, file).await, file).await;
    }
    // The second page of records cannot be read.
    let pages = std::sync::atomic::AtomicUsize::new(0);
    faults.plan(move |call| {
        let is_page = call.operation == "Query" && call.attempt == 0;
        let seen = pages.fetch_add(usize::from(is_page), std::sync::atomic::Ordering::Relaxed);
        (call.operation == "Query" && seen >= 3).then_some(Fault::Answer(500, ""))
    });
    let drilled = drill(&app, json!({"photos": 30})).await;
    faults.stop();
    assert!(drilled.unchecked >= 1, "{drilled:?}");
    assert!(ada.list_all().await.iter().filter(|photo| photo.doubted).count() >= 5);
}

#[tokio::test]
async fn what_is_repaired_needs_no_attention() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 4).await;
    let records = [app.record(&ada, &files[0]).await, app.record(&ada, &files[1]).await];
    app.buckets.delete(&records[0].key).await;
    app.sight.catalog.remove(&records[1]).await.unwrap();
    app.audit(json!({})).await;
    assert!(ada.me().await.attention >= 2);
    let done: RepairAnswer = serde_json::from_value(app.ask(json!({"repair": {}}), 0).await).unwrap();
    assert_eq!(done.repaired, 2, "{done:?}");
    ada.until_settled(&[files[1].photo_id()]).await;
    let told = ada.me().await;
    assert!(told.attention <= 2, "the thumb and preview beside it alone: {told:?}");
    app.audit(json!({})).await;
    assert_eq!(ada.me().await.line, "4 photos, all safe, checked today");
    // One that is removed for good says nothing any longer.
    app.buckets.delete(&app.record(&ada, &files[2]).await.key).await;
    app.audit(json!({})).await;
    assert_eq!(ada.me().await.attention, 1);
    ada.trash(&[files[2].photo_id()]).await;
    app.keep(31 * 24).await;
    app.keep(31 * 24).await;
    assert_eq!(ada.me().await.attention, 0);
}

#[tokio::test]
async fn what_a_drill_and_an_audit_find_at_once_is_kept_of_both() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 6).await;
    app.rot(&files[1]);
    let key = NoteKey::Doubted(ada.id.clone());
    // While a drill reads, an audit says what it found.
    let other = DoubtedOriginal {
        photo_id: files[3].photo_id(),
        generation: app.record(&ada, &files[3]).await.generation,
    };
    let (catalog, told) = (app.sight.catalog.clone(), key.clone());
    let meanwhile = Fault::Instead(Arc::new(move |request, real| {
        let (catalog, told) = (catalog.clone(), told.clone());
        Box::pin(async move {
            catalog.tell(&told, &Doubted { originals: vec![other], ..Doubted::default() }).await.unwrap();
            real.call(request).await
        })
    }));
    faults.plan(move |call| (call.operation == "GetObject").then(|| meanwhile.clone()));
    let drilled = drill(&app, json!({"photos": 6})).await;
    faults.stop();
    assert_eq!(drilled.wrong, [files[1].photo_id()]);
    let note = app.sight.catalog.note::<Doubted>(&key).await.unwrap().unwrap();
    let doubted: std::collections::BTreeSet<_> =
        note.says.originals.iter().map(|original| original.photo_id).collect();
    assert_eq!(doubted, [files[1].photo_id(), files[3].photo_id()].into());
}

#[tokio::test]
async fn what_is_rotten_beyond_what_can_be_listed_is_not_forgotten() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 4).await;
    // The note is full of others.
    let others = (0..u16::try_from(Doubted::MOST).unwrap()).map(|number| {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&number.to_be_bytes());
        DoubtedOriginal { photo_id: PhotoId::from_digest(digest), generation: Generation::from_parts(1, 1) }
    });
    let full = Doubted { originals: others.collect(), ..Doubted::default() };
    app.sight.catalog.tell(&NoteKey::Doubted(ada.id.clone()), &full).await.unwrap();
    app.rot(&files[2]);
    let wrong = |found: &AuditAnswer| -> Vec<_> {
        let wrong = found.findings.iter().filter(|finding| finding.kind == Kind::WrongChecksum);
        wrong.filter_map(|finding| finding.photo_id).collect()
    };
    assert_eq!(wrong(&app.audit(json!({"every_byte": true})).await), [files[2].photo_id()]);
    for _ in 0..2 {
        let plain = app.audit(json!({})).await;
        assert_eq!(wrong(&plain), [files[2].photo_id()], "a plain one reads all while there may be more");
        assert!(!ada.lookup(&[files[2].photo_id()]).await.remove(0).safe);
    }
}

#[tokio::test]
async fn a_repair_takes_the_newest_report_that_can_be_read() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 3).await;
    let record = app.record(&ada, &files[1]).await;
    app.stack.storage.vault.delete(&record.key).await.unwrap();
    let found = app.audit(json!({})).await;
    assert_eq!(found.found, 1);
    let now = u64::try_from(mint::now().unix_timestamp_nanos() / 1_000_000).unwrap();
    let rotten = ObjectKey::Audit { audit_id: AuditId::from_parts(now, 1) };
    let future = ObjectKey::Audit { audit_id: AuditId::from_parts(now + 86_400_000, 1) };
    for key in [rotten, future] {
        app.buckets.put_original(&key.to_string(), b"no report").await;
    }
    let repaired: RepairAnswer = serde_json::from_value(app.ask(json!({"repair": {}}), 0).await).unwrap();
    assert_eq!((repaired.report, repaired.repaired), (Some(found.report), 1), "{repaired:?}");
}

#[tokio::test]
async fn a_repair_on_a_full_disk_says_so() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    app.stack.storage.vault.delete(&app.record(&ada, &files[1]).await.key).await.unwrap();
    app.audit(json!({})).await;
    faults.plan(|call| (call.operation == "CopyObject").then_some(Fault::Answer(507, "")));
    let left: RepairAnswer = serde_json::from_value(app.ask(json!({"repair": {}}), 0).await).unwrap();
    assert!(left.results[0].says.contains("the disk is full"), "{left:?}");
    faults.stop();
    let repaired: RepairAnswer = serde_json::from_value(app.ask(json!({"repair": {}}), 0).await).unwrap();
    assert_eq!(repaired.repaired, 1, "{repaired:?}");
}
