//! What the keeper finishes, and the keeper's own calls that fail.

use futures::future::join_all;
use tintype_tests::{
    ALL_TRIES, Fault, Faults, File, Strike, TestApp, Wish, assert_at_rest, many, row, strikes,
};

use super::calls_of;

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_stored_and_the_preview_is_finished_by_the_keeper() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let walk = calls_of(&app, &ada, &faults, &File::jpeg(1)).await;
    // From the write that makes it safe to the deletion of the upload.
    let safe = walk.iter().rposition(|call| call == "HeadObject").unwrap() + 1;
    let crashes: Vec<_> =
        (safe..walk.len()).flat_map(|call| Fault::HALTS.map(|fault| (call, fault))).collect();
    let plans: Vec<_> = (0..many(3 * crashes.len(), 100.max(crashes.len())))
        .map(|n| {
            let (call, fault) = crashes[n % crashes.len()].clone();
            (File::jpeg(40_000 + u32::try_from(n).unwrap()), Strike { call, fault, tries: 1 })
        })
        .collect();
    let mut keys = Vec::new();
    for (file, _) in &plans {
        keys.push(app.receive(&ada, file, false).await);
    }
    faults.plan(strikes(plans.iter().map(|(f, s)| (f.photo_id().to_string(), vec![s.clone()])).collect()));
    // Lambda does not try again here: the keeper alone has to find them.
    let processor = app.processor();
    for (key, (file, _)) in keys.iter().zip(&plans) {
        let event =
            tintype_core::work::uploads_event(tintype_local::stack::UPLOADS, std::slice::from_ref(key));
        let subject = file.photo_id().to_string();
        let halted = async {
            while !faults.has_halted(&subject) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = tintype_processor::handle(&event, &processor) => panic!("it was to crash"),
            () = halted => {}
        }
    }
    faults.stop();
    let runs = app.come_to_rest().await;
    assert!(runs <= 2, "{runs} keeper runs");
    let files: Vec<_> = plans.iter().map(|(file, _)| file).collect();
    assert_at_rest(&app, &[Wish::all_safe(&ada, files.iter().copied().chain([&File::jpeg(1)]))]).await;
    row(
        34,
        &format!(
            "{} photos, a crash before and after each of {} calls, {runs} keeper runs: all have their previews, 0 lost, counters exact",
            files.len(),
            walk.len() - safe
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_the_keeper_fails_in_any_way_and_a_later_run_does_it() {
    // Its calls follow one another, and so do the SDK's pauses: several stacks, one for each fault.
    let of_each = Fault::SURVIVED.into_iter().chain(Fault::HALTS).map(keeper_under);
    let done = join_all(of_each).await;
    let (calls, struck) =
        done.into_iter().fold((0, 0), |sum, (calls, struck)| (sum.0.max(calls), sum.1 + struck));
    row(
        1,
        &format!(
            "{calls} calls of the keeper's purge x F1..F6, {struck} faults: 0 lost, 0 twice, counters exact"
        ),
    );
}

/// Purges photos under this fault, at another call of each.
async fn keeper_under(fault: Fault) -> (usize, usize) {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let kept = File::jpeg(1);
    let first = File::new("first", "", "first");
    let mut files: Vec<File> = (0..12).map(|n| File::new("p", "", format!("purged {n}"))).collect();
    files.push(first.clone());
    for file in files.iter().chain([&kept]) {
        let key = app.receive(&ada, file, false).await;
        app.deliver(&[key], &faults).await;
    }
    ada.trash(&[first.photo_id()]).await;
    faults.stop();
    app.keep(31 * 24).await;
    let subject = first.photo_id().to_string();
    let calls = faults.log().iter().filter(|call| call.subject == subject).count();
    assert!((6..=12).contains(&calls), "{calls} calls");

    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    ada.trash(&photo_ids[..calls]).await;
    let halts = matches!(fault, Fault::Halt { .. });
    let plan = files[..calls].iter().enumerate().map(|(call, file)| {
        let tries = many(1, ALL_TRIES);
        (file.photo_id().to_string(), vec![Strike { call, fault: fault.clone(), tries }])
    });
    let runs = if halts { calls } else { 1 };
    let before = faults.count();
    faults.plan(strikes(plan.collect()));
    for run in 0..runs {
        let then =
            tintype_storage::mint::now() + time::Duration::hours(31 * 24 + i64::try_from(run).unwrap());
        let halted = async {
            loop {
                if files.iter().any(|file| faults.has_halted(&file.photo_id().to_string())) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = tintype_keeper::run(&app.stack.keeper, then) => {}
            () = halted => {}
        }
    }
    faults.stop();
    for run in 0..3 {
        app.keep(33 * 24 + run).await;
    }
    let wish = Wish {
        user: &ada,
        stored: files[calls..12].iter().chain([&kept]).collect(),
        trashed: Vec::new(),
        gone: files[..calls].iter().chain([&first]).collect(),
        strays: std::collections::BTreeMap::new(),
    };
    assert_at_rest(&app, &[wish]).await;
    (calls, faults.count() - before)
}
