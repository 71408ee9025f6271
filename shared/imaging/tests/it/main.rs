//! Tests through the front door: bytes in, variants and facts out.
//!
//! `render` and `formats` make their own pictures of every kind, `damage` and `bombs` their own hostile files; `photos` runs over a folder of real
//! ones where there is one, and `colour` over those of odd colours. One binary, so that the fixtures are shared.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a test may stop anywhere, and its numbers are small"
)]

mod bombs;
mod colour;
mod damage;
mod fixtures;
mod formats;
mod photos;
mod render;
