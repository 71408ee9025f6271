//! New ids. They need a clock and randomness, which the core has not.

use rand::Rng;
use time::OffsetDateTime;
use tintype_core::id::{Generation, UploadId};

/// A generation that no record ever had.
pub fn generation(now: OffsetDateTime) -> Generation {
    Generation::from_parts(milliseconds(now), rand::rng().random())
}

/// An upload id that no upload ever had.
pub fn upload_id(now: OffsetDateTime) -> UploadId {
    UploadId::from_parts(milliseconds(now), rand::rng().random())
}

fn milliseconds(now: OffsetDateTime) -> u64 {
    u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}
