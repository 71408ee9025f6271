//! What is printed. Standard output may be a pipe that nobody reads any more (`make audit | head -1`), or a file on a full
//! disk: neither ends what was asked, and the exit code is that of what was done.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// One line on standard output.
macro_rules! say {
    ($($line:tt)*) => { $crate::say::out(format_args!($($line)*)) };
}

/// One line on standard error.
macro_rules! complain {
    ($($line:tt)*) => { $crate::say::err(format_args!($($line)*)) };
}

pub(crate) use {complain, say};

/// One line, for whom it must arrive.
pub(crate) fn written(line: Arguments<'_>) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// One line; that it could not be written is said once, unless nobody wants to read it.
pub(crate) fn out(line: Arguments<'_>) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    match written(line) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe && !TOLD.swap(true, Ordering::Relaxed) => {
            err(format_args!("tintype: not all could be printed: {error}"));
        }
        Ok(()) | Err(_) => {}
    }
}

/// One line on standard error, if it can be written: there is nobody else to tell.
pub(crate) fn err(line: Arguments<'_>) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}
