//! Files as a person has them on a disk.

use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tintype_core::id::PhotoId;
use tintype_core::wire::UploadFile;

use crate::{Exif, Picture};

/// A file as a person has it on a disk.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name, without folders.
    pub name: String,
    /// Media type as a browser would guess it.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// When it was last modified.
    pub modified_at: Option<OffsetDateTime>,
}

pub(crate) fn photo_id_of(bytes: &[u8]) -> PhotoId {
    PhotoId::from_digest(Sha256::digest(bytes).into())
}

impl File {
    /// Any bytes under any name.
    pub fn new(name: &str, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), content_type: content_type.into(), bytes: bytes.into(), modified_at: None }
    }

    /// A small JPEG without metadata; the same number gives the same file.
    pub fn jpeg(seed: u32) -> Self {
        let bytes = Picture::new(seed, 96, 64).jpeg();
        // Two seeds may look alike; a comment makes the files differ.
        let comment = [&[0xFF, 0xFE, 0, 6], &seed.to_be_bytes()[..]].concat();
        Self::new(&format!("photo-{seed}.jpg"), "image/jpeg", [&bytes[..2], &comment, &bytes[2..]].concat())
    }

    /// The same, with what a camera writes into it.
    pub fn jpeg_with(seed: u32, exif: &Exif) -> Self {
        let mut file = Self::jpeg(seed);
        file.bytes = exif.in_jpeg(&file.bytes);
        file
    }

    /// A file of a disk; its type is left to the server.
    pub fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_string_lossy();
        Self::new(&name, "", fs::read(path).unwrap())
    }

    /// The same file under another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// SHA-256 of its bytes.
    pub fn photo_id(&self) -> PhotoId {
        photo_id_of(&self.bytes)
    }

    /// What `POST /api/uploads` is asked for it.
    pub fn wanted(&self) -> UploadFile {
        UploadFile {
            sha256: self.photo_id().to_string(),
            size: self.bytes.len() as u64,
            content_type: self.content_type.clone(),
            file_name: self.name.clone(),
            modified_at: self.modified_at,
            restore: false,
        }
    }
}

/// Every file of the photos that are shared between projects on this machine, where there are any: the folder that
/// `TINTYPE_PHOTOS` names, or `../shared/photos` beside the repository.
pub fn shared_photos(below: &str) -> Vec<PathBuf> {
    let root = env::var_os("TINTYPE_PHOTOS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/photos"), PathBuf::from);
    let mut files = Vec::new();
    let mut folders = vec![root.join(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
