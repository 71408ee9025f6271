//! Audits, repairs, rebuilds and drills whose calls fail: an audit names nothing that is not so, what one run of a
//! repair or a rebuild leaves half done, the next one does, and what a drill found wrong is not forgotten.

mod audit;
mod drill;
mod rebuild;
mod repair;

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tintype_core::key::{ObjectKey, Variant};
use tintype_keeper::request::AuditAnswer;
use tintype_storage::mint;
use tintype_tests::{Call, Fault, Faults, File, TestApp, User};

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
