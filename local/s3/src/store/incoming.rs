//! A version in the making: a folder out of everyone's sight until it is complete.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::disk::Durability;
use super::record::Record;

/// File names inside the folder of a version.
pub(crate) const CONTENT: &str = "content";
pub(crate) const RECORD: &str = "record.json";

/// Bytes being received. Dropped before it is published, it leaves nothing.
pub(crate) struct Incoming {
    folder: PathBuf,
    durability: Durability,
    content: Option<File>,
    published: bool,
}

impl Incoming {
    /// Starts in `folder`, which must not exist yet.
    pub(super) fn create(folder: PathBuf, durability: Durability) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        Ok(Self { folder, durability, content: None, published: false })
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let content = match &mut self.content {
            Some(content) => content,
            none => none.insert(File::create_new(self.folder.join(CONTENT))?),
        };
        content.write_all(bytes)
    }

    /// Completes the version and brings it to the disk. Slow, and still invisible.
    pub(super) fn seal(&mut self, record: &Record) -> io::Result<()> {
        if !record.delete_marker {
            // An empty object has content too.
            self.write(&[])?;
        }
        if let Some(content) = self.content.take() {
            self.durability.sync(&content)?;
        }
        let mut file = File::create_new(self.folder.join(RECORD))?;
        serde_json::to_writer(&mut file, record)?;
        self.durability.sync(&file)?;
        self.durability.sync_folder(&self.folder)
    }

    /// Shows it to everyone, whole, by one rename. `to` must not exist.
    pub(super) fn publish(mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.folder, to)?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.published {
            // What cannot be removed now is removed at the next start.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
