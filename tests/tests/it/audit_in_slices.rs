//! An audit takes several slices, and each goes on where the last one ended.

use std::collections::BTreeMap;

use futures::stream::StreamExt;
use serde_json::json;
use tintype_core::audit::Kind;
use tintype_keeper::KeeperError;
use tintype_keeper::request::{AuditAnswer, RebuildAnswer};
use tintype_local_s3::Durability;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, TestApp, named};

#[tokio::test]
async fn an_audit_that_breaks_off_goes_on_and_counts_nothing_twice() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let mut users = [app.user("ada"), app.user("ben")];
    users.sort_by(|one, other| one.id.cmp(&other.id));
    let [first, second] = users;
    let (files, others) = (app.library(&first, 3).await, app.library(&second, 2).await);
    for (user, file) in [(&first, &files[1]), (&second, &others[0])] {
        app.stack.storage.vault.delete(&app.record(user, file).await.key).await.unwrap();
    }
    let of_second = second.id.to_string();
    faults.plan(move |call| {
        let strikes = call.path.contains("versions") && call.path.contains(&of_second);
        strikes.then_some(Fault::Answer(403, ""))
    });
    let broken = app.ask(json!({"audit": {}}), 0).await;
    let broken: AuditAnswer = serde_json::from_value(broken).unwrap();
    assert_eq!((broken.finished, broken.checked), (false, 3), "{broken:?}");
    faults.stop();
    let found = app.audit(json!({})).await;
    assert_eq!((found.finished, found.report), (true, broken.report));
    assert_eq!((found.checked, found.found, found.findings.len()), (5, 2, 2), "{found:?}");
    let lost = [&files[1], &others[0]].map(|file| (file.photo_id().to_string(), vec![Kind::Lost]));
    assert_eq!(named(&found), BTreeMap::from(lost));
}

#[tokio::test]
async fn more_strange_keys_than_a_run_can_list_are_named_by_several() {
    let app = TestApp::start_with(|options| options.durability = Durability::Process).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let (first, last) =
        (files[0].photo_id().min(files[1].photo_id()), files[0].photo_id().max(files[1].photo_id()));
    // More than two pages of them before, in and behind the photos, among originals and variants.
    let mut strange = std::collections::BTreeSet::new();
    for n in 0..1_050 {
        strange.insert(format!("originals/{}/!{n:05}", ada.id));
        strange.insert(format!("media/{}/{first}/!{n:05}", ada.id));
    }
    // And beside the users' folders, where nothing of ours lies.
    for n in 0..1_050 {
        strange.insert(format!("!{n:05}"));
        strange.insert(format!("originals/!{n:05}"));
        strange.insert(format!("audits/!{n:05}"));
    }
    strange.insert(format!("originals/{}/{last}/zzz", ada.id));
    strange.insert(format!("media/{}/~", ada.id));
    futures::stream::iter(&strange)
        .for_each_concurrent(16, |key| async { drop(app.buckets.put_original(key, b"?").await) })
        .await;
    let (mut slices, mut answer) = (0, None::<AuditAnswer>);
    while answer.as_ref().is_none_or(|answer| !answer.finished) {
        let event = json!({"audit": {"seconds": 0}});
        answer = Some(serde_json::from_value(app.ask(event, 0).await).unwrap());
        slices += 1;
    }
    let found = answer.unwrap();
    // The first thousand of a user are named, and all are counted once.
    assert_eq!((found.checked, found.found), (2, strange.len() as u64), "{slices} slices");
    assert!(slices > 3, "{slices}");
    let kinds: std::collections::BTreeSet<_> = found.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::StrangeKey].into());

    // A rebuild passes them by in as many slices, and finds the photos behind them.
    let (mut slices, mut originals, mut next) = (0, 0, None);
    loop {
        let answer = app.ask(json!({"rebuild": {"next": next, "seconds": 0}}), 0).await;
        let answer: RebuildAnswer = serde_json::from_value(answer).unwrap();
        (slices, originals, next) = (slices + 1, originals + answer.originals, answer.next);
        assert_eq!((answer.made, answer.refused.len()), (0, 0));
        if answer.finished {
            break;
        }
    }
    assert_eq!(originals, 2, "{slices} slices");
    assert!(slices > 3, "{slices}");
}

#[tokio::test]
async fn the_lease_of_a_killed_audit_says_how_long_it_holds_and_the_next_start_takes_it_over() {
    let faults = Faults::default();
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let ada = app.user("ada");
    app.library(&ada, 2).await;
    // It ends at its first listing, as a killed process does.
    faults.plan(|call| (call.operation == "ListObjectsV2").then_some(Fault::Halt { after: false }));
    let event = json!({"audit": {"seconds": 5}});
    let killed = tintype_keeper::handle(&app.stack.keeper, &event, mint::now());
    tokio::time::timeout(std::time::Duration::from_secs(2), killed).await.unwrap_err();
    faults.stop();
    let busy = tintype_keeper::handle(&app.stack.keeper, &event, mint::now()).await.unwrap_err();
    let KeeperError::Busy { seconds } = busy else { panic!("{busy:?}") };
    assert!(
        (50..=65).contains(&seconds) && busy.to_string().contains(&format!("in {seconds} seconds")),
        "{busy}"
    );
    // As each start does, which holds the folder.
    tintype_keeper::begin(&app.stack.storage, mint::now()).await.unwrap();
    assert_eq!(app.audit(json!({})).await.checked, 2);
}

#[tokio::test]
async fn an_audit_by_hand_goes_on_for_hours_as_long_as_it_comes_further() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 4).await;
    let slice = async |minutes: i64| -> AuditAnswer {
        let event = json!({"audit": {"every_byte": true, "seconds": 0}});
        let then = mint::now() + time::Duration::minutes(minutes);
        let answer = tintype_keeper::handle(&app.stack.keeper, &event, then).await.unwrap();
        serde_json::from_value(serde_json::to_value(answer).unwrap()).unwrap()
    };
    let begun = slice(0).await;
    assert!(!begun.finished);
    let mut minutes = 0;
    loop {
        minutes += 50;
        let on = slice(minutes).await;
        assert_eq!(on.report, begun.report, "after {minutes} minutes");
        if on.finished {
            assert_eq!(on.checked, 4);
            break;
        }
    }
    assert!(minutes > 120, "{minutes}");
    // One that nobody went on with for an hour is begun again.
    let old = slice(minutes).await;
    assert_ne!(slice(minutes + 61).await.report, old.report);
}

#[tokio::test]
async fn the_schedule_leaves_an_audit_of_every_byte_to_who_began_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 4).await;
    let ask = async |event: serde_json::Value, minutes: i64| {
        let then = mint::now() + time::Duration::minutes(minutes);
        let answer = tintype_keeper::handle(&app.stack.keeper, &event, then).await.unwrap();
        serde_json::to_value(answer).unwrap()
    };
    let slice = async |minutes: i64| -> AuditAnswer {
        serde_json::from_value(ask(json!({"audit": {"every_byte": true, "seconds": 0}}), minutes).await)
            .unwrap()
    };
    let begun = slice(0).await;
    assert!(!begun.finished);
    let mut minutes = 0;
    loop {
        // The schedule comes in between, before the first photo as behind each.
        ask(json!({}), minutes + 25).await;
        assert!(ada.me().await.last_audit.is_none());
        minutes += 50;
        let on = slice(minutes).await;
        assert_eq!(on.report, begun.report, "after {minutes} minutes");
        if on.finished {
            assert_eq!(on.checked, 4);
            break;
        }
    }
    // It was an audit, too: the next one is due in a week.
    ask(json!({}), minutes + 60).await;
    assert_eq!(ada.me().await.last_audit.unwrap().report, begun.report);

    // One that nobody goes on with does not keep the schedule from its own.
    let left = slice(minutes).await;
    assert!(!left.finished);
    ask(json!({}), minutes + 61).await;
    let own = ada.me().await.last_audit.unwrap().report;
    assert!(own != left.report && own != begun.report);
}

#[tokio::test]
async fn the_schedule_audits_once_a_week_and_goes_on_where_it_stopped() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 3).await;
    app.ask(json!({}), 0).await;
    let first = ada.me().await.last_audit.expect("the first run audits");
    assert!(ada.me().await.last_drill.is_some(), "and reads photos back");
    app.ask(json!({}), 6 * 24).await;
    assert_eq!(ada.me().await.last_audit.unwrap().report, first.report);
    app.ask(json!({}), 7 * 24).await;
    let second = ada.me().await.last_audit.unwrap();
    assert_ne!(second.report, first.report);
    // Two at a time do not get into each other's way: one of them goes on, the other is told.
    let event = json!({"audit": {}});
    let both = tokio::join!(
        tintype_keeper::handle(&app.stack.keeper, &event, mint::now()),
        tintype_keeper::handle(&app.stack.keeper, &event, mint::now()),
    );
    let whole = match both {
        (Ok(whole), Err(KeeperError::Busy { .. })) | (Err(KeeperError::Busy { .. }), Ok(whole)) => whole,
        other => panic!("one audits, the other is told: {other:?}"),
    };
    let whole: AuditAnswer = serde_json::from_value(serde_json::to_value(whole).unwrap()).unwrap();
    assert_eq!((whole.finished, whole.checked, whole.found), (true, 3, 0));
}
