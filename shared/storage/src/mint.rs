//! The time and new ids: what needs a clock or randomness, which the core has not.

use rand::Rng;
use time::OffsetDateTime;
use tintype_core::id::{AuditId, Generation, UploadId};

/// The time in UTC, cut to milliseconds: finer is noise in receipts.
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).unwrap_or(now)
}

/// A generation that no record ever had.
pub fn generation(now: OffsetDateTime) -> Generation {
    Generation::from_parts(milliseconds(now), rand::rng().random())
}

/// An upload id that no upload ever had.
pub fn upload_id(now: OffsetDateTime) -> UploadId {
    UploadId::from_parts(milliseconds(now), rand::rng().random())
}

/// An audit id that no audit ever had.
pub fn audit_id(now: OffsetDateTime) -> AuditId {
    AuditId::from_parts(milliseconds(now), rand::rng().random())
}

/// Names one write of an item, so that its writer knows it again.
pub(crate) fn write_id() -> String {
    format!("{:016x}", rand::rng().random::<u64>())
}

fn milliseconds(now: OffsetDateTime) -> u64 {
    u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}
