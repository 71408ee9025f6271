//! Tintype on one machine: stand-ins for what AWS does around our functions, loopback only.

mod cookies;
pub mod edge;
pub mod host;
pub mod oidc;
