//! The rules of an upload's way into the vault, as functions from what was read to what to do next.
//!
//! The processor and the keeper act on these answers and decide nothing themselves, so that the rules can be
//! explored by themselves. `docs/ARCHITECTURE.md` walks through them.

use time::{Duration, OffsetDateTime};

use crate::id::Generation;
use crate::record::{Preview, Record, State};

/// How often variants are tried before a photo ends without them.
pub const MAX_ATTEMPTS: u32 = 3;
/// How long after a step the keeper looks whether the processor went on: a `stored` photo without its preview.
pub const RENDER_PATIENCE: Duration = Duration::minutes(15);
/// How old an upload must be before the keeper sends it again.
pub const UPLOAD_PATIENCE: Duration = Duration::minutes(15);
/// How long a record may be `storing` before the keeper looks what became of it.
pub const STORING_PATIENCE: Duration = Duration::hours(1);

/// What the uploads bucket says of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadSeen {
    /// S3's `LastModified`: when it was received.
    pub received_at: OffsetDateTime,
    /// Its signed metadata asks to bring the photo back if it was deleted.
    pub restore: bool,
}

/// What to do with an upload, given its photo's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Put a `storing` record with a new generation, provided that the record is still as it was read.
    Claim,
    /// Copy to the vault under this generation, check the copy, and make the record `stored`.
    Store(Generation),
    /// Safe already, without variants: make them.
    Render(Generation),
    /// Safe already: check that the original is there, then delete the upload.
    CheckOriginal(Generation),
    /// Trashed, and sent again by hand since: make the record `stored` again.
    Restore(Generation),
    /// The echo of an older upload, or one that does not ask to restore: delete the upload.
    Discard,
    /// The photo is just being removed for good: fail, and come back when it is gone.
    RetryLater,
}

/// What to do with an upload, given its photo's record.
pub fn on_upload(record: Option<&Record>, upload: UploadSeen) -> Step {
    let Some(record) = record else { return Step::Claim };
    match record.state {
        State::Gone => Step::Claim,
        State::Storing => Step::Store(record.generation),
        State::Stored if record.preview == Preview::Pending => Step::Render(record.generation),
        State::Stored => Step::CheckOriginal(record.generation),
        State::Trashed if brings_back(record, upload) => Step::Restore(record.generation),
        State::Trashed => Step::Discard,
        State::Purging => Step::RetryLater,
    }
}

/// An upload brings a photo back from the trash only if it came later than the trash and asks for it: an echo of
/// an older upload must not undo its owner's wish.
fn brings_back(record: &Record, upload: UploadSeen) -> bool {
    upload.restore && record.trashed_at.is_some_and(|trashed_at| upload.received_at > trashed_at)
}

/// What a client that wants to upload is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Safe already: nothing to send.
    Known(Generation),
    /// Send it.
    Upload,
    /// Its owner deleted it, and this upload does not ask to bring it back.
    Deleted(State),
}

/// What a client that wants to upload is told. A nightly backup does not bring back what was deleted; a person
/// who drops a file by hand does.
pub fn on_offer(record: Option<&Record>, restore: bool) -> Offer {
    match record.map(|record| (record.state, record.generation)) {
        None | Some((State::Storing, _)) => Offer::Upload,
        Some((State::Stored, generation)) => Offer::Known(generation),
        Some((State::Trashed | State::Purging | State::Gone, _)) if restore => Offer::Upload,
        Some((state @ (State::Trashed | State::Purging | State::Gone), _)) => Offer::Deleted(state),
    }
}

/// What the keeper does with a record that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// `storing` for too long: finish it if its copy is there, remove it if neither upload nor copy is.
    Finish(Generation),
    /// `stored` without variants for too long: send it to the processor again.
    Render(Generation),
    /// Its time in the trash is over: if no upload of it waits, `trashed -> purging`, then purge.
    Purge(Generation),
    /// A purge that was begun: go on with it.
    ResumePurge(Generation),
    /// Nothing to do any more: it was in the work index by an older reading.
    Nothing,
}

/// What the keeper does with a record that is due now.
pub fn on_due(record: &Record, now: OffsetDateTime) -> Chore {
    if record.due.is_none_or(|due| due > now) {
        return Chore::Nothing;
    }
    match record.state {
        State::Storing => Chore::Finish(record.generation),
        State::Stored if record.preview == Preview::Pending => Chore::Render(record.generation),
        State::Trashed => Chore::Purge(record.generation),
        State::Purging => Chore::ResumePurge(record.generation),
        State::Stored | State::Gone => Chore::Nothing,
    }
}

/// When the keeper should look at a record in this state, given when it came into it; `None`: never.
pub fn due_after(state: State, preview: Preview, since: OffsetDateTime) -> Option<OffsetDateTime> {
    let patience = match (state, preview) {
        (State::Storing, _) => STORING_PATIENCE,
        (State::Stored, Preview::Pending) => RENDER_PATIENCE,
        (State::Trashed, _) => Duration::days(crate::TRASH_DAYS),
        (State::Purging, _) => Duration::ZERO,
        (State::Stored | State::Gone, _) => return None,
    };
    since.checked_add(patience)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PhotoId;
    use crate::record::PreviewReason;
    use crate::taken;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn record(state: State, preview: Preview) -> Record {
        Record {
            user: "ada".parse().unwrap(),
            photo_id: PhotoId::from_digest([1; 32]),
            generation: Generation::from_parts(1, 1),
            state,
            preview,
            size: 1,
            content_type: String::new(),
            file_name: String::new(),
            modified_at: None,
            key: String::new(),
            version_id: None,
            taken: taken::choose(&[], "", None, NOW),
            width: None,
            height: None,
            thumbhash: None,
            camera: None,
            place: None,
            attempts: 0,
            stored_at: None,
            trashed_at: (state == State::Trashed).then_some(NOW),
            audited_at: None,
            due: Some(NOW),
            revision: 1,
        }
    }

    fn upload(seconds_later: i64, restore: bool) -> UploadSeen {
        UploadSeen { received_at: NOW + Duration::seconds(seconds_later), restore }
    }

    #[test]
    fn each_state_has_its_step() {
        let generation = Generation::from_parts(1, 1);
        let step = |state, preview| on_upload(Some(&record(state, preview)), upload(1, false));
        assert_eq!(on_upload(None, upload(0, false)), Step::Claim);
        assert_eq!(step(State::Gone, Preview::Ready), Step::Claim);
        assert_eq!(step(State::Storing, Preview::Pending), Step::Store(generation));
        assert_eq!(step(State::Stored, Preview::Pending), Step::Render(generation));
        assert_eq!(step(State::Stored, Preview::Ready), Step::CheckOriginal(generation));
        let none = Preview::None(PreviewReason::Broken);
        assert_eq!(step(State::Stored, none), Step::CheckOriginal(generation));
        assert_eq!(step(State::Purging, Preview::Ready), Step::RetryLater);
    }

    #[test]
    fn only_a_later_upload_that_asks_for_it_undoes_the_trash() {
        let trashed = record(State::Trashed, Preview::Ready);
        let restore = Step::Restore(trashed.generation);
        assert_eq!(on_upload(Some(&trashed), upload(1, true)), restore);
        assert_eq!(on_upload(Some(&trashed), upload(1, false)), Step::Discard);
        assert_eq!(on_upload(Some(&trashed), upload(0, true)), Step::Discard);
        assert_eq!(on_upload(Some(&trashed), upload(-1, true)), Step::Discard);
    }

    #[test]
    fn a_nightly_backup_does_not_bring_back_what_was_deleted() {
        let offer = |state, restore| on_offer(Some(&record(state, Preview::Ready)), restore);
        for state in [State::Trashed, State::Purging, State::Gone] {
            assert_eq!(offer(state, false), Offer::Deleted(state));
            assert_eq!(offer(state, true), Offer::Upload);
        }
        for restore in [false, true] {
            assert_eq!(on_offer(None, restore), Offer::Upload);
            assert_eq!(offer(State::Storing, restore), Offer::Upload);
            assert_eq!(offer(State::Stored, restore), Offer::Known(Generation::from_parts(1, 1)));
        }
    }

    #[test]
    fn the_keeper_acts_on_what_is_due_and_on_nothing_else() {
        let chore = |state, preview| on_due(&record(state, preview), NOW);
        let generation = Generation::from_parts(1, 1);
        assert_eq!(chore(State::Storing, Preview::Pending), Chore::Finish(generation));
        assert_eq!(chore(State::Stored, Preview::Pending), Chore::Render(generation));
        assert_eq!(chore(State::Stored, Preview::Ready), Chore::Nothing);
        assert_eq!(chore(State::Trashed, Preview::Ready), Chore::Purge(generation));
        assert_eq!(chore(State::Purging, Preview::Ready), Chore::ResumePurge(generation));
        let mut later = record(State::Trashed, Preview::Ready);
        later.due = Some(NOW + Duration::seconds(1));
        assert_eq!(on_due(&later, NOW), Chore::Nothing);
    }
}
