//! Seventh step: planes to a WebP file.

use crate::raster::Yuv420;
use crate::rejected::Rejected;
use crate::variants::{Variant, VariantName};
use crate::webp;

/// How variants are encoded. Measured on camera photos of 12 to 48 MP against sharp at effort 4, as bytes at equal
/// likeness by SSIMULACRA2 (docs/BENCHMARKS.md has what came of it):
/// - method 2 takes half the CPU of 4 and, alone, 4 to 6 % more bytes; 0 and 1 cost a fifth more bytes;
/// - noise shaping costs most where a picture is noise or fine leaves all over, up to a quarter of the bytes at 90, and
///   wins most where half of it is blurred, 3 % at 90 against 50; 60 is the least bad for the worst of them;
/// - method 2 falls behind method 4 as quality grows, most on blurred photos: at 78 their worst takes 5 % more bytes, at
///   80 and 84 it takes 11 %, for 1.5 points more of the score;
/// - a loop filter of 80 wins half a percent against 60, and 1 to 2 % against 100, for nothing.
const SETTINGS: webp::Settings = webp::Settings { method: 2, quality: 78.0, noise_shaping: 60, filter: 80 };

/// Encodes one variant.
pub(crate) fn variant(name: VariantName, planes: &Yuv420) -> Result<Variant, Rejected> {
    let webp = webp::encode(planes, &SETTINGS).map_err(Rejected::broken)?;
    let edge = |edge: usize| u32::try_from(edge).map_err(Rejected::broken);
    Ok(Variant { name, width: edge(planes.width)?, height: edge(planes.height)?, webp })
}
