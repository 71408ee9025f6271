//! Files that are there and cannot be read: a bad sector, taken rights, a folder in the place of a file. Whoever asks for
//! such an object is told so, and a listing names it and goes on: one of them hides no other.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How many are remembered, so that each is said once.
const MOST: usize = 1_000;

static SAID: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Says once which folder it lies in: the one above the object's own, which has the name of a person's file.
pub(super) fn say(folder: &Path, error: &io::Error) {
    let folder = folder.parent().unwrap_or(folder);
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.len() < MOST && said.insert(folder.to_owned()) {
        let folder = folder.display();
        tracing::error!(%folder, %error, "something in this folder cannot be read; listings go on without it");
    }
}
