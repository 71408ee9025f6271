//! What the keeper does with a record that is due, as pure functions: from what was last seen to the next call.
//!
//! The keeper makes the calls and decides nothing; `tests/explore.rs` explores these rules together with those of
//! [`crate::ingest`].

use time::{Duration, OffsetDateTime};

use crate::ingest::{self, Original};
use crate::key::ObjectKey;
use crate::record::{Preview, Record, State};

/// How old an upload must be before the keeper sends it again.
pub const UPLOAD_PATIENCE: Duration = Duration::minutes(15);
/// What cannot be done now is looked at again after this long, behind what else is due.
pub const LATER: Duration = Duration::minutes(15);

/// The next call to make. Each but the end names the function that takes what it answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// HEAD the copy of a record that has been `storing` for too long, for [`on_copy`].
    HeadCopy(Box<Record>),
    /// Look whether an upload of this photo waits, for [`on_waiting`].
    AnyWaiting(Box<Record>),
    /// Send the photo to the processor for its variants, then [`on_sent`].
    SendRender(Box<Record>),
    /// Put `after` where `before` was read. If it was written, `after` as it now stands is for [`on_written`]; if
    /// somebody else wrote since, [`on_changed`].
    Write {
        /// As it was read.
        before: Box<Record>,
        /// As it shall be.
        after: Box<Record>,
        /// What this write does, if it ends the chore.
        did: Did,
    },
    /// Remove the record, if it still is as it was read.
    Remove(Box<Record>),
    /// List all that the vault holds of the photo: originals and variants of whichever life, for [`on_lives`].
    ListLives(Box<Record>),
    /// Read the record again, for [`on_read_again`].
    ReadAgain {
        /// As it was read.
        record: Box<Record>,
        /// What was listed since.
        lives: Vec<ObjectKey>,
    },
    /// Delete this one: a delete marker. Then [`on_deleted`].
    Delete {
        /// The record that is being removed.
        record: Box<Record>,
        /// Which.
        key: ObjectKey,
        /// What is left after that.
        rest: Vec<ObjectKey>,
    },
    /// Nothing more.
    Done(Did),
}

/// What became of a record that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// There was nothing to do.
    Nothing,
    /// It is looked at again later.
    Postponed,
    /// Its copy was there: it is safe.
    Finished,
    /// Neither upload nor copy was there: the record is removed.
    Removed,
    /// It was sent to the processor.
    Sent,
    /// Its removal has begun.
    PurgeBegun,
    /// It is removed for good.
    Purged,
}

/// Begins with a record from the work index, as it now stands.
pub fn on_due(record: Record, now: OffsetDateTime) -> Next {
    if record.due.is_none_or(|due| due > now) {
        return Next::Done(Did::Nothing);
    }
    let record = Box::new(record);
    match record.state {
        State::Storing => Next::HeadCopy(record),
        State::Stored if record.preview == Preview::Pending => Next::SendRender(record),
        State::Trashed => Next::AnyWaiting(record),
        State::Purging => Next::ListLives(record),
        State::Stored | State::Gone => Next::Done(Did::Nothing),
    }
}

/// After the HEAD of a copy.
pub fn on_copy(record: Box<Record>, copy: Option<Original>, now: OffsetDateTime) -> Next {
    match copy.filter(|copy| copy.is_that_of(&record)) {
        Some(copy) => {
            // Its variants are due at once.
            let after = Record { due: Some(now), ..ingest::stored(&record, copy, now) };
            Next::Write { before: record, after: Box::new(after), did: Did::Finished }
        }
        None => Next::AnyWaiting(record),
    }
}

/// After looking for uploads of the photo.
pub fn on_waiting(record: Box<Record>, waiting: bool, now: OffsetDateTime) -> Next {
    match record.state {
        // The upload decides first: its owner may want the photo back, or the processor may still finish it.
        _ if waiting => postpone(record, now),
        State::Storing => Next::Remove(record),
        State::Trashed => {
            let after = Box::new(record.moved_to(State::Purging, record.preview, now));
            Next::Write { before: record, after, did: Did::PurgeBegun }
        }
        State::Stored | State::Purging | State::Gone => Next::Done(Did::Nothing),
    }
}

/// After the photo was sent to the processor.
pub fn on_sent(record: Box<Record>, now: OffsetDateTime) -> Next {
    let after = Box::new(Record { due: Some(now + LATER), ..(*record).clone() });
    Next::Write { before: record, after, did: Did::Sent }
}

fn postpone(record: Box<Record>, now: OffsetDateTime) -> Next {
    let after = Box::new(Record { due: Some(now + LATER), ..(*record).clone() });
    Next::Write { before: record, after, did: Did::Postponed }
}

/// After a write that went through; `after` as it now stands.
pub fn on_written(after: Record, did: Did) -> Next {
    match did {
        Did::PurgeBegun => Next::ListLives(Box::new(after)),
        did => Next::Done(did),
    }
}

/// After a write that was refused, since somebody else wrote: the next run looks again. What was sent is sent all the
/// same, and the processor may have been quicker than this write.
pub const fn on_changed(did: Did) -> Next {
    match did {
        Did::Sent => Next::Done(Did::Sent),
        _ => Next::Done(Did::Nothing),
    }
}

/// After listing all that the vault holds of the photo: a repair, or a copy that went wrong, leaves other lives of it
/// beside the record's own.
pub fn on_lives(record: Box<Record>, lives: Vec<ObjectKey>) -> Next {
    // The keeper may have been paused before it listed: then these may be of a new life.
    Next::ReadAgain { record, lives }
}

/// After reading the record again. If nobody wrote, the photo was being removed all the time, and so nothing of a new life
/// was listed; and keys are never used again, so that these may be deleted however late.
pub fn on_read_again(record: Box<Record>, lives: Vec<ObjectKey>, now: Option<&Record>) -> Next {
    let same = |now: &Record| (now.generation, now.revision) == (record.generation, record.revision);
    if now.is_some_and(same) { delete(record, lives) } else { Next::Done(Did::Nothing) }
}

/// After a delete marker.
pub fn on_deleted(record: Box<Record>, rest: Vec<ObjectKey>) -> Next {
    delete(record, rest)
}

/// One after the other; last, the tombstone, which keeps nothing but that the photo was here.
fn delete(record: Box<Record>, mut rest: Vec<ObjectKey>) -> Next {
    if let Some(key) = rest.pop() {
        return Next::Delete { record, key, rest };
    }
    let after = Record {
        state: State::Gone,
        due: None,
        file_name: String::new(),
        width: None,
        height: None,
        thumbhash: None,
        camera: None,
        place: None,
        ..(*record).clone()
    };
    Next::Write { before: record, after: Box::new(after), did: Did::Purged }
}

/// The record of a photo that its owner removed for good while something of it was on its way into the vault, a repair's
/// copy or its variants: its removal begins again, since it may have listed what to delete before that came. `None` if it
/// is not removed: then a later removal finds what came.
pub fn removed_again(record: &Record, now: OffsetDateTime) -> Option<Record> {
    let removed = matches!(record.state, State::Purging | State::Gone);
    removed.then(|| record.moved_to(State::Purging, record.preview, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Generation, PhotoId};
    use crate::key::FileName;
    use crate::record::tests::record;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn boxed(state: State, preview: Preview) -> Box<Record> {
        Box::new(record(state, preview, NOW))
    }

    fn written(next: Next) -> (Record, Did) {
        match next {
            Next::Write { after, did, .. } => (*after, did),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_due_has_its_first_call_and_nothing_else_has() {
        let next = |state, preview| on_due(*boxed(state, preview), NOW);
        let nothing = Next::Done(Did::Nothing);
        assert_eq!(
            next(State::Storing, Preview::Pending),
            Next::HeadCopy(boxed(State::Storing, Preview::Pending))
        );
        assert_eq!(
            next(State::Stored, Preview::Pending),
            Next::SendRender(boxed(State::Stored, Preview::Pending))
        );
        assert_eq!(next(State::Stored, Preview::Ready), nothing);
        assert_eq!(
            next(State::Trashed, Preview::Ready),
            Next::AnyWaiting(boxed(State::Trashed, Preview::Ready))
        );
        assert_eq!(
            next(State::Purging, Preview::Ready),
            Next::ListLives(boxed(State::Purging, Preview::Ready))
        );
        assert_eq!(next(State::Gone, Preview::Ready), nothing);
        let later =
            Record { due: Some(NOW + Duration::seconds(1)), ..*boxed(State::Trashed, Preview::Ready) };
        assert_eq!(on_due(later, NOW), nothing);
        let never = Record { due: None, ..*boxed(State::Trashed, Preview::Ready) };
        assert_eq!(on_due(never, NOW), nothing);
    }

    #[test]
    fn a_stuck_record_is_finished_if_its_copy_agrees_and_removed_only_if_nothing_is_left() {
        let storing = boxed(State::Storing, Preview::Pending);
        let copy = |size| Original { size, sha256: Some(PhotoId::from_digest([1; 32])), version_id: None };
        let (after, did) = written(on_copy(storing.clone(), Some(copy(1)), NOW));
        assert_eq!((after.state, after.due, did), (State::Stored, Some(NOW), Did::Finished));
        assert_eq!(on_copy(storing.clone(), Some(copy(2)), NOW), Next::AnyWaiting(storing.clone()));
        assert_eq!(on_copy(storing.clone(), None, NOW), Next::AnyWaiting(storing.clone()));
        assert_eq!(on_waiting(storing.clone(), false, NOW), Next::Remove(storing.clone()));
        let (after, did) = written(on_waiting(storing, true, NOW));
        assert_eq!((after.state, after.due, did), (State::Storing, Some(NOW + LATER), Did::Postponed));
    }

    #[test]
    fn the_trash_is_purged_only_while_no_upload_of_it_waits() {
        let trashed = boxed(State::Trashed, Preview::Ready);
        let (after, did) = written(on_waiting(trashed.clone(), true, NOW));
        assert_eq!((after.state, did), (State::Trashed, Did::Postponed));
        let (purging, did) = written(on_waiting(trashed, false, NOW));
        assert_eq!((purging.state, did), (State::Purging, Did::PurgeBegun));
        let purging = Box::new(purging);
        assert_eq!(on_written((*purging).clone(), did), Next::ListLives(purging.clone()));
        let (gone, did) = written(on_read_again(purging.clone(), Vec::new(), Some(&purging)));
        assert_eq!((gone.state, gone.due, did), (State::Gone, None, Did::Purged));
        assert_eq!(on_written(gone, did), Next::Done(Did::Purged));
        assert_eq!(on_changed(did), Next::Done(Did::Nothing));
        assert_eq!(on_changed(Did::Sent), Next::Done(Did::Sent));
    }

    #[test]
    fn all_lives_of_a_photo_are_deleted_and_none_of_one_that_came_back_meanwhile() {
        let purging = boxed(State::Purging, Preview::Ready);
        let life = |part| ObjectKey::Original {
            user: purging.user.clone(),
            photo_id: purging.photo_id,
            generation: Generation::from_parts(part, 0),
            file_name: FileName::from_client("a.jpg"),
        };
        let lives = vec![life(1), life(2)];
        let read = Next::ReadAgain { record: purging.clone(), lives: lives.clone() };
        assert_eq!(on_lives(purging.clone(), lives.clone()), read);
        let next = on_read_again(purging.clone(), lives.clone(), Some(&purging));
        assert_eq!(next, Next::Delete { record: purging.clone(), key: life(2), rest: vec![life(1)] });
        let next = on_deleted(purging.clone(), vec![life(1)]);
        assert_eq!(next, Next::Delete { record: purging.clone(), key: life(1), rest: Vec::new() });
        assert_eq!(written(on_deleted(purging.clone(), Vec::new())).1, Did::Purged);

        let since = Record { revision: 2, ..(*purging).clone() };
        let reborn = Record { generation: Generation::from_parts(2, 2), ..(*purging).clone() };
        for now in [Some(&since), Some(&reborn), None] {
            let next = on_read_again(purging.clone(), lives.clone(), now);
            assert_eq!(next, Next::Done(Did::Nothing), "{now:?}");
        }
    }

    #[test]
    fn a_removal_that_something_came_too_late_for_begins_again() {
        for state in [State::Purging, State::Gone] {
            let removed = record(state, Preview::Ready, NOW);
            let again = removed_again(&removed, NOW).unwrap();
            assert_eq!(again, Record { state: State::Purging, due: Some(NOW), ..removed });
        }
        for state in [State::Storing, State::Stored, State::Trashed] {
            assert_eq!(removed_again(&record(state, Preview::Ready, NOW), NOW), None);
        }
    }

    #[test]
    fn a_tombstone_keeps_nothing_but_that_the_photo_was_here() {
        let purging = Box::new(Record {
            file_name: "beach.jpg".to_owned(),
            width: Some(1),
            height: Some(1),
            thumbhash: Some("x".to_owned()),
            camera: Some(crate::record::Camera::default()),
            place: Some(crate::record::Place { latitude: 0.0, longitude: 0.0, altitude_m: None }),
            ..*boxed(State::Purging, Preview::Ready)
        });
        let (gone, _) = written(on_deleted(purging, Vec::new()));
        assert_eq!(gone, Record { state: State::Gone, due: None, ..*boxed(State::Gone, Preview::Ready) });
    }

    #[test]
    fn what_is_sent_is_looked_at_again_later() {
        let (after, did) = written(on_sent(boxed(State::Stored, Preview::Pending), NOW));
        assert_eq!((after.due, did), (Some(NOW + LATER), Did::Sent));
        assert_eq!(on_waiting(boxed(State::Stored, Preview::Ready), false, NOW), Next::Done(Did::Nothing));
    }
}
