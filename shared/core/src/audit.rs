//! What an audit makes of what it sees, as pure functions: from the catalog's record of a photo and the vault's objects
//! to what is wrong with it. `functions/keeper/src/audit` makes the calls and decides nothing.
//!
//! Nothing is named on the strength of listings alone: they are read while photos come and go. A suspect is looked at
//! again, between two readings of its record that agree, and only what [`confirmed`] keeps is named.

pub mod doubted;
pub mod line;
pub mod report;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::id::{Generation, PhotoId, UserId};
use crate::key::{ObjectKey, Variant};
use crate::record::{Preview, Record, State};

/// Each audit asks S3 for the checksum of one in so many photos, other ones each day.
pub const ROTATION: u16 = 30;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The record says that it is there, and its original is not in the vault.
    Lost,
    /// Its original has another size than its record says.
    WrongSize,
    /// Its original has another SHA-256 than its photo id, or none.
    WrongChecksum,
    /// Its original is the right one, and was written after the photo became safe.
    Replaced,
    /// An original that no record speaks of.
    OrphanedOriginal,
    /// Its variants should be there and are not.
    WithoutVariants,
    /// A variant that no record speaks of.
    OrphanedVariant,
    /// An object that none of our functions wrote.
    StrangeKey,
    /// Its record cannot be read.
    UnreadableRecord,
    /// Its record lacks what the timeline, or the keeper's work, has it by: it is on no page, or nobody finds what is due.
    Unlisted,
    /// An item of the catalog that none of our functions wrote.
    StrangeItem,
    /// An original or a variant of another life of a photo that is whole: a repair puts the right bytes beside the
    /// wrong ones and removes nothing. A note, not a difference.
    Leftover,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Lost,
        Self::WrongSize,
        Self::WrongChecksum,
        Self::Replaced,
        Self::OrphanedOriginal,
        Self::WithoutVariants,
        Self::OrphanedVariant,
        Self::StrangeKey,
        Self::UnreadableRecord,
        Self::Unlisted,
        Self::StrangeItem,
        Self::Leftover,
    ];

    /// Whether something is not as it should be: a leftover does no harm and stays until its photo is removed for good.
    pub const fn is_difference(self) -> bool {
        !matches!(self, Self::Leftover)
    }

    /// In plain words.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Lost => "lost: its original is not in the vault",
            Self::WrongSize => "its original has another size",
            Self::WrongChecksum => "its original has another checksum",
            Self::Replaced => "its original was written again after it became safe; the bytes are right",
            Self::OrphanedOriginal => "an original without a record",
            Self::WithoutVariants => "its thumb or its preview is missing",
            Self::OrphanedVariant => "a thumb or a preview without a record",
            Self::StrangeKey => "an object that Tintype did not write",
            Self::UnreadableRecord => "its record cannot be read",
            Self::Unlisted => "its record lacks what the timeline, or the keeper, finds it by",
            Self::StrangeItem => "an item of the catalog that Tintype did not write",
            Self::Leftover => "left over from another life of a photo that is whole; it does no harm",
        }
    }
}

/// Something that an audit names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What is wrong.
    pub kind: Kind,
    /// Whose, if the key says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Which photo, if the key says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<PhotoId>,
    /// The object that it is about, or the item by its two keys; empty if it is the photo's record.
    pub key: String,
    /// The generation of the photo's record, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// The revision of that record: a repair does nothing if it has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

impl Finding {
    /// An object whose key none of our functions makes.
    pub fn strange(user: Option<&UserId>, key: String) -> Self {
        Self {
            kind: Kind::StrangeKey,
            user: user.cloned(),
            photo_id: None,
            key,
            generation: None,
            revision: None,
        }
    }

    /// An item of the catalog that none of our functions wrote.
    pub fn strange_item(user: Option<&UserId>, name: String) -> Self {
        Self { kind: Kind::StrangeItem, ..Self::strange(user, name) }
    }

    /// A record that the indexes do not have where they should.
    pub fn unlisted(record: &Record) -> Self {
        Self {
            kind: Kind::Unlisted,
            generation: Some(record.generation),
            revision: Some(record.revision),
            ..Self::unreadable(&record.user, record.photo_id)
        }
    }

    /// A record that cannot be read.
    pub fn unreadable(user: &UserId, photo_id: PhotoId) -> Self {
        let (user, photo_id) = (Some(user.clone()), Some(photo_id));
        let kind = Kind::UnreadableRecord;
        Self { kind, user, photo_id, key: String::new(), generation: None, revision: None }
    }
}

/// What S3 says of an object's checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// Nobody asked: a listing does not tell.
    NotAsked,
    /// There is no SHA-256.
    None,
    /// This one.
    Sha256(PhotoId),
}

/// An original as it was seen in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenOriginal {
    /// Its key.
    pub key: String,
    /// The generation in its key.
    pub generation: Generation,
    /// Size in bytes.
    pub size: u64,
    /// Its checksum.
    pub checksum: Checksum,
    /// Its version; `null` where the vault is not versioned.
    pub version_id: Option<String>,
}

/// A variant as it was seen in the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenVariant {
    /// The generation in its key.
    pub generation: Generation,
    /// Which.
    pub variant: Variant,
}

/// What is wrong with one photo, by what was seen of it. `variants` is `None` where nobody looked for them.
pub fn examine(
    (user, photo_id): (&UserId, PhotoId),
    record: Option<&Record>,
    originals: &[SeenOriginal],
    variants: Option<&[SeenVariant]>,
) -> Vec<Finding> {
    let finding = |kind, key: String| Finding {
        kind,
        user: Some(user.clone()),
        photo_id: Some(photo_id),
        key,
        generation: record.map(|record| record.generation),
        revision: record.map(|record| record.revision),
    };
    let variant_key = |generation, variant| {
        ObjectKey::Variant { user: user.clone(), photo_id, generation, variant }.to_string()
    };
    let mut findings = Vec::new();
    let own = record.filter(|record| has_original(record)).and_then(|record| {
        let own = originals.iter().find(|original| original.key == record.key);
        differs(record, own).map(|kind| (kind, record.key.clone()))
    });
    // Variants can be made again once the original is back; until then, they are not what is wrong.
    let renderable = own.as_ref().is_none_or(|(kind, _)| *kind == Kind::Replaced);
    findings.extend(own.map(|(kind, key)| finding(kind, key)));
    let whole = record.filter(|record| has_original(record) && renderable);
    // A newer one too: of two repairs at once, the one that comes second has copied before it knows.
    let left_over = |generation| whole.is_some_and(|record| generation != record.generation);
    for original in originals {
        if !record.is_some_and(|record| may_have_original(record, original)) {
            let left_over = left_over(original.generation);
            let kind = if left_over { Kind::Leftover } else { Kind::OrphanedOriginal };
            findings.push(finding(kind, original.key.clone()));
        }
    }
    let Some(variants) = variants else { return findings };
    let ready = |record: &&Record| has_original(record) && record.preview == Preview::Ready;
    if let Some(record) = record.filter(ready).filter(|_| renderable) {
        let generation = record.generation;
        let missing = Variant::ALL
            .into_iter()
            .find(|variant| !variants.contains(&SeenVariant { generation, variant: *variant }));
        if let Some(missing) = missing {
            findings.push(finding(Kind::WithoutVariants, variant_key(generation, missing)));
        }
    }
    for seen in variants {
        let known =
            record.is_some_and(|record| record.generation == seen.generation && record.state != State::Gone);
        if !known {
            let left_over = left_over(seen.generation);
            let kind = if left_over { Kind::Leftover } else { Kind::OrphanedVariant };
            findings.push(finding(kind, variant_key(seen.generation, seen.variant)));
        }
    }
    findings
}

/// Whether the record says that its original lies in the vault.
pub fn has_original(record: &Record) -> bool {
    matches!(record.state, State::Stored | State::Trashed)
}

/// Whether the photo's own original is among these, with its right bytes: what else there is of it is left over.
pub fn is_whole(record: &Record, originals: &[SeenOriginal]) -> bool {
    let own = originals.iter().find(|original| original.key == record.key);
    has_original(record) && matches!(differs(record, own), None | Some(Kind::Replaced))
}

/// How the original of a photo differs from what its record says.
fn differs(record: &Record, original: Option<&SeenOriginal>) -> Option<Kind> {
    let Some(original) = original else { return Some(Kind::Lost) };
    if original.size != record.size {
        return Some(Kind::WrongSize);
    }
    match original.checksum {
        Checksum::Sha256(sha256) if sha256 != record.photo_id => return Some(Kind::WrongChecksum),
        Checksum::None => return Some(Kind::WrongChecksum),
        Checksum::Sha256(_) | Checksum::NotAsked => {}
    }
    // S3 never changes a version: the same version is the same bytes.
    let replaced = match (record.version_id.as_deref(), original.version_id.as_deref()) {
        (Some(known), Some(seen)) => seen != "null" && known != seen,
        _ => false,
    };
    replaced.then_some(Kind::Replaced)
}

/// Whether an original may lie there by what its record says: its own, or one on its way in or out.
fn may_have_original(record: &Record, original: &SeenOriginal) -> bool {
    record.state != State::Gone && record.generation == original.generation && record.key == original.key
}

/// Of what a closer look found, all that is about the photo's own original, since that was read between two readings of
/// its record that agree; of variants and orphans, what the listing had made suspicious.
pub fn confirmed(suspects: &[Finding], closer: Vec<Finding>) -> Vec<Finding> {
    closer
        .into_iter()
        .filter(|finding| match finding.kind {
            Kind::Lost | Kind::WrongSize | Kind::WrongChecksum | Kind::Replaced => true,
            Kind::OrphanedOriginal
            | Kind::WithoutVariants
            | Kind::OrphanedVariant
            | Kind::StrangeKey
            | Kind::UnreadableRecord
            | Kind::Unlisted
            | Kind::StrangeItem
            | Kind::Leftover => {
                suspects.iter().any(|suspect| suspect.key == finding.key || suspect.kind == finding.kind)
            }
        })
        .collect()
}

/// Whether an audit that began at `started_at` asks S3 for the checksum of this photo.
pub fn is_its_turn(photo_id: &PhotoId, started_at: OffsetDateTime) -> bool {
    let digest = photo_id.digest();
    let day = started_at.date().to_julian_day().rem_euclid(i32::from(ROTATION));
    i32::from(u16::from_be_bytes([digest[30], digest[31]]) % ROTATION) == day
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);
    const THIS: Generation = Generation::from_parts(1, 1);
    const OTHER: Generation = Generation::from_parts(2, 2);

    fn photo(state: State, preview: Preview) -> Record {
        Record { key: key(THIS), version_id: Some("v1".to_owned()), ..record(state, preview, NOW) }
    }

    fn key(generation: Generation) -> String {
        format!("originals/ada/x/{generation}/a.jpg")
    }

    #[test]
    fn what_is_unlisted_and_what_is_strange_is_named_as_that() {
        let record = photo(State::Stored, Preview::Ready);
        let unlisted = Finding::unlisted(&record);
        assert_eq!(
            (unlisted.kind, unlisted.photo_id, unlisted.generation, unlisted.revision),
            (Kind::Unlisted, Some(record.photo_id), Some(record.generation), Some(record.revision)),
        );
        let item = Finding::strange_item(Some(&record.user), "U#ada X".to_owned());
        assert_eq!(
            (item.kind, item.user, item.key),
            (Kind::StrangeItem, Some(record.user), "U#ada X".to_owned())
        );
    }

    fn original() -> SeenOriginal {
        SeenOriginal {
            key: key(THIS),
            generation: THIS,
            size: 1,
            checksum: Checksum::NotAsked,
            version_id: Some("v1".to_owned()),
        }
    }

    fn both() -> Vec<SeenVariant> {
        Variant::ALL.map(|variant| SeenVariant { generation: THIS, variant }).to_vec()
    }

    fn kinds(record: Option<&Record>, originals: &[SeenOriginal], variants: &[SeenVariant]) -> Vec<Kind> {
        let user = "ada".parse().unwrap();
        let of = (&user, PhotoId::from_digest([1; 32]));
        examine(of, record, originals, Some(variants)).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn a_photo_that_is_as_its_record_says_is_not_named() {
        for state in [State::Stored, State::Trashed] {
            assert_eq!(kinds(Some(&photo(state, Preview::Ready)), &[original()], &both()), []);
            assert_eq!(kinds(Some(&photo(state, Preview::Pending)), &[original()], &[]), []);
            assert_eq!(kinds(Some(&photo(state, Preview::Pending)), &[original()], &both()[..1]), []);
        }
        let checked =
            SeenOriginal { checksum: Checksum::Sha256(PhotoId::from_digest([1; 32])), ..original() };
        assert_eq!(kinds(Some(&photo(State::Stored, Preview::Ready)), &[checked], &both()), []);
        let unversioned = SeenOriginal { version_id: Some("null".to_owned()), ..original() };
        assert_eq!(kinds(Some(&photo(State::Stored, Preview::Ready)), &[unversioned], &both()), []);
    }

    #[test]
    fn each_way_in_which_an_original_can_differ_has_its_name() {
        let stored = photo(State::Stored, Preview::Ready);
        let named = |original: SeenOriginal| kinds(Some(&stored), &[original], &both());
        assert_eq!(kinds(Some(&stored), &[], &both()), [Kind::Lost]);
        assert_eq!(named(SeenOriginal { size: 2, ..original() }), [Kind::WrongSize]);
        let wrong = Checksum::Sha256(PhotoId::from_digest([9; 32]));
        assert_eq!(named(SeenOriginal { checksum: wrong, ..original() }), [Kind::WrongChecksum]);
        assert_eq!(named(SeenOriginal { checksum: Checksum::None, ..original() }), [Kind::WrongChecksum]);
        assert_eq!(named(SeenOriginal { version_id: Some("v2".to_owned()), ..original() }), [Kind::Replaced]);
        let elsewhere = SeenOriginal { key: key(OTHER), generation: OTHER, ..original() };
        assert_eq!(named(elsewhere), [Kind::Lost, Kind::OrphanedOriginal]);
    }

    #[test]
    fn what_is_on_its_way_in_or_out_is_not_named() {
        for state in [State::Storing, State::Purging] {
            let moving = photo(state, Preview::Ready);
            assert_eq!(kinds(Some(&moving), &[original()], &both()), []);
            assert_eq!(kinds(Some(&moving), &[], &[]), []);
        }
        assert_eq!(kinds(Some(&photo(State::Gone, Preview::Ready)), &[], &[]), []);
    }

    #[test]
    fn what_no_record_speaks_of_is_an_orphan() {
        let orphans = [Kind::OrphanedOriginal, Kind::OrphanedVariant, Kind::OrphanedVariant];
        assert_eq!(kinds(None, &[original()], &both()), orphans);
        assert_eq!(kinds(Some(&photo(State::Gone, Preview::Ready)), &[original()], &both()), orphans);
        let other = [SeenVariant { generation: OTHER, variant: Variant::Thumb }];
        assert_eq!(
            kinds(Some(&photo(State::Stored, Preview::Pending)), &[], &other),
            [Kind::Lost, Kind::OrphanedVariant]
        );
    }

    #[test]
    fn what_another_life_left_beside_a_whole_photo_is_no_difference() {
        let mended = Record { generation: OTHER, key: key(OTHER), ..photo(State::Stored, Preview::Ready) };
        let own = SeenOriginal { key: key(OTHER), generation: OTHER, ..original() };
        let wrong = SeenOriginal { size: 9, ..original() };
        let mut variants = both();
        variants.extend(Variant::ALL.map(|variant| SeenVariant { generation: OTHER, variant }));
        let named = |originals: &[SeenOriginal]| kinds(Some(&mended), originals, &variants);
        assert_eq!(named(&[wrong.clone(), own.clone()]), [Kind::Leftover; 3]);
        assert!([Kind::Leftover].iter().all(|kind| !kind.is_difference()));
        assert_eq!(Kind::ALL.into_iter().filter(|kind| kind.is_difference()).count(), Kind::ALL.len() - 1);
        // The newer one too: the copy of a repair that came second.
        let stored = photo(State::Stored, Preview::Ready);
        assert_eq!(kinds(Some(&stored), &[original(), own.clone()], &variants), [Kind::Leftover; 3]);
        // Beside a photo that is lost itself, it may be all that there is.
        let orphans = [Kind::OrphanedOriginal, Kind::OrphanedVariant, Kind::OrphanedVariant];
        assert_eq!(named(std::slice::from_ref(&wrong)), [&[Kind::Lost][..], &orphans].concat());
        let both = [wrong.clone(), own.clone()];
        assert!(is_whole(&mended, &both) && !is_whole(&mended, &both[..1]));
        assert!(!is_whole(&Record { state: State::Purging, ..mended.clone() }, &both));
        let larger = SeenOriginal { size: 2, ..own };
        assert!(!is_whole(&mended, std::slice::from_ref(&larger)));
        assert_eq!(named(&[wrong, larger])[..2], [Kind::WrongSize, Kind::OrphanedOriginal]);
    }

    #[test]
    fn variants_are_missed_once_and_only_where_they_should_be() {
        let ready = photo(State::Stored, Preview::Ready);
        assert_eq!(kinds(Some(&ready), &[original()], &[]), [Kind::WithoutVariants]);
        assert_eq!(kinds(Some(&ready), &[original()], &both()[..1]), [Kind::WithoutVariants]);
        assert_eq!(kinds(Some(&ready), &[], &[]), [Kind::Lost], "first the original");
        let user = "ada".parse().unwrap();
        let of = (&user, ready.photo_id);
        assert_eq!(examine(of, Some(&ready), &[original()], None), []);
    }

    #[test]
    fn what_is_wrong_with_the_original_is_confirmed_and_else_only_what_was_suspicious_before() {
        let user = "ada".parse().unwrap();
        let of = (&user, PhotoId::from_digest([1; 32]));
        let stored = photo(State::Stored, Preview::Ready);
        let suspects = examine(of, Some(&stored), &[], Some(&both()));
        let larger = SeenOriginal { size: 2, ..original() };
        let closer = examine(of, Some(&stored), std::slice::from_ref(&larger), Some(&[]));
        // Another kind of trouble with the same object, and nothing of what nobody asked for.
        let named = confirmed(&suspects, closer);
        assert_eq!(named.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [Kind::WrongSize]);
        assert_eq!(confirmed(&suspects, Vec::new()), []);

        // A missing thumb does not hide what is wrong with the original; nor does an orphan.
        let second = SeenOriginal { key: key(OTHER), generation: OTHER, ..original() };
        for (seen, variants) in [(vec![original()], &both()[..1]), (vec![original(), second], &both()[..])] {
            let suspects = examine(of, Some(&stored), &seen, Some(variants));
            assert_eq!(suspects.len(), 1);
            let rotten = SeenOriginal { checksum: Checksum::None, ..original() };
            let closer = examine(of, Some(&stored), std::slice::from_ref(&rotten), Some(variants));
            let named = confirmed(&suspects, closer);
            assert_eq!(named.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [Kind::WrongChecksum]);
        }
    }

    #[test]
    fn each_kind_says_what_is_wrong() {
        let said: std::collections::BTreeSet<_> = Kind::ALL.map(Kind::says).into();
        assert_eq!(said.len(), Kind::ALL.len());
        assert!(Kind::Lost.says().starts_with("lost"));
    }

    #[test]
    fn of_orphans_and_variants_only_what_was_suspicious_is_confirmed() {
        let orphan = |kind, key: &str| Finding { kind, ..Finding::strange(None, key.to_owned()) };
        let suspects = [orphan(Kind::OrphanedOriginal, "a")];
        let closer = vec![
            orphan(Kind::OrphanedOriginal, "a"),
            orphan(Kind::OrphanedOriginal, "b"),
            orphan(Kind::WithoutVariants, "a"),
            orphan(Kind::OrphanedVariant, "c"),
        ];
        let named = confirmed(&suspects, closer);
        // The same kind, or about the same object.
        assert_eq!(named.iter().map(|finding| finding.key.as_str()).collect::<Vec<_>>(), ["a", "b", "a"]);
    }

    #[test]
    fn in_thirty_days_each_photo_has_its_turn_once() {
        for byte in 0..=255 {
            let photo_id = PhotoId::from_digest([byte; 32]);
            let turns =
                (0..30).filter(|day| is_its_turn(&photo_id, NOW + time::Duration::days(*day))).count();
            assert_eq!(turns, 1, "{byte}");
        }
    }
}
