//! The whole of Tintype, end to end: HTTP in, the real SDK, real processes. One concern a file; each test is a claim.
//!
//! One program of all of them, since linking it takes longer than running most. `cargo test -p tintype-tests kill::`
//! runs one file.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod abort;
mod api;
mod audit;
mod audit_in_slices;
mod audit_tells;
mod backup;
mod by_hand;
mod catalog;
mod drill;
mod ends;
mod events;
mod every_photo;
mod faults;
mod faults_mending;
mod full;
mod goes_on;
mod hostile;
mod keeper;
mod kill;
mod listing;
mod logs;
mod media;
mod model;
mod orientation;
mod presigned;
mod races;
mod rebuild;
mod repair;
mod repair_from_copies;
mod repair_meanwhile;
mod restart;
mod scale;
mod strange_items;
mod strangers;
mod stuck;
mod times;
mod tokens;
mod trash;
mod unreadable;
mod upload;
mod vault;

/// `tintype-local`, as a process.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tintype-under-test");
