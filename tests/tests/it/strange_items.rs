//! Items of the catalog that none of our functions wrote so are named, and keep nobody from what is theirs.

use std::collections::BTreeSet;

use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::wire::Timeline;
use tintype_keeper::request::{DrillAnswer, RebuildAnswer, RepairAnswer, RetryAnswer};
use tintype_tests::{TestApp, User};

#[tokio::test]
async fn what_is_of_no_photo_is_named_and_stops_no_audit_drill_rebuild_retry_or_page() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 3).await;
    app.library(&ben, 2).await;
    // Before, between and behind its photos, more of them than a page holds; and a counter that is none.
    let mut strange = BTreeSet::from(["USERS not one".to_owned()]);
    app.put_strange("USERS", "not one").await;
    for sort_key in ["P#", "P#0", "P#7f", "C#2026-01", "C#nonsense"] {
        app.put_strange_item(&ada, sort_key).await;
        strange.insert(format!("U#{} {sort_key}", ada.id));
    }
    for number in 0..60 {
        app.put_strange_item(&ada, &format!("P#garbage {number}")).await;
        strange.insert(format!("U#{} P#garbage {number}", ada.id));
    }

    // The last one in slices of one photo.
    for event in [json!({}), json!({"every_byte": true}), json!({"every_byte": true, "seconds": 0})] {
        let found = app.audit(event).await;
        assert_eq!((found.checked, found.found, found.unchecked), (5, 66, 0), "{found:?}");
        assert!(found.findings.iter().all(|finding| finding.kind == Kind::StrangeItem), "{found:?}");
        let named: BTreeSet<_> = found.findings.into_iter().map(|finding| finding.key).collect();
        assert_eq!(named, strange, "each once");
    }
    let repaired = app.ask(json!({"repair": {}}), 0).await;
    let repaired: RepairAnswer = serde_json::from_value(repaired).unwrap();
    assert_eq!((repaired.repaired, repaired.left), (0, 66), "nothing is removed");
    let read: DrillAnswer =
        serde_json::from_value(app.ask(json!({"drill": {"photos": 9}}), 0).await).unwrap();
    assert_eq!((read.finished, read.photos, read.wrong.len()), (true, 5, 0), "{read:?}");
    let rebuilt: RebuildAnswer = serde_json::from_value(app.ask(json!({"rebuild": {}}), 0).await).unwrap();
    assert_eq!((rebuilt.finished, rebuilt.originals, rebuilt.made), (true, 5, 0), "{rebuilt:?}");
    let tried: RetryAnswer = serde_json::from_value(app.ask(json!({"retry": {}}), 0).await).unwrap();
    assert!(tried.finished, "{tried:?}");

    assert_eq!(ada.me().await.line, "3 photos, 65 need attention");
    let months = ada.get("/api/timeline").await.json::<Timeline>().months;
    assert_eq!(months.iter().map(|month| month.count).sum::<u64>(), 3);
    assert_eq!(ada.list_all().await.len(), files.len());
    app.keep(1).await;
}

async fn listed(user: &User) -> usize {
    user.list_all().await.len() + user.trash_all().await.len()
}

#[tokio::test]
async fn a_record_that_no_listing_and_no_keeper_finds_is_named_and_a_repair_brings_it_back() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 4).await;
    ada.trash(&[files[2].photo_id()]).await;
    // In the trash it is due, too.
    let taken = [(0, "timeline_pk"), (1, "timeline_sk"), (2, "work_pk")];
    for (file, name) in taken {
        app.take_attribute(&ada, files[file].photo_id(), name).await;
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while listed(&ada).await != 2 && std::time::Instant::now() < deadline {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(listed(&ada).await, 2, "two are on no page");

    let found = app.audit(json!({})).await;
    let named: BTreeSet<_> =
        found.findings.iter().map(|finding| (finding.kind, finding.photo_id.unwrap())).collect();
    let expected: BTreeSet<_> = files[..3].iter().map(|file| (Kind::Unlisted, file.photo_id())).collect();
    assert_eq!((named, found.found), (expected, 3), "{found:?}");
    assert_eq!(ada.me().await.line, "3 photos, 3 need attention");

    let repaired: RepairAnswer = serde_json::from_value(app.ask(json!({"repair": {}}), 0).await).unwrap();
    assert_eq!((repaired.repaired, repaired.left), (3, 0), "{repaired:?}");
    assert_eq!(app.audit(json!({})).await.found, 0);
    assert_eq!(listed(&ada).await, 4);
    app.keep(31 * 24).await;
    app.keep(31 * 24 + 1).await;
    assert_eq!(listed(&ada).await, 3, "the keeper finds it again");
}
