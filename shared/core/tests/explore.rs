//! Every interleaving of two walks of uploads and two of the keeper's, with a crash between any two calls, lost and
//! repeated events, trash and restore, for one user and one photo: over the very rules that run.
//!
//! Each call to S3 or DynamoDB is one step. A paused walk that goes on much later is just an interleaving. Checked in
//! every state:
//!
//! - I1: what its owner wants and S3 received has its bytes somewhere within reach
//! - I2: a record that is shown has its original
//! - I3: there is one record (by its key), and what was purged does not come back without a new upload
//! - I4: its owner's last wish stands: neither an echo nor a slow upload undoes the trash
//! - I5: of what was removed for good no life stays in the vault, neither its original nor its variants
//! - L: from every state, the end can still be reached: no upload waits, and what is wanted is safe, with variants
//!
//! Left out: what the keeper postpones stays as it was (a record is always due here). Variants are one step and leave
//! nothing in the vault, but for those that somebody takes long to make ([`Bounds::late`]).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test; what is unwrapped is its own")]

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use time::{Duration, OffsetDateTime};
use tintype_core::audit::has_original;
use tintype_core::id::{Generation, PhotoId, UserId};
use tintype_core::ingest::{self, Original, Upload};
use tintype_core::keep::{self, Did};
use tintype_core::key::{FileName, ObjectKey, Variant};
use tintype_core::metadata::UploadMetadata;
use tintype_core::record::{Preview, Record, State};
use tintype_core::repair;

const UPLOADS: usize = 2;

/// How much may happen besides: each bounds the number of states.
#[derive(Clone, Copy)]
struct Bounds {
    /// Whether each upload asks to bring the photo back if it was deleted.
    restores: [bool; UPLOADS],
    workers: usize,
    keepers: usize,
    trash: u8,
    restore: u8,
    repeated_events: u8,
    /// How often a repair puts the right bytes beside the wrong ones, under a new generation.
    repairs: u8,
    /// How often somebody takes long to make the variants of a photo.
    late: u8,
}

/// Who does what, for telling how a state was reached.
type Step = (&'static str, usize, &'static str);

#[derive(Clone)]
struct World {
    /// Uploads that wait in the uploads bucket.
    waiting: [bool; UPLOADS],
    /// Uploads that their client has still to ask an address for.
    unasked: [bool; UPLOADS],
    /// Uploads that their client has still to send.
    unsent: [bool; UPLOADS],
    /// When an address for each was asked for, by the world's clock.
    asked: [i64; UPLOADS],
    restores: [bool; UPLOADS],
    /// When its owner last trashed it.
    trashed: Option<i64>,
    /// Events that are still to be delivered.
    events: [bool; UPLOADS],
    /// Generations whose original lies in the vault.
    originals: Vec<Generation>,
    record: Option<Record>,
    workers: Vec<Option<(usize, ingest::Next)>>,
    keepers: Vec<Option<keep::Next>>,
    /// A repair that has put the bytes beside, and has still to say so: what it read, and the new generation.
    repair: Option<(Record, Generation)>,
    /// A repair ended in the middle, having put bytes beside for a record that was no longer what it read: the audit
    /// names those.
    stray: bool,
    /// Generations whose variants lie in the vault, of those that took long.
    variants: Vec<Generation>,
    /// Who takes long to make variants: of which life, and whether they are in the vault.
    late: Option<(Generation, bool)>,
    /// The event that asked for them comes again, since who worked on it ended in the middle.
    late_again: Option<Generation>,
    left: (u8, u8, u8, u8, u8),
    clock: i64,
    minted: u64,
    /// Its owner wants it: it was received, and not trashed since.
    wanted: bool,
    /// It was purged, and nothing was sent since.
    purged: bool,
}

fn user() -> UserId {
    "ada".parse().unwrap()
}

fn photo_id() -> PhotoId {
    PhotoId::from_digest([1; 32])
}

fn at(clock: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(20_000) + Duration::seconds(clock)
}

/// The keeper's clock: everything is due.
fn late() -> OffsetDateTime {
    at(0) + Duration::days(1_000)
}

fn original() -> Original {
    Original { size: 1, sha256: Some(photo_id()), version_id: None }
}

/// The key of a variant.
fn thumb(generation: Generation) -> ObjectKey {
    ObjectKey::Variant { user: user(), photo_id: photo_id(), generation, variant: Variant::Thumb }
}

/// The key of an original.
fn life(generation: Generation) -> ObjectKey {
    let file_name = FileName::from_client("a.jpg");
    ObjectKey::Original { user: user(), photo_id: photo_id(), generation, file_name }
}

impl World {
    fn new(bounds: Bounds) -> Self {
        Self {
            waiting: [false; UPLOADS],
            unasked: [true; UPLOADS],
            unsent: [true; UPLOADS],
            asked: [0; UPLOADS],
            restores: bounds.restores,
            trashed: None,
            events: [false; UPLOADS],
            originals: Vec::new(),
            record: None,
            workers: vec![None; bounds.workers],
            keepers: vec![None; bounds.keepers],
            repair: None,
            stray: false,
            variants: Vec::new(),
            late: None,
            late_again: None,
            left: (bounds.trash, bounds.restore, bounds.repeated_events, bounds.repairs, bounds.late),
            clock: 0,
            minted: 0,
            wanted: false,
            purged: false,
        }
    }

    fn upload(&self, which: usize) -> Upload {
        Upload {
            user: user(),
            photo_id: photo_id(),
            size: 1,
            sha256: Some(photo_id()),
            received_at: at(self.clock),
            asked_at: at(self.asked[which]),
            content_type: String::new(),
            metadata: UploadMetadata { restore: self.restores[which], ..UploadMetadata::default() },
        }
    }

    /// A generation that never was.
    fn fresh(&mut self) -> Generation {
        self.minted += 1;
        Generation::from_parts(self.minted, 0)
    }

    fn has_original(&self, generation: Generation) -> bool {
        self.originals.contains(&generation)
    }

    fn head(&self, generation: Generation) -> Option<Original> {
        self.has_original(generation).then(original)
    }

    /// A conditional write, as the catalog does it; `None` if somebody else wrote since `before` was read.
    fn write(&mut self, before: Option<&Record>, after: &Record) -> Option<Record> {
        let unchanged = match (&self.record, before) {
            (Some(now), Some(before)) => same(now, before),
            (now, before) => now.is_none() && before.is_none(),
        };
        if !unchanged {
            return None;
        }
        let mut after = after.clone();
        after.revision = before.map_or(1, |record| record.revision + 1);
        let begins_again = after.state == State::Purging && self.purged;
        self.purged = (after.state == State::Gone || begins_again) && !self.wanted;
        self.record = Some(after.clone());
        Some(after)
    }

    fn render(&mut self, generation: Generation) {
        let now = at(self.clock);
        let after =
            self.record.as_ref().and_then(|record| ingest::rendered(record, generation, Preview::Ready, now));
        if let Some(after) = after {
            self.write(self.record.clone().as_ref(), &after);
        }
    }

    /// The states that one step leads to, with the step's name.
    fn steps(&self) -> Vec<(Step, World)> {
        let mut steps = Vec::new();
        self.clients_steps(&mut steps);
        for index in 0..self.workers.len() {
            self.worker_steps(index, &mut steps);
        }
        for index in 0..self.keepers.len() {
            self.keeper_steps(index, &mut steps);
        }
        self.repair_steps(&mut steps);
        self.late_steps(&mut steps);
        steps
    }

    fn clients_steps(&self, steps: &mut Vec<(Step, World)>) {
        let mut step = |what: &'static str, which: usize, change: &dyn Fn(&mut World)| {
            let mut next = self.clone();
            change(&mut next);
            steps.push(((what, which, ""), next));
        };
        for which in 0..UPLOADS {
            if self.unasked[which] {
                step("asks for an address", which, &|next| {
                    next.clock += 1;
                    (next.unasked[which], next.asked[which]) = (false, next.clock);
                });
            } else if self.unsent[which] {
                for (what, lost) in [("received", false), ("received, its event lost", true)] {
                    step(what, which, &|next| {
                        (next.unsent[which], next.waiting[which], next.events[which]) = (false, true, !lost);
                        let later = next.trashed.is_none_or(|trashed| next.asked[which] > trashed);
                        if later && (next.trashed.is_none() || next.restores[which]) {
                            (next.wanted, next.purged) = (true, false);
                        }
                    });
                }
            } else if self.left.2 > 0 && !self.events[which] {
                step("event again", which, &|next| {
                    next.left.2 -= 1;
                    next.events[which] = true;
                });
            }
            if self.waiting[which] && !self.events[which] {
                step("keeper sends upload again", which, &|next| next.events[which] = true);
            }
        }
        if let Some(record) = &self.record {
            if record.state == State::Stored && self.left.0 > 0 {
                step("trash", 0, &|next| {
                    next.clock += 1;
                    let now = at(next.clock);
                    let mut after = record.moved_to(State::Trashed, record.preview, now);
                    after.trashed_at = Some(now);
                    next.write(Some(record), &after);
                    next.left.0 -= 1;
                    next.trashed = Some(next.clock);
                    next.wanted = false;
                });
            }
            if record.state == State::Trashed && self.left.0 > 0 {
                step("trash again", 0, &|next| {
                    next.clock += 1;
                    let after = Record { trashed_at: Some(at(next.clock)), ..record.clone() };
                    next.write(Some(record), &after);
                    next.left.0 -= 1;
                    next.trashed = Some(next.clock);
                    next.wanted = false;
                });
            }
            if record.state == State::Trashed && self.left.1 > 0 {
                step("restore", 0, &|next| {
                    let mut after = record.moved_to(State::Stored, record.preview, at(next.clock));
                    after.trashed_at = None;
                    next.write(Some(record), &after);
                    next.left.1 -= 1;
                    next.wanted = true;
                });
            }
        }
    }

    fn worker_steps(&self, index: usize, steps: &mut Vec<(Step, World)>) {
        let mut step = |what: &'static str, change: &dyn Fn(&mut World)| {
            let mut next = self.clone();
            change(&mut next);
            steps.push((("worker", index, what), next));
        };
        let Some((which, next_call)) = &self.workers[index] else {
            for which in 0..UPLOADS {
                if self.events[which] {
                    step("HEAD upload", &|next| {
                        let upload = next.waiting[which].then(|| next.upload(which));
                        next.worker_goes_on(index, which, ingest::on_upload(upload.as_ref()));
                    });
                }
            }
            return;
        };
        let which = *which;
        step("crashes", &|next| next.workers[index] = None);
        step(CALLS[ingest_kind(next_call)], &|next| {
            let then = next.worker_call(which, next_call.clone());
            next.worker_goes_on(index, which, then);
        });
    }

    fn worker_call(&mut self, which: usize, call: ingest::Next) -> ingest::Next {
        let (now, fresh) = (at(self.clock), self.fresh());
        match call {
            ingest::Next::Read => ingest::on_record(self.record.clone(), &self.upload(which), now, fresh),
            ingest::Next::Write { before, after, then } => match self.write(before.as_deref(), &after) {
                Some(after) => ingest::on_written(after, then),
                None => ingest::Next::Read,
            },
            ingest::Next::Copy(record) => {
                let there = self.has_original(record.generation);
                if self.waiting[which] && !there {
                    self.originals.push(record.generation);
                    self.originals.sort_unstable();
                }
                let copied = there || self.waiting[which];
                ingest::on_copied(record, copied)
            }
            ingest::Next::HeadCopy { record, copied } => {
                let copy = self.head(record.generation);
                ingest::on_copy(record, copied, copy, now)
            }
            ingest::Next::HashUpload(record) => {
                let bytes = self.waiting[which].then(original);
                ingest::on_reread(record, bytes.as_ref(), fresh)
            }
            ingest::Next::Render { record, checked } => {
                if !self.has_original(record.generation) {
                    return ingest::Next::Fail(ingest::Trouble::OriginalMissing);
                }
                self.render(record.generation);
                ingest::Next::after_render(checked)
            }
            ingest::Next::HeadOriginal(record) => {
                ingest::on_original(&record, self.head(record.generation).as_ref())
            }
            ingest::Next::DeleteUpload => {
                self.waiting[which] = false;
                ingest::Next::Done
            }
            end @ (ingest::Next::Done | ingest::Next::Fail(_)) => end,
        }
    }

    fn worker_goes_on(&mut self, index: usize, which: usize, then: ingest::Next) {
        match then {
            ingest::Next::Done => {
                self.events[which] = false;
                self.workers[index] = None;
            }
            // The event stays, and is tried again.
            ingest::Next::Fail(_) => self.workers[index] = None,
            then => self.workers[index] = Some((which, then)),
        }
    }

    fn keeper_steps(&self, index: usize, steps: &mut Vec<(Step, World)>) {
        let mut step = |what: &'static str, change: &dyn Fn(&mut World)| {
            let mut next = self.clone();
            change(&mut next);
            steps.push((("keeper", index, what), next));
        };
        match &self.keepers[index] {
            None => {
                let Some(record) = &self.record else { return };
                let first = keep::on_due(record.clone(), late());
                if first != keep::Next::Done(Did::Nothing) {
                    step("looks", &|next| next.keepers[index] = Some(first.clone()));
                }
            }
            Some(call) => {
                step("crashes", &|next| next.keepers[index] = None);
                step(CHORES[keep_kind(call)], &|next| {
                    next.keepers[index] = match next.keeper_call(call.clone()) {
                        keep::Next::Done(_) => None,
                        then => Some(then),
                    };
                });
            }
        }
    }

    fn keeper_call(&mut self, call: keep::Next) -> keep::Next {
        let nothing = keep::Next::Done(Did::Nothing);
        match call {
            keep::Next::HeadCopy(record) => {
                let copy = self.head(record.generation);
                keep::on_copy(record, copy, late())
            }
            keep::Next::AnyWaiting(record) => {
                let waiting = self.waiting.iter().any(|waiting| *waiting);
                keep::on_waiting(record, waiting, late())
            }
            keep::Next::SendRender(record) => {
                if self.has_original(record.generation) {
                    self.render(record.generation);
                }
                nothing
            }
            keep::Next::Write { did: Did::Postponed | Did::Sent, .. } | keep::Next::Done(_) => nothing,
            keep::Next::Write { before, after, did } => match self.write(Some(&before), &after) {
                Some(after) => keep::on_written(after, did),
                None => nothing,
            },
            keep::Next::Remove(record) => {
                if self.record.as_ref().is_some_and(|now| same(now, &record)) {
                    self.record = None;
                }
                nothing
            }
            keep::Next::ListLives(record) => {
                let originals = self.originals.iter().copied().map(life);
                keep::on_lives(record, originals.chain(self.variants.iter().copied().map(thumb)).collect())
            }
            keep::Next::ReadAgain { record, lives } => {
                keep::on_read_again(record, lives, self.record.as_ref())
            }
            keep::Next::Delete { record, key, rest } => {
                self.originals.retain(|generation| life(*generation) != key);
                self.variants.retain(|generation| thumb(*generation) != key);
                keep::on_deleted(record, rest)
            }
        }
    }

    /// What `functions/keeper/src/repair.rs` does about wrong bytes: reads the record, copies right ones from elsewhere
    /// to a new generation, and writes the record if it still is what was read.
    fn repair_steps(&self, steps: &mut Vec<(Step, World)>) {
        let mut step = |what: &'static str, change: &dyn Fn(&mut World)| {
            let mut next = self.clone();
            change(&mut next);
            steps.push((("repair", 0, what), next));
        };
        if let Some((read, generation)) = &self.repair {
            step("crashes", &|next| {
                let read_it = next.record.as_ref().is_some_and(|now| same(now, read));
                next.stray |= next.has_original(*generation) && !read_it;
                next.repair = None;
            });
            if !self.has_original(*generation) {
                step("puts the bytes beside", &|next| {
                    next.originals.push(*generation);
                    next.originals.sort_unstable();
                });
                return;
            }
            if self.record.as_ref().is_some_and(|now| same(now, read)) {
                step("writes the record", &|next| {
                    let key = life(*generation).to_string();
                    let after = repair::mended(read, original(), *generation, key, at(next.clock));
                    next.write(Some(read), &after);
                    next.repair = None;
                });
                return;
            }
            // Its write fails. It looks again and writes until nobody else does in between: as good as one step.
            step("has it removed again", &|next| {
                let now = next.record.clone();
                if let Some(after) = now.as_ref().and_then(|now| keep::removed_again(now, at(next.clock))) {
                    next.write(now.as_ref(), &after);
                }
                next.repair = None;
            });
        } else if self.left.3 > 0
            && let Some(record) = self.record.as_ref().filter(|record| has_original(record))
        {
            step("reads the record", &|next| {
                next.left.3 -= 1;
                next.repair = Some((record.clone(), next.fresh()));
            });
        }
    }

    /// What `functions/processor/src/render.rs` does, its two ends apart: it puts the variants of a life that it read, and
    /// writes down that they are there, or that the photo has to be removed once more.
    fn late_steps(&self, steps: &mut Vec<(Step, World)>) {
        let mut step = |what: &'static str, change: &dyn Fn(&mut World)| {
            let mut next = self.clone();
            change(&mut next);
            steps.push((("renderer", 0, what), next));
        };
        // Each of these reads and writes until nobody else does in between: as good as one step.
        let remove_again = |next: &mut World| {
            let now = next.record.clone();
            if let Some(after) = now.as_ref().and_then(|now| keep::removed_again(now, at(next.clock))) {
                next.write(now.as_ref(), &after);
            }
        };
        match (self.late, self.late_again) {
            (Some((generation, put)), _) => {
                step("crashes", &|next| (next.late, next.late_again) = (None, Some(generation)));
                if put {
                    step("writes that they are ready", &|next| {
                        next.late = None;
                        let before = next.record.clone().map(|record| record.revision);
                        next.render(generation);
                        if next.record.as_ref().map(|record| record.revision) == before {
                            remove_again(next);
                        }
                    });
                } else {
                    step("puts variants", &|next| {
                        next.late = Some((generation, true));
                        if !next.variants.contains(&generation) {
                            next.variants.push(generation);
                            next.variants.sort_unstable();
                        }
                    });
                }
            }
            (None, Some(generation)) => step("has its event again", &|next| {
                next.late_again = None;
                let now = next.record.as_ref();
                if now.is_some_and(|now| now.generation == generation && now.state == State::Stored) {
                    next.late =
                        now.filter(|now| now.preview == Preview::Pending).map(|_| (generation, false));
                } else {
                    remove_again(next);
                }
            }),
            (None, None) => {
                if self.left.4 > 0
                    && let Some(record) = self.record.as_ref()
                    && record.state == State::Stored
                    && record.preview == Preview::Pending
                    && self.has_original(record.generation)
                {
                    step("reads an original", &|next| {
                        next.left.4 -= 1;
                        next.late = Some((record.generation, false));
                    });
                }
            }
        }
    }

    fn broken(&self) -> Option<&'static str> {
        let record = self.record.as_ref();
        let there = record.is_some_and(|record| self.has_original(record.generation));
        let shown = record.filter(|record| matches!(record.state, State::Stored | State::Trashed));
        let alive = record.is_some_and(|record| !matches!(record.state, State::Purging | State::Gone));
        if self.wanted && !self.waiting.contains(&true) && !(alive && there) {
            return Some("I1: received bytes are lost");
        }
        if shown.is_some() && !there {
            return Some("I2: a record without its original");
        }
        let stored = record.is_some_and(|record| record.state == State::Stored);
        if self.purged && stored {
            return Some("I3: a purged photo came back without a new upload");
        }
        if !self.wanted && stored {
            return Some("I4: an echo undid the trash");
        }
        let gone = record.is_some_and(|record| record.state == State::Gone);
        let mending = self.repair.as_ref().is_some_and(|(_, generation)| self.has_original(*generation));
        if gone && !self.stray && !mending && !self.originals.is_empty() {
            return Some("I5: an original stays behind a photo that was removed for good");
        }
        let rendering = self.late.is_some_and(|(_, put)| put) || self.late_again.is_some();
        if gone && !rendering && !self.variants.is_empty() {
            return Some("I5: a thumb stays behind a photo that was removed for good");
        }
        None
    }

    fn at_rest(&self) -> bool {
        let busy = self.waiting.contains(&true)
            || self.events.contains(&true)
            || self.workers.iter().any(Option::is_some)
            || self.record.as_ref().is_some_and(|record| record.state == State::Storing);
        let safe = self.record.as_ref().is_some_and(|record| {
            record.state == State::Stored
                && record.preview == Preview::Ready
                && self.has_original(record.generation)
        });
        !busy && (!self.wanted || safe)
    }

    /// What tells two states apart for all that can still happen. Generations count by their order alone; a record
    /// that a walk holds counts as current or not, since a write over anything else fails; who is who is no matter.
    fn key(&self) -> u64 {
        let mut generations: Vec<Generation> = self.originals.clone();
        let held = self.workers.iter().flatten().flat_map(|(_, next)| ingest_records(next));
        let kept = self.keepers.iter().flatten().flat_map(keep_records);
        let mended = self.repair.iter().map(|(record, _)| record);
        let records = self.record.iter().chain(held).chain(kept).chain(mended);
        generations.extend(records.map(|record| record.generation));
        generations.extend(self.keepers.iter().flatten().flat_map(listed).map(|(generation, _)| generation));
        generations.extend(self.repair.iter().map(|(_, generation)| *generation));
        generations.extend(self.variants.iter().copied().chain(self.late_again));
        generations.extend(self.late.iter().map(|(generation, _)| *generation));
        generations.sort_unstable();
        generations.dedup();
        let rank = |generation| generations.binary_search(&generation).unwrap_or_default();
        let key = |record: &Record| {
            let later = self.asked.map(|asked| record.trashed_at.is_some_and(|trashed| at(asked) > trashed));
            let current = self.record.as_ref().is_some_and(|now| same(now, record));
            (record.state, record.preview, rank(record.generation), later, current)
        };
        let mut workers: Vec<u64> = self
            .workers
            .iter()
            .map(|worker| {
                let records = |next| ingest_records(next).map(key).collect::<Vec<_>>();
                hash(&worker.as_ref().map(|(which, next)| (which, ingest_kind(next), records(next))))
            })
            .collect();
        let mut keepers: Vec<u64> = self
            .keepers
            .iter()
            .map(|keeper| {
                let records = |next| keep_records(next).map(key).collect::<Vec<_>>();
                let lives = |next| {
                    listed(next).map(|(generation, variant)| (rank(generation), variant)).collect::<Vec<_>>()
                };
                hash(&keeper.as_ref().map(|next| (keep_kind(next), records(next), lives(next))))
            })
            .collect();
        workers.sort_unstable();
        keepers.sort_unstable();
        let originals: Vec<usize> = self.originals.iter().map(|generation| rank(*generation)).collect();
        let later = self.asked.map(|asked| self.trashed.map(|trashed| asked > trashed));
        let clients = (self.unasked, self.unsent, later);
        let repair = self.repair.as_ref().map(|(record, generation)| (key(record), rank(*generation)));
        let variants: Vec<usize> = self.variants.iter().map(|generation| rank(*generation)).collect();
        let late = (self.late.map(|(generation, put)| (rank(generation), put)), self.late_again.map(rank));
        let repair = (repair, self.stray, variants, late);
        let outside = (clients, self.waiting, self.events, self.left, self.wanted, self.purged, repair);
        hash(&(outside, originals, self.record.as_ref().map(key), workers, keepers))
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Whether nobody wrote between the two readings.
fn same(one: &Record, other: &Record) -> bool {
    (one.generation, one.revision) == (other.generation, other.revision)
}

/// The records that a call carries, those of a write in order.
fn ingest_records(next: &ingest::Next) -> impl Iterator<Item = &Record> {
    match next {
        ingest::Next::Write { before, after, .. } => [before.as_deref(), Some(&**after)],
        ingest::Next::Copy(record)
        | ingest::Next::HeadCopy { record, .. }
        | ingest::Next::HashUpload(record)
        | ingest::Next::Render { record, .. }
        | ingest::Next::HeadOriginal(record) => [Some(&**record), None],
        ingest::Next::Read | ingest::Next::DeleteUpload | ingest::Next::Done | ingest::Next::Fail(_) => {
            [None, None]
        }
    }
    .into_iter()
    .flatten()
}

fn keep_records(next: &keep::Next) -> impl Iterator<Item = &Record> {
    match next {
        keep::Next::Write { before, after, .. } => [Some(&**before), Some(&**after)],
        keep::Next::HeadCopy(record)
        | keep::Next::AnyWaiting(record)
        | keep::Next::SendRender(record)
        | keep::Next::Remove(record)
        | keep::Next::ListLives(record)
        | keep::Next::ReadAgain { record, .. }
        | keep::Next::Delete { record, .. } => [Some(&**record), None],
        keep::Next::Done(_) => [None, None],
    }
    .into_iter()
    .flatten()
}

/// The generations of what a purge has listed and not deleted yet, and whether it is a variant.
fn listed(next: &keep::Next) -> impl Iterator<Item = (Generation, bool)> {
    let (key, rest) = match next {
        keep::Next::ReadAgain { lives, .. } => (None, lives.as_slice()),
        keep::Next::Delete { key, rest, .. } => (Some(key), rest.as_slice()),
        _ => (None, [].as_slice()),
    };
    key.into_iter().chain(rest).filter_map(|key| match key {
        ObjectKey::Original { generation, .. } => Some((*generation, false)),
        ObjectKey::Variant { generation, .. } => Some((*generation, true)),
        _ => None,
    })
}

const CALLS: [&str; 11] = [
    "reads the record",
    "writes the record",
    "copies",
    "looks at the copy, the upload was gone",
    "looks at the copy",
    "renders, then reads again",
    "renders, then deletes the upload",
    "looks at the original",
    "deletes the upload",
    "ends",
    "reads the upload",
];

fn ingest_kind(next: &ingest::Next) -> usize {
    match next {
        ingest::Next::Read => 0,
        ingest::Next::Write { .. } => 1,
        ingest::Next::Copy(_) => 2,
        ingest::Next::HeadCopy { copied, .. } => 3 + usize::from(*copied),
        ingest::Next::Render { checked, .. } => 5 + usize::from(*checked),
        ingest::Next::HeadOriginal(_) => 7,
        ingest::Next::DeleteUpload => 8,
        ingest::Next::Done | ingest::Next::Fail(_) => 9,
        ingest::Next::HashUpload(_) => 10,
    }
}

const CHORES: [&str; 9] = [
    "looks at the copy",
    "looks for uploads",
    "renders",
    "writes the record",
    "removes the record",
    "lists all lives",
    "reads the record again",
    "deletes one",
    "ends",
];

fn keep_kind(next: &keep::Next) -> usize {
    match next {
        keep::Next::HeadCopy(_) => 0,
        keep::Next::AnyWaiting(_) => 1,
        keep::Next::SendRender(_) => 2,
        keep::Next::Write { .. } => 3,
        keep::Next::Remove(_) => 4,
        keep::Next::ListLives(_) => 5,
        keep::Next::ReadAgain { .. } => 6,
        keep::Next::Delete { .. } => 7,
        keep::Next::Done(_) => 8,
    }
}

/// All states that can be reached: how many, or how the first wrong one is reached.
fn explore(bounds: Bounds) -> Result<usize, String> {
    let start = World::new(bounds);
    let mut found: HashMap<u64, u32> = HashMap::from([(start.key(), 0)]);
    // For each state, how it was first reached; and all steps backwards, to see from where the end can be reached.
    let mut reached: Vec<(u32, Step)> = vec![(0, ("", 0, ""))];
    let mut backwards: Vec<(u32, u32)> = Vec::new();
    let mut ends: Vec<u32> = Vec::new();
    let mut frontier = VecDeque::from([(0, start)]);
    while let Some((from, world)) = frontier.pop_front() {
        if let Some(broken) = world.broken() {
            return Err(format!("{broken}\n{}", path(&reached, from)));
        }
        if world.at_rest() {
            ends.push(from);
        }
        for (name, next) in world.steps() {
            let count = u32::try_from(found.len()).unwrap();
            let to = *found.entry(next.key()).or_insert(count);
            backwards.push((to, from));
            if to == count {
                reached.push((from, name));
                frontier.push_back((to, next));
            }
        }
    }
    match stuck(found.len(), &backwards, &ends) {
        Some(state) => Err(format!("L: the end cannot be reached any more\n{}", path(&reached, state))),
        None => Ok(found.len()),
    }
}

/// A state from which no end can be reached.
fn stuck(states: usize, backwards: &[(u32, u32)], ends: &[u32]) -> Option<u32> {
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); states];
    for (to, from) in backwards {
        before[*to as usize].push(*from);
    }
    let mut good = vec![false; states];
    let mut open = ends.to_vec();
    while let Some(state) = open.pop() {
        if !std::mem::replace(&mut good[state as usize], true) {
            open.extend(&before[state as usize]);
        }
    }
    good.iter().position(|good| !good).and_then(|state| u32::try_from(state).ok())
}

fn path(reached: &[(u32, Step)], mut state: u32) -> String {
    let mut names = Vec::new();
    while state != 0 {
        let (from, (who, index, what)) = reached[state as usize];
        names.push(format!("{who} {index} {what}"));
        state = from;
    }
    names.reverse();
    names.join("\n")
}

fn holds(bounds: Bounds) {
    match explore(bounds) {
        Ok(states) => println!("{states} states: nothing is lost, nothing is undone, everything can end"),
        Err(how) => panic!("{how}"),
    }
}

#[test]
fn one_worker_and_one_keeper_lose_nothing_whatever_uploads_ask_for() {
    for restores in [[false, false], [false, true], [true, true]] {
        holds(Bounds {
            restores,
            workers: 1,
            keepers: 1,
            trash: 2,
            restore: 1,
            repeated_events: 1,
            repairs: 0,
            late: 0,
        });
    }
}

#[test]
fn two_workers_and_two_keepers_lose_nothing_in_any_interleaving() {
    holds(Bounds {
        restores: [false, true],
        workers: 2,
        keepers: 2,
        trash: 1,
        restore: 1,
        repeated_events: 1,
        repairs: 0,
        late: 0,
    });
}

#[test]
fn a_removal_leaves_no_life_of_a_repaired_photo_and_takes_none_of_a_new_one() {
    holds(Bounds {
        restores: [false, true],
        workers: 1,
        keepers: 2,
        trash: 1,
        restore: 1,
        repeated_events: 0,
        repairs: 1,
        late: 0,
    });
}

#[test]
fn a_removal_leaves_no_variant_of_a_photo_whose_variants_took_long() {
    holds(Bounds {
        restores: [false, true],
        workers: 1,
        keepers: 2,
        trash: 1,
        restore: 1,
        repeated_events: 0,
        repairs: 0,
        late: 1,
    });
}
