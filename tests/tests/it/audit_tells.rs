//! What owners are told of an audit.

use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::id::PhotoId;
use tintype_keeper::request::AuditAnswer;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, User};

#[tokio::test]
async fn an_audit_that_could_not_tell_everybody_is_told_again_and_not_done_again() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let mut users = [app.user("ada"), app.user("ben")];
    users.sort_by(|one, other| one.id.cmp(&other.id));
    let [first, second] = users;
    let (_, lost) = (app.library(&first, 2).await, app.library(&second, 2).await);
    app.stack.storage.vault.delete(&app.record(&second, &lost[0]).await.key).await.unwrap();
    let told = async |user: &User| user.me().await.last_audit.map(|audit| audit.report);
    // The first owner's note is refused; the second's speaks of the lost photo, and is another subject.
    let refuse = || {
        faults.plan(|call| (call.subject == "S#audit").then_some(Fault::Answer(403, "")));
    };

    refuse();
    let failed = tintype_keeper::handle(&app.stack.keeper, &json!({"audit": {}}), mint::now()).await;
    assert!(failed.unwrap_err().to_string().contains("unavailable"));
    faults.stop();
    assert_eq!(told(&first).await, None);
    let report = told(&second).await.expect("one owner does not wait for another's trouble");
    let by_hand = app.audit(json!({})).await;
    assert_eq!((by_hand.report, by_hand.checked, by_hand.found), (report, 4, 1));
    assert_eq!(told(&first).await, Some(report), "told, and not begun again");
    assert_ne!(app.audit(json!({})).await.report, report, "and then it is over");

    // The schedule tells it as well, an hour later.
    refuse();
    let then = mint::now() + time::Duration::days(8);
    tintype_keeper::handle(&app.stack.keeper, &json!({}), then).await.unwrap_err();
    faults.stop();
    let report = told(&second).await.unwrap();
    assert_ne!(told(&first).await, Some(report));
    app.ask(json!({}), 8 * 24 + 1).await;
    assert_eq!((told(&first).await, told(&second).await), (Some(report), Some(report)));

    // Who asks for every byte gets that, behind what was still to be told.
    refuse();
    tintype_keeper::handle(&app.stack.keeper, &json!({"audit": {}}), then).await.unwrap_err();
    faults.stop();
    let plain = told(&second).await.unwrap();
    let whole = app.ask(json!({"audit": {"every_byte": true}}), 8 * 24 + 2).await;
    let whole: AuditAnswer = serde_json::from_value(whole).unwrap();
    assert_ne!(whole.report, plain);
    assert!(whole.finished && whole.bytes_read > 0, "{whole:?}");
}

#[tokio::test]
async fn each_owner_is_told_of_their_own_photos_alone() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let (hers, his) = (app.library(&ada, 3).await, app.library(&ben, 2).await);
    assert!(ada.me().await.last_audit.is_none());
    assert_eq!(ada.photo(&hers[0].photo_id()).await.receipt.audited_at, None);
    ben.trash(&[his[1].photo_id()]).await;
    app.stack.storage.vault.delete(&app.record(&ada, &hers[0]).await.key).await.unwrap();

    let began = mint::now();
    app.audit(json!({})).await;
    let (hers_told, his_told) = (ada.me().await, ben.me().await);
    assert_eq!(hers_told.line, "3 photos, 1 needs attention");
    assert_eq!(his_told.line, "1 photo, safe, checked today");
    let (hers_audit, his_audit) = (hers_told.last_audit.unwrap(), his_told.last_audit.unwrap());
    assert_eq!((hers_audit.checked, hers_audit.differences), (3, 1));
    assert_eq!((his_audit.checked, his_audit.differences), (2, 0), "the trash is checked too");
    assert_eq!(hers_audit.findings[0].kind, Kind::Lost);

    // The receipt says of each photo when it was last found whole.
    assert_eq!(ada.photo(&hers[0].photo_id()).await.receipt.audited_at, None);
    for (user, file) in [(&ada, &hers[1]), (&ben, &his[0]), (&ben, &his[1])] {
        let receipt = user.photo(&file.photo_id()).await.receipt;
        assert!(receipt.audited_at.unwrap() >= began);
        assert_eq!(receipt.sha256, file.photo_id().to_string());
        assert_eq!(receipt.size, file.bytes.len() as u64);
        assert!(receipt.version_id.is_some() && receipt.stored_at.unwrap() < began);
    }
    let later = File::jpeg(99);
    app.settle(&ada, std::slice::from_ref(&later)).await;
    assert_eq!(ada.photo(&later.photo_id()).await.receipt.audited_at, None, "it came after the audit");
}

#[tokio::test]
async fn a_thousand_ids_are_answered_at_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 5).await;
    let known: Vec<PhotoId> = files.iter().map(File::photo_id).collect();
    let unknown = (0..995_u16).map(|n| {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&n.to_be_bytes());
        PhotoId::from_digest(digest)
    });
    let asked: Vec<PhotoId> = known.iter().copied().chain(unknown).collect();
    let answered = ada.lookup(&asked).await;
    let safe: Vec<PhotoId> = answered.iter().filter(|one| one.safe).map(|one| one.photo_id).collect();
    assert_eq!((answered.len(), safe), (1_000, known));
}
