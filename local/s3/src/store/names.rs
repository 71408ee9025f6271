//! Object keys as paths below a bucket's folder, and back.
//!
//! S3 keys are opaque strings of up to 1,024 bytes; file systems know `..`, forbid NUL, limit a name to 255 bytes, and
//! cannot have `a` and `a/b` both. So every segment between slashes is written in a small alphabet, one folder each,
//! and the versions of an object lie in its folder under names that no segment has:
//!
//! - a byte outside `[A-Za-z0-9._-]` becomes `%XX`; so do the dots of `.` and `..`; an empty segment is `%`;
//! - a segment too long for one name is cut in pieces, every one but the last ending in `+`; a dot right after a cut
//!   becomes `%2E`, or the last piece could be `.` or `..`;
//! - `@` begins the folder of a version.
//!
//! Neither `+` nor `@` comes out of the encoding, so the mapping is injective, and what the product stores reads on the
//! disk as it reads in the bucket. (Not on a file system that ignores case, if two keys differ in nothing else.)

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Longest key, in bytes of UTF-8.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
const MAX_KEY_BYTES: usize = 1024;

/// Longest name that a piece of a segment gets; file systems allow 255.
const MAX_NAME: usize = 240;

/// Why a string is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadKey {
    Empty,
    TooLong,
    /// Its `..` lead out of the bucket. S3 refuses exactly those: others are part of an opaque name.
    Escapes,
}

/// Whether S3 takes this key.
///
/// "Objects with key names containing relative path elements are valid if, when parsed left-to-right, the cumulative
/// count of relative path segments never exceeds the number of non-relative path elements encountered":
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub(crate) fn check_key(key: &str) -> Result<(), BadKey> {
    if key.is_empty() {
        return Err(BadKey::Empty);
    }
    if key.len() > MAX_KEY_BYTES {
        return Err(BadKey::TooLong);
    }
    let mut depth = 0_usize;
    for segment in key.split('/') {
        if segment == ".." {
            depth = depth.checked_sub(1).ok_or(BadKey::Escapes)?;
        } else {
            depth += 1;
        }
    }
    Ok(())
}

/// The folder that belongs to `key` below `bucket`.
pub(crate) fn folder(bucket: &Path, key: &str) -> PathBuf {
    let mut path = bucket.to_owned();
    for segment in key.split('/') {
        push_segment(&mut path, segment);
    }
    path
}

/// Appends the folder or folders of one segment.
fn push_segment(path: &mut PathBuf, segment: &str) {
    let pieces = encode(segment);
    if let Some((end, pieces)) = pieces.split_last() {
        path.extend(pieces.iter().map(|piece| format!("{piece}+")));
        path.push(end);
    }
}

/// The segment in the small alphabet, cut in pieces that are names (with the `+` of all but the last); at least one.
fn encode(segment: &str) -> Vec<String> {
    if segment.is_empty() {
        return vec!["%".to_owned()];
    }
    let only_dots = matches!(segment, "." | "..");
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for byte in segment.bytes() {
        let is_plain = is_plain(byte) && !only_dots;
        // Room for the `+`, and never inside of an escape.
        if piece.len() + if is_plain { 1 } else { 3 } >= MAX_NAME {
            pieces.push(std::mem::take(&mut piece));
        }
        let after_cut = piece.is_empty() && !pieces.is_empty();
        if is_plain && !(byte == b'.' && after_cut) {
            piece.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(piece, "%{byte:02X}");
        }
    }
    pieces.push(piece);
    pieces
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// What the name of a folder inside an object tree says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    /// The end of a segment, or all of it.
    End(&'a str),
    /// A piece of a segment that goes on inside.
    Piece(&'a str),
    /// Not a piece of a key: a version, or something that is not ours.
    Other,
}

/// Reads the name of a folder.
pub(crate) fn read_name(name: &str) -> Name<'_> {
    if name.starts_with('@') {
        return Name::Other;
    }
    match name.strip_suffix('+') {
        Some(piece) => Name::Piece(piece),
        None => Name::End(name),
    }
}

/// The segment that `encoded` (its pieces joined) stands for, or nothing if no segment is written like that.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    if encoded == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    let segment = String::from_utf8(bytes).ok()?;
    (encode(&segment).concat() == encoded).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The key that a folder below `bucket` stands for.
    fn key_of(bucket: &Path, folder: &Path) -> String {
        let mut key = String::new();
        let mut encoded = String::new();
        let names: Vec<_> = folder.strip_prefix(bucket).unwrap().iter().collect();
        for name in names {
            match read_name(name.to_str().unwrap()) {
                Name::Piece(piece) => encoded.push_str(piece),
                Name::End(end) => {
                    encoded.push_str(end);
                    key.push_str(&decode(&std::mem::take(&mut encoded)).unwrap());
                    key.push('/');
                }
                Name::Other => panic!("{name:?} is no piece of a key"),
            }
        }
        key.pop();
        key
    }

    #[test]
    fn keys_of_the_product_read_on_disk_as_in_the_bucket() {
        let key = "originals/ada/0f3c/01JD8Z/IMG_1.JPG";
        assert_eq!(folder(Path::new("b"), key), Path::new("b").join(key));
    }

    #[test]
    fn no_key_leaves_the_folder_of_its_bucket() {
        for key in ["..", "../x", "a/../../x", "/etc/passwd", "//", ".", "a/./b", "a\0b", "C:\\x", "@1", "a+"]
        {
            let path = folder(Path::new("b"), key);
            assert!(path.starts_with("b"), "{key}");
            for name in &path {
                let name = name.to_str().unwrap();
                assert!(name != ".." && name != "." && !name.starts_with('@'), "{key} -> {name}");
                assert!(name.bytes().all(|byte| is_plain(byte) || byte == b'%'), "{key} -> {name}");
            }
        }
    }

    /// Otherwise the last piece is `.`, which a path swallows, or `..`, which leads out of the folder.
    #[test]
    fn dots_right_after_a_cut_make_no_folder_of_their_own_kind() {
        for before in MAX_NAME - 3..=MAX_NAME {
            for dots in [".", "..", "...", "./b", "../b"] {
                let key = format!("{}{dots}", "a".repeat(before));
                let path = folder(Path::new("b"), &key);
                assert!(path.iter().all(|name| name != "." && name != ".."), "{key}");
                assert_eq!(key_of(Path::new("b"), &path), key);
            }
        }
    }

    #[test]
    fn only_keys_that_lead_out_of_the_bucket_are_refused() {
        for (key, verdict) in [
            ("../x", Err(BadKey::Escapes)),
            ("a/../../x", Err(BadKey::Escapes)),
            ("a/../x", Ok(())),
            ("./x", Ok(())),
            ("/x", Ok(())),
            ("a..b", Ok(())),
            ("", Err(BadKey::Empty)),
        ] {
            assert_eq!(check_key(key), verdict, "{key}");
        }
        assert_eq!(check_key(&"k".repeat(1024)), Ok(()));
        assert_eq!(check_key(&"k".repeat(1025)), Err(BadKey::TooLong));
    }

    proptest! {
        #[test]
        fn every_key_comes_back_from_its_path(key in "\\PC{1,300}|[a./%+@\u{0}é]{1,40}|[a-z]{200,500}") {
            let bucket = Path::new("bucket");
            let path = folder(bucket, &key);
            prop_assert!(path.iter().all(|name| name.len() <= 255));
            prop_assert_eq!(key_of(bucket, &path), key);
        }
    }
}
