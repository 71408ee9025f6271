//! Seventh step: planes to a WebP file.

use crate::raster::Yuv420;
use crate::rejected::Rejected;
use crate::variants::{Variant, VariantName};
use crate::webp;

/// How hard libwebp tries, 0 to 6. At equal likeness (SSIMULACRA2) method 4 saves 5 % of the bytes and costs half as
/// much CPU again; 0 and 1 cost a fifth more bytes.
const METHOD: u8 = 2;

/// libwebp's quality, 0 to 100: at method 2 as good as sharp's default, 80 at method 4.
const QUALITY: f32 = 81.0;

/// Encodes one variant.
pub(crate) fn variant(name: VariantName, planes: &Yuv420) -> Result<Variant, Rejected> {
    let webp = webp::encode(planes, METHOD, QUALITY).map_err(Rejected::broken)?;
    let edge = |edge: usize| u32::try_from(edge).map_err(Rejected::broken);
    Ok(Variant { name, width: edge(planes.width)?, height: edge(planes.height)?, webp })
}
