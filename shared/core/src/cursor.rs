//! Where the next page of a listing starts: opaque to clients, versioned, bounded, and without a user in it.
//!
//! The partition comes from the token alone, so that another user's cursor opens nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::id::PhotoId;
use crate::taken::WallTime;

/// Longest cursor that is looked at, in bytes.
pub const MAX_CURSOR: usize = 512;

const VERSION: &str = "1";

/// Which listing a cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// What is safe.
    Timeline,
    /// What is in the trash.
    Trash,
}

impl Listing {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Timeline => "t",
            Self::Trash => "x",
        }
    }
}

/// The last photo of a page; the next one starts behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Of which listing.
    pub listing: Listing,
    /// When that photo was taken.
    pub taken: WallTime,
    /// Which it is.
    pub photo_id: PhotoId,
}

/// A cursor that this version did not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this cursor cannot be used here; start again from the first page")]
pub struct InvalidCursor;

impl Cursor {
    /// The text that clients carry.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!(
            "{VERSION} {} {} {}",
            self.listing.as_str(),
            self.taken,
            self.photo_id
        ))
    }

    /// Reads what a client brings back for a listing.
    pub fn decode(text: &str, listing: Listing) -> Result<Self, InvalidCursor> {
        if text.len() > MAX_CURSOR {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| InvalidCursor)?;
        match text.split(' ').collect::<Vec<_>>()[..] {
            [VERSION, of, taken, photo_id] if of == listing.as_str() => Ok(Self {
                listing,
                taken: taken.parse().map_err(|_| InvalidCursor)?,
                photo_id: photo_id.parse().map_err(|_| InvalidCursor)?,
            }),
            _ => Err(InvalidCursor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cursor() -> Cursor {
        Cursor {
            listing: Listing::Timeline,
            taken: "2024-05-14T15:42:07.000".parse().unwrap(),
            photo_id: PhotoId::from_digest([7; 32]),
        }
    }

    #[test]
    fn a_cursor_reads_back_and_only_in_its_own_listing() {
        let text = cursor().encode();
        assert_eq!(Cursor::decode(&text, Listing::Timeline), Ok(cursor()));
        assert_eq!(Cursor::decode(&text, Listing::Trash), Err(InvalidCursor));
    }

    #[test]
    fn another_version_is_refused() {
        let text = URL_SAFE_NO_PAD.encode(format!("2 t {} {}", cursor().taken, cursor().photo_id));
        assert_eq!(Cursor::decode(&text, Listing::Timeline), Err(InvalidCursor));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                if let Ok(cursor) = Cursor::decode(&text, Listing::Trash) {
                    prop_assert_eq!(cursor.encode(), text);
                }
            }
        }
    }
}
