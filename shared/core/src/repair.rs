//! What a repair does about each finding of an audit, as pure functions: it only adds, and it does nothing about what
//! has changed since. `functions/keeper/src/repair.rs` makes the calls.

use time::{Duration, OffsetDateTime};

use crate::audit::report::Report;
use crate::audit::{Finding, Kind};
use crate::content_type;
use crate::id::{Generation, PhotoId};
use crate::ingest::{self, Original};
use crate::key::{FileName, ObjectKey};
use crate::metadata::UploadMetadata;
use crate::record::{Preview, Record, State};

/// How old a report may be.
pub const FRESH_FOR: Duration = Duration::hours(1);

/// Why a whole report is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// The audit still goes on.
    #[error("this audit is not finished; let it finish, then repair from its report")]
    Unfinished,
    /// Too much may have happened since.
    #[error(
        "this report is {minutes} minutes old, and one older than 60 minutes is not used; run the audit again"
    )]
    TooOld {
        /// Its age.
        minutes: i64,
    },
}

/// Whether a report may be used at all.
pub fn may_use(report: &Report, now: OffsetDateTime) -> Result<(), Stale> {
    let age = now - report.finished_at.ok_or(Stale::Unfinished)?;
    if age > FRESH_FOR { Err(Stale::TooOld { minutes: age.whole_minutes() }) } else { Ok(()) }
}

/// What is done about one finding.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Make a record for the original, as a rebuild does.
    Promote,
    /// Put the right bytes back where the record says that they are: nothing lies there.
    PutBack(Box<Record>),
    /// Put the right bytes under a new generation: others lie in their place, and nothing is written over.
    PutBeside(Box<Record>),
    /// The bytes are right: write down which version they are.
    NoteVersion(Box<Record>),
    /// Have the variants made again.
    Render(Box<Record>),
    /// Write the record once more, as it is: with that, all that the indexes have it by.
    WriteAgain(Box<Record>),
    /// Nothing, and why.
    Leave(&'static str),
}

/// Why nothing is done about what an audit found.
pub const CHANGED: &str = "left alone: it has changed since the audit; run the audit again";

/// What is done about a finding, given the record as it now stands.
pub fn plan(finding: &Finding, record: Option<Record>) -> Plan {
    let seen = (finding.generation, finding.revision);
    let now = record.as_ref().map(|record| (record.generation, record.revision)).unzip();
    if seen != now {
        return Plan::Leave(CHANGED);
    }
    match (finding.kind, record) {
        (Kind::OrphanedOriginal, None) => Plan::Promote,
        (Kind::OrphanedOriginal, Some(record)) if record.state == State::Gone => {
            Plan::Leave("left alone: its owner removed this photo for good")
        }
        (Kind::OrphanedOriginal, Some(_)) => Plan::Leave("left alone: the photo has another original"),
        (Kind::Lost, Some(record)) => Plan::PutBack(Box::new(record)),
        (Kind::WrongSize | Kind::WrongChecksum, Some(record)) => Plan::PutBeside(Box::new(record)),
        (Kind::Replaced, Some(record)) => Plan::NoteVersion(Box::new(record)),
        (Kind::WithoutVariants, Some(record)) => Plan::Render(Box::new(record)),
        (Kind::Unlisted, Some(record)) => Plan::WriteAgain(Box::new(record)),
        (Kind::StrangeItem, _) => {
            Plan::Leave("left alone: Tintype did not write it; remove it from the table by hand")
        }
        (Kind::Leftover, _) => {
            Plan::Leave("left alone: a repair removes nothing, and the photo beside it is whole")
        }
        (Kind::OrphanedVariant, _) => Plan::Leave("left alone: a repair removes nothing; it does no harm"),
        (Kind::StrangeKey, _) => Plan::Leave("left alone: Tintype did not write it; remove it by hand"),
        (Kind::UnreadableRecord, _) => Plan::Leave("cannot be repaired: its record has to be mended by hand"),
        (
            Kind::Lost
            | Kind::WrongSize
            | Kind::WrongChecksum
            | Kind::Replaced
            | Kind::WithoutVariants
            | Kind::Unlisted,
            None,
        ) => Plan::Leave(CHANGED),
    }
}

/// The record once its bytes are back in their place, or beside it under `key`.
pub fn mended(
    record: &Record,
    original: Original,
    generation: Generation,
    key: String,
    now: OffsetDateTime,
) -> Record {
    let moved = generation != record.generation;
    // Variants are of a generation: in a new one they are made again, and tried as often as those of any photo.
    let anew = moved && record.preview == Preview::Ready;
    let (preview, attempts) = if anew { (Preview::Pending, 0) } else { (record.preview, record.attempts) };
    let due = if record.state == State::Trashed {
        record.due
    } else {
        ingest::due_after(record.state, preview, now)
    };
    Record { generation, key, preview, attempts, due, version_id: original.version_id, ..record.clone() }
}

/// The record when its variants shall be made again; in the trash, when it comes back.
pub fn to_render(record: &Record, now: OffsetDateTime) -> Record {
    let pending = record.moved_to(record.state, Preview::Pending, now);
    let due = if record.state == State::Trashed { record.due } else { pending.due };
    Record { attempts: 0, due, ..pending }
}

/// What the vault says of an original that has no record.
#[derive(Debug, Clone)]
pub struct Found {
    /// Size, checksum and version.
    pub original: Original,
    /// When it was written, in whole seconds.
    pub stored_at: OffsetDateTime,
    /// Media type.
    pub content_type: String,
    /// What it says of itself.
    pub metadata: UploadMetadata,
}

impl Found {
    /// As other tools leave an original that they copied here, in our words: its name is in its key, and whatever type
    /// they guessed is served only if no browser executes it.
    fn in_our_words(mut self, key: &FileName) -> Self {
        if self.metadata.file_name.is_empty() {
            self.metadata.file_name = key.to_string();
        }
        self.content_type = content_type::of_upload(&self.content_type, &self.metadata.file_name).to_owned();
        self
    }
}

/// What is done about an original that has no record.
#[derive(Debug, Clone, PartialEq)]
pub enum Promotion {
    /// This record is made, to be rendered.
    Record(Box<Record>),
    /// S3 tells no SHA-256 of it, as after a copy by other tools: its bytes are read, and if they are what its key says, it
    /// is copied onto itself, so that S3 tells one; then it is looked at again.
    Prove(Proof),
    /// Nothing: it is not what its key says.
    Refuse,
}

/// What an original has to be before it is copied onto itself, and how it is then described.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// SHA-256 of its bytes.
    pub photo_id: PhotoId,
    /// Size in bytes.
    pub size: u64,
    /// Which version.
    pub version_id: Option<String>,
    /// Its media type.
    pub content_type: String,
    /// What it shall say of itself.
    pub metadata: UploadMetadata,
}

impl Proof {
    /// What it takes to have S3 tell the SHA-256 of an original; `None` if it tells one, or if its key is of nothing of
    /// ours.
    pub fn of(key: &ObjectKey, found: Found) -> Option<Self> {
        let ObjectKey::Original { photo_id, file_name, .. } = key else { return None };
        if found.original.sha256.is_some() {
            return None;
        }
        let Found { original, content_type, metadata, .. } = found.in_our_words(file_name);
        let Original { size, version_id, .. } = original;
        Some(Self { photo_id: *photo_id, size, version_id, content_type, metadata })
    }

    /// Whether these are the bytes.
    pub fn is_given_by(&self, bytes: &Original) -> bool {
        bytes.size == self.size && bytes.sha256 == Some(self.photo_id)
    }
}

/// What is done about an original that has no record.
///
/// What only the catalog knew is not known: whether the photo was in the trash, and the very moment at which it became
/// safe. Everything else comes back with the render.
pub fn promoted(key: &ObjectKey, found: Found, now: OffsetDateTime) -> Promotion {
    let ObjectKey::Original { user, photo_id, generation, file_name } = key else {
        return Promotion::Refuse;
    };
    match found.original.sha256 {
        Some(sha256) if sha256 == *photo_id => {}
        Some(_) => return Promotion::Refuse,
        None => return Proof::of(key, found).map_or(Promotion::Refuse, Promotion::Prove),
    }
    let found = found.in_our_words(file_name);
    let life = (user.clone(), *photo_id, *generation, key.to_string());
    let contents = (found.original.size, found.content_type);
    Promotion::Record(Box::new(Record {
        state: State::Stored,
        version_id: found.original.version_id,
        stored_at: Some(found.stored_at),
        due: ingest::due_after(State::Stored, Preview::Pending, now),
        ..ingest::begun(life, contents, found.metadata, found.stored_at)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AuditId;
    use crate::record::tests::record;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn finding(kind: Kind, record: Option<&Record>) -> Finding {
        Finding {
            kind,
            user: None,
            photo_id: None,
            key: String::new(),
            generation: record.map(|record| record.generation),
            revision: record.map(|record| record.revision),
        }
    }

    #[test]
    fn a_report_is_used_while_it_is_fresh_and_whole() {
        let mut report = Report::begun(AuditId::from_parts(1, 1), NOW, false);
        assert_eq!(may_use(&report, NOW), Err(Stale::Unfinished));
        report.finished_at = Some(NOW);
        assert_eq!(may_use(&report, NOW + Duration::minutes(60)), Ok(()));
        assert_eq!(may_use(&report, NOW + Duration::minutes(61)), Err(Stale::TooOld { minutes: 61 }));
    }

    #[test]
    fn nothing_is_done_about_what_has_changed_since() {
        let then = record(State::Stored, Preview::Ready, NOW);
        let since = Record { revision: 2, ..then.clone() };
        let reborn = Record { generation: Generation::from_parts(2, 2), ..then.clone() };
        for kind in Kind::ALL {
            for record in [Some(since.clone()), Some(reborn.clone()), None] {
                assert_eq!(plan(&finding(kind, Some(&then)), record), Plan::Leave(CHANGED), "{kind:?}");
            }
            assert_eq!(plan(&finding(kind, None), Some(then.clone())), Plan::Leave(CHANGED), "{kind:?}");
        }
    }

    #[test]
    fn each_kind_has_its_repair_and_none_removes_anything() {
        let stored = Box::new(record(State::Stored, Preview::Ready, NOW));
        let planned = |kind| plan(&finding(kind, Some(&stored)), Some((*stored).clone()));
        assert_eq!(planned(Kind::Lost), Plan::PutBack(stored.clone()));
        assert_eq!(planned(Kind::WrongSize), Plan::PutBeside(stored.clone()));
        assert_eq!(planned(Kind::WrongChecksum), Plan::PutBeside(stored.clone()));
        assert_eq!(planned(Kind::Replaced), Plan::NoteVersion(stored.clone()));
        assert_eq!(planned(Kind::WithoutVariants), Plan::Render(stored.clone()));
        assert_eq!(planned(Kind::Unlisted), Plan::WriteAgain(stored.clone()));
        assert_eq!(
            planned(Kind::OrphanedOriginal),
            Plan::Leave("left alone: the photo has another original")
        );
        let removed = record(State::Gone, Preview::Ready, NOW);
        let why = Plan::Leave("left alone: its owner removed this photo for good");
        assert_eq!(plan(&finding(Kind::OrphanedOriginal, Some(&removed)), Some(removed)), why);
        let tried = Record { attempts: 3, ..(*stored).clone() };
        assert_eq!(to_render(&tried, NOW).attempts, 0);
        assert_eq!(plan(&finding(Kind::OrphanedOriginal, None), None), Plan::Promote);
        let gone = record(State::Gone, Preview::Ready, NOW);
        for (kind, record) in [
            (Kind::OrphanedOriginal, gone),
            (Kind::OrphanedOriginal, (*stored).clone()),
            (Kind::OrphanedVariant, (*stored).clone()),
            (Kind::Leftover, (*stored).clone()),
            (Kind::StrangeKey, (*stored).clone()),
            (Kind::UnreadableRecord, (*stored).clone()),
            (Kind::StrangeItem, (*stored).clone()),
        ] {
            assert!(matches!(plan(&finding(kind, Some(&record)), Some(record.clone())), Plan::Leave(_)));
        }
    }

    #[test]
    fn bytes_put_beside_the_wrong_ones_are_a_new_life_that_is_rendered() {
        let original = || Original { size: 1, sha256: None, version_id: Some("v2".to_owned()) };
        let stored = record(State::Stored, Preview::Ready, NOW);
        let back = mended(&stored, original(), stored.generation, stored.key.clone(), NOW);
        assert_eq!((back.preview, back.due, back.version_id.as_deref()), (Preview::Ready, None, Some("v2")));
        let fresh = Generation::from_parts(2, 2);
        let beside = mended(&stored, original(), fresh, "k".to_owned(), NOW);
        assert_eq!((beside.preview, beside.generation, beside.key.as_str()), (Preview::Pending, fresh, "k"));
        assert!(beside.due.is_some());
        let tried = Record { attempts: 3, ..stored.clone() };
        assert_eq!(mended(&tried, original(), fresh, "k".to_owned(), NOW).attempts, 0);
        let trashed = record(State::Trashed, Preview::Ready, NOW);
        let beside = mended(&trashed, original(), fresh, "k".to_owned(), NOW);
        assert_eq!((beside.state, beside.due), (State::Trashed, trashed.due));
        assert_eq!(to_render(&trashed, NOW).due, trashed.due);
        assert_eq!(
            (to_render(&stored, NOW).preview, to_render(&stored, NOW).attempts),
            (Preview::Pending, 0)
        );
    }

    #[test]
    fn an_original_becomes_a_record_only_if_its_bytes_are_what_its_key_says() {
        let key: ObjectKey =
            format!("originals/ada/{}/{}/a.jpg", PhotoId::from_digest([1; 32]), Generation::from_parts(1, 1))
                .parse()
                .unwrap();
        let found = |sha256: Option<[u8; 32]>| Found {
            original: Original {
                size: 5,
                sha256: sha256.map(PhotoId::from_digest),
                version_id: Some("v1".to_owned()),
            },
            stored_at: NOW,
            content_type: "image/jpeg".to_owned(),
            metadata: UploadMetadata {
                file_name: "IMG_20240514_154207.jpg".to_owned(),
                ..Default::default()
            },
        };
        let now = NOW + time::Duration::DAY;
        let Promotion::Record(made) = promoted(&key, found(Some([1; 32])), now) else { panic!("refused") };
        assert_eq!((made.state, made.preview, made.size), (State::Stored, Preview::Pending, 5));
        assert_eq!((made.version_id.as_deref(), made.stored_at), (Some("v1"), Some(NOW)));
        assert_eq!(made.due, ingest::due_after(State::Stored, Preview::Pending, now));
        assert_eq!(made.taken.local.to_string(), "2024-05-14T15:42:07.000");
        assert_eq!(promoted(&key, found(Some([2; 32])), NOW), Promotion::Refuse);
        assert_eq!(Proof::of(&key, found(Some([2; 32]))), None);

        // As other tools leave it.
        let bare = Found {
            content_type: "text/html".to_owned(),
            metadata: UploadMetadata::default(),
            ..found(None)
        };
        let Promotion::Prove(proof) = promoted(&key, bare, NOW) else { panic!("nothing to prove") };
        assert_eq!((proof.content_type.as_str(), proof.version_id.as_deref()), ("image/jpeg", Some("v1")));
        assert_eq!(proof.metadata.file_name, "a.jpg");
        let bytes = |size, digest| Original {
            size,
            sha256: Some(PhotoId::from_digest([digest; 32])),
            version_id: None,
        };
        assert!(proof.is_given_by(&bytes(5, 1)));
        assert!(!proof.is_given_by(&bytes(6, 1)) && !proof.is_given_by(&bytes(5, 2)));
    }
}
