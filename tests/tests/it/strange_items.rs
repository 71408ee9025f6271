//! Items of the catalog that none of our functions wrote are passed over, and keep nobody from what is theirs.

use serde_json::json;
use tintype_core::wire::{Me, Timeline};
use tintype_keeper::request::{AuditAnswer, DrillAnswer, RebuildAnswer, RetryAnswer};
use tintype_tests::TestApp;

#[tokio::test]
async fn what_is_of_no_photo_stops_no_audit_drill_rebuild_retry_or_page() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 3).await;
    app.library(&ben, 2).await;
    // Before, between and behind its photos, more of them than a page holds; and a counter that is none.
    for sort_key in ["P#", "P#0", "P#7f", "C#2026-01", "C#nonsense"] {
        app.put_strange_item(&ada, sort_key).await;
    }
    for number in 0..60 {
        app.put_strange_item(&ada, &format!("P#garbage {number}")).await;
    }

    for event in [json!({"audit": {}}), json!({"audit": {"every_byte": true}})] {
        let found: AuditAnswer = serde_json::from_value(app.ask(event, 0).await).unwrap();
        assert_eq!(
            (found.finished, found.checked, found.found, found.unchecked),
            (true, 5, 0, 0),
            "{found:?}"
        );
    }
    let read: DrillAnswer =
        serde_json::from_value(app.ask(json!({"drill": {"photos": 9}}), 0).await).unwrap();
    assert_eq!((read.finished, read.photos, read.wrong.len()), (true, 5, 0), "{read:?}");
    let rebuilt: RebuildAnswer = serde_json::from_value(app.ask(json!({"rebuild": {}}), 0).await).unwrap();
    assert_eq!((rebuilt.finished, rebuilt.originals, rebuilt.made), (true, 5, 0), "{rebuilt:?}");
    let tried: RetryAnswer = serde_json::from_value(app.ask(json!({"retry": {}}), 0).await).unwrap();
    assert!(tried.finished, "{tried:?}");

    assert_eq!(ada.get("/api/me").await.json::<Me>().line, "3 photos, all safe, checked today");
    let months = ada.get("/api/timeline").await.json::<Timeline>().months;
    assert_eq!(months.iter().map(|month| month.count).sum::<u64>(), 3);
    assert_eq!(ada.list_all().await.len(), files.len());
    app.keep(1).await;
}
