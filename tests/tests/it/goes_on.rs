//! The keeper goes on: what one slice, one note or one report has against it, the others do not wait for.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::HttpConnector;
use serde_json::{Value, json};
use tintype_core::audit::Kind;
use tintype_core::audit::report::{Doubted, DoubtedOriginal};
use tintype_core::id::{AuditId, Generation, PhotoId};
use tintype_core::key::ObjectKey;
use tintype_core::wire::Me;
use tintype_keeper::request::{AuditAnswer, DrillAnswer, RepairAnswer};
use tintype_storage::catalog::NoteKey;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, TestApp, User};

async fn audit(app: &TestApp, event: Value) -> AuditAnswer {
    loop {
        let event = json!({ "audit": event.clone() });
        let answer: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
        if answer.finished {
            return answer;
        }
    }
}

async fn drill(app: &TestApp, event: Value) -> DrillAnswer {
    serde_json::from_value(app.ask(json!({ "drill": event }), 0).await).unwrap()
}

async fn me(user: &User) -> Me {
    user.get("/api/me").await.json()
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
    assert!(me(&ada).await.last_audit.is_none(), "nobody is told of an audit whose report is not there");
    faults.stop();
    let found = audit(&app, json!({})).await;
    assert_eq!((found.checked, found.found), (3, 0), "it is not busy");
    assert_eq!(me(&ada).await.last_audit.unwrap().report, found.report);
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
    tintype_keeper::handle(&app.stack.keeper, &json!({}), mint::now()).await.unwrap_err();
    faults.stop();
    let scheduled = running().await;
    let by_hand = json!({"audit": {"every_byte": true, "seconds": 0}});
    let left: AuditAnswer = serde_json::from_value(app.ask(by_hand, 0).await).unwrap();
    assert!(!left.finished && left.report != scheduled);
    app.ask(json!({}), 2).await;
    assert_eq!(me(&first).await.last_audit.unwrap().report, scheduled);
    assert_eq!(me(&second).await.last_audit.unwrap().checked, 2);
}

#[tokio::test]
async fn a_note_that_cannot_be_read_is_begun_anew_and_nobody_waits_for_it() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 3).await;
    app.library(&ben, 2).await;
    let catalog = &app.sight.catalog;
    for key in [NoteKey::KeeperAudit, NoteKey::KeeperDrill, NoteKey::Doubted(ada.id.clone())] {
        catalog.tell(&key, &"nonsense").await.unwrap();
    }
    app.ask(json!({}), 0).await;
    for (user, photos) in [(&ada, 3), (&ben, 2)] {
        let told = me(user).await;
        assert_eq!(told.last_audit.unwrap().checked, photos);
        assert_eq!(told.last_drill.unwrap().photos, 1);
    }
    // What the note named is not known: none is called safe before an audit that began since has read them all.
    assert!(!ada.lookup(&[files[0].photo_id()]).await.remove(0).safe);
    assert_eq!(audit(&app, json!({})).await.found, 0);
    assert_eq!(me(&ada).await.line, "3 photos, all safe, checked today");
    assert!(ada.lookup(&[files[0].photo_id()]).await.remove(0).safe);
    tintype_keeper::begin(&app.stack.storage, mint::now()).await.unwrap();
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
            catalog.tell(&told, &Doubted { originals: vec![other], more_at: None }).await.unwrap();
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
    let full = Doubted { originals: others.collect(), more_at: None };
    app.sight.catalog.tell(&NoteKey::Doubted(ada.id.clone()), &full).await.unwrap();
    app.rot(&files[2]);
    let wrong = |found: &AuditAnswer| -> Vec<_> {
        let wrong = found.findings.iter().filter(|finding| finding.kind == Kind::WrongChecksum);
        wrong.filter_map(|finding| finding.photo_id).collect()
    };
    assert_eq!(wrong(&audit(&app, json!({"every_byte": true})).await), [files[2].photo_id()]);
    for _ in 0..2 {
        let plain = audit(&app, json!({})).await;
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
    let found = audit(&app, json!({})).await;
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
    audit(&app, json!({})).await;
    faults.plan(|call| (call.operation == "CopyObject").then_some(Fault::Answer(507, "")));
    let left: RepairAnswer = serde_json::from_value(app.ask(json!({"repair": {}}), 0).await).unwrap();
    assert!(left.results[0].says.contains("the disk is full"), "{left:?}");
    faults.stop();
    let repaired: RepairAnswer = serde_json::from_value(app.ask(json!({"repair": {}}), 0).await).unwrap();
    assert_eq!(repaired.repaired, 1, "{repaired:?}");
}
