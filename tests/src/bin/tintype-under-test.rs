//! `tintype-local` itself, built beside the tests so that they can start, kill and start it again.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tintype_local::cli::main().await
}
