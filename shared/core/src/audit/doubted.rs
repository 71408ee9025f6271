//! What is doubted of a user's originals: the one note by which everybody is told what is not safe.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Kind;
use super::report::Report;
use crate::id::{Generation, PhotoId, UserId};
use crate::record::Record;

/// Originals that an audit or a drill found lost, or not what their record says, until they are read back whole or
/// repaired: a note of the keeper's, and all that a listing has to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubted {
    /// These.
    pub originals: Vec<DoubtedOriginal>,
    /// When more of them were found than there is room for here, or when nobody knew ([`Doubted::doubt_all`]): of all that was safe
    /// before, none is called so until an audit that began later finds no more.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub more_at: Option<OffsetDateTime>,
    /// Whether some of those are found by reading alone: then each original is read whole. What is absent, or of another
    /// size, a listing tells.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unread: bool,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DoubtedOriginal {
    /// Of which photo.
    pub photo_id: PhotoId,
    /// In which of its lives.
    pub generation: Generation,
}

impl Doubted {
    /// How many it holds at most: an item of the catalog is at most 400 KB.
    pub const MOST: usize = 2_000;

    /// Whether the original of this record is one of them.
    pub fn doubts(&self, record: &Record) -> bool {
        self.doubts_original(record.photo_id, record.generation, record.stored_at)
    }

    /// Whether the original of this life of a photo, safe since `stored_at`, is one of them.
    pub fn doubts_original(
        &self,
        photo_id: PhotoId,
        generation: Generation,
        stored_at: Option<OffsetDateTime>,
    ) -> bool {
        let may_be_more = self.more_at.is_some_and(|more_at| stored_at.is_none_or(|at| at < more_at));
        may_be_more || self.names(photo_id, generation)
    }

    /// In the place of a note that cannot be read: what it named is not known.
    pub fn unknown(now: OffsetDateTime) -> Self {
        Self { originals: Vec::new(), more_at: Some(now), unread: true }
    }

    /// Of all that is safe by then, none is called so until an audit that began later has read it whole.
    pub fn doubt_all(&mut self, now: OffsetDateTime) {
        (self.more_at, self.unread) = (self.more_at.max(Some(now)), true);
    }

    /// Whether this very original is named.
    pub fn names(&self, photo_id: PhotoId, generation: Generation) -> bool {
        self.originals.contains(&DoubtedOriginal { photo_id, generation })
    }

    /// Whether an audit has to read the original of this record whole.
    pub fn has_to_be_read(&self, record: &Record) -> bool {
        self.unread || self.names(record.photo_id, record.generation)
    }

    /// Takes in what an audit found.
    pub fn take_in(&mut self, report: &Report, user: &UserId) {
        let looked = report.users.get(user).cloned().unwrap_or_default();
        let (rotten, told): (Vec<_>, Vec<_>) =
            report.wrong_originals(user).partition(|(kind, _)| *kind == Kind::WrongChecksum);
        let [rotten, told] =
            [rotten, told].map(|of| of.into_iter().map(|(_, original)| original).collect::<Vec<_>>());
        let began_later = self.more_at.is_none_or(|more_at| more_at <= report.started_at);
        let unread = looked.findings.get(&Kind::WrongChecksum).is_some_and(|all| *all > rotten.len() as u64);
        let unnamed = looked.wrong() > (rotten.len() + told.len()) as u64;

        let mut read = self.originals.clone();
        read.retain(|original| !looked.whole_again.contains(original) && !told.contains(original));
        read.extend(rotten);
        let mut unknown = false;
        if self.more_at.is_some() && began_later {
            // Of what could not be read then, nothing is known yet.
            let theirs: Vec<_> =
                report.unchecked.iter().filter(|unchecked| unchecked.user == *user).collect();
            unknown = looked.unchecked > theirs.len() as u64;
            read.extend(theirs.into_iter().filter_map(|unchecked| {
                Some(DoubtedOriginal { photo_id: unchecked.photo_id, generation: unchecked.generation? })
            }));
        }
        let more_to_read = !self.hold(read) || unread || unknown;
        // What a listing tells is found again without this note: it is the first to have no room.
        let more = !self.hold([self.originals.clone(), told].concat()) || unnamed || more_to_read;
        if more {
            let unread = more_to_read || self.unread && !began_later;
            (self.more_at, self.unread) = (self.more_at.max(report.finished_at), unread);
        } else if began_later {
            (self.more_at, self.unread) = (None, false);
        }
    }

    /// Names these, each once, while there is room; whether there was for all.
    fn hold(&mut self, originals: Vec<DoubtedOriginal>) -> bool {
        let mut known = HashSet::new();
        self.originals = originals;
        self.originals.retain(|original| known.insert(*original));
        let all = self.originals.len() <= Self::MOST;
        self.originals.truncate(Self::MOST);
        all
    }

    /// Takes in what a drill that ended `now` read: what is whole or gone, and what is wrong.
    pub fn drilled(&mut self, mended: &[DoubtedOriginal], wrong: &[DoubtedOriginal], now: OffsetDateTime) {
        let mut all = std::mem::take(&mut self.originals);
        all.retain(|original| !mended.contains(original));
        all.extend(wrong);
        if !self.hold(all) {
            self.doubt_all(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Finding;
    use crate::id::AuditId;
    use crate::record::tests::record;
    use crate::record::{Preview, State};
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn ada() -> UserId {
        "ada".parse().unwrap()
    }

    fn id(number: usize) -> PhotoId {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&(number as u64).to_be_bytes());
        PhotoId::from_digest(digest)
    }

    fn of(number: usize) -> DoubtedOriginal {
        DoubtedOriginal { photo_id: id(number), generation: Generation::from_parts(1, 1) }
    }

    fn about(kind: Kind, number: usize) -> Finding {
        let generation = Some(Generation::from_parts(1, 1));
        Finding { kind, generation, ..Finding::unreadable(&ada(), id(number)) }
    }

    /// A report of an audit that began now and took a minute.
    fn report(found: Vec<Finding>) -> Report {
        let mut report = Report::begun(AuditId::from_parts(1, 1), NOW, false);
        report.name(found);
        report.finished_at = Some(NOW + Duration::MINUTE);
        report
    }

    #[test]
    fn an_audit_names_each_wrong_original_once_and_of_this_life_alone() {
        let found = vec![
            about(Kind::Lost, 1),
            about(Kind::WrongSize, 2),
            about(Kind::WrongChecksum, 3),
            about(Kind::Replaced, 4),
        ];
        let report = report(found);
        let mut doubted = Doubted::default();
        doubted.take_in(&report, &ada());
        doubted.take_in(&report, &ada());
        assert_eq!((doubted.originals.len(), doubted.more_at, doubted.unread), (3, None, false));
        let same = Record {
            photo_id: id(2),
            generation: Generation::from_parts(1, 1),
            ..record(State::Stored, Preview::Ready, NOW)
        };
        let reborn = Record { generation: Generation::from_parts(2, 2), ..same.clone() };
        assert!(doubted.doubts(&same) && doubted.has_to_be_read(&same) && !doubted.doubts(&reborn));
        doubted.take_in(&report, &"ben".parse().unwrap());
        assert_eq!(doubted.originals.len(), 3, "another user's report");
    }

    #[test]
    fn an_audit_takes_back_what_it_read_whole_and_nothing_else() {
        let mut doubted = Doubted { originals: vec![of(1), of(2), of(3)], ..Doubted::default() };
        let mut report = report(vec![about(Kind::WrongChecksum, 2)]);
        report.of(&ada()).whole_again = vec![of(1)];
        doubted.take_in(&report, &ada());
        assert_eq!(doubted.originals, [of(2), of(3)]);
    }

    #[test]
    fn a_listing_calls_none_safe_if_more_are_wrong_than_it_can_name() {
        let end = NOW + Duration::MINUTE;
        let mut doubted = Doubted { originals: vec![of(5_000)], ..Doubted::default() };
        let lost = report((0..=Doubted::MOST).map(|number| about(Kind::Lost, number)).collect());
        doubted.take_in(&lost, &ada());
        assert_eq!((doubted.more_at, doubted.unread), (Some(end), false), "a listing finds them again");
        assert!(doubted.names(id(5_000), of(0).generation), "what must be read has room first");
        let (other, generation) = (id(9_999), Generation::from_parts(9, 9));
        assert!(doubted.doubts_original(other, generation, Some(end - Duration::SECOND)));
        assert!(!doubted.doubts_original(other, generation, Some(end)), "it is safe since");
        let text = serde_json::to_string(&doubted).unwrap();
        assert!(text.len() < 400_000, "{}", text.len());
        assert_eq!(serde_json::from_str::<Doubted>(&text).unwrap(), doubted);

        let rotten = report((0..=Doubted::MOST).map(|number| about(Kind::WrongChecksum, number)).collect());
        doubted.take_in(&rotten, &ada());
        assert_eq!((doubted.more_at, doubted.unread), (Some(end), true), "these only reading finds");
        doubted.take_in(&report(Vec::new()), &ada());
        assert_eq!(doubted.more_at, Some(end), "it was said while that audit went on");
        let later = |report: Report| Report { started_at: end, ..report };
        let mut uncounted = later(report(Vec::new()));
        uncounted.of(&ada()).unchecked = 1;
        doubted.take_in(&uncounted, &ada());
        assert!(doubted.more_at.is_some() && doubted.unread, "one was not read, and nobody knows which");
        let mut found = later(report(vec![about(Kind::WrongChecksum, 8_000)]));
        found.of(&ada()).unchecked = 1;
        found.of(&ada()).whole_again = (0..10).map(of).collect();
        doubted.take_in(&found, &ada());
        assert!(doubted.names(id(8_000), of(0).generation), "what it found is named all the same");
        let mut unchecked = later(report(Vec::new()));
        unchecked.started_at = doubted.more_at.unwrap();
        unchecked.could_not_check(&ada(), other, Some(generation));
        doubted.originals.truncate(3);
        doubted.take_in(&unchecked, &ada());
        assert_eq!((doubted.more_at, doubted.unread, doubted.originals.len()), (None, false, 4));
        assert!(doubted.names(other, generation), "of that one nothing is known yet");
    }

    #[test]
    fn a_drill_takes_back_what_it_read_and_adds_what_it_found_and_forgets_nothing() {
        let mut doubted = Doubted { originals: vec![of(1), of(2)], ..Doubted::default() };
        doubted.drilled(&[of(1), of(7)], &[of(2), of(3)], NOW);
        assert_eq!(doubted, Doubted { originals: vec![of(2), of(3)], ..Doubted::default() });
        let many: Vec<_> = (0..=Doubted::MOST).map(of).collect();
        doubted.drilled(&[], &many, NOW);
        assert_eq!((doubted.originals.len(), doubted.more_at), (Doubted::MOST, Some(NOW)));
        assert!(doubted.unread);
    }

    #[test]
    fn what_nobody_read_is_doubted_as_of_the_latest_time_that_was_said() {
        let mut doubted = Doubted::default();
        let of = |doubted: &Doubted, stored_at| {
            doubted.doubts_original(
                PhotoId::from_digest([1; 32]),
                Generation::from_parts(1, 1),
                Some(stored_at),
            )
        };
        assert!(!of(&doubted, NOW - Duration::SECOND));
        doubted.doubt_all(NOW);
        assert!(of(&doubted, NOW - Duration::SECOND) && !of(&doubted, NOW));
        doubted.doubt_all(NOW - Duration::HOUR);
        assert_eq!(doubted.more_at, Some(NOW), "never taken back by what was said before");
        doubted.doubt_all(NOW + Duration::HOUR);
        assert!(of(&doubted, NOW));
    }
}
