//! A photo's item in the catalog, and the two dimensions of its life.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::TRASH_DAYS;
use crate::id::{Generation, PhotoId, UserId};
use crate::ingest;
use crate::taken::Taken;

/// Where a photo is in its life. *Safe* means `Stored`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Received; on its way into the vault.
    Storing,
    /// Safe: in the vault, checked.
    Stored,
    /// In the trash.
    Trashed,
    /// On its way out for good.
    Purging,
    /// A tombstone: was here and was removed for good.
    Gone,
}

impl State {
    /// The word that the catalog stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Storing => "storing",
            Self::Stored => "stored",
            Self::Trashed => "trashed",
            Self::Purging => "purging",
            Self::Gone => "gone",
        }
    }

    /// Every state.
    pub const ALL: [Self; 5] = [Self::Storing, Self::Stored, Self::Trashed, Self::Purging, Self::Gone];
}

/// Whether a photo has its variants. Nothing here can undo that it is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preview {
    /// They are still being made.
    Pending,
    /// They are there.
    Ready,
    /// There will be none: an acknowledged end.
    None(PreviewReason),
}

impl Preview {
    /// Why there is none.
    pub const fn reason(self) -> Option<PreviewReason> {
        match self {
            Self::None(reason) => Some(reason),
            Self::Pending | Self::Ready => None,
        }
    }
}

/// Why a photo has no variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviewReason {
    /// Not a picture that we know.
    NotAnImage,
    /// A picture of a kind that we cannot show yet.
    Unsupported,
    /// A damaged picture.
    Broken,
    /// Decoding it needs more memory than there is.
    TooLarge,
    /// Decoding it ended the function three times.
    OutOfMemory,
}

impl PreviewReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::NotAnImage, Self::Unsupported, Self::Broken, Self::TooLarge, Self::OutOfMemory];

    /// The word that the catalog stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnImage => "not_an_image",
            Self::Unsupported => "unsupported",
            Self::Broken => "broken",
            Self::TooLarge => "too_large",
            Self::OutOfMemory => "out_of_memory",
        }
    }
}

/// What a photo was taken with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Camera {
    /// Manufacturer.
    pub make: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Lens.
    pub lens: Option<String>,
    /// Focal length in millimetres.
    pub focal_length_mm: Option<f64>,
    /// F-number.
    pub aperture: Option<f64>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f64>,
    /// ISO speed.
    pub iso: Option<u32>,
}

impl Camera {
    /// Make and model, the make only where the model does not already begin with it ("Canon EOS R5").
    pub fn in_one_line(&self) -> String {
        let make = self.make.as_deref().unwrap_or_default().trim();
        let model = self.model.as_deref().unwrap_or_default().trim();
        let first = make.split_whitespace().next().unwrap_or_default();
        if make.is_empty() || model.to_lowercase().starts_with(&first.to_lowercase()) {
            model.to_owned()
        } else {
            format!("{make} {model}").trim().to_owned()
        }
    }
}

/// Where a photo was taken, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
    /// Metres above the sea.
    pub altitude_m: Option<f64>,
}

/// A photo's item in the catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub photo_id: PhotoId,
    /// Which of its lives.
    pub generation: Generation,
    /// Where it is in its life.
    pub state: State,
    /// Whether it has its variants.
    pub preview: Preview,
    /// Size of the original in bytes.
    pub size: u64,
    /// Media type.
    pub content_type: String,
    /// The client's own file name.
    pub file_name: String,
    /// When the client's file was last modified.
    pub modified_at: Option<OffsetDateTime>,
    /// Object key of the original in the vault.
    pub key: String,
    /// Version of that object, where the vault is versioned.
    pub version_id: Option<String>,
    /// When it was taken.
    pub taken: Taken,
    /// Width in pixels as shown.
    pub width: Option<u32>,
    /// Height in pixels as shown.
    pub height: Option<u32>,
    /// ThumbHash, base64.
    pub thumbhash: Option<String>,
    /// What it was taken with.
    pub camera: Option<Camera>,
    /// Where it was taken.
    pub place: Option<Place>,
    /// How often its variants were tried.
    pub attempts: u32,
    /// Since when it is safe.
    pub stored_at: Option<OffsetDateTime>,
    /// When it was moved to the trash.
    pub trashed_at: Option<OffsetDateTime>,
    /// When the keeper should look at it; absent while there is nothing to do.
    pub due: Option<OffsetDateTime>,
    /// Counts the writes of this item: a write is refused if somebody else wrote since it was read.
    pub revision: u64,
}

impl Record {
    /// Whether the original lies in the vault, checked, and is not in the trash.
    pub fn is_safe(&self) -> bool {
        self.state == State::Stored
    }

    /// The same record in another state, with the keeper's next look at it.
    #[must_use]
    pub fn moved_to(&self, state: State, preview: Preview, at: OffsetDateTime) -> Self {
        Self { state, preview, due: ingest::due_after(state, preview, at), ..self.clone() }
    }

    /// When the keeper may remove it from the trash for good.
    pub fn purge_after(&self) -> Option<OffsetDateTime> {
        match self.state {
            State::Trashed => self.due.or_else(|| Some(self.trashed_at? + Duration::days(TRASH_DAYS))),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::taken;

    /// A record in this state since `at`, due then.
    pub(crate) fn record(state: State, preview: Preview, at: OffsetDateTime) -> Record {
        Record {
            user: "ada".parse().unwrap(),
            photo_id: PhotoId::from_digest([1; 32]),
            generation: Generation::from_parts(1, 1),
            state,
            preview,
            size: 1,
            content_type: String::new(),
            file_name: String::new(),
            modified_at: None,
            key: String::new(),
            version_id: None,
            taken: taken::choose(&[], "", None, at),
            width: None,
            height: None,
            thumbhash: None,
            camera: None,
            place: None,
            attempts: 0,
            stored_at: None,
            trashed_at: (state == State::Trashed).then_some(at),
            due: Some(at),
            revision: 1,
        }
    }

    #[test]
    fn the_words_of_the_catalog_are_these() {
        let states = State::ALL.map(State::as_str);
        assert_eq!(states, ["storing", "stored", "trashed", "purging", "gone"]);
        let reasons = PreviewReason::ALL.map(PreviewReason::as_str);
        assert_eq!(reasons, ["not_an_image", "unsupported", "broken", "too_large", "out_of_memory"]);
        assert_eq!(Preview::None(PreviewReason::Broken).reason(), Some(PreviewReason::Broken));
        assert_eq!((Preview::Ready.reason(), Preview::Pending.reason()), (None, None));
    }

    #[test]
    fn only_what_is_stored_is_safe_and_only_the_trash_has_a_last_day() {
        let at = OffsetDateTime::UNIX_EPOCH;
        for state in State::ALL {
            let of = record(state, Preview::Ready, at);
            assert_eq!(of.is_safe(), state == State::Stored);
            assert_eq!(of.purge_after(), (state == State::Trashed).then_some(at));
            let undated = Record { due: None, ..of };
            let in_thirty_days = (state == State::Trashed).then_some(at + Duration::days(30));
            assert_eq!(undated.purge_after(), in_thirty_days);
        }
    }

    #[test]
    fn a_camera_is_named_once() {
        for (make, model, line) in [
            ("Canon", "Canon EOS R5", "Canon EOS R5"),
            ("Google", "Pixel 8", "Google Pixel 8"),
            ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
            ("", "Pixel 8", "Pixel 8"),
            ("Google", "", "Google"),
            ("", "", ""),
        ] {
            let camera =
                Camera { make: Some(make.to_owned()), model: Some(model.to_owned()), ..Camera::default() };
            assert_eq!(camera.in_one_line(), line);
        }
    }
}
