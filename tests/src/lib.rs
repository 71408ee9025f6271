//! Tintype through its front door: a whole stack for each test, clients that speak the protocol, and pictures.
//!
//! ```no_run
//! # async fn test() {
//! use tintype_tests::{File, TestApp};
//!
//! let app = TestApp::start().await;
//! let ada = app.user("ada");
//! let photo_id = ada.upload(&File::jpeg(1)).await;
//! ada.until_safe(&[photo_id]).await;
//! # }
//! ```
//!
//! Nothing is mocked. [`TestApp`] runs the stack in the test's own process, where its clock and its catalog are within
//! reach; [`Server`] runs it as a process, which can be killed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a helper that fails is a test that fails"
)]

mod answer;
mod app;
mod audits;
mod buckets;
mod catalog;
mod deliver;
mod exif;
mod faults;
mod file;
mod library;
mod media;
mod picture;
mod rest;
mod secrets;
mod server;
mod services;
mod soak;
mod truth;
mod until;
mod user;
mod whole;

pub use answer::Answer;
pub use app::{TestApp, options};
pub use audits::named;
pub use buckets::{Buckets, Objects};
pub use deliver::{TRIES, key_of};
pub use exif::Exif;
pub use faults::{
    ALL_TRIES, Call, Fault, Faults, Instead, Service, Strike, answer, drawn, random, stale_indexes, strikes,
    whole,
};
pub use file::{File, shared_photos};
pub use media::{Cookies, riff_chunks};
pub use picture::{Picture, difference};
pub use rest::{Wish, assert_at_rest};
pub use secrets::assert_logs_hold_no_secret;
pub use server::{Server, Start};
pub use soak::{many, row, seed};
pub use truth::assert_counters_are_true;
pub use until::until;
pub use user::User;
pub use whole::assert_whole;
