//! Object keys: made and parsed here and nowhere else.

use std::fmt;
use std::str::FromStr;

use crate::id::{AuditId, Generation, InvalidId, PhotoId, UploadId, UserId};

/// A rendition that we derive from an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// Short edge 400 px: what the timeline shows.
    Thumb,
    /// Long edge 2048 px: what the lightbox shows.
    Preview,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Thumb, Self::Preview];
    /// Media type of every variant.
    pub const CONTENT_TYPE: &'static str = "image/webp";
    /// A variant never changes under its key, and is its owner's alone.
    pub const CACHE_CONTROL: &'static str = "private, max-age=31536000, immutable";

    /// The word used in keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thumb => "thumb",
            Self::Preview => "preview",
        }
    }
}

/// Name of an object in one of our buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKey {
    /// In the uploads bucket: `in/{user}/{photo_id}/{upload_id}`.
    Upload {
        /// Whose.
        user: UserId,
        /// Of which photo.
        photo_id: PhotoId,
        /// Which of its uploads.
        upload_id: UploadId,
    },
    /// In the vault: `originals/{user}/{photo_id}/{generation}/{file_name}`.
    Original {
        /// Whose.
        user: UserId,
        /// Which photo.
        photo_id: PhotoId,
        /// Which of its lives.
        generation: Generation,
        /// A name that any file system takes.
        file_name: FileName,
    },
    /// In the vault: `media/{user}/{photo_id}/{generation}/{thumb|preview}.webp`.
    Variant {
        /// Whose.
        user: UserId,
        /// Of which photo.
        photo_id: PhotoId,
        /// Which of its lives.
        generation: Generation,
        /// Which rendition.
        variant: Variant,
    },
    /// In the vault: `audits/{audit_id}.json`, what an audit found.
    Audit {
        /// Which audit.
        audit_id: AuditId,
    },
}

/// A key that none of our functions made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key of ours: {0:?}")]
pub struct InvalidKey(String);

impl ObjectKey {
    /// Everything that waits in the uploads bucket.
    pub const UPLOADS_PREFIX: &'static str = "in/";

    /// The folders of the vault that we write to: each holds a folder for each user, but for the last.
    pub const VAULT_FOLDERS: [&'static str; 3] =
        [Self::ORIGINALS_PREFIX, Self::MEDIA_PREFIX, Self::AUDITS_PREFIX];
    /// Every original in the vault.
    pub const ORIGINALS_PREFIX: &'static str = "originals/";
    /// Every variant in the vault.
    pub const MEDIA_PREFIX: &'static str = "media/";

    /// Every report of an audit.
    pub const AUDITS_PREFIX: &'static str = "audits/";

    /// Every original of one user.
    pub fn originals_of(user: &UserId) -> String {
        format!("originals/{user}/")
    }

    /// Every variant of one user.
    pub fn media_of(user: &UserId) -> String {
        format!("media/{user}/")
    }

    /// Every original of one photo, of whichever of its lives.
    pub fn lives_of(user: &UserId, photo_id: &PhotoId) -> String {
        format!("originals/{user}/{photo_id}/")
    }

    /// Every variant of one photo, of whichever of its lives.
    pub fn media_of_photo(user: &UserId, photo_id: &PhotoId) -> String {
        format!("media/{user}/{photo_id}/")
    }

    /// Sorts behind every key of one photo below `prefix`, and before every key of the next one.
    pub fn behind(prefix: &str, photo_id: &PhotoId) -> String {
        format!("{prefix}{photo_id}/~")
    }

    /// The user of a folder such as `originals/ada/`, if it is one of ours.
    pub fn user_of_folder(folder: &str) -> Option<UserId> {
        let user = folder.strip_prefix(Self::ORIGINALS_PREFIX).or(folder.strip_prefix(Self::MEDIA_PREFIX))?;
        user.strip_suffix('/')?.parse().ok()
    }

    /// Everything of one photo that waits in the uploads bucket.
    pub fn uploads_of(user: &UserId, photo_id: &PhotoId) -> String {
        format!("in/{user}/{photo_id}/")
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload { user, photo_id, upload_id } => write!(f, "in/{user}/{photo_id}/{upload_id}"),
            Self::Original { user, photo_id, generation, file_name } => {
                write!(f, "originals/{user}/{photo_id}/{generation}/{file_name}")
            }
            Self::Variant { user, photo_id, generation, variant } => {
                write!(f, "media/{user}/{photo_id}/{generation}/{}.webp", variant.as_str())
            }
            Self::Audit { audit_id } => write!(f, "audits/{audit_id}.json"),
        }
    }
}

impl FromStr for ObjectKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        parse(text).ok().flatten().ok_or_else(|| InvalidKey(text.chars().take(200).collect()))
    }
}

fn parse(text: &str) -> Result<Option<ObjectKey>, InvalidId> {
    let parts: Vec<&str> = text.split('/').collect();
    Ok(match parts[..] {
        ["in", user, photo_id, upload_id] => Some(ObjectKey::Upload {
            user: user.parse()?,
            photo_id: photo_id.parse()?,
            upload_id: upload_id.parse()?,
        }),
        ["audits", name] => match name.strip_suffix(".json") {
            Some(audit_id) => Some(ObjectKey::Audit { audit_id: audit_id.parse()? }),
            None => None,
        },
        ["originals", user, photo_id, generation, name] => {
            let file_name = FileName::from_client(name);
            (file_name.as_str() == name).then_some(ObjectKey::Original {
                user: user.parse()?,
                photo_id: photo_id.parse()?,
                generation: generation.parse()?,
                file_name,
            })
        }
        ["media", user, photo_id, generation, name] => {
            let variant = Variant::ALL.into_iter().find(|v| name.strip_suffix(".webp") == Some(v.as_str()));
            match variant {
                Some(variant) => Some(ObjectKey::Variant {
                    user: user.parse()?,
                    photo_id: photo_id.parse()?,
                    generation: generation.parse()?,
                    variant,
                }),
                None => None,
            }
        }
        _ => None,
    })
}

/// A file name that any file system takes: `[A-Za-z0-9._-]`, 1 to 80 of them, no leading dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// Longest name in bytes.
    pub const MAX: usize = 80;
    /// Longest extension that is kept when a name is cut, its dot included.
    const MAX_EXTENSION: usize = 16;

    /// The client's name reduced: other characters gone, leading dots gone, cut before its extension, and
    /// `photo` when nothing is left.
    pub fn from_client(name: &str) -> Self {
        let kept: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect();
        let kept = kept.trim_end_matches('.');
        let (stem, extension) = match kept.rfind('.') {
            Some(dot) if kept.len() - dot <= Self::MAX_EXTENSION => kept.split_at(dot),
            _ => (kept, ""),
        };
        let stem = match stem.trim_start_matches('.') {
            "" => "photo",
            stem => &stem[..stem.len().min(Self::MAX - extension.len())],
        };
        let stem = if extension.is_empty() { stem.trim_end_matches('.') } else { stem };
        Self(format!("{stem}{extension}"))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USER: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const PHOTO: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const ULID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    #[test]
    fn keys_are_these_strings() {
        for text in [
            format!("in/{USER}/{PHOTO}/{ULID}"),
            format!("originals/{USER}/{PHOTO}/{ULID}/IMG_2041.JPG"),
            format!("media/{USER}/{PHOTO}/{ULID}/thumb.webp"),
            format!("media/{USER}/{PHOTO}/{ULID}/preview.webp"),
            format!("audits/{ULID}.json"),
        ] {
            assert_eq!(text.parse::<ObjectKey>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn all_that_belongs_to_a_photo_begins_with_its_prefix() {
        let (user, photo_id) = (USER.parse().unwrap(), PHOTO.parse().unwrap());
        assert_eq!(ObjectKey::uploads_of(&user, &photo_id), format!("in/{USER}/{PHOTO}/"));
        assert_eq!(ObjectKey::lives_of(&user, &photo_id), format!("originals/{USER}/{PHOTO}/"));
        assert_eq!(ObjectKey::media_of_photo(&user, &photo_id), format!("media/{USER}/{PHOTO}/"));
    }

    #[test]
    fn what_is_not_ours_is_not_a_key() {
        for text in [
            String::new(),
            "in".to_owned(),
            format!("in/{USER}/{PHOTO}"),
            format!("in/{USER}/{PHOTO}/{ULID}/x"),
            format!("in/../{PHOTO}/{ULID}"),
            format!("in//{PHOTO}/{ULID}"),
            format!("originals/{USER}/{PHOTO}/{ULID}/.hidden"),
            format!("originals/{USER}/{PHOTO}/{ULID}/"),
            format!("media/{USER}/{PHOTO}/{ULID}/original.webp"),
            format!("media/{USER}/{PHOTO}/{ULID}/thumb"),
            format!("audits/{ULID}"),
            "audits/latest.json".to_owned(),
        ] {
            assert!(text.parse::<ObjectKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn file_names_are_reduced_to_what_any_file_system_takes() {
        for (client, kept) in [
            ("IMG_2041.JPG", "IMG_2041.JPG"),
            ("", "photo"),
            ("...", "photo"),
            (".jpg", "photo.jpg"),
            ("../../etc/passwd", "photo.etcpasswd"),
            ("写真.jpg", "photo.jpg"),
            ("été 2019 (1).heic", "t20191.heic"),
            ("a\u{202e}gpj.exe", "agpj.exe"),
            ("🌄.png", "photo.png"),
        ] {
            assert_eq!(FileName::from_client(client).as_str(), kept, "{client}");
        }
        let long = FileName::from_client(&format!("{}.jpeg", "a".repeat(1_000)));
        assert_eq!(long.as_str().len(), 80);
        assert_eq!(&long.as_str()[70..], "aaaaa.jpeg");
    }

    #[test]
    fn folders_tell_their_user_and_where_a_photo_ends() {
        let (user, photo_id): (UserId, PhotoId) = (USER.parse().unwrap(), PHOTO.parse().unwrap());
        for folder in [ObjectKey::originals_of(&user), ObjectKey::media_of(&user)] {
            assert_eq!(ObjectKey::user_of_folder(&folder), Some(user.clone()));
            let behind = ObjectKey::behind(&folder, &photo_id);
            assert!(format!("{folder}{PHOTO}/{ULID}/zzz") < behind);
            assert!(behind < format!("{folder}{}", PHOTO.replace("b855", "b856")));
        }
        for strange in ["originals/", "originals//", "originals/a b/", "other/ada/", "ada/"] {
            assert_eq!(ObjectKey::user_of_folder(strange), None, "{strange}");
        }
    }

    proptest! {
        #[test]
        fn a_file_name_is_safe_and_stays_what_it_is(name in any::<String>()) {
            let reduced = FileName::from_client(&name);
            prop_assert!((1..=80).contains(&reduced.as_str().len()));
            prop_assert!(!reduced.as_str().starts_with('.'));
            prop_assert_eq!(FileName::from_client(reduced.as_str()), reduced);
        }

        #[test]
        fn parse_undoes_format(digest in any::<[u8; 32]>(), ms in 0_u64..1 << 48, random in 0_u128..1 << 80,
                               user in "[A-Za-z0-9_-]{1,64}", name in any::<String>(), kind in 0..5) {
            let user: UserId = user.parse().unwrap();
            let photo_id = PhotoId::from_digest(digest);
            let generation = Generation::from_parts(ms, random);
            let key = match kind {
                0 => ObjectKey::Upload { user, photo_id, upload_id: UploadId::from_parts(ms, random) },
                1 => ObjectKey::Original { user, photo_id, generation, file_name: FileName::from_client(&name) },
                2 => ObjectKey::Variant { user, photo_id, generation, variant: Variant::Thumb },
                3 => ObjectKey::Audit { audit_id: AuditId::from_parts(ms, random) },
                _ => ObjectKey::Variant { user, photo_id, generation, variant: Variant::Preview },
            };
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }

        #[test]
        fn any_text_parses_or_is_refused(text in any::<String>()) {
            if let Ok(key) = text.parse::<ObjectKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
