//! What is made of a photo: the table of variants, and their sizes.

use crate::Orientation;

/// What [`crate::render`] makes of a photo.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// Width of the original in pixels, as it is looked at, after orientation.
    pub width: u32,
    /// Height of the original in pixels, as it is looked at, after orientation.
    pub height: u32,
    /// One of each in the table, largest first.
    pub variants: Vec<Variant>,
    /// A `ThumbHash` (<https://evanw.github.io/thumbhash/>), 5 to 25 bytes, of the picture as it is looked at.
    pub thumbhash: Vec<u8>,
}

/// A smaller picture of a photo.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Which of the table.
    pub name: VariantName,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// A whole WebP file: lossy, sRGB, upright, without metadata.
    pub webp: Vec<u8>,
}

/// The name of a variant, as it stands in object keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VariantName {
    /// For the timeline: short edge 400 px, long edge at most 1,200.
    Thumb,
    /// For the lightbox: long edge 2,048 px.
    Preview,
}

impl VariantName {
    /// `thumb` or `preview`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thumb => "thumb",
            Self::Preview => "preview",
        }
    }
}

/// How large a variant is to be. Edges in pixels; no variant is larger than its original.
struct Fit {
    name: VariantName,
    short_edge: u32,
    long_edge: u32,
}

/// Every variant, largest first, since each is made from the one before.
const VARIANTS: [Fit; 2] = [
    Fit { name: VariantName::Preview, short_edge: 2048, long_edge: 2048 },
    Fit { name: VariantName::Thumb, short_edge: 400, long_edge: 1200 },
];

/// The longest edge that any variant has; the limits step decodes to no less where the original has it.
pub(crate) const LONGEST_EDGE: u32 = VARIANTS[0].long_edge;

/// The sizes of all variants, upright, of a photo stored as `width` x `height` pixels.
pub(crate) fn sizes(width: u32, height: u32, orientation: Orientation) -> Vec<(VariantName, u32, u32)> {
    let (width, height) = orientation.as_shown(width, height);
    let size = |fit: &Fit| {
        let (width, height) = fit.size(width, height);
        (fit.name, width, height)
    };
    VARIANTS.iter().map(size).collect()
}

impl Fit {
    /// The largest size with both edges inside, in the original's proportions.
    fn size(&self, width: u32, height: u32) -> (u32, u32) {
        let (short, long) = (width.min(height), width.max(height));
        let ratio = (f64::from(self.short_edge) / f64::from(short.max(1)))
            .min(f64::from(self.long_edge) / f64::from(long.max(1)))
            .min(1.0);
        (scaled(width, ratio), scaled(height, ratio))
    }
}

/// An edge reduced by a ratio of at most 1, rounded, at least one pixel.
fn scaled(edge: u32, ratio: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an edge times at most 1 is again a u32"
    )]
    let scaled = (f64::from(edge) * ratio).round() as u32;
    scaled.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(name: VariantName, width: u32, height: u32) -> (u32, u32) {
        let sizes = sizes(width, height, Orientation::default());
        let (_, width, height) = *sizes.iter().find(|variant| variant.0 == name).unwrap();
        (width, height)
    }

    #[test]
    fn a_preview_has_a_long_edge_of_2048() {
        assert_eq!(size_of(VariantName::Preview, 4032, 3024), (2048, 1536));
        assert_eq!(size_of(VariantName::Preview, 3024, 4032), (1536, 2048));
        assert_eq!(size_of(VariantName::Preview, 2048, 2048), (2048, 2048));
    }

    #[test]
    fn a_thumb_has_a_short_edge_of_400_and_a_long_edge_of_at_most_1200() {
        assert_eq!(size_of(VariantName::Thumb, 4032, 3024), (533, 400));
        assert_eq!(size_of(VariantName::Thumb, 3024, 4032), (400, 533));
        assert_eq!(size_of(VariantName::Thumb, 10_000, 1000), (1200, 120));
    }

    #[test]
    fn nothing_is_enlarged_and_nothing_vanishes() {
        assert_eq!(size_of(VariantName::Preview, 300, 200), (300, 200));
        assert_eq!(size_of(VariantName::Thumb, 300, 200), (300, 200));
        assert_eq!(size_of(VariantName::Preview, 65_535, 1), (2048, 1));
        assert_eq!(size_of(VariantName::Thumb, 1, 1), (1, 1));
    }
}
