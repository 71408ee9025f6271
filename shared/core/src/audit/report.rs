//! The report of an audit: an object in the vault, also while the audit goes on, so that the next run knows where to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Finding, Kind};
use crate::id::{AuditId, Generation, PhotoId, UserId};
use crate::key::ObjectKey;
use crate::record::Record;
use crate::wire::{AuditSummary, KindCount};

/// How many findings a report names; further ones are counted.
pub const MOST_NAMED: usize = 10_000;
/// How many photos a user's summary names; if there are more, none counts as audited.
const MOST_IN_SUMMARY: usize = 1_000;

/// How many wrong photos it lists; if there are more, none counts as safe.
const MOST_WRONG: usize = 4_000;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Names it.
    pub audit_id: AuditId,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// When it ended; absent while it goes on.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<OffsetDateTime>,
    /// Whether every original is read and hashed.
    #[serde(default)]
    pub every_byte: bool,
    /// Whose photos it looks at.
    #[serde(default)]
    pub folders: Folders,
    /// Where it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Place>,
    /// What it looked at, by user.
    pub users: BTreeMap<UserId, Looked>,
    /// What it names.
    pub findings: Vec<Finding>,
    /// Further findings, for which there is no room.
    #[serde(default)]
    pub not_named: u64,
    /// Photos that could not be looked at, as many as there is room for.
    #[serde(default)]
    pub unchecked: Vec<Unchecked>,
}

/// A photo that an audit could not look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub photo_id: PhotoId,
}

/// Whose folders there are in the vault, as far as they are listed: a thousand users take one call, but what others put
/// beside them may take more than a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders {
    /// Who has one.
    pub users: BTreeSet<UserId>,
    /// Where the listing goes on; absent once it is whole.
    pub next: Option<Below>,
}

/// Where a listing of what lies directly below a prefix goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    /// The prefix.
    pub prefix: String,
    /// The last folder or object that is listed; absent before the first.
    pub after: Option<String>,
}

impl Default for Folders {
    /// Nothing is listed yet: it begins with what lies at the top of the vault.
    fn default() -> Self {
        Self { users: BTreeSet::new(), next: Some(Below::default()) }
    }
}

impl Folders {
    /// What was listed there, and the last of it, if more is to come; answers what none of our functions made.
    pub fn came(&mut self, at: &Below, found: Vec<String>, more: Option<String>) -> Vec<String> {
        self.next = match more {
            Some(after) => Some(Below { prefix: at.prefix.clone(), after: Some(after) }),
            None => Self::behind(&at.prefix),
        };
        let mut strange = Vec::new();
        if at.prefix == ObjectKey::AUDITS_PREFIX {
            strange
                .extend(found.into_iter().filter(|key| !matches!(key.parse(), Ok(ObjectKey::Audit { .. }))));
            return strange;
        }
        for found in found {
            match ObjectKey::user_of_folder(&found) {
                Some(user) => drop(self.users.insert(user)),
                None if ObjectKey::VAULT_FOLDERS.contains(&found.as_str()) => {}
                None => strange.push(found),
            }
        }
        strange
    }

    /// The next prefix below which users have folders.
    fn behind(prefix: &str) -> Option<Below> {
        let next = match prefix {
            "" => ObjectKey::ORIGINALS_PREFIX,
            ObjectKey::ORIGINALS_PREFIX => ObjectKey::MEDIA_PREFIX,
            ObjectKey::MEDIA_PREFIX => ObjectKey::AUDITS_PREFIX,
            _ => return None,
        };
        Some(Below { prefix: next.to_owned(), after: None })
    }
}

/// Where a walk through all photos goes on: behind this photo of this user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Whose photos.
    pub user: UserId,
    /// The last one that is done.
    pub after: Option<PhotoId>,
    /// What is done of the listings, if that is not just what lies before and under that photo.
    #[serde(default, skip_serializing_if = "Passed::is_nothing")]
    pub passed: Passed,
}

/// Up to which keys, inclusive, the vault's listings are done: keys that none of our functions made may be more than a
/// run can list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Of originals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// Of variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Passed {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Place {
    /// Before the first photo of this user.
    pub fn before_all_of(user: &UserId) -> Self {
        Self { user: user.clone(), after: None, passed: Passed::default() }
    }

    /// Where a walk from user to user that stopped at `place` goes on with this one; `None` if it is done with them.
    pub fn going_on(place: Option<&Self>, user: &UserId) -> Option<Self> {
        match place {
            Some(place) if place.user > *user => None,
            Some(place) if place.user == *user => Some(place.clone()),
            Some(_) | None => Some(Self::before_all_of(user)),
        }
    }
}

/// What an audit looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// Photos whose original should be there.
    pub checked: u64,
    /// Of these, how many could not be looked at: S3 or DynamoDB did not say, or the record kept changing.
    pub unchecked: u64,
    /// Of these, how many S3 was asked for the checksum.
    pub checksums: u64,
    /// Bytes that were read and hashed.
    pub bytes_read: u64,
    /// What was found, by kind.
    pub findings: BTreeMap<Kind, u64>,
}

impl Report {
    /// One that begins.
    pub fn begun(audit_id: AuditId, started_at: OffsetDateTime, every_byte: bool) -> Self {
        Self {
            audit_id,
            started_at,
            finished_at: None,
            every_byte,
            folders: Folders::default(),
            next: None,
            users: BTreeMap::new(),
            findings: Vec::new(),
            not_named: 0,
            unchecked: Vec::new(),
        }
    }

    /// Whether an earlier run came to a place from which to go on.
    pub fn has_begun(&self) -> bool {
        self.next.is_some() || self.folders != Folders::default()
    }

    /// What was looked at of this user.
    pub fn of(&mut self, user: &UserId) -> &mut Looked {
        self.users.entry(user.clone()).or_default()
    }

    /// Counts a photo that could not be looked at, and names it while there is room.
    pub fn could_not_check(&mut self, user: &UserId, photo_id: PhotoId) {
        self.of(user).unchecked += 1;
        if self.unchecked.len() < MOST_NAMED {
            self.unchecked.push(Unchecked { user: user.clone(), photo_id });
        }
    }

    /// Names findings, while there is room for them.
    pub fn name(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            if let Some(user) = &finding.user {
                *self.of(user).findings.entry(finding.kind).or_default() += 1;
            }
            if self.findings.len() < MOST_NAMED {
                self.findings.push(finding);
            } else {
                self.not_named += 1;
            }
        }
    }

    /// How many findings there are, named or not.
    pub fn found(&self) -> u64 {
        self.findings.len() as u64 + self.not_named
    }

    /// How many of these are notes, not differences.
    pub fn leftovers(&self) -> u64 {
        self.users.values().map(Looked::leftovers).sum()
    }

    /// Photos that should be there.
    pub fn checked(&self) -> u64 {
        self.users.values().map(|looked| looked.checked).sum()
    }

    /// Photos that could not be looked at.
    pub fn count_unchecked(&self) -> u64 {
        self.users.values().map(|looked| looked.unchecked).sum()
    }

    /// Originals of one user that are lost, or are not what their records say.
    pub fn wrong_originals(&self, user: &UserId) -> impl Iterator<Item = DoubtedOriginal> {
        let named = self.findings.iter().filter(move |finding| finding.user.as_ref() == Some(user));
        named.filter(|finding| finding.kind.is_of_the_original()).filter_map(|finding| {
            Some(DoubtedOriginal { photo_id: finding.photo_id?, generation: finding.generation? })
        })
    }

    /// What a user is told of it; `None` while it goes on.
    pub fn summary(&self, user: &UserId) -> Option<UserAudit> {
        let looked = self.users.get(user).cloned().unwrap_or_default();
        let named = self.findings.iter().filter(|finding| finding.user.as_ref() == Some(user));
        let wrong = named.clone().filter(|finding| finding.kind.is_of_the_original());
        let wrong: Vec<PhotoId> = wrong.filter_map(|finding| finding.photo_id).take(MOST_WRONG).collect();
        let named = named.filter(|finding| finding.kind.is_difference());
        let photos: Vec<PhotoId> = named.filter_map(|finding| finding.photo_id).collect();
        let complete = looked.unchecked == 0 && self.not_named == 0 && photos.len() <= MOST_IN_SUMMARY;
        let findings = looked.findings.iter().map(|(kind, count)| KindCount { kind: *kind, count: *count });
        Some(UserAudit {
            summary: AuditSummary {
                started_at: self.started_at,
                finished_at: self.finished_at?,
                checked: looked.checked,
                unchecked: looked.unchecked,
                differences: looked.findings.values().sum::<u64>() - looked.leftovers(),
                findings: findings.collect(),
                report: self.audit_id,
            },
            named: complete.then_some(photos),
            more_wrong: looked.wrong() > wrong.len() as u64,
            wrong,
        })
    }
}

/// The last audit, as a user's part of the catalog keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserAudit {
    /// What the user is told.
    pub summary: AuditSummary,
    /// Photos that it names; absent if it cannot say of each photo whether it is whole.
    pub named: Option<Vec<PhotoId>>,
    /// Photos whose original is lost, or is not what it was.
    #[serde(default)]
    pub wrong: Vec<PhotoId>,
    /// Whether there are more of these than are listed.
    #[serde(default)]
    pub more_wrong: bool,
}

impl Looked {
    /// Findings that are notes, not differences.
    fn leftovers(&self) -> u64 {
        self.findings.get(&Kind::Leftover).copied().unwrap_or_default()
    }

    /// Photos whose original is lost, or is not what it was.
    fn wrong(&self) -> u64 {
        let kinds = self.findings.iter().filter(|(kind, _)| kind.is_of_the_original());
        kinds.map(|(_, count)| *count).sum()
    }
}

impl Kind {
    /// Whether the bytes that a record speaks of are not there.
    fn is_of_the_original(self) -> bool {
        matches!(self, Self::Lost | Self::WrongSize | Self::WrongChecksum)
    }
}

impl UserAudit {
    /// Whether it found the original of this photo lost or wrong; of a photo that became safe since, it says nothing.
    pub fn doubts(&self, record: &Record) -> bool {
        let seen = record.stored_at.is_none_or(|stored_at| stored_at < self.summary.finished_at);
        seen && (self.more_wrong || self.wrong.contains(&record.photo_id))
    }

    /// When a photo that is safe since `stored_at` was last found whole: when the audit began, at the latest.
    pub fn found_whole(
        &self,
        photo_id: &PhotoId,
        stored_at: Option<OffsetDateTime>,
    ) -> Option<OffsetDateTime> {
        let began = self.summary.started_at;
        let seen = stored_at.is_some_and(|stored_at| stored_at < began);
        let whole = self.named.as_ref().is_some_and(|named| !named.contains(photo_id));
        (seen && whole).then_some(began)
    }
}

/// Originals that an audit or a drill found lost, or not what their record says, until they are read back whole or
/// repaired: a note of the keeper's, and all that a listing has to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubted {
    /// These.
    pub originals: Vec<DoubtedOriginal>,
    /// When more of them were found than there is room for here, or when nobody knew ([`Doubted::doubt_all`]): of all that
    /// was safe before, none is called so, and each is read whole by the audits until one that began later finds no more.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub more_at: Option<OffsetDateTime>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
        may_be_more || self.originals.contains(&DoubtedOriginal { photo_id, generation })
    }

    /// Of all that is safe by then, none is called so until an audit that began later has read it whole.
    pub fn doubt_all(&mut self, now: OffsetDateTime) {
        self.more_at = self.more_at.max(Some(now));
    }

    /// Takes in what an audit found.
    pub fn and(&mut self, report: &Report, user: &UserId) {
        for original in report.wrong_originals(user) {
            if self.originals.len() < Self::MOST && !self.originals.contains(&original) {
                self.originals.push(original);
            }
        }
        let listed = report.wrong_originals(user).filter(|original| self.originals.contains(original));
        let (wrong, unchecked) =
            report.users.get(user).map_or((0, 0), |looked| (looked.wrong(), looked.unchecked));
        self.more_at = if wrong > listed.count() as u64 {
            report.finished_at
        } else {
            // What was said since this audit began, or is still to be read, it cannot take back.
            self.more_at.filter(|more_at| *more_at > report.started_at || unchecked > 0)
        };
    }

    /// Takes in what a drill that ended `now` read: what is whole or gone, and what is wrong.
    pub fn drilled(&mut self, mended: &[DoubtedOriginal], wrong: &[DoubtedOriginal], now: OffsetDateTime) {
        self.originals.retain(|original| !mended.contains(original));
        for original in
            wrong.iter().filter(|original| !self.originals.contains(original)).copied().collect::<Vec<_>>()
        {
            if self.originals.len() < Self::MOST {
                self.originals.push(original);
            } else {
                self.more_at = Some(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;
    use crate::record::{Preview, State};
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn finding(byte: u8) -> Finding {
        Finding::unreadable(&"ada".parse().unwrap(), PhotoId::from_digest([byte; 32]))
    }

    fn ada() -> UserId {
        "ada".parse().unwrap()
    }

    #[test]
    fn folders_are_listed_one_prefix_after_another_and_strange_ones_are_told_apart() {
        let mut folders = Folders::default();
        let page = |folders: &mut Folders, found: &[&str], more: Option<&str>| {
            let at = folders.next.clone().unwrap();
            let found = found.iter().map(|found| (*found).to_owned()).collect();
            (at.prefix.clone(), folders.came(&at, found, more.map(ToOwned::to_owned)))
        };
        let strange = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let top = page(&mut folders, &["audits/", "cat.jpg", "media/"], Some("media/"));
        assert_eq!(top, (String::new(), strange(&["cat.jpg"])));
        assert_eq!(folders.next.as_ref().unwrap().after.as_deref(), Some("media/"));
        let text = serde_json::to_string(&folders).unwrap();
        assert_eq!(serde_json::from_str::<Folders>(&text).unwrap(), folders);
        assert_eq!(page(&mut folders, &["originals/", "other/"], None).1, ["other/"]);
        let originals = page(&mut folders, &["originals/ada/", "originals/x.jpg"], None);
        assert_eq!(originals, ("originals/".to_owned(), strange(&["originals/x.jpg"])));
        assert_eq!(page(&mut folders, &["media/ben/"], None), ("media/".to_owned(), Vec::new()));
        let report = ObjectKey::Audit { audit_id: AuditId::from_parts(1, 1) }.to_string();
        let audits = page(&mut folders, &["audits/cat.jpg", "audits/cleo/", &report], None);
        assert_eq!(audits, ("audits/".to_owned(), strange(&["audits/cat.jpg", "audits/cleo/"])));
        assert_eq!(folders.next, None);
        assert_eq!(folders.users, [ada(), "ben".parse().unwrap()].into());
    }

    #[test]
    fn a_walk_from_user_to_user_goes_on_where_it_stopped() {
        let passed = Passed { original: Some("originals/ben/x".to_owned()), variant: None };
        let ben: UserId = "ben".parse().unwrap();
        let place = Place { user: ben.clone(), after: Some(PhotoId::from_digest([1; 32])), passed };
        assert_eq!(Place::going_on(Some(&place), &ada()), None);
        assert_eq!(Place::going_on(Some(&place), &ben), Some(place.clone()));
        let cleo = "cleo".parse().unwrap();
        assert_eq!(Place::going_on(Some(&place), &cleo), Some(Place::before_all_of(&cleo)));
        assert_eq!(Place::going_on(None, &ada()), Some(Place::before_all_of(&ada())));
        let text = serde_json::to_string(&place).unwrap();
        assert_eq!(serde_json::from_str::<Place>(&text).unwrap(), place);
        let plain: Place = serde_json::from_str(r#"{"user": "ada", "after": null}"#).unwrap();
        assert_eq!(plain, Place::before_all_of(&ada()), "as earlier audits wrote it");
    }

    fn report() -> Report {
        Report::begun(AuditId::from_parts(1, 1), NOW, false)
    }

    #[test]
    fn a_report_reads_back_as_it_was_written_and_is_bounded() {
        let mut report = report();
        report.name(vec![finding(1); MOST_NAMED + 7]);
        (0..MOST_NAMED + 7).for_each(|_| report.could_not_check(&ada(), PhotoId::from_digest([1; 32])));
        assert_eq!((report.unchecked.len(), report.count_unchecked()), (MOST_NAMED, MOST_NAMED as u64 + 7));
        report.next =
            Some(Place { after: Some(PhotoId::from_digest([1; 32])), ..Place::before_all_of(&ada()) });
        assert_eq!((report.findings.len(), report.found()), (MOST_NAMED, MOST_NAMED as u64 + 7));
        let text = serde_json::to_string(&report).unwrap();
        assert!(text.len() < 3 << 20, "{}", text.len());
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }

    fn about(kind: Kind, user: &UserId, byte: u8) -> Finding {
        let generation = Some(Generation::from_parts(1, 1));
        Finding { kind, generation, ..Finding::unreadable(user, PhotoId::from_digest([byte; 32])) }
    }

    #[test]
    fn what_was_looked_at_is_summed_over_all_and_wrong_originals_are_each_ones_own() {
        let (ada, ben): (UserId, UserId) = (ada(), "ben".parse().unwrap());
        let mut report = report();
        for (user, checked, unchecked) in [(&ada, 5, 2), (&ben, 7, 3)] {
            report.of(user).checked = checked;
            (0..unchecked).for_each(|_| report.could_not_check(user, PhotoId::from_digest([7; 32])));
        }
        assert_eq!((report.checked(), report.count_unchecked()), (12, 5));
        report.name(vec![
            about(Kind::Lost, &ada, 1),
            about(Kind::WrongSize, &ada, 2),
            about(Kind::WrongChecksum, &ada, 3),
            about(Kind::WrongChecksum, &ben, 4),
            about(Kind::Replaced, &ada, 5),
        ]);
        let wrong: Vec<_> = report.wrong_originals(&ada).map(|original| original.photo_id).collect();
        assert_eq!(wrong, [1, 2, 3].map(|byte| PhotoId::from_digest([byte; 32])));

        report.finished_at = Some(NOW + Duration::minutes(1));
        let audit = report.summary(&ada).unwrap();
        assert_eq!(audit.wrong, [1, 2, 3].map(|byte| PhotoId::from_digest([byte; 32])));
        assert!(!audit.more_wrong);
        let of = |byte, stored_at| Record {
            photo_id: PhotoId::from_digest([byte; 32]),
            stored_at,
            ..record(State::Stored, Preview::Ready, NOW)
        };
        let end = NOW + Duration::minutes(1);
        for (byte, stored_at, doubted) in [
            (1, Some(NOW), true),
            (1, None, true),
            (1, Some(end), false),
            (1, Some(end + Duration::SECOND), false),
            (5, Some(NOW), false),
        ] {
            assert_eq!(audit.doubts(&of(byte, stored_at)), doubted, "{byte} {stored_at:?}");
        }
        let more = UserAudit { more_wrong: true, ..audit };
        assert!(more.doubts(&of(5, Some(NOW))) && !more.doubts(&of(5, Some(end))));
        assert_eq!(
            more.found_whole(&PhotoId::from_digest([9; 32]), Some(NOW)),
            None,
            "it came with the audit"
        );

        let mut doubted = Doubted::default();
        doubted.and(&report, &ada);
        doubted.and(&report, &ada);
        assert_eq!((doubted.originals.len(), doubted.more_at), (3, None));
        let same = Record { generation: Generation::from_parts(1, 1), ..of(2, None) };
        let reborn = Record { generation: Generation::from_parts(2, 2), ..of(2, None) };
        assert!(doubted.doubts(&same) && !doubted.doubts(&reborn));
    }

    #[test]
    fn more_wrong_photos_than_are_listed_leave_none_called_safe() {
        let mut report = report();
        report.finished_at = Some(NOW);
        let many = u64::try_from(MOST_WRONG).unwrap();
        report.name((0..=MOST_WRONG).map(|_| about(Kind::Lost, &ada(), 1)).collect());
        assert!(report.summary(&ada()).unwrap().more_wrong);
        report.of(&ada()).findings.insert(Kind::Lost, many);
        assert!(!report.summary(&ada()).unwrap().more_wrong);
    }

    #[test]
    fn a_listing_calls_none_safe_if_more_are_wrong_than_it_can_name() {
        let mut report = report();
        report.finished_at = Some(NOW);
        report.name(vec![about(Kind::Lost, &ada(), 1)]);
        report.of(&ada()).findings.insert(Kind::Lost, 2);
        let mut doubted = Doubted::default();
        doubted.and(&report, &ada());
        assert_eq!(doubted.more_at, Some(NOW), "it counts more than it lists");
        let (other, generation) = (PhotoId::from_digest([9; 32]), Generation::from_parts(9, 9));
        assert!(doubted.doubts_original(other, generation, Some(NOW - Duration::SECOND)));
        assert!(!doubted.doubts_original(other, generation, Some(NOW)), "it is safe since");
        let text = serde_json::to_string(&doubted).unwrap();
        assert_eq!(serde_json::from_str::<Doubted>(&text).unwrap().more_at, Some(NOW));
        report.of(&ada()).findings.insert(Kind::Lost, 1);
        report.of(&ada()).unchecked = 1;
        doubted.and(&report, &ada());
        assert_eq!(doubted.more_at, Some(NOW), "one was not read");
        report.of(&ada()).unchecked = 0;
        let mut since = Doubted { more_at: Some(NOW + Duration::SECOND), ..doubted.clone() };
        since.and(&report, &ada());
        assert_eq!(since.more_at, Some(NOW + Duration::SECOND), "it was said while the audit went on");
        doubted.and(&report, &ada());
        assert_eq!((doubted.more_at, doubted.originals.len()), (None, 1));
    }

    #[test]
    fn a_drill_takes_back_what_it_read_and_adds_what_it_found_and_forgets_nothing() {
        let of = |number: u16| {
            let mut digest = [0; 32];
            digest[..2].copy_from_slice(&number.to_be_bytes());
            DoubtedOriginal {
                photo_id: PhotoId::from_digest(digest),
                generation: Generation::from_parts(1, 1),
            }
        };
        let mut doubted = Doubted { originals: vec![of(1), of(2)], more_at: None };
        doubted.drilled(&[of(1), of(7)], &[of(2), of(3)], NOW);
        assert_eq!(doubted, Doubted { originals: vec![of(2), of(3)], more_at: None });
        let many: Vec<_> = (0..=u16::try_from(Doubted::MOST).unwrap()).map(of).collect();
        doubted.drilled(&[], &many, NOW);
        assert_eq!((doubted.originals.len(), doubted.more_at), (Doubted::MOST, Some(NOW)));
    }

    #[test]
    fn what_is_left_over_is_no_difference_and_does_not_keep_a_photo_from_being_audited() {
        let mut report = report();
        report.of(&ada()).checked = 2;
        report.name(vec![about(Kind::Leftover, &ada(), 1), about(Kind::Lost, &ada(), 2)]);
        report.finished_at = Some(NOW);
        assert_eq!((report.found(), report.leftovers()), (2, 1));
        let audit = report.summary(&ada()).unwrap();
        assert_eq!((audit.summary.differences, audit.summary.findings.len()), (1, 2));
        let whole = |byte| audit.found_whole(&PhotoId::from_digest([byte; 32]), Some(NOW - Duration::DAY));
        assert_eq!((whole(1), whole(2)), (Some(NOW), None));
    }

    #[test]
    fn a_photo_counts_as_audited_if_it_was_there_before_and_is_not_named() {
        let user = "ada".parse().unwrap();
        let mut report = report();
        report.name(vec![finding(1)]);
        report.of(&user).checked = 2;
        assert!(report.summary(&user).is_none(), "it still goes on");
        report.finished_at = Some(NOW + Duration::minutes(1));
        let audit = report.summary(&user).unwrap();
        assert_eq!((audit.summary.checked, audit.summary.differences), (2, 1));
        let (before, after) = (Some(NOW - Duration::DAY), Some(NOW + Duration::SECOND));
        let (named, other) = (PhotoId::from_digest([1; 32]), PhotoId::from_digest([2; 32]));
        assert_eq!(audit.found_whole(&other, before), Some(NOW));
        assert_eq!(audit.found_whole(&named, before), None);
        assert_eq!(audit.found_whole(&other, after), None);
        assert_eq!(audit.found_whole(&other, None), None);
        report.of(&user).unchecked = 1;
        assert_eq!(report.summary(&user).unwrap().found_whole(&other, before), None);
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
