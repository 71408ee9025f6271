//! Why a file has no variants.

use crate::Kind;

/// A permanent reason for which there are no variants. The original is none the worse for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The bytes are no kind of picture that is known here.
    #[error("this is not an image")]
    NotAnImage,
    /// A picture, of a kind that is kept but not shown.
    #[error("{what} is kept, but no preview can be made of it")]
    Unsupported {
        /// What it is, for a sentence: `HEIC`, `12-bit JPEG`.
        what: String,
    },
    /// A picture that says one thing and holds another, or stops early.
    #[error("the image is broken: {why}")]
    Broken {
        /// What the decoder said, in its own words: for logs; a few bytes of the file may be in it.
        why: String,
    },
    /// Decoding it would take more memory, or longer, than allowed.
    #[error("the image is too large to make a preview of: {why}")]
    TooLarge {
        /// Which limit, and by how much.
        why: String,
    },
}

impl Rejected {
    /// The reason as a word for records and clients: `not_an_image`, `unsupported`, `broken` or `too_large`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnImage => "not_an_image",
            Self::Unsupported { .. } => "unsupported",
            Self::Broken { .. } => "broken",
            Self::TooLarge { .. } => "too_large",
        }
    }

    pub(crate) fn unsupported(kind: Kind) -> Self {
        Self::Unsupported { what: kind.label().to_owned() }
    }

    pub(crate) fn broken(why: impl Into<Box<dyn std::error::Error>>) -> Self {
        Self::Broken { why: why.into().to_string() }
    }
}
