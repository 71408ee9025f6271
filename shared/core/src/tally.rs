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
