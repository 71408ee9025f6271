//! Drills under every fault.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Value, json};
use tintype_core::id::PhotoId;
use tintype_keeper::request::DrillAnswer;
use tintype_tests::{ALL_TRIES, Fault, Faults, File, drawn, many, row, seed};

use super::{ask, at, every_fault, library};

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_a_drill_fails_in_any_way_and_what_one_found_wrong_is_not_forgotten() {
    let done = join_all(every_fault().map(drill_under)).await;
    let calls = done.iter().map(|done| done.0).max().unwrap_or_default();
    let drills: usize = done.iter().map(|done| done.1).sum();
    let struck: usize = done.iter().map(|done| done.2).sum();
    row(
        1,
        &format!(
            "{calls} calls of a drill x F1..F6, {drills} drills, {struck} faults: nothing forgotten that was found wrong, 0 false"
        ),
    );
}

/// Drills under this fault, at another call each, over one photo that is known to be wrong and one that is not yet; calls,
/// drills, faults.
async fn drill_under(fault: Fault) -> (usize, usize, usize) {
    let faults = Faults::default();
    let files: Vec<File> = (0..4).map(|n| File::new("n", "", format!("drilled {n}"))).collect();
    let (app, ada) = library(&faults, &files).await;
    let ids: Vec<_> = files.iter().map(File::photo_id).collect();
    let (known, new) = (app.record(&ada, &files[0]).await, app.record(&ada, &files[1]).await);
    let event = json!({"drill": {"photos": 100}});
    let wrong_of = |answer: Value| -> BTreeSet<PhotoId> {
        let answer: DrillAnswer = serde_json::from_value(answer).unwrap();
        answer.wrong.into_iter().collect()
    };
    let drilled = async || wrong_of(app.ask(event.clone(), 0).await);
    app.flip(&known, &files[0]).await;
    faults.stop();
    let only: BTreeSet<_> = [ids[0]].into();
    assert_eq!(drilled().await, only);

    let before = faults.count();
    let mut drills = 0;
    let every = many(5, 1);
    let mut call = usize::try_from(drawn(seed(), format!("{fault:?}")) % 5).unwrap() % every;
    loop {
        app.flip(&new, &files[1]).await;
        let unstruck = faults.count();
        faults.plan(at(call, fault.clone(), many(1, ALL_TRIES)));
        let answer = ask(&app, &faults, &event).await;
        let struck = faults.count() > unstruck;
        faults.stop();
        let named = answer.map(wrong_of).unwrap_or_default();
        assert!(named.is_subset(&ids[..2].iter().copied().collect()), "{fault:?} at call {call}: {named:?}");
        for known in ada.lookup(&ids).await {
            let doubted = known.photo_id == ids[0] || named.contains(&known.photo_id);
            assert!(!doubted || !known.safe, "{fault:?} at call {call}: {known:?}");
        }
        assert_eq!(drilled().await, ids[..2].iter().copied().collect(), "after {fault:?} at call {call}");
        app.buckets.put_original(&new.key, &files[1].bytes).await;
        assert_eq!(drilled().await, only, "after {fault:?} at call {call}");
        // Each drill begins somewhere else, so that their calls differ by a page or two: behind the last there are no more.
        if !struck {
            break;
        }
        drills += 1;
        call += every;
    }
    assert!(call > 10, "{fault:?}: {call} calls");
    (call, drills, faults.count() - before)
}
