//! Rebuilds under every fault.

use futures::future::join_all;
use serde_json::json;
use tintype_keeper::request::RebuildAnswer;
use tintype_tests::{ALL_TRIES, Fault, Faults, File, Wish, assert_at_rest, many, row};

use super::{Damage, ask, at, every_fault, library, of_the_keeper};

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_a_rebuild_fails_in_any_way_and_another_one_does_it() {
    let done = join_all(every_fault().map(|fault| rebuild_under(fault, false))).await;
    let struck: usize = done.iter().map(|done| done.1).sum();
    let calls = done.iter().map(|done| done.0).max().unwrap_or_default();
    row(1, &format!("{calls} calls of a rebuild x F1..F6, {struck} faults: 0 lost, 0 twice, counters exact"));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_call_fails_while_what_other_tools_copied_is_proven_and_another_rebuild_does_it() {
    let done = join_all(every_fault().map(|fault| rebuild_under(fault, true))).await;
    let struck: usize = done.iter().map(|done| done.1).sum();
    let calls = done.iter().map(|done| done.0).max().unwrap_or_default();
    row(
        1,
        &format!(
            "{calls} calls of a rebuild of what other tools copied x F1..F6, {struck} faults: 0 lost, 0 twice"
        ),
    );
}

/// Rebuilds a catalog without records, under this fault at another call of each rebuild; of a vault that other tools
/// copied back, if it says so.
async fn rebuild_under(fault: Fault, copied: bool) -> (usize, usize) {
    let faults = Faults::default();
    let files = [File::jpeg(1), File::new("n", "", "one"), File::new("n", "", "two")];
    let (app, ada) = library(&faults, &files).await;
    let lose = async || {
        for file in &files {
            let key = app.record(&ada, file).await.key;
            Damage::Record.strike(&app, &ada, file).await;
            if copied {
                app.buckets.put_as_others_do(&key, "application/octet-stream", &file.bytes).await;
            }
        }
    };
    let rebuilt = async || {
        let answer = app.ask(json!({"rebuild": {}}), 0).await;
        let answer: RebuildAnswer = serde_json::from_value(answer).unwrap();
        assert!(answer.finished && answer.refused.is_empty(), "{answer:?}");
        answer.made
    };
    lose().await;
    faults.stop();
    assert_eq!(rebuilt().await, 3);
    let calls = of_the_keeper(faults.log().iter());
    app.come_to_rest().await;

    let before = faults.count();
    let step = if copied { many(5, 1) } else { many(3, 1) };
    for call in (0..calls).step_by(step) {
        lose().await;
        let unstruck = faults.count();
        faults.plan(at(call, fault.clone(), many(1, ALL_TRIES)));
        ask(&app, &faults, &json!({"rebuild": {}})).await;
        assert!(faults.count() > unstruck, "{fault:?} at call {call} of {calls} did not strike");
        faults.stop();
        rebuilt().await;
        assert_eq!(rebuilt().await, 0, "{fault:?} at call {call}");
        app.come_to_rest().await;
        assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    }
    (calls, faults.count() - before)
}
