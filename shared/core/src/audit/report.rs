//! The report of an audit: an object in the vault, also while the audit goes on, so that the next run knows where to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::doubted::DoubtedOriginal;
use super::{Finding, Kind};
use crate::id::{AuditId, Generation, PhotoId, UserId};
use crate::key::ObjectKey;
use crate::wire::{AuditSummary, KindCount};

/// How many findings a report names; further ones are counted.
pub const MOST_NAMED: usize = 10_000;
/// How many photos a user's summary names; if there are more, none counts as audited.
const MOST_IN_SUMMARY: usize = 1_000;

/// How many wrong photos a user's summary lists.
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
    /// Whose photos could not be listed, and from where on: others do not wait for them. Once all of these are done, a later
    /// run tries them again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub put_off: BTreeMap<UserId, Place>,
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
    /// Prefixes of the vault below which nobody's folders could be listed, twice; the empty one is that of the vault
    /// itself. Who is known from the catalog is looked at all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_listed: Vec<String>,
}

/// A photo that an audit could not look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub photo_id: PhotoId,
    /// In which of its lives; not known of one without a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
}

/// Whose folders there are in the vault, as far as they are listed: a thousand users take one call, but what others put
/// beside them may take more than a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders {
    /// Who has one.
    pub users: BTreeSet<UserId>,
    /// Where the listing goes on; absent once it is whole.
    pub next: Option<Below>,
    /// Whether a listing failed already, and is tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
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
        Self { users: BTreeSet::new(), next: Some(Below::default()), failed: false }
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

    /// Goes on behind a prefix whose listing fails; which one.
    pub fn pass_over(&mut self) -> Option<String> {
        let failed = self.next.take()?;
        self.next = Self::behind(&failed.prefix);
        Some(failed.prefix)
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
    /// Of the catalog's items, by their sort keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
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
    /// What was doubted, and was read whole and right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub whole_again: Vec<DoubtedOriginal>,
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
            put_off: BTreeMap::new(),
            users: BTreeMap::new(),
            findings: Vec::new(),
            not_named: 0,
            unchecked: Vec::new(),
            not_listed: Vec::new(),
        }
    }

    /// Whether an earlier run came to a place from which to go on.
    pub fn has_begun(&self) -> bool {
        self.next.is_some() || self.folders != Folders::default()
    }

    /// Whether all users are done but those who are tried again.
    pub fn tries_again(&self) -> bool {
        self.folders.next.is_none() && self.next.is_none() && !self.put_off.is_empty()
    }

    /// A listing of whose folders there are failed: a later run tries it again, and then goes on without it.
    pub fn could_not_list_folders(&mut self) {
        if self.folders.failed {
            self.not_listed.extend(self.folders.pass_over());
        }
        self.folders.failed = true;
    }

    /// Whether it looked at all that it should have.
    pub fn is_whole(&self) -> bool {
        self.count_unchecked() == 0 && self.not_listed.is_empty()
    }

    /// Keeps how far it came with a user.
    pub fn came_to(&mut self, place: Place) {
        if self.tries_again() {
            self.put_off.insert(place.user.clone(), place);
        } else {
            self.next = Some(place);
        }
    }

    /// Counts what is left of the `all` photos of a user whose listing failed twice: one at least.
    pub fn could_not_list(&mut self, user: &UserId, all: u64) {
        let looked = self.of(user);
        let left = all.saturating_sub(looked.checked).max(1);
        looked.checked += left;
        looked.unchecked += left;
    }

    /// What was looked at of this user.
    pub fn of(&mut self, user: &UserId) -> &mut Looked {
        self.users.entry(user.clone()).or_default()
    }

    /// Counts a photo that could not be looked at, and names it while there is room.
    pub fn could_not_check(&mut self, user: &UserId, photo_id: PhotoId, generation: Option<Generation>) {
        self.of(user).unchecked += 1;
        if self.unchecked.len() < MOST_NAMED {
            self.unchecked.push(Unchecked { user: user.clone(), photo_id, generation });
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

    /// Counts findings of a user for which there is no room.
    pub fn count_more(&mut self, user: &UserId, kind: Kind, more: u64) {
        if more > 0 {
            *self.of(user).findings.entry(kind).or_default() += more;
            self.not_named += more;
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

    /// Photos whose original is lost, or is not what it was.
    pub fn wrong(&self) -> u64 {
        self.users.values().map(Looked::wrong).sum()
    }

    /// Originals of one user that are lost, or are not what their records say, and which of the two.
    pub fn wrong_originals(&self, user: &UserId) -> impl Iterator<Item = (Kind, DoubtedOriginal)> {
        let named = self.findings.iter().filter(move |finding| finding.user.as_ref() == Some(user));
        named.filter(|finding| finding.kind.is_of_the_original()).filter_map(|finding| {
            let original = DoubtedOriginal { photo_id: finding.photo_id?, generation: finding.generation? };
            Some((finding.kind, original))
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
}

impl Looked {
    /// Findings that are notes, not differences.
    fn leftovers(&self) -> u64 {
        self.findings.get(&Kind::Leftover).copied().unwrap_or_default()
    }

    /// Photos whose original is lost, or is not what it was.
    pub(super) fn wrong(&self) -> u64 {
        let kinds = self.findings.iter().filter(|(kind, _)| kind.is_of_the_original());
        kinds.map(|(_, count)| *count).sum()
    }
}

impl Kind {
    /// Whether the bytes that a record speaks of are not there.
    pub fn is_of_the_original(self) -> bool {
        matches!(self, Self::Lost | Self::WrongSize | Self::WrongChecksum)
    }
}

impl UserAudit {
    /// Something that it found of this photo is repaired.
    pub fn mended(&mut self, photo_id: PhotoId) {
        self.summary.differences = self.summary.differences.saturating_sub(1);
        self.wrong.retain(|wrong| *wrong != photo_id);
        if let Some(named) = &mut self.named
            && let Some(place) = named.iter().position(|named| *named == photo_id)
        {
            named.remove(place);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
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
        let passed = Passed { original: Some("originals/ben/x".to_owned()), ..Passed::default() };
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
        (0..MOST_NAMED + 7).for_each(|_| report.could_not_check(&ada(), PhotoId::from_digest([1; 32]), None));
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
            (0..unchecked).for_each(|_| report.could_not_check(user, PhotoId::from_digest([7; 32]), None));
        }
        assert_eq!((report.checked(), report.count_unchecked()), (12, 5));
        report.name(vec![
            about(Kind::Lost, &ada, 1),
            about(Kind::WrongSize, &ada, 2),
            about(Kind::WrongChecksum, &ada, 3),
            about(Kind::WrongChecksum, &ben, 4),
            about(Kind::Replaced, &ada, 5),
        ]);
        let wrong: Vec<_> = report.wrong_originals(&ada).map(|(_, original)| original.photo_id).collect();
        assert_eq!(wrong, [1, 2, 3].map(|byte| PhotoId::from_digest([byte; 32])));

        report.finished_at = Some(NOW + Duration::minutes(1));
        let audit = report.summary(&ada).unwrap();
        assert_eq!(audit.wrong, [1, 2, 3].map(|byte| PhotoId::from_digest([byte; 32])));
        assert_eq!(
            audit.found_whole(&PhotoId::from_digest([9; 32]), Some(NOW)),
            None,
            "it came with the audit"
        );
    }

    #[test]
    fn what_a_repair_mended_is_said_no_longer() {
        let mut report = report();
        report.finished_at = Some(NOW);
        report.name(vec![about(Kind::Lost, &ada(), 1), about(Kind::WithoutVariants, &ada(), 1)]);
        let mut audit = report.summary(&ada()).unwrap();
        let photo_id = PhotoId::from_digest([1; 32]);
        audit.mended(photo_id);
        assert_eq!((audit.summary.differences, audit.wrong.len()), (1, 0));
        assert_eq!(audit.named, Some(vec![photo_id]), "it was named twice");
        audit.mended(photo_id);
        audit.mended(photo_id);
        assert_eq!((audit.summary.differences, audit.named), (0, Some(Vec::new())));
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
}
