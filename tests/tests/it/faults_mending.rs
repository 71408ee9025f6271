//! Audits, repairs and rebuilds whose calls fail: an audit names nothing that is not so, and what one run of a repair or
//! a rebuild leaves half done, the next one does.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tintype_core::id::PhotoId;
use tintype_core::key::{ObjectKey, Variant};
use tintype_keeper::request::{AuditAnswer, DrillAnswer, RebuildAnswer};
use tintype_storage::mint;
use tintype_tests::{Call, Fault, Faults, File, TestApp, User, Wish, assert_at_rest, drawn, many, row, seed};

use crate::faults::ALL_TRIES;

fn every_fault() -> impl Iterator<Item = Fault> {
    Fault::SURVIVED.into_iter().chain(Fault::HALTS)
}

/// Asks the keeper; what it answers, unless it fails or stops for ever.
async fn ask(app: &TestApp, faults: &Faults, event: &Value) -> Option<Value> {
    let halted = async {
        while !faults.take_halted() {
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
    /// Its original has other bytes; an earlier version has the right ones.
    Bytes,
    /// Its original is gone with all its versions; its owner has sent it again, and the upload waits.
    Upload,
    /// Its original was written again, as it was.
    Version,
}

const DAMAGES: [Damage; 6] =
    [Damage::Original, Damage::Record, Damage::Thumb, Damage::Bytes, Damage::Upload, Damage::Version];

impl Damage {
    async fn strike(self, app: &TestApp, ada: &User, file: &File) {
        let record = app.record(ada, file).await;
        match self {
            Self::Original => app.buckets.delete(&record.key).await,
            Self::Record => app.sight.catalog.remove(&record).await.unwrap(),
            Self::Bytes => app.flip(&record, file).await,
            Self::Upload => {
                ada.trash(&[record.photo_id]).await;
                app.receive(ada, file, true).await;
                app.buckets.destroy(&record.key).await;
            }
            Self::Version => drop(app.buckets.put_original(&record.key, &file.bytes).await),
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
            Self::Original | Self::Record | Self::Bytes | Self::Upload | Self::Version => {
                File::new("n", "", format!("{self:?} {number}"))
            }
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

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_a_repair_fails_in_any_way_and_another_one_does_it() {
    let done = join_all(every_fault().map(repair_under)).await;
    let calls: usize =
        (0..DAMAGES.len()).map(|damage| done.iter().map(|it| it.calls[damage]).max().unwrap()).sum();
    let sum = |of: fn(&Repairs) -> usize| done.iter().map(of).sum::<usize>();
    row(
        1,
        &format!(
            "{calls} calls of six repairs x F1..F6, {} repairs of a photo struck, {} faults: 0 lost, each photo listed once, counters exact; {} right copies lie beside the record's, named as leftovers",
            sum(|it| it.struck),
            sum(|it| it.faults),
            sum(|it| it.beside),
        ),
    );
}

/// What repairs under one fault came to.
struct Repairs {
    /// The most calls that the keeper made about a photo of each damage.
    calls: [usize; DAMAGES.len()],
    /// Photos whose repair was struck.
    struck: usize,
    faults: usize,
    /// Right copies that were made and not noted.
    beside: usize,
}

/// The keeper's call of this number about each of these photos, as often as the SDK tries it, up to `tries`; who was
/// struck is noted.
fn of_each(
    photos: HashSet<String>,
    number: usize,
    (fault, tries): (Fault, usize),
    struck: Arc<Mutex<HashSet<String>>>,
) -> impl Fn(&Call) -> Option<Fault> + Send + Sync {
    let sent = Mutex::new(Sent::default());
    move |call| {
        let is_its = sent.lock().unwrap().is_the_keepers(call) && photos.contains(&call.subject);
        let is_it = is_its && call.ordinal == number && call.attempt < tries;
        is_it.then(|| struck.lock().unwrap().insert(call.subject.clone()));
        is_it.then(|| fault.clone())
    }
}

/// Repairs a photo of each damage under this fault at its first call, then others at their second, and so on until no
/// repair makes so many calls; for each change, at every fifth.
async fn repair_under(fault: Fault) -> Repairs {
    let faults = Faults::default();
    let (app, ada) = library(&faults, &[]).await;
    let every = many(5, 1);
    let mut number = usize::try_from(drawn(seed(), format!("{fault:?}")) % 5).unwrap() % every;
    let mut done = Repairs { calls: [0; DAMAGES.len()], struck: 0, faults: 0, beside: 0 };
    let (mut all, mut strays) = (Vec::new(), BTreeMap::new());
    loop {
        let files: Vec<File> =
            DAMAGES.into_iter().map(|damage| damage.file(u32::try_from(number).unwrap())).collect();
        let struck = repairs_struck(&app, &ada, &faults, &files, (number, &fault), &mut done).await;
        // A repair removes nothing: the wrong bytes stay where they lie, and what was copied beside them by one that
        // ended before it noted that. Each is right, or the damage that was done, and is named.
        let wrong = files[DAMAGES.iter().position(|it| matches!(it, Damage::Bytes)).unwrap()].clone();
        let keys = &app.buckets.originals().await[&wrong.photo_id()];
        let mut right = 0;
        for key in keys {
            right += usize::from(app.buckets.original_bytes(key).await.unwrap() == wrong.bytes);
        }
        assert_eq!(keys.len() - right, 1, "the wrong bytes stay: {keys:?}");
        assert!((1..=2).contains(&right), "{fault:?}: one strike leaves one copy: {keys:?}");
        done.beside += right - 1;
        strays.insert(wrong.photo_id(), keys.len() - 1);
        all.extend(files);
        let again = audited(&app).await;
        assert_eq!((again.found - again.leftovers, again.unchecked), (0, 0), "{fault:?}: {again:?}");
        assert_eq!(again.leftovers, strays.values().sum::<usize>() as u64, "{fault:?}: {again:?}");
        done.struck += struck;
        number += every;
        // A soak goes on until none is struck.
        if struck == 0 || number >= many(*done.calls.iter().max().unwrap(), usize::MAX) {
            break;
        }
    }
    assert!(done.calls.iter().all(|calls| (2..=20).contains(calls)), "{fault:?}: {:?}", done.calls);
    done.faults = faults.count();
    assert_at_rest(&app, &[Wish { strays, ..Wish::all_safe(&ada, &all) }]).await;
    done
}

/// Damages these photos, one in each way, and repairs them while the keeper's call of this number about each is struck; then
/// again without. How many were struck: each whose repair made so many calls.
async fn repairs_struck(
    app: &TestApp,
    ada: &User,
    faults: &Faults,
    files: &[File],
    (number, fault): (usize, &Fault),
    done: &mut Repairs,
) -> usize {
    for (damage, file) in DAMAGES.into_iter().zip(files) {
        let key = app.receive(ada, file, false).await;
        assert!(app.deliver(&[key], faults).await);
        damage.strike(app, ada, file).await;
    }
    let found = audited(app).await;
    assert_eq!(found.found - found.leftovers, DAMAGES.len() as u64, "{found:?}");
    let photos: Vec<String> = files.iter().map(|file| file.photo_id().to_string()).collect();
    let struck = Arc::new(Mutex::new(HashSet::new()));
    let strikes = (fault.clone(), many(1, ALL_TRIES));
    faults.plan(of_each(photos.iter().cloned().collect(), number, strikes, Arc::clone(&struck)));
    // One that stops for ever is begun again behind the photo about which it stopped.
    let mut next = 0;
    while ask(app, faults, &json!({"repair": {"report": found.report, "next": next}})).await.is_none() {
        let struck = struck.lock().unwrap();
        let of = |id: PhotoId| struck.contains(&id.to_string());
        let last = found.findings.iter().rposition(|it| it.photo_id.is_some_and(of)).unwrap();
        assert!(last >= next, "{fault:?}: it stopped, and nothing was struck");
        next = 1 + last;
    }
    let log = faults.log();
    faults.stop();
    for ((photo, damage), calls) in photos.iter().zip(DAMAGES).zip(&mut done.calls) {
        let made = of_the_keeper(log.iter().filter(|call| call.subject == *photo));
        let was_struck = struck.lock().unwrap().contains(photo);
        assert_eq!(was_struck, made > number, "{fault:?} at call {number} of {made} of {damage:?}");
        *calls = made.max(*calls);
    }
    let found = audited(app).await;
    ask(app, faults, &json!({"repair": {"report": found.report}})).await.unwrap();
    app.come_to_rest().await;
    struck.lock().unwrap().len()
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
