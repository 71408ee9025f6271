//! S3's promises, asked for through the front door: a real server on loopback, the real SDK, raw presigned requests.
//!
//! Each test names a claim; where AWS documents it, the comment says on which page.

#![expect(clippy::unwrap_used, clippy::panic, reason = "that is how tests fail")]

mod support;

mod by_hand;
mod conditional;
mod cors;
mod durability;
mod integrity;
mod keys;
mod listing;
mod objects;
mod presigned;
mod versions;
