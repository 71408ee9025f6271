//! The folder that holds everything, and the secrets in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rand::Rng;
use rand::distr::Alphanumeric;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::{RsaPrivateKey, pkcs8::DecodePrivateKey};
use serde::{Deserialize, Serialize};

use crate::stack::Addresses;

/// The folder cannot be used. Each in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made or written.
    #[error("cannot write to {path}: {source}; choose another folder with --data-dir")]
    Unwritable {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("another Tintype runs on {0}; stop it, or choose another folder with --data-dir")]
    InUse(String),
    /// No Tintype ever ran on it.
    #[error("no Tintype ran on {0} yet; start it first, or name its folder with --data-dir")]
    NeverRan(String),
    /// A file of ours that we cannot read.
    #[error("{path} cannot be read: {why}; restore it from a copy, or move it away to have a new one made")]
    Broken {
        /// Which.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The folder, if nobody names one.
pub(crate) const DEFAULT: &str = "tintype-data";

const ADDRESSES: &str = "addresses.json";
const KEYS: &str = "keys.json";

/// The folder, held for this process alone.
#[derive(Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// Keys of this machine's AWS.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

/// The key pair that image cookies are signed with.
#[derive(Debug, Clone)]
pub(crate) struct MediaKey {
    pub(crate) private_pem: String,
    pub(crate) public_pem: String,
}

impl DataDir {
    /// Makes the folder if there is none, and takes it for this process.
    pub(crate) fn open(root: &Path) -> Result<Self, DataDirError> {
        let shown = root.display().to_string();
        let unwritable = |source| unwritable(root, source);
        make_private(root).map_err(unwritable)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(root.join("lock"));
        let lock = lock.map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(shown)),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }

    /// Tells other processes where everything is.
    pub(crate) fn write_addresses(&self, addresses: &Addresses) -> Result<(), DataDirError> {
        let path = self.root.join(ADDRESSES);
        let text = serde_json::to_string(addresses).map_err(|error| broken(&path, error))?;
        write_secret(&path, &text).map_err(|source| unwritable(&path, source))
    }

    /// Where S3 keeps its objects.
    pub(crate) fn s3(&self) -> PathBuf {
        self.root.join("s3")
    }

    /// The keys of this machine's AWS, made at the first start.
    pub(crate) fn keys(&self) -> Result<Keys, DataDirError> {
        let path = self.root.join(KEYS);
        let text = secret(&path, || {
            let keys = Keys { access_key: random_text(20), secret_key: random_text(40) };
            serde_json::to_string(&keys).map_err(io::Error::from)
        })?;
        let broken = |error: serde_json::Error| broken(&path, error);
        serde_json::from_str(&text).map_err(broken)
    }

    /// The key pair for image cookies, made at the first start.
    pub(crate) fn media_key(&self) -> Result<MediaKey, DataDirError> {
        let path = self.root.join("media-key.pem");
        let private_pem = secret(&path, || {
            let key = RsaPrivateKey::new(&mut OsRng, 2048).map_err(io::Error::other)?;
            Ok(key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?.to_string())
        })?;
        let key = RsaPrivateKey::from_pkcs8_pem(&private_pem).map_err(|error| broken(&path, error))?;
        let public = key.to_public_key().to_public_key_pem(LineEnding::LF);
        Ok(MediaKey { public_pem: public.map_err(|error| broken(&path, error))?, private_pem })
    }
}

/// Where everything is, or was when Tintype last ran on this folder.
pub(crate) fn read_addresses(root: &Path) -> Result<Addresses, DataDirError> {
    let path = root.join(ADDRESSES);
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| broken(&path, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(DataDirError::NeverRan(root.display().to_string()))
        }
        Err(error) => Err(broken(&path, error)),
    }
}

/// The keys of the Tintype that runs on this folder.
pub(crate) fn read_keys(root: &Path) -> Result<Keys, DataDirError> {
    let path = root.join(KEYS);
    let text = fs::read_to_string(&path).map_err(|error| broken(&path, error))?;
    serde_json::from_str(&text).map_err(|error| broken(&path, error))
}

/// Whether there is anything of a Tintype in this folder.
pub(crate) fn is_one(root: &Path) -> bool {
    root.join("s3").is_dir()
}

/// Makes the folder, if there is none, for its owner alone: it holds photos.
fn make_private(root: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(root)
}

/// Where DynamoDB keeps its tables.
pub(crate) fn catalog(root: &Path) -> PathBuf {
    root.join("catalog.sqlite")
}

/// Where the issuer keeps its key and sign-ins; also read by a process that only makes a token.
pub(crate) fn issuer(root: &Path) -> PathBuf {
    root.join("issuer")
}

fn unwritable(path: &Path, source: io::Error) -> DataDirError {
    DataDirError::Unwritable { path: path.display().to_string(), source }
}

fn broken(path: &Path, why: impl std::fmt::Display) -> DataDirError {
    DataDirError::Broken { path: path.display().to_string(), why: why.to_string() }
}

/// What a file says that only its owner may read; made, complete or not at all, if there is none.
fn secret(path: &Path, make: impl FnOnce() -> io::Result<String>) -> Result<String, DataDirError> {
    let unwritable = |source| unwritable(path, source);
    match File::open(path) {
        Ok(mut file) => {
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(|error| broken(path, error))?;
            Ok(text)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = make().map_err(unwritable)?;
            write_secret(path, &text).map_err(unwritable)?;
            Ok(text)
        }
        Err(error) => Err(broken(path, error)),
    }
}

fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}

fn random_text(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
