//! What is known of one version of an object: the JSON beside its bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One version of an object, or a delete marker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) key: String,
    /// Seconds since 1970: S3 keeps no fractions.
    pub(crate) last_modified: i64,
    /// True for a delete marker, which has no bytes and nothing of what follows.
    #[serde(default)]
    pub(crate) delete_marker: bool,
    #[serde(default)]
    pub(crate) size: u64,
    /// MD5 in hexadecimal, without quotes.
    #[serde(default)]
    pub(crate) etag: String,
    #[serde(default)]
    pub(crate) checksum: Option<Checksum>,
    #[serde(default)]
    pub(crate) headers: Headers,
    /// User metadata without its `x-amz-meta-`.
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) storage_class: Option<String>,
}

/// The one checksum that an object carries, in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    /// `SHA256`, `CRC64NVME`, ...
    pub(crate) algorithm: String,
    pub(crate) value: String,
}

/// Headers that S3 stores and answers as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Headers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_control: Option<String>,
    /// `Expires`, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<i64>,
}

/// Orders the versions of a key; written out it is version id and sequencer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sequence(pub(crate) u64);

impl Sequence {
    /// The greatest: nanoseconds up to the year 2262. Another number was not given by us.
    pub(super) const LAST: Self = Self(u64::MAX / 2);
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl FromStr for Sequence {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_ours = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_ours {
            return Err(());
        }
        u64::from_str_radix(text, 16).map(Sequence).map_err(|_| ())
    }
}
