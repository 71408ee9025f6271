//! Whatever a test makes the functions say is searched for what no log may hold.

use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Signatures, tokens, and names of files; a test that knows other secrets of its own looks for them itself.
const SECRETS: [&str; 8] = ["Signature=", "Credential=", "Bearer", "eyJ", ".jpg", ".JPG", ".png", "Grandma"];

static FOUND: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LINES: Mutex<usize> = Mutex::new(0);

/// From now on, all that our own code logs in this process is searched.
pub(crate) fn search_logs() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // As a function runs, and more: everything of ours.
        let ours =
            ["api", "processor", "keeper", "storage", "local"].map(|part| format!("tintype_{part}=trace"));
        let filter = EnvFilter::new(format!("warn,tintype=trace,{}", ours.join(",")));
        // A process that has its own, such as the program under test, is searched by who started it.
        let _ =
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Search).try_init();
    });
}

/// How many pieces of log were searched so far; fails if one held a secret.
pub fn assert_logs_hold_no_secret() -> usize {
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(found.is_empty(), "{} lines of log hold secrets, such as {:?}", found.len(), found.first());
    *LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Search;

impl<'a> MakeWriter<'a> for Search {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl io::Write for Search {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        *LINES.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        if SECRETS.iter().any(|secret| text.contains(secret)) {
            FOUND.lock().unwrap_or_else(PoisonError::into_inner).push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
