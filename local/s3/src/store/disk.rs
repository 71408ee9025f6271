//! How far a write must get before it counts.

use std::fs::File;
use std::io;
use std::path::Path;

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The loss of power: files and the names of files are synced.
    #[default]
    Machine,
    /// The death of the process, but not of the machine: nothing is synced. For stores that are thrown away anyway,
    /// such as those of tests with many thousands of objects, which are three times as fast like this.
    Process,
}

impl Durability {
    /// Brings the bytes of a file to the disk.
    pub(super) fn sync(self, file: &File) -> io::Result<()> {
        match self {
            Durability::Machine => file.sync_all(),
            Durability::Process => Ok(()),
        }
    }

    /// Brings the names inside a folder to the disk.
    pub(super) fn sync_folder(self, folder: &Path) -> io::Result<()> {
        match self {
            Durability::Machine => File::open(folder)?.sync_all(),
            Durability::Process => Ok(()),
        }
    }
}
