//! What the counters count, as a function of the record, so that they are right whenever the record is.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{AddAssign, SubAssign};

use crate::record::{Preview, PreviewReason, Record, State};

/// Which counter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Safe photos of a month, `YYYY-MM`.
    Month(String),
    /// Photos in the trash.
    Trash,
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => f.write_str(month),
            Self::Trash => f.write_str("trash"),
        }
    }
}

/// Photos, bytes and what of their previews; also the change of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Photos.
    pub count: i64,
    /// Bytes of their originals.
    pub bytes: i64,
    /// Of these, without variants yet.
    pub pending: i64,
    /// Of these, without variants for good, by reason.
    pub none: BTreeMap<PreviewReason, i64>,
}

impl Tally {
    fn of(record: &Record) -> Self {
        Self {
            count: 1,
            bytes: i64::try_from(record.size).unwrap_or(i64::MAX),
            pending: i64::from(record.preview == Preview::Pending),
            none: record.preview.reason().map(|reason| (reason, 1)).into_iter().collect(),
        }
    }

    /// Whether it changes nothing.
    pub fn is_zero(&self) -> bool {
        self.count == 0 && self.bytes == 0 && self.pending == 0 && self.none.values().all(|n| *n == 0)
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.count += other.count;
        self.bytes += other.bytes;
        self.pending += other.pending;
        for (reason, n) in &other.none {
            *self.none.entry(*reason).or_default() += n;
        }
    }
}

impl SubAssign<&Self> for Tally {
    fn sub_assign(&mut self, other: &Self) {
        self.count -= other.count;
        self.bytes -= other.bytes;
        self.pending -= other.pending;
        for (reason, n) in &other.none {
            *self.none.entry(*reason).or_default() -= n;
        }
    }
}

/// The counter that a record is counted in, if any.
pub fn counter_of(record: &Record) -> Option<Counter> {
    match record.state {
        State::Stored => Some(Counter::Month(record.taken.local.month())),
        State::Trashed => Some(Counter::Trash),
        State::Storing | State::Purging | State::Gone => None,
    }
}

/// How the counters change when one reading of a record becomes another.
pub fn changes(before: Option<&Record>, after: Option<&Record>) -> BTreeMap<Counter, Tally> {
    let mut changes = BTreeMap::<Counter, Tally>::new();
    if let Some((counter, record)) = before.and_then(|record| Some((counter_of(record)?, record))) {
        *changes.entry(counter).or_default() -= &Tally::of(record);
    }
    if let Some((counter, record)) = after.and_then(|record| Some((counter_of(record)?, record))) {
        *changes.entry(counter).or_default() += &Tally::of(record);
    }
    changes.retain(|_, tally| !tally.is_zero());
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;
    use proptest::prelude::*;
    use time::OffsetDateTime;

    fn any_reading() -> impl Strategy<Value = Option<Record>> {
        let previews = [Preview::Pending, Preview::Ready]
            .into_iter()
            .chain(PreviewReason::ALL.map(Preview::None))
            .collect::<Vec<_>>();
        let states = prop::sample::select(State::ALL.to_vec());
        let parts = (states, prop::sample::select(previews), 0_i64..4, 0_u64..1_000);
        prop::option::of(parts.prop_map(|(state, preview, month, size)| {
            let at = OffsetDateTime::UNIX_EPOCH + time::Duration::days(31 * month);
            Record { size, ..record(state, preview, at) }
        }))
    }

    #[test]
    fn what_is_safe_counts_in_its_month_and_the_trash_by_itself() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let counted = |state, preview| {
            let record = record(state, preview, at);
            let changes = changes(None, Some(&record)).into_iter();
            changes.map(|(counter, tally)| (counter.to_string(), tally)).collect::<Vec<_>>()
        };
        let one = Tally { count: 1, bytes: 1, ..Tally::default() };
        let pending = Tally { pending: 1, ..one.clone() };
        let broken = Tally { none: [(PreviewReason::Broken, 1)].into(), ..one.clone() };
        assert_eq!(counted(State::Stored, Preview::Pending), [("1970-01".to_owned(), pending)]);
        assert_eq!(counted(State::Stored, Preview::Ready), [("1970-01".to_owned(), one.clone())]);
        let none = Preview::None(PreviewReason::Broken);
        assert_eq!(counted(State::Stored, none), [("1970-01".to_owned(), broken.clone())]);
        assert_eq!(counted(State::Trashed, Preview::Ready), [("trash".to_owned(), one)]);
        assert_eq!(counted(State::Gone, Preview::Ready), []);
        let only = Tally { count: 0, bytes: 0, ..broken };
        assert!(!only.is_zero() && Tally::default().is_zero());
    }

    proptest! {
        /// Whatever becomes of a record, step by step, the counters say what it is now, and nothing of what it was.
        #[test]
        fn counters_add_up_to_what_the_record_is(readings in prop::collection::vec(any_reading(), 1..12)) {
            let mut counters = BTreeMap::<Counter, Tally>::new();
            let mut before = None;
            for after in &readings {
                for (counter, change) in changes(before, after.as_ref()) {
                    *counters.entry(counter).or_default() += &change;
                }
                before = after.as_ref();
            }
            let truth = before.and_then(|record| Some((counter_of(record)?, Tally::of(record))));
            for tally in counters.values_mut() {
                tally.none.retain(|_, count| *count != 0);
            }
            counters.retain(|_, tally| !tally.is_zero());
            prop_assert_eq!(counters, truth.into_iter().collect::<BTreeMap<_, _>>());
        }
    }
}
