//! `tintype-local`: Tintype on one machine.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tintype_local::cli::main().await
}
