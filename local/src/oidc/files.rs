//! Small private files, written so that a reader in another process sees all of one or none of it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Makes `path` with `contents`, unless it is there already; says whether it did.
///
/// A link, unlike a rename, never replaces: of two processes that start at the same time, one makes the file and the
/// other reads it.
pub(super) fn create(path: &Path, contents: &[u8]) -> io::Result<bool> {
    let draft = Draft::write(path, contents)?;
    match fs::hard_link(&draft.0, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts `contents` in the place of whatever `path` holds.
pub(super) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let draft = Draft::write(path, contents)?;
    fs::rename(&draft.0, path)
}

/// The text of `path`, or none if there is no such file.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file beside the one it will become; removed when it has become it, and when it has not.
struct Draft(PathBuf);

impl Draft {
    fn write(path: &Path, contents: &[u8]) -> io::Result<Self> {
        let draft = Self(path.with_extension(format!("{}.draft", super::random::jti())));
        let mut file = open_private(&draft.0)?;
        file.write_all(contents)?;
        file.sync_all()?;
        Ok(draft)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone after a rename; and if it stays behind, it harms nobody.
        let _ = fs::remove_file(&self.0);
    }
}

/// A new file that only its owner may read (mode 0600 where there are modes).
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_create_a_file_wins_and_no_draft_stays_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        assert!(create(&path, b"first").unwrap());
        assert!(!create(&path, b"second").unwrap());
        assert_eq!(read(&path).unwrap().as_deref(), Some("first"));
        replace(&path, b"third").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("third"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_not_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(&dir.path().join("file")).unwrap(), None);
    }
}
