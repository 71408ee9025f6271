//! Tintype on one machine: the same functions as in AWS, and stand-ins for what AWS does around them, loopback only.

mod access;
mod by_hand;
pub mod cli;
mod cookies;
mod data_dir;
mod dynamodb;
pub mod edge;
mod events;
mod forgotten;
pub mod host;
mod lambda;
mod listen;
mod next;
pub mod oidc;
mod say;
pub mod stack;

pub use data_dir::DataDirError;
pub use dynamodb::CatalogError;
pub use lambda::LambdaOptions;
pub use listen::ListenError;
