//! Audits under every fault.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;
use tintype_core::id::PhotoId;
use tintype_keeper::request::AuditAnswer;
use tintype_tests::{ALL_TRIES, Fault, Faults, File, drawn, many, row, seed};

use super::{DAMAGES, ask, at, audited, every_fault, library};

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_an_audit_fails_in_any_way_and_nothing_false_is_named() {
    let done = join_all(every_fault().map(audit_under)).await;
    let sum = |of: fn(&(usize, usize, usize)) -> usize| done.iter().map(of).sum::<usize>();
    let calls = done.iter().map(|done| done.0).max().unwrap_or_default();
    row(
        1,
        &format!(
            "{calls} calls of an audit x F1..F6, {} audits, {} faults: 0 false, none missed by the audit after it",
            sum(|done| done.1),
            sum(|done| done.2)
        ),
    );
}

/// Audits of a damaged library under this fault, at another call each; calls, audits, faults.
async fn audit_under(fault: Fault) -> (usize, usize, usize) {
    let faults = Faults::default();
    let damaged: Vec<File> = DAMAGES.into_iter().zip(0..).map(|(damage, n)| damage.file(n)).collect();
    let sound = [File::jpeg(100), File::new("n", "", "sound")];
    let all: Vec<File> = damaged.iter().chain(&sound).cloned().collect();
    let (app, ada) = library(&faults, &all).await;
    for (damage, file) in DAMAGES.into_iter().zip(&damaged) {
        damage.strike(&app, &ada, file).await;
    }
    // The first one also notes what is doubted; another at the same hour makes the calls of those that follow.
    audited(&app).await;
    faults.stop();
    let found = ask(&app, &faults, &json!({"audit": {}})).await.unwrap();
    let found: AuditAnswer = serde_json::from_value(found).unwrap();
    assert!(found.finished);
    let calls = faults.log().len();
    let named = |answer: &AuditAnswer| -> BTreeSet<(String, Option<PhotoId>)> {
        answer.findings.iter().map(|it| (format!("{:?}", it.kind), it.photo_id)).collect()
    };
    let truth = named(&found);
    assert_eq!(truth.len(), DAMAGES.len(), "{found:?}");

    let before = faults.count();
    let mut audits = 0;
    // A few of them, by turns; in a soak, all.
    let every = many(5, 1);
    let skip = usize::try_from(drawn(seed(), format!("{fault:?}")) % 5).unwrap() % every;
    for call in (0..calls).skip(skip).step_by(every) {
        let unstruck = faults.count();
        faults.plan(at(call, fault.clone(), many(1, ALL_TRIES)));
        let answer = ask(&app, &faults, &json!({"audit": {}})).await;
        assert!(faults.count() > unstruck, "{fault:?} at call {call} of {calls} did not strike");
        if let Some(answer) = answer {
            let answer: AuditAnswer = serde_json::from_value(answer).unwrap();
            let named = named(&answer);
            assert!(named.is_subset(&truth), "{fault:?} at call {call}: {named:?}");
            let whole = answer.finished && answer.unchecked == 0;
            assert!(!whole || named == truth, "{fault:?} at call {call}: {answer:?}");
        }
        faults.stop();
        assert_eq!(named(&audited(&app).await), truth, "after {fault:?} at call {call}");
        audits += 1;
    }
    (calls, audits, faults.count() - before)
}
