//! Who and what: users, photos, their generations and uploads. Each parses strictly and prints what it parsed.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;
use utoipa::{PartialSchema, ToSchema, openapi};

/// An id that does not have the form it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct InvalidId {
    expected: &'static str,
}

/// SHA-256 of an original: 64 lower-case hex digits, what `sha256sum` prints. It names the photo for its user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhotoId([u8; 32]);

impl PhotoId {
    /// From the 32 bytes of the digest.
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The 32 bytes of the digest.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.0
    }

    /// As S3 writes a SHA-256 checksum: base64 of the 32 bytes.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads a checksum as S3 writes it.
    pub fn from_base64(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { expected: "a SHA-256 in base64" };
        let bytes = STANDARD.decode(text).map_err(|_| invalid.clone())?;
        bytes.try_into().map(Self).map_err(|_| invalid)
    }
}

impl fmt::Display for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PhotoId {
    type Err = InvalidId;

    /// Only lower case: two spellings of one id would be two keys.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { expected: "a photo id (64 lower-case hex digits of a SHA-256)" };
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(invalid);
        }
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map_err(|_| invalid)?;
        Ok(Self(digest))
    }
}

/// A user: the `sub` of their token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UserId {
    type Err = InvalidId;

    /// 1 to 64 letters, digits, `-` and `_`: Cognito's are UUIDs; nothing that could leave its part of a key.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId { expected: "a user id" }) }
    }
}

macro_rules! ulid_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// From milliseconds since 1970 and 80 random bits, both the caller's: this crate has no clock.
            pub const fn from_parts(milliseconds: u64, random: u128) -> Self {
                Self(Ulid::from_parts(milliseconds, random))
            }

            /// Milliseconds since 1970 at which it was made.
            pub const fn milliseconds(self) -> u64 {
                self.0.timestamp_ms()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Only the canonical spelling: two spellings of one id would be two keys.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match Ulid::from_string(text) {
                    Ok(ulid) if ulid.to_string() == text => Ok(Self(ulid)),
                    _ => Err(InvalidId { expected: $expected }),
                }
            }
        }
    };
}

ulid_id! {
    /// One life of a record: a ULID, part of its object keys, never reused.
    Generation, "a generation (a ULID)"
}
ulid_id! {
    /// One presigned upload: a ULID, the last part of its key in the uploads bucket.
    UploadId, "an upload id (a ULID)"
}

ulid_id! {
    /// One audit: a ULID, the name of its report in the vault.
    AuditId, "an audit id (a ULID: 26 characters, as the audit prints it)"
}

macro_rules! as_string {
    ($name:ident, $pattern:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> openapi::RefOr<openapi::schema::Schema> {
                openapi::ObjectBuilder::new()
                    .schema_type(openapi::schema::Type::String)
                    .pattern(Some($pattern))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

as_string!(PhotoId, "^[0-9a-f]{64}$");
as_string!(UserId, "^[A-Za-z0-9_-]{1,64}$");
as_string!(Generation, "^[0-7][0-9A-HJKMNP-TV-Z]{25}$");
as_string!(AuditId, "^[0-7][0-9A-HJKMNP-TV-Z]{25}$");

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_photo_id_is_what_sha256sum_prints_and_a_checksum_is_its_base64() {
        let id: PhotoId = HEX.parse().unwrap();
        assert_eq!(id.to_string(), HEX);
        assert_eq!(id.to_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(PhotoId::from_base64(&id.to_base64()), Ok(id));
    }

    #[test]
    fn a_photo_id_has_one_spelling() {
        for wrong in
            ["", "e3", &HEX.to_uppercase(), &format!("{HEX}0"), &HEX.replace('e', "g"), "../../etc/passwd"]
        {
            assert!(wrong.parse::<PhotoId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_generation_has_one_spelling() {
        let id = Generation::from_parts(1_700_000_000_000, 7);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.milliseconds(), 1_700_000_000_000);
        assert!(id.to_string().to_lowercase().parse::<Generation>().is_err());
        assert!("".parse::<Generation>().is_err());
    }

    #[test]
    fn what_is_no_id_is_told_in_english() {
        let told = |error: InvalidId| error.to_string();
        assert!(told("x".parse::<AuditId>().unwrap_err()).starts_with("not an audit id"));
        assert!(told("x".parse::<PhotoId>().unwrap_err()).starts_with("not a photo id"));
        assert!(told("a b".parse::<UserId>().unwrap_err()).starts_with("not a user id"));
        assert!(told("x".parse::<Generation>().unwrap_err()).starts_with("not a generation"));
        assert!(told("x".parse::<UploadId>().unwrap_err()).starts_with("not an upload id"));
        assert!(told(PhotoId::from_base64("x").unwrap_err()).starts_with("not a SHA-256"));
    }

    #[test]
    fn a_user_id_cannot_leave_its_part_of_a_key() {
        for wrong in ["", "a/b", "..", "a b", "ä", &"a".repeat(65), "a#b"] {
            assert!(wrong.parse::<UserId>().is_err(), "{wrong}");
        }
        let id: UserId = "0f8fad5b-d9cb-469f-a165-70867728950e".parse().unwrap();
        assert_eq!(id.as_str(), "0f8fad5b-d9cb-469f-a165-70867728950e");
        let photo_id: PhotoId = HEX.parse().unwrap();
        assert_eq!(format!("{photo_id:?}"), HEX);
    }
}
