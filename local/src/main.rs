//! `tintype-local`: Tintype on one machine.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// How long work on files may still take once all else has ended. What is cut off goes on at the next start.
const GOODBYE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            // Not even that can be told, if this fails.
            drop(writeln!(std::io::stderr(), "tintype: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(tintype_local::cli::main());
    // Dropped, the runtime would wait for a decoder or a slow disk as long as they like.
    runtime.shutdown_timeout(GOODBYE);
    code
}
