//! One photo of one person: what its owner is entitled to, and what the real code makes of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use tintype_core::id::PhotoId;
use tintype_core::key::ObjectKey;
use tintype_core::wire::{
    ChangeOutcome, Lookup, LookupState, PresignedRequest, PreviewState, UploadFile, UploadOutcome,
};
use tintype_core::work;
use tintype_local::stack::UPLOADS;
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, User, assert_counters_are_true};

use super::Step;

/// An address, and what became of it. Asked and trashed are counted in steps, which is the order of wishes.
struct Address {
    asked: usize,
    restore: bool,
    request: PresignedRequest,
    sent: bool,
}

/// What its owner did and was told.
#[derive(Default)]
pub(super) struct Model {
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

pub(super) struct World<'a> {
    pub(super) app: &'a TestApp,
    pub(super) faults: &'a Faults,
    pub(super) user: User,
    pub(super) file: File,
    pub(super) model: Model,
    /// Every event that there ever was; each can come again.
    pub(super) events: Vec<Value>,
    /// What the keeper sends to the processor: it arrives when the sequence says so.
    pub(super) sent_by_keeper: Arc<Mutex<Vec<Value>>>,
    /// The latest of the keeper's days so far.
    pub(super) latest: i64,
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

    pub(super) async fn take(&mut self, now: usize, step: &Step) -> Held {
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
    pub(super) async fn come_to_rest(&mut self) -> Held {
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

    pub(super) async fn check(&mut self) -> Held {
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
