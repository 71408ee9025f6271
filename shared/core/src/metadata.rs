//! What an upload says of itself, carried as S3 user metadata so that the catalog can be rebuilt from the bucket.
//!
//! S3 allows 2 KB of user metadata in all, names included, and only ASCII travels safely:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>. Names are percent-encoded and cut
//! at a character, so that a long name in any script still uploads.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const FILE_NAME: &str = "file-name";
const MODIFIED_AT: &str = "modified-at";
const RESTORE: &str = "restore";

/// Longest percent-encoded file name in bytes; with the other entries and their names it stays below 1,500.
const MAX_FILE_NAME: usize = 1_400;
/// Longest extension that is kept when a name is cut, in bytes, its dot included.
const MAX_EXTENSION: usize = 16;
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// What an upload says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadMetadata {
    /// The client's own file name.
    pub file_name: String,
    /// When the client's file was last modified.
    pub modified_at: Option<OffsetDateTime>,
    /// Bring the photo back if it was deleted.
    pub restore: bool,
}

impl UploadMetadata {
    /// As user metadata, names without `x-amz-meta-`.
    pub fn to_headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        let file_name = encode_cut(&self.file_name);
        if !file_name.is_empty() {
            headers.insert(FILE_NAME.to_owned(), file_name);
        }
        if let Some(modified_at) = self.modified_at.and_then(|at| at.format(&Rfc3339).ok()) {
            headers.insert(MODIFIED_AT.to_owned(), modified_at);
        }
        if self.restore {
            headers.insert(RESTORE.to_owned(), "true".to_owned());
        }
        headers
    }

    /// Reads user metadata; what is missing or makes no sense is left empty, for it must not stop a backup.
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        let mut metadata = Self::default();
        for (name, value) in headers {
            match name.as_str() {
                FILE_NAME => metadata.file_name = percent_decode_str(value).decode_utf8_lossy().into_owned(),
                MODIFIED_AT => metadata.modified_at = OffsetDateTime::parse(value, &Rfc3339).ok(),
                RESTORE => metadata.restore = value == "true",
                _ => {}
            }
        }
        metadata
    }
}

/// Cut before its extension, so that what is downloaded can still be opened.
fn encode_cut(name: &str) -> String {
    let whole = encode(name, MAX_FILE_NAME);
    if whole.len() == utf8_percent_encode(name, PLAIN).map(str::len).sum::<usize>() {
        return whole;
    }
    let extension = name.rfind('.').map_or("", |dot| &name[dot..]);
    let extension =
        if extension.len() <= MAX_EXTENSION { encode(extension, MAX_FILE_NAME) } else { String::new() };
    format!("{}{extension}", encode(name, MAX_FILE_NAME - extension.len()))
}

/// As many whole characters as fit.
fn encode(text: &str, most: usize) -> String {
    let mut encoded = String::new();
    for character in text.chars() {
        let mut buffer = [0; 4];
        let before = encoded.len();
        encoded.extend(utf8_percent_encode(character.encode_utf8(&mut buffer), PLAIN));
        if encoded.len() > most {
            encoded.truncate(before);
            break;
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_name_in_any_script_is_cut_at_a_character() {
        let metadata = UploadMetadata { file_name: "写".repeat(1_000), ..Default::default() };
        let back = UploadMetadata::from_headers(&metadata.to_headers());
        assert_eq!(back.file_name, "写".repeat(155));
        let metadata =
            UploadMetadata { file_name: format!("{}.jpeg", "я".repeat(1_000)), ..Default::default() };
        let back = UploadMetadata::from_headers(&metadata.to_headers());
        assert_eq!(back.file_name, format!("{}.jpeg", "я".repeat(232)));
    }

    #[test]
    fn a_name_of_255_bytes_survives_whole_in_any_script() {
        for name in ["a".repeat(255), "é".repeat(127), "写".repeat(85), "🌄".repeat(63)] {
            let metadata = UploadMetadata { file_name: name.clone(), ..Default::default() };
            assert_eq!(UploadMetadata::from_headers(&metadata.to_headers()).file_name, name);
        }
    }

    proptest! {
        #[test]
        fn metadata_is_ascii_below_1500_bytes_and_reads_back(
            name in any::<String>(), seconds in -2_000_000_000_i64..4_000_000_000, restore in any::<bool>()
        ) {
            let metadata = UploadMetadata {
                file_name: name.clone(),
                modified_at: OffsetDateTime::from_unix_timestamp(seconds).ok(),
                restore,
            };
            let headers = metadata.to_headers();
            let size: usize = headers.iter().map(|(k, v)| "x-amz-meta-".len() + k.len() + v.len()).sum();
            prop_assert!(size <= 1_500, "{size}");
            prop_assert!(headers.values().all(|v| v.is_ascii() && !v.contains(char::is_control)));
            let back = UploadMetadata::from_headers(&headers);
            let stem = back.file_name.rfind('.').map_or(&*back.file_name, |dot| &back.file_name[..dot]);
            prop_assert!(name == back.file_name || name.starts_with(stem));
            prop_assert_eq!((back.modified_at, back.restore), (metadata.modified_at, restore));
        }
    }
}
