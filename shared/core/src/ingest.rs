//! An upload's way into the vault, as pure functions: from what was last seen to the next call to make.
//!
//! The processor makes the calls and decides nothing. `tests/explore.rs` lets two of these walks and two of the
//! keeper's run over every interleaving, with a crash between any two calls: over the very rules that run.
//! `docs/ARCHITECTURE.md` walks through them in words.

use time::{Duration, OffsetDateTime};

use crate::content_type;
use crate::id::{Generation, PhotoId, UserId};
use crate::key::{FileName, ObjectKey};
use crate::metadata::UploadMetadata;
use crate::record::{Preview, PreviewReason, Record, State};
use crate::taken;

/// How often variants are tried before a photo ends without them.
pub const MAX_ATTEMPTS: u32 = 3;
/// How long after a step the keeper looks whether the processor went on: a `stored` photo without its preview.
pub const RENDER_PATIENCE: Duration = Duration::minutes(15);
/// How long a record may be `storing` before the keeper looks what became of it.
pub const STORING_PATIENCE: Duration = Duration::hours(1);

/// What the uploads bucket says of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Whose.
    pub user: UserId,
    /// Of which photo.
    pub photo_id: PhotoId,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 that S3 computed over the received bytes, if it has one.
    pub sha256: Option<PhotoId>,
    /// When S3 received it, in whole seconds.
    pub received_at: OffsetDateTime,
    /// When its address was asked for, which is in its id: the time of its owner's wish.
    pub asked_at: OffsetDateTime,
    /// Media type as the client declared it.
    pub content_type: String,
    /// What it says of itself.
    pub metadata: UploadMetadata,
}

impl Upload {
    /// Whether the original that is there already is read whole before this upload goes. An owner who sends a file again
    /// by hand may do so because the original rotted: S3 still says the checksum that it had, and these may be the only
    /// right bytes.
    pub fn wants_proof(&self) -> bool {
        self.metadata.restore
    }
}

/// What the vault says of an original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 that S3 computed over the stored bytes, if it has one.
    pub sha256: Option<PhotoId>,
    /// Version, where the vault is versioned.
    pub version_id: Option<String>,
}

impl Original {
    /// Whether these are the bytes that the record speaks of.
    pub fn is_that_of(&self, record: &Record) -> bool {
        self.size == record.size && self.sha256 == Some(record.photo_id)
    }
}

/// The next call to make. Each but the ends names the function that takes what it answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Read the record, consistently, for [`on_record`].
    Read,
    /// Put `after` where `before` was read. If it was written, `after` as it now stands is for [`on_written`]; if
    /// somebody else wrote since, [`Next::Read`].
    Write {
        /// As it was read.
        before: Option<Box<Record>>,
        /// As it shall be.
        after: Box<Record>,
        /// What follows.
        then: Then,
    },
    /// Copy the upload to the record's key unless something is there; whether the upload was there is for
    /// [`on_copied`].
    Copy(Box<Record>),
    /// HEAD the copy, for [`on_copy`].
    HeadCopy {
        /// The record that it is a copy for.
        record: Box<Record>,
        /// Whether the upload was there to be copied.
        copied: bool,
    },
    /// Read the upload whole, since other bytes than it should have lie in its copy's place; what they are, for
    /// [`on_reread`].
    HashUpload(Box<Record>),
    /// Make the variants of a safe photo and write down how that ended. Then [`Next::after_render`]; if somebody else
    /// wrote since, the same: the record says what is left to do, and is due.
    Render {
        /// The record.
        record: Box<Record>,
        /// Whether this walk has seen the original's HEAD itself.
        checked: bool,
    },
    /// HEAD the original of a safe photo, in the trash or not, or read it whole if the upload asks for that ([`Upload::wants_proof`]), for
    /// [`on_original`].
    HeadOriginal(Box<Record>),
    /// Delete the upload: the last call.
    DeleteUpload,
    /// Nothing is left to do.
    Done,
    /// It has to be done again, later.
    Fail(Trouble),
}

/// What follows a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// `storing`: copy.
    Copy,
    /// `stored`: render.
    Render,
    /// Restored: read again, and go on as for any safe photo.
    Read,
    /// A new generation, since other bytes lie under the old one: fail, and begin again.
    Fail,
}

/// Why an upload has to be taken in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The photo is just being removed for good; when that is done, this upload is its new life.
    #[error("the photo is being removed; its new upload waits until that is done")]
    Purging,
    /// What lies in the uploads bucket are other bytes than were announced. S3 refuses such uploads: it was damaged
    /// there, or put there by hand. It stays, and no further copy of it is made.
    #[error("DAMAGED: other bytes than were announced lie in the uploads bucket")]
    UploadDiffers,
    /// A copy was made and is not there.
    #[error("the vault's copy is not there")]
    CopyMissing,
    /// The copy is not what was uploaded; the record goes on under a new generation.
    #[error("other bytes than the upload's lie in the vault")]
    CopyDiffers,
    /// A record says safe, and the vault has no such original. The upload stays: a repair can use it.
    #[error("LOST: the original of a safe photo is not in the vault as it was stored")]
    OriginalMissing,
}

/// After the HEAD of an upload: where there is none, another run finished it.
pub fn on_upload(upload: Option<&Upload>) -> Next {
    match upload {
        None => Next::Done,
        Some(upload) if upload.sha256.is_some_and(|sha256| sha256 != upload.photo_id) => {
            Next::Fail(Trouble::UploadDiffers)
        }
        Some(_) => Next::Read,
    }
}

/// After reading the record. `now` and `fresh` are the caller's clock, and a generation that never was.
pub fn on_record(record: Option<Record>, upload: &Upload, now: OffsetDateTime, fresh: Generation) -> Next {
    let Some(record) = record.map(Box::new) else { return claim(None, upload, now, fresh) };
    match record.state {
        State::Gone if brings_back(&record, upload) => claim(Some(record), upload, now, fresh),
        State::Storing => Next::Copy(record),
        State::Stored if record.preview == Preview::Pending => Next::Render { record, checked: false },
        State::Trashed if brings_back(&record, upload) => {
            let mut stored = record.moved_to(State::Stored, record.preview, now);
            stored.trashed_at = None;
            write(Some(record), stored, Then::Read)
        }
        // In the trash too: it can come back for weeks, and these may be the only right bytes of it.
        State::Stored | State::Trashed => Next::HeadOriginal(record),
        State::Gone => Next::DeleteUpload,
        State::Purging => Next::Fail(Trouble::Purging),
    }
}

/// An upload brings a deleted photo back only if it was asked for after that, and to do so: neither the echo of an
/// older upload nor a slow one may undo its owner's last wish.
fn brings_back(record: &Record, upload: &Upload) -> bool {
    upload.metadata.restore && record.trashed_at.is_some_and(|trashed_at| upload.asked_at > trashed_at)
}

/// After a write that went through; `after` as it now stands.
pub fn on_written(after: Record, then: Then) -> Next {
    match then {
        Then::Copy => Next::Copy(Box::new(after)),
        Then::Render => Next::Render { record: Box::new(after), checked: true },
        Then::Read => Next::Read,
        Then::Fail => Next::Fail(Trouble::CopyDiffers),
    }
}

/// After the copy; `copied` is false if the upload was gone.
pub fn on_copied(record: Box<Record>, copied: bool) -> Next {
    Next::HeadCopy { record, copied }
}

/// After the HEAD of the copy. Only here does a photo become safe.
pub fn on_copy(record: Box<Record>, copied: bool, copy: Option<Original>, now: OffsetDateTime) -> Next {
    match copy {
        Some(copy) if copy.is_that_of(&record) => {
            let after = stored(&record, copy, now);
            write(Some(record), after, Then::Render)
        }
        // Either the copy went wrong, or the upload rotted, and each further copy of it would be as wrong.
        Some(_) => Next::HashUpload(record),
        // Another run took the upload in between; what the record now says tells how that ended.
        None if !copied => Next::Read,
        None => Next::Fail(Trouble::CopyMissing),
    }
}

/// After reading an upload whole whose copy is wrong: `None` if it was gone. Nothing is ever written over: it goes on
/// under a new generation.
pub fn on_reread(record: Box<Record>, upload: Option<&Original>, fresh: Generation) -> Next {
    if upload.is_some_and(|upload| upload.sha256 != Some(record.photo_id)) {
        return Next::Fail(Trouble::UploadDiffers);
    }
    let key = original_key(&record.user, record.photo_id, fresh, &record.file_name);
    let after = Record { generation: fresh, key, ..(*record).clone() };
    write(Some(record), after, Then::Fail)
}

/// A record whose copy agrees: safe.
pub(crate) fn stored(record: &Record, copy: Original, now: OffsetDateTime) -> Record {
    let mut after = record.moved_to(State::Stored, Preview::Pending, now);
    after.stored_at = Some(now);
    after.version_id = copy.version_id;
    after
}

impl Next {
    /// After the variants, or after somebody else wrote the record meanwhile. Who has not seen the original itself
    /// reads again, and looks at it before the upload goes.
    pub fn after_render(checked: bool) -> Self {
        if checked { Self::DeleteUpload } else { Self::Read }
    }
}

/// After the HEAD of the original of a safe photo.
pub fn on_original(record: &Record, original: Option<&Original>) -> Next {
    if original.is_some_and(|original| original.is_that_of(record)) {
        Next::DeleteUpload
    } else {
        Next::Fail(Trouble::OriginalMissing)
    }
}

/// A record as it is written when its variants are done, or `None` if there is nothing left to write: it is in
/// another life, or somebody else was faster. In the trash it keeps its preview.
pub fn rendered(
    record: &Record,
    generation: Generation,
    preview: Preview,
    now: OffsetDateTime,
) -> Option<Record> {
    let waits = record.preview == Preview::Pending && matches!(record.state, State::Stored | State::Trashed);
    if !waits || record.generation != generation {
        return None;
    }
    let mut done = record.moved_to(record.state, preview, now);
    if record.state == State::Trashed {
        done.due = record.due;
    }
    Some(done)
}

impl Trouble {
    /// Whether trying again cannot help, and a person has to look.
    pub fn is_alarming(self) -> bool {
        matches!(self, Self::UploadDiffers | Self::OriginalMissing)
    }
}

/// Whether a photo's variants are given up before they are tried again: decoding ended the process too often.
pub fn given_up(record: &Record) -> Option<PreviewReason> {
    (record.attempts >= MAX_ATTEMPTS).then_some(PreviewReason::OutOfMemory)
}

fn write(before: Option<Box<Record>>, after: Record, then: Then) -> Next {
    Next::Write { before, after: Box::new(after), then }
}

/// A `storing` record of a new life.
fn claim(before: Option<Box<Record>>, upload: &Upload, now: OffsetDateTime, fresh: Generation) -> Next {
    let content_type = content_type::of_upload(&upload.content_type, &upload.metadata.file_name).to_owned();
    let key = original_key(&upload.user, upload.photo_id, fresh, &upload.metadata.file_name);
    let life = (upload.user.clone(), upload.photo_id, fresh, key);
    let storing = begun(life, (upload.size, content_type), upload.metadata.clone(), upload.received_at);
    let due = due_after(State::Storing, Preview::Pending, now);
    write(before, Record { due, ..storing }, Then::Copy)
}

/// A record at the beginning of a life: `storing`, and no more known of it than its upload or its original says.
pub(crate) fn begun(
    (user, photo_id, generation, key): (UserId, PhotoId, Generation, String),
    (size, content_type): (u64, String),
    metadata: UploadMetadata,
    received_at: OffsetDateTime,
) -> Record {
    Record {
        user,
        photo_id,
        generation,
        state: State::Storing,
        preview: Preview::Pending,
        size,
        content_type,
        taken: taken::choose(&[], &metadata.file_name, metadata.modified_at, received_at),
        file_name: metadata.file_name,
        modified_at: metadata.modified_at,
        key,
        version_id: None,
        width: None,
        height: None,
        thumbhash: None,
        camera: None,
        place: None,
        attempts: 0,
        stored_at: None,
        trashed_at: None,
        due: None,
        revision: 0,
    }
}

fn original_key(user: &UserId, photo_id: PhotoId, generation: Generation, file_name: &str) -> String {
    let file_name = FileName::from_client(file_name);
    ObjectKey::Original { user: user.clone(), photo_id, generation, file_name }.to_string()
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
    use crate::record::tests::record;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);
    const FRESH: Generation = Generation::from_parts(2, 2);

    fn upload(seconds_later: i64, restore: bool) -> Upload {
        Upload {
            user: "ada".parse().unwrap(),
            photo_id: PhotoId::from_digest([1; 32]),
            size: 1,
            sha256: Some(PhotoId::from_digest([1; 32])),
            received_at: NOW + Duration::hours(1),
            asked_at: NOW + Duration::seconds(seconds_later),
            content_type: String::new(),
            metadata: UploadMetadata { restore, ..UploadMetadata::default() },
        }
    }

    fn copy() -> Original {
        Original { size: 1, sha256: Some(PhotoId::from_digest([1; 32])), version_id: Some("v".to_owned()) }
    }

    fn written(next: Next) -> (Option<Box<Record>>, Record, Then) {
        match next {
            Next::Write { before, after, then } => (before, *after, then),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_state_has_its_next_call() {
        let next = |state, preview| {
            let record = record(state, preview, NOW);
            (on_record(Some(record.clone()), &upload(1, false), NOW, FRESH), Box::new(record))
        };
        assert_eq!(on_upload(None), Next::Done);
        assert_eq!(on_upload(Some(&upload(0, false))), Next::Read);
        let (before, after, then) = written(on_record(None, &upload(0, false), NOW, FRESH));
        assert_eq!((before, after.state, after.generation, then), (None, State::Storing, FRESH, Then::Copy));
        assert!(after.key.contains(&FRESH.to_string()));
        let later = NOW + Duration::DAY;
        let (_, after, _) = written(on_record(None, &upload(0, false), later, FRESH));
        assert_eq!(
            after.due,
            Some(later + STORING_PATIENCE),
            "counted from when it is begun, not from the upload"
        );
        let damaged = Upload { sha256: Some(PhotoId::from_digest([9; 32])), ..upload(0, false) };
        assert_eq!(on_upload(Some(&damaged)), Next::Fail(Trouble::UploadDiffers));
        assert_eq!(on_upload(Some(&Upload { sha256: None, ..damaged })), Next::Read);
        let (storing, record) = next(State::Storing, Preview::Pending);
        assert_eq!(storing, Next::Copy(record));
        let (pending, record) = next(State::Stored, Preview::Pending);
        assert_eq!(pending, Next::Render { record, checked: false });
        let (ready, record) = next(State::Stored, Preview::Ready);
        assert_eq!(ready, Next::HeadOriginal(record));
        assert_eq!(next(State::Purging, Preview::Ready).0, Next::Fail(Trouble::Purging));
    }

    #[test]
    fn only_a_later_upload_that_asks_for_it_undoes_the_trash() {
        let trashed = record(State::Trashed, Preview::Ready, NOW);
        let next = |seconds, restore| on_record(Some(trashed.clone()), &upload(seconds, restore), NOW, FRESH);
        let (_, after, then) = written(next(1, true));
        assert_eq!(
            (after.state, after.trashed_at, after.generation),
            (State::Stored, None, trashed.generation)
        );
        assert_eq!(then, Then::Read);
        for (seconds, restore) in [(1, false), (0, true), (-1, true)] {
            assert_eq!(next(seconds, restore), Next::HeadOriginal(Box::new(trashed.clone())));
        }
    }

    #[test]
    fn only_a_later_upload_that_asks_for_it_begins_a_new_life_after_the_purge() {
        let gone = Record { trashed_at: Some(NOW), ..record(State::Gone, Preview::Ready, NOW) };
        let next = |seconds, restore| on_record(Some(gone.clone()), &upload(seconds, restore), NOW, FRESH);
        let (before, after, then) = written(next(1, true));
        assert_eq!((before.as_deref(), after.state, after.generation), (Some(&gone), State::Storing, FRESH));
        assert_eq!((after.trashed_at, then), (None, Then::Copy));
        for (seconds, restore) in [(1, false), (0, true), (-1, true)] {
            assert_eq!(next(seconds, restore), Next::DeleteUpload);
        }
    }

    #[test]
    fn a_photo_is_safe_only_when_size_and_checksum_of_its_copy_agree() {
        let storing = Box::new(record(State::Storing, Preview::Pending, NOW));
        let next = |copied, copy| on_copy(storing.clone(), copied, copy, NOW);
        let (_, after, then) = written(next(true, Some(copy())));
        assert_eq!((after.state, after.stored_at, then), (State::Stored, Some(NOW), Then::Render));
        assert_eq!(after.version_id.as_deref(), Some("v"));
        let other = PhotoId::from_digest([9; 32]);
        for wrong in [
            Original { size: 2, ..copy() },
            Original { sha256: None, ..copy() },
            Original { sha256: Some(other), ..copy() },
        ] {
            assert_eq!(next(true, Some(wrong)), Next::HashUpload(storing.clone()));
        }
        assert_eq!(next(true, None), Next::Fail(Trouble::CopyMissing));
        assert_eq!(next(false, None), Next::Read);
    }

    #[test]
    fn beside_a_wrong_copy_another_is_begun_only_if_the_upload_is_right() {
        let storing = Box::new(record(State::Storing, Preview::Pending, NOW));
        for upload in [None, Some(copy())] {
            let (_, after, then) = written(on_reread(storing.clone(), upload.as_ref(), FRESH));
            assert_eq!((after.state, after.generation, then), (State::Storing, FRESH, Then::Fail));
            assert!(after.key.contains(&FRESH.to_string()));
        }
        for sha256 in [None, Some(PhotoId::from_digest([9; 32]))] {
            let rotten = Original { sha256, ..copy() };
            assert_eq!(on_reread(storing.clone(), Some(&rotten), FRESH), Next::Fail(Trouble::UploadDiffers));
        }
    }

    #[test]
    fn an_upload_of_what_is_safe_goes_only_after_a_look_at_the_original() {
        let safe = record(State::Stored, Preview::Ready, NOW);
        assert_eq!(on_original(&safe, Some(&copy())), Next::DeleteUpload);
        assert_eq!(on_original(&safe, None), Next::Fail(Trouble::OriginalMissing));
        let other = Original { size: 2, ..copy() };
        assert_eq!(on_original(&safe, Some(&other)), Next::Fail(Trouble::OriginalMissing));
        assert_eq!(Next::after_render(false), Next::Read);
        assert_eq!(Next::after_render(true), Next::DeleteUpload);
    }

    #[test]
    fn each_write_is_followed_by_its_call() {
        let record = record(State::Storing, Preview::Pending, NOW);
        assert_eq!(on_written(record.clone(), Then::Copy), Next::Copy(Box::new(record.clone())));
        let render = Next::Render { record: Box::new(record.clone()), checked: true };
        assert_eq!(on_written(record.clone(), Then::Render), render);
        assert_eq!(on_written(record.clone(), Then::Read), Next::Read);
        assert_eq!(on_written(record.clone(), Then::Fail), Next::Fail(Trouble::CopyDiffers));
        let head = Next::HeadCopy { record: Box::new(record.clone()), copied: false };
        assert_eq!(on_copied(Box::new(record), false), head);
    }

    #[test]
    fn variants_are_written_down_once_and_only_in_the_life_that_they_are_of() {
        let write = |state, preview, generation| {
            rendered(&record(state, preview, NOW), generation, Preview::Ready, NOW)
                .map(|done| (done.state, done.due))
        };
        let (this, other) = (Generation::from_parts(1, 1), FRESH);
        assert_eq!(write(State::Stored, Preview::Pending, this), Some((State::Stored, None)));
        assert_eq!(write(State::Trashed, Preview::Pending, this), Some((State::Trashed, Some(NOW))));
        assert_eq!(write(State::Stored, Preview::Pending, other), None);
        assert_eq!(write(State::Stored, Preview::Ready, this), None);
        assert_eq!(write(State::Purging, Preview::Pending, this), None);
        assert_eq!(write(State::Storing, Preview::Pending, this), None);
    }

    #[test]
    fn who_sends_a_file_again_by_hand_wants_proof_and_damage_alarms() {
        use Trouble::{CopyDiffers, CopyMissing, OriginalMissing, Purging, UploadDiffers};
        assert!(upload(0, true).wants_proof() && !upload(0, false).wants_proof());
        for (trouble, alarming) in [
            (UploadDiffers, true),
            (OriginalMissing, true),
            (Purging, false),
            (CopyMissing, false),
            (CopyDiffers, false),
        ] {
            assert_eq!(trouble.is_alarming(), alarming, "{trouble}");
        }
    }

    #[test]
    fn three_decodes_that_did_not_come_back_are_enough() {
        let tried = |attempts| given_up(&Record { attempts, ..record(State::Stored, Preview::Pending, NOW) });
        assert_eq!(tried(2), None);
        assert_eq!(tried(3), Some(PreviewReason::OutOfMemory));
    }

    #[test]
    fn a_nightly_backup_does_not_bring_back_what_was_deleted() {
        let offer = |state, restore| on_offer(Some(&record(state, Preview::Ready, NOW)), restore);
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
    fn the_keeper_looks_after_each_state_in_its_time() {
        let due = |state, preview| due_after(state, preview, NOW).map(|due| due - NOW);
        assert_eq!(due(State::Storing, Preview::Pending), Some(Duration::hours(1)));
        assert_eq!(due(State::Stored, Preview::Pending), Some(Duration::minutes(15)));
        assert_eq!(due(State::Stored, Preview::Ready), None);
        assert_eq!(due(State::Trashed, Preview::Ready), Some(Duration::days(30)));
        assert_eq!(due(State::Purging, Preview::Ready), Some(Duration::ZERO));
        assert_eq!(due(State::Gone, Preview::Ready), None);
    }
}
