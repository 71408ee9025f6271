//! Third step: samples, already reduced where the decoder can do so cheaply.

mod gif;
mod jpeg;
mod png;
mod scans;
mod shrink;
mod webp;

use std::io::Read;

use flate2::read::ZlibDecoder;
use moxcms::ColorProfile;

use crate::limits::Plan;
use crate::probe::{Probe, Still};
use crate::raster::Raster;
use crate::rejected::Rejected;
use crate::tiff::Tiff;
use crate::{Kind, exif};

/// A picture as it is stored: neither turned nor in sRGB yet.
pub(crate) struct Decoded {
    /// Width of the original in pixels, before orientation.
    pub(crate) width: u32,
    /// Height of the original in pixels, before orientation.
    pub(crate) height: u32,
    /// The samples, possibly of a smaller size.
    pub(crate) raster: Raster,
    /// The ICC profile that gives them their meaning.
    pub(crate) icc: Option<Vec<u8>>,
}

/// Decodes the file's picture as planned.
pub(crate) fn decode(bytes: &[u8], found: &Probe, plan: &Plan) -> Result<Decoded, Rejected> {
    let Some(still) = &found.still else { return Err(Rejected::unsupported(found.kind)) };
    let mut decoded = match still {
        Still::Jpeg { range, header } => {
            let file = bytes.get(range.clone()).unwrap_or_default();
            jpeg::decode(file, header, plan)
        }
        Still::Png(header) => png::decode(bytes, header, plan),
        Still::Webp(_) => webp::decode(bytes, plan),
        Still::Gif => gif::decode(bytes, plan),
    }?;
    // Only a picture inside of another file may be of another size than the file says.
    let embedded = matches!(found.kind, Kind::Raw(_) | Kind::Heic | Kind::Avif);
    if !embedded && found.size != Some((decoded.width, decoded.height)) {
        return Err(Rejected::broken("its headers contradict each other"));
    }
    decoded.icc = profile(bytes, found).or_else(|| dcf_profile(bytes, found));
    Ok(decoded)
}

/// The profile that the file only names, in its EXIF block.
fn dcf_profile(bytes: &[u8], found: &Probe) -> Option<Vec<u8>> {
    let block = found.exif.clone().and_then(|range| bytes.get(range)).filter(|_| found.kind == Kind::Jpeg)?;
    exif::is_adobe_rgb(&Tiff::new(block)?).then(|| ColorProfile::new_adobe_rgb().encode().ok())?
}

/// Profiles are some kilobytes; those for printing reach a few megabytes.
const PROFILE_BYTES: usize = 8 << 20;

/// The ICC profile, put together from its parts; none if it is empty, too long, or cannot be inflated.
fn profile(bytes: &[u8], found: &Probe) -> Option<Vec<u8>> {
    let length: usize = found.icc.iter().map(ExactSizeIterator::len).sum();
    if length == 0 || length > PROFILE_BYTES {
        return None;
    }
    let profile: Vec<u8> =
        found.icc.iter().filter_map(|part| bytes.get(part.clone())).flatten().copied().collect();
    if !found.icc_is_compressed {
        return Some(profile);
    }
    // A thousand bytes may come of one: no more are taken than any profile has.
    let mut inflated = Vec::new();
    ZlibDecoder::new(profile.as_slice()).take(PROFILE_BYTES as u64 + 1).read_to_end(&mut inflated).ok()?;
    (inflated.len() <= PROFILE_BYTES).then_some(inflated)
}
