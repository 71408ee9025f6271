//! `tintype-local`: Tintype on one machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    tintype_local::cli::main()
}
