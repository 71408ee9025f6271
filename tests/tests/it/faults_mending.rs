//! Audits, repairs and rebuilds whose calls fail: an audit names nothing that is not so, and what one run of a repair or
//! a rebuild leaves half done, the next one does.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tintype_core::id::PhotoId;
use tintype_core::key::{ObjectKey, Variant};
use tintype_keeper::request::{AuditAnswer, RebuildAnswer, RepairAnswer};
use tintype_storage::mint;
use tintype_tests::{Call, Fault, Faults, File, TestApp, User, Wish, assert_at_rest, drawn, many, row, seed};

use crate::faults::{ALL_TRIES, Strike, strikes};

fn every_fault() -> impl Iterator<Item = Fault> {
    Fault::SURVIVED.into_iter().chain(Fault::HALTS)
}

/// Asks the keeper; what it answers, unless it fails or stops for ever.
async fn ask(app: &TestApp, faults: &Faults, event: &Value) -> Option<Value> {
    let halted = async {
        while !faults.has_halted_at_all() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        answer = tintype_keeper::handle(&app.stack.keeper, event, mint::now()) => {
            answer.ok().map(|answer| serde_json::to_value(answer).unwrap())
        }
        () = halted => None,
    }
}

/// Asks until the keeper has done all of it: another one's lease ends, and slices follow one another.
async fn audited(app: &TestApp) -> AuditAnswer {
    let mut hours = 0;
    loop {
        // Another hour later, no audit that was begun goes on.
        hours += 2;
        let answer: AuditAnswer = serde_json::from_value(app.ask(json!({"audit": {}}), hours).await).unwrap();
        if answer.finished {
            return answer;
        }
    }
}

/// A stack with these photos in it, each of which an event has made safe.
async fn library(faults: &Faults, files: &[File]) -> (TestApp, User) {
    let app = TestApp::start_faulty(faults).await;
    let ada = app.user("ada");
    for file in files {
        let key = app.receive(&ada, file, false).await;
        assert!(app.deliver(&[key], faults).await);
    }
    (app, ada)
}

/// What is wrong with a photo.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Its original is gone; an earlier version holds it.
    Original,
    /// Its record is gone.
    Record,
    /// Its thumb is gone.
    Thumb,
}

const DAMAGES: [Damage; 3] = [Damage::Original, Damage::Record, Damage::Thumb];

impl Damage {
    async fn strike(self, app: &TestApp, ada: &User, file: &File) {
        let record = app.record(ada, file).await;
        match self {
            Self::Original => app.buckets.delete(&record.key).await,
            Self::Record => app.sight.catalog.remove(&record).await.unwrap(),
            Self::Thumb => {
                let (photo_id, generation) = (record.photo_id, record.generation);
                let (user, variant) = (ada.id.clone(), Variant::Thumb);
                let key = ObjectKey::Variant { user, photo_id, generation, variant };
                app.buckets.delete(&key.to_string()).await;
            }
        }
    }

    fn file(self, number: u32) -> File {
        match self {
            Self::Thumb => File::jpeg(number),
            Self::Original | Self::Record => File::new("n", "", format!("{self:?} {number}")),
        }
    }
}

/// How many of these calls are the keeper's: when it has sent a photo for its preview, the processor's follow.
fn of_the_keeper<'a>(calls: impl Iterator<Item = &'a Call>) -> usize {
    let mut sent = Sent::default();
    calls.filter(|call| sent.is_the_keepers(call)).count()
}

/// Photos that were sent for their previews.
#[derive(Default)]
struct Sent(HashSet<String>);

impl Sent {
    /// Whether the keeper makes this call: of what was not sent yet, nobody else does.
    fn is_the_keepers(&mut self, call: &Call) -> bool {
        let is_its = !self.0.contains(&call.subject) || call.operation == "Invoke";
        if call.operation == "Invoke" {
            self.0.insert(call.subject.clone());
        }
        is_its
    }
}

/// Strikes the keeper's call of this number, whatever it is about, as often as the SDK tries it, up to `tries`.
fn at(number: usize, fault: Fault, tries: usize) -> impl Fn(&Call) -> Option<Fault> + Send + Sync {
    // What was sent, how many calls were made, and which one is struck.
    let state = Mutex::new((Sent::default(), 0, None));
    move |call| {
        let mut state = state.lock().unwrap();
        let (sent, made, struck) = &mut *state;
        if call.attempt == 0 && sent.is_the_keepers(call) {
            if *made == number {
                *struck = Some((call.subject.clone(), call.ordinal));
            }
            *made += 1;
        }
        let is_it = struck.as_ref().is_some_and(|it| *it == (call.subject.clone(), call.ordinal));
        (is_it && call.attempt < tries).then(|| fault.clone())
    }
}

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
    faults.stop();
    let found = audited(&app).await;
    let calls = faults.log().len();
    let named = |answer: &AuditAnswer| -> BTreeSet<(String, Option<PhotoId>)> {
        answer.findings.iter().map(|it| (format!("{:?}", it.kind), it.photo_id)).collect()
    };
    let truth = named(&found);
    assert_eq!(truth.len(), 3, "{found:?}");

    let before = faults.count();
    let mut audits = 0;
    // A few of them, by turns; in a soak, all.
    let every = many(5, 1);
    let skip = usize::try_from(drawn(seed(), format!("{fault:?}")) % 5).unwrap() % every;
    for call in (0..calls).skip(skip).step_by(every) {
        faults.plan(at(call, fault.clone(), many(1, ALL_TRIES)));
        if let Some(answer) = ask(&app, &faults, &json!({"audit": {}})).await {
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

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_a_repair_fails_in_any_way_and_another_one_does_it() {
    let done = join_all(every_fault().map(repair_under)).await;
    let struck: usize = done.iter().map(|done| done.1).sum();
    let calls = done.iter().map(|done| done.0).max().unwrap_or_default();
    row(
        1,
        &format!("{calls} calls of three repairs x F1..F6, {struck} faults: 0 lost, 0 twice, counters exact"),
    );
}

/// Repairs photos under this fault, at another call of each.
async fn repair_under(fault: Fault) -> (usize, usize) {
    let faults = Faults::default();
    let first: Vec<File> = DAMAGES.into_iter().map(|damage| damage.file(0)).collect();
    let (app, ada) = library(&faults, &first).await;
    for (damage, file) in DAMAGES.into_iter().zip(&first) {
        damage.strike(&app, &ada, file).await;
    }
    audited(&app).await;
    faults.stop();
    let report = audited(&app).await.report;
    faults.stop();
    let done = ask(&app, &faults, &json!({"repair": {"report": report}})).await.unwrap();
    let done: RepairAnswer = serde_json::from_value(done).unwrap();
    assert_eq!((done.repaired, done.left), (3, 0), "{done:?}");
    let log = faults.log();
    app.come_to_rest().await;

    let mut files = Vec::new();
    let mut plans = Vec::new();
    for (damage, file) in DAMAGES.into_iter().zip(&first) {
        let subject = file.photo_id().to_string();
        let calls = of_the_keeper(log.iter().filter(|call| call.subject == subject));
        assert!((2..=20).contains(&calls), "{damage:?}: {calls} calls");
        for call in 0..calls {
            let file = damage.file(u32::try_from(call).unwrap() + 1);
            let strike = Strike { call, fault: fault.clone(), tries: many(1, ALL_TRIES) };
            plans.push((file.photo_id().to_string(), vec![strike]));
            files.push((damage, file));
        }
    }
    for (damage, file) in &files {
        let key = app.receive(&ada, file, false).await;
        assert!(app.deliver(&[key], &faults).await);
        damage.strike(&app, &ada, file).await;
    }
    let found = audited(&app).await;
    let calls = files.len();
    assert_eq!(found.found, calls as u64, "{found:?}");
    let before = faults.count();
    faults.plan(strikes(plans.into_iter().collect()));
    let halts = matches!(fault, Fault::Halt { .. });
    // One that stops for ever is begun again; it strikes each photo once.
    for _ in 0..if halts { calls } else { 1 } {
        ask(&app, &faults, &json!({"repair": {"report": found.report}})).await;
    }
    let struck = faults.count() - before;
    assert!(struck >= calls / 2, "{struck} of {calls}");
    faults.stop();
    app.come_to_rest().await;
    let found = audited(&app).await;
    ask(&app, &faults, &json!({"repair": {"report": found.report}})).await.unwrap();
    app.come_to_rest().await;
    let again = audited(&app).await;
    assert_eq!((again.found, again.unchecked), (0, 0), "{fault:?}: {again:?}");
    let all = first.iter().chain(files.iter().map(|(_, file)| file));
    assert_at_rest(&app, &[Wish::all_safe(&ada, all)]).await;
    (calls, struck)
}

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
        faults.plan(at(call, fault.clone(), many(1, ALL_TRIES)));
        ask(&app, &faults, &json!({"rebuild": {}})).await;
        faults.stop();
        rebuilt().await;
        assert_eq!(rebuilt().await, 0, "{fault:?} at call {call}");
        app.come_to_rest().await;
        assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    }
    let struck = faults.count() - before;
    assert!(struck >= calls / (2 * step), "{struck} of {calls}");
    (calls, struck)
}
