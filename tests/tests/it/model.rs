//! The real code against a small model of what its owner is entitled to: uploads, late and double events, crashes at
//! any call, trash, restore, purge, in any order.
//!
//! Time: the functions run on the machine's clock, and the keeper is given a later one. Events are kept back and come
//! whenever the sequence says so, which is what lateness is; what the keeper sends is an event like any other.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::Value;
use tintype_core::id::PhotoId;
use tintype_core::key::ObjectKey;
use tintype_core::wire::{
    ChangeOutcome, Lookup, LookupState, PresignedRequest, PreviewState, UploadFile, UploadOutcome,
};
use tintype_core::work;
use tintype_local::stack::UPLOADS;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, User, assert_counters_are_true, many, row, seed};

/// What can happen. Numbers choose among what there is, whatever there is.
#[derive(Debug, Clone)]
enum Step {
    /// A client asks for leave to upload.
    Ask {
        restore: bool,
    },
    /// It uses one of the addresses that it got, again perhaps.
    Send(usize),
    /// An event arrives, for the first time or not; the invocation may end at a call.
    Event(usize, Option<(usize, bool)>),
    Trash,
    Restore,
    /// The keeper runs, so many days from now; it may end at a call.
    Keep {
        days: i64,
        crash: Option<(usize, bool)>,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let crash = || prop::option::weighted(0.4, (0_usize..12, any::<bool>()));
    prop_oneof![
        3 => any::<bool>().prop_map(|restore| Step::Ask { restore }),
        4 => (0_usize..8).prop_map(Step::Send),
        5 => (0_usize..8, crash()).prop_map(|(which, crash)| Step::Event(which, crash)),
        2 => Just(Step::Trash),
        1 => Just(Step::Restore),
        2 => (prop::sample::select(vec![0_i64, 31]), crash()).prop_map(|(days, crash)| Step::Keep { days, crash }),
    ]
}

/// An address, and what became of it. Asked and trashed are counted in steps, which is the order of wishes.
struct Address {
    asked: usize,
    restore: bool,
    request: PresignedRequest,
    sent: bool,
}

/// What its owner did and was told.
#[derive(Default)]
struct Model {
    addresses: Vec<Address>,
    /// The step of the last trash that was accepted and not undone by a restore.
    trashed: Option<usize>,
    /// A client was told that it is safe.
    safe: bool,
}

impl Model {
    /// What its owner is entitled to when all has come to rest: `None` if nothing was ever received.
    fn wish(&self) -> Option<bool> {
        if !self.addresses.iter().any(|address| address.sent) {
            return None;
        }
        let back = |trashed| {
            self.addresses.iter().any(|address| address.sent && address.restore && address.asked > trashed)
        };
        Some(self.trashed.is_none_or(back))
    }
}

struct World<'a> {
    app: &'a TestApp,
    faults: &'a Faults,
    user: User,
    file: File,
    model: Model,
    /// Every event that there ever was; each can come again.
    events: Vec<Value>,
    /// What the keeper sends to the processor: it arrives when the sequence says so.
    sent_by_keeper: Arc<Mutex<Vec<Value>>>,
    /// The latest of the keeper's days so far.
    latest: i64,
}

type Held = Result<(), TestCaseError>;

impl World<'_> {
    fn photo_id(&self) -> PhotoId {
        self.file.photo_id()
    }

    async fn lookup(&self) -> Lookup {
        self.user.lookup(&[self.photo_id()]).await.remove(0)
    }

    /// From now on the photo's calls are counted anew; one of them may be the last of its invocation.
    fn plan(&self, crash: Option<(usize, bool)>) {
        let subject = self.photo_id().to_string();
        self.faults.plan(move |call| {
            let (at, after) = crash?;
            (call.subject == subject && call.ordinal == at).then_some(Fault::Halt { after })
        });
    }

    async fn halted(&self) {
        while !self.faults.has_halted(&self.photo_id().to_string()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn event(&self, event: &Value, crash: Option<(usize, bool)>) -> bool {
        self.plan(crash);
        let done = tokio::select! {
            done = self.app.invoke(event) => done,
            () = self.halted() => false,
        };
        self.plan(None);
        done
    }

    async fn keep(&mut self, days: i64, crash: Option<(usize, bool)>) {
        self.plan(crash);
        self.latest = self.latest.max(days);
        let then = mint::now() + time::Duration::days(days) + time::Duration::hours(2);
        tokio::select! {
            _ = tintype_keeper::run(&self.app.stack.keeper, then) => {}
            () = self.halted() => {}
        }
        self.plan(None);
        self.events.append(&mut self.sent_by_keeper.lock().unwrap());
    }

    async fn take(&mut self, now: usize, step: &Step) -> Held {
        match step {
            Step::Ask { restore } => self.ask(now, *restore).await?,
            Step::Send(which) => self.send(*which).await?,
            Step::Event(which, crash) => {
                if let Some(event) = pick(&self.events, *which) {
                    self.event(&event.clone(), *crash).await;
                }
            }
            Step::Trash => {
                self.plan(None);
                let before = self.lookup().await.state;
                let outcome = self.user.trash(&[self.photo_id()]).await.remove(0);
                let expected = match before {
                    LookupState::Stored => ChangeOutcome::Done,
                    LookupState::Trashed => ChangeOutcome::Already,
                    _ => ChangeOutcome::NotFound,
                };
                prop_assert_eq!(outcome, expected, "trash of {:?}", before);
                if matches!(outcome, ChangeOutcome::Done | ChangeOutcome::Already) {
                    self.model.trashed = Some(now);
                    self.model.safe = false;
                }
                // Wishes within one millisecond have no order.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Step::Restore => {
                self.plan(None);
                let before = self.lookup().await.state;
                let outcome = self.user.restore(&[self.photo_id()]).await.remove(0);
                let expected = match before {
                    LookupState::Stored => ChangeOutcome::Already,
                    LookupState::Trashed => ChangeOutcome::Done,
                    LookupState::Purging => ChangeOutcome::TooLate,
                    _ => ChangeOutcome::NotFound,
                };
                prop_assert_eq!(outcome, expected, "restore of {:?}", before);
                if outcome == ChangeOutcome::Done {
                    self.model.trashed = None;
                }
            }
            Step::Keep { days, crash } => self.keep(*days, *crash).await,
        }
        let known = self.lookup().await;
        prop_assert!(
            known.safe || !self.model.safe,
            "it was safe, nobody trashed it, and now it is {:?}",
            known
        );
        self.model.safe = known.safe;
        if known.safe {
            let bytes = self.user.original(&self.photo_id()).await.body;
            prop_assert!(bytes == self.file.bytes, "it is called safe, and the original has other bytes");
        }
        Ok(())
    }

    async fn ask(&mut self, now: usize, restore: bool) -> Held {
        self.plan(None);
        let before = self.lookup().await.state;
        let outcome = self.user.offer(&UploadFile { restore, ..self.file.wanted() }).await;
        let deleted = matches!(before, LookupState::Trashed | LookupState::Purging | LookupState::Gone);
        match outcome {
            UploadOutcome::Known { .. } => prop_assert_eq!(before, LookupState::Stored),
            UploadOutcome::Deleted { .. } => prop_assert!(deleted && !restore, "{:?} {}", before, restore),
            UploadOutcome::Upload { request } => {
                prop_assert!(
                    before != LookupState::Stored && (restore || !deleted),
                    "{:?} {}",
                    before,
                    restore
                );
                self.model.addresses.push(Address { asked: now, restore, request, sent: false });
            }
            other @ UploadOutcome::Refused { .. } => prop_assert!(false, "{:?}", other),
        }
        Ok(())
    }

    async fn send(&mut self, which: usize) -> Held {
        if self.model.addresses.is_empty() {
            return Ok(());
        }
        let at = which % self.model.addresses.len();
        let request = self.model.addresses[at].request.clone();
        let key: ObjectKey = tintype_tests::key_of(&request.url);
        let waits = self.app.buckets.uploads().await.contains_key(&key.to_string());
        let status = self.user.put(&request, &self.file.bytes).await.status;
        prop_assert_eq!(status, if waits { 412 } else { 200 });
        if status == 200 {
            self.events.push(work::uploads_event(UPLOADS, &[key]));
        }
        self.model.addresses[at].sent = true;
        Ok(())
    }

    /// Everything arrives, and the keeper runs until nothing is left to do.
    async fn come_to_rest(&mut self) -> Held {
        for round in 0..10 {
            for event in self.events.clone() {
                self.event(&event, None).await;
            }
            self.events.clear();
            // No earlier than what it began before and could not finish.
            self.keep(self.latest, None).await;
            let waiting = self.app.buckets.uploads().await;
            if self.events.is_empty() && waiting.is_empty() {
                return Ok(());
            }
            prop_assert!(round < 9, "not at rest: {:?} {:?}", waiting, self.events);
        }
        Ok(())
    }

    async fn check(&mut self) -> Held {
        let known = self.lookup().await;
        match self.model.wish() {
            None => prop_assert_eq!(known.state, LookupState::Unknown),
            Some(true) => {
                prop_assert!(known.safe, "LOST: {:?}", known);
                prop_assert!(known.preview != Some(PreviewState::Pending), "{:?}", known);
                let bytes = self.user.original(&self.photo_id()).await.body;
                prop_assert!(bytes == self.file.bytes, "LOST: other bytes");
                let originals =
                    self.app.buckets.originals().await.remove(&self.photo_id()).unwrap_or_default();
                prop_assert_eq!(originals.len(), 1, "{:?}", originals);
            }
            Some(false) => {
                let deleted = matches!(known.state, LookupState::Trashed | LookupState::Gone);
                prop_assert!(deleted, "its owner deleted it, and it is back: {:?}", known);
            }
        }
        assert_counters_are_true(&self.user).await;
        if self.model.wish() == Some(false) {
            // Later than any day so far: a purge that met a waiting upload was put off by a quarter of an hour.
            self.keep(32, None).await;
            prop_assert_eq!(self.lookup().await.state, LookupState::Gone);
            let left = self.app.buckets.vault().await;
            let id = self.photo_id().to_string();
            prop_assert!(!left.keys().any(|key| key.contains(&id)), "{:?}", left);
            assert_counters_are_true(&self.user).await;
        }
        Ok(())
    }
}

fn pick<T>(from: &[T], which: usize) -> Option<&T> {
    from.get(which.checked_rem(from.len())?)
}

/// Runs sequences over one stack, one after another; how many steps these were.
fn run(worker: u64, cases: u32, runtime: &tokio::runtime::Handle) -> u32 {
    let faults = Faults::default();
    let app = runtime.block_on(TestApp::start_faulty(&faults));
    let sent_by_keeper = Arc::<Mutex<Vec<Value>>>::default();
    faults.keep_events(Arc::clone(&sent_by_keeper));
    let steps = AtomicU32::new(0);
    let number = AtomicU32::new(0);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed().to_le_bytes());
    bytes[8..16].copy_from_slice(&worker.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, random);
    let sequences = prop::collection::vec(step(), 1..=30);
    let done = runner.run(&sequences, |sequence| {
        // A person and a photo of their own: counters are theirs alone.
        let case = number.fetch_add(1, Ordering::Relaxed);
        steps.fetch_add(u32::try_from(sequence.len()).unwrap(), Ordering::Relaxed);
        runtime.block_on(async {
            let mut world = World {
                app: &app,
                faults: &faults,
                user: app.user(&format!("ada{case}")),
                file: File::new("m", "", format!("model {worker} {case}")),
                model: Model::default(),
                events: Vec::new(),
                sent_by_keeper: Arc::clone(&sent_by_keeper),
                latest: 0,
            };
            for (now, step) in sequence.iter().enumerate() {
                world.take(now, step).await?;
            }
            world.come_to_rest().await?;
            world.check().await?;
            Ok(())
        })
    });
    if let Err(failed) = done {
        panic!("seed {} worker {worker}: {failed}", seed());
    }
    runtime.block_on(app.stop());
    steps.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_in_whatever_order_the_last_wish_of_its_owner_stands() {
    let workers = many(2, 4);
    let cases = many(60, 10_000) / u32::try_from(workers).unwrap();
    let runtime = tokio::runtime::Handle::current();
    let running: Vec<_> = (0..workers)
        .map(|worker| {
            let runtime = runtime.clone();
            tokio::task::spawn_blocking(move || run(worker, cases, &runtime))
        })
        .collect();
    let mut steps = 0;
    for worker in running {
        steps += worker.await.unwrap();
    }
    row(
        6,
        &format!(
            "{} sequences, {steps} steps with crashes, late and double events: 0 lost, 0 resurrected, counters exact",
            u64::from(cases) * workers
        ),
    );
}
