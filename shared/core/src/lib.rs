//! What Tintype's parts agree on: ids, object keys, states, cursors and the API's wire types.
//!
//! Pure: no I/O, no AWS, no async, no clock and no randomness of its own, so that every rule in here can be
//! tested by itself, and is the same rule in every function.

pub mod audit;
pub mod content_type;
pub mod cursor;
pub mod id;
pub mod ingest;
pub mod keep;
pub mod key;
pub mod metadata;
pub mod record;
pub mod repair;
pub mod stuck;
pub mod taken;
pub mod tally;
pub mod wire;
pub mod work;

/// Days that a photo stays in the trash before the keeper removes it.
pub const TRASH_DAYS: i64 = 30;
