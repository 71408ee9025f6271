//! What waits longer than it should, and why: derived from what is there, so that it is true whatever failed.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::id::{PhotoId, UserId};
use crate::ingest::Original;
use crate::record::{Record, State};
use crate::wire::StuckReason;

/// How old an upload, or a safe photo without its preview, must be to be called stuck: four runs of the keeper.
pub const STUCK_AFTER: Duration = Duration::hours(1);
/// How long after its last run the keeper is late: it runs every 15 minutes.
pub const KEEPER_LATE_AFTER: Duration = Duration::hours(1);

/// Whether a time was written by a clock that was wrong: what it says of the past is not so, and no waiting ends there.
pub fn is_ahead(at: OffsetDateTime, now: OffsetDateTime) -> bool {
    at > now + Duration::DAY
}

/// What the keeper remembers of its last run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LastRun {
    /// When it began; absent if there was none yet.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub ran_at: Option<OffsetDateTime>,
    /// Since when runs may be expected: a machine that was off could not have it run.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub expected_since: Option<OffsetDateTime>,
    /// Who had something that was stuck.
    pub stuck: Vec<UserId>,
}

impl LastRun {
    /// Whether the keeper should have run since.
    pub fn is_late(&self, now: OffsetDateTime) -> bool {
        let ran_at = self.ran_at.filter(|at| !is_ahead(*at, now));
        ran_at
            .max(self.expected_since.filter(|at| !is_ahead(*at, now)))
            .is_none_or(|at| now - at > KEEPER_LATE_AFTER)
    }
}

/// Why an upload waits, by what lies in the uploads bucket, what the record says, and what lies in the vault.
pub fn reason(
    photo_id: PhotoId,
    uploaded: Option<PhotoId>,
    record: Option<&Record>,
    original: Option<&Original>,
) -> StuckReason {
    if uploaded.is_some_and(|uploaded| uploaded != photo_id) {
        return StuckReason::Damaged;
    }
    match record {
        Some(record) if record.state == State::Purging => StuckReason::BeingRemoved,
        // A wrong copy that stays is one of a damaged upload: of a right one, another would have been made long ago.
        Some(record)
            if record.state == State::Storing && original.is_some_and(|copy| !copy.is_that_of(record)) =>
        {
            StuckReason::Damaged
        }
        Some(record)
            if record.state == State::Stored && !original.is_some_and(|own| own.is_that_of(record)) =>
        {
            StuckReason::OriginalMissing
        }
        Some(_) | None => StuckReason::NotTakenIn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Preview;
    use crate::record::tests::record;

    #[test]
    fn a_clock_may_be_a_day_ahead_and_no_more() {
        let now = OffsetDateTime::UNIX_EPOCH;
        assert!(!is_ahead(now + Duration::DAY, now));
        assert!(is_ahead(now + Duration::DAY + Duration::NANOSECOND, now));
    }

    #[test]
    fn the_keeper_is_late_an_hour_after_it_ran_or_could_have_begun_to() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let late = |ran: Option<i64>, expected: Option<i64>| {
            let ago = |minutes| now - Duration::minutes(minutes);
            LastRun { ran_at: ran.map(ago), expected_since: expected.map(ago), stuck: Vec::new() }
                .is_late(now)
        };
        assert!(late(None, None), "it never ran");
        assert!(!late(None, Some(60)), "it was just started");
        assert!(late(None, Some(61)));
        assert!(!late(Some(10_000), Some(1)), "the machine was off for a week");
        assert!(late(Some(61), Some(10_000)));
        assert!(late(Some(-3_000), None), "a clock was ahead");
        assert!(!late(Some(60), Some(10_000)));
        let before: LastRun =
            serde_json::from_str(r#"{"ran_at": "2026-11-22T10:00:00Z", "stuck": []}"#).unwrap();
        assert!(before.ran_at.is_some(), "as earlier keepers wrote it");
    }

    #[test]
    fn an_upload_waits_for_a_reason() {
        let (this, other) = (PhotoId::from_digest([1; 32]), PhotoId::from_digest([2; 32]));
        let in_state = |state| record(state, Preview::Ready, OffsetDateTime::UNIX_EPOCH);
        let whole = Original { size: 1, sha256: Some(this), version_id: None };
        let (stored, purging) = (in_state(State::Stored), in_state(State::Purging));
        assert_eq!(reason(this, Some(other), None, None), StuckReason::Damaged);
        assert_eq!(reason(this, Some(this), None, None), StuckReason::NotTakenIn);
        assert_eq!(reason(this, None, Some(&purging), None), StuckReason::BeingRemoved);
        assert_eq!(reason(this, Some(this), Some(&stored), None), StuckReason::OriginalMissing);
        assert_eq!(reason(this, Some(this), Some(&stored), Some(&whole)), StuckReason::NotTakenIn);
        let (storing, wrong) = (in_state(State::Storing), Original { sha256: Some(other), ..whole.clone() });
        assert_eq!(reason(this, Some(this), Some(&storing), Some(&wrong)), StuckReason::Damaged);
        for copy in [None, Some(&whole)] {
            assert_eq!(reason(this, Some(this), Some(&storing), copy), StuckReason::NotTakenIn);
        }
    }
}
