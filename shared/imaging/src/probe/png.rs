//! The chunks of a PNG up to its pixels (PNG third edition, 5 and 11).

use super::{Probe, Still, be32, exif_orientation, size};
use crate::Kind;

/// What a PNG's header chunk (IHDR) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Pixels in a row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// Bits in a pixel as stored: 1 to 64.
    pub(crate) bits: u8,
    /// Samples in a pixel as decoded, 1 to 4: palettes become RGB.
    pub(crate) samples: u8,
    /// Stored in seven passes, so that no row is whole before the last one.
    pub(crate) interlaced: bool,
}

/// Chunks to look at before giving up on a file made of them.
const CHUNKS: usize = 10_000;

/// Reads a PNG's chunks. Metadata may follow the pixels, so all of them are walked.
pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let mut found = Probe { kind: Kind::Png, ..Probe::default() };
    let mut at = 8;
    for _ in 0..CHUNKS {
        let (Some(length), Some(name)) = (be32(bytes, at), bytes.get(at + 4..at + 8)) else { break };
        let start = at + 8;
        let Some(end) = start.checked_add(length as usize).filter(|&end| end <= bytes.len()) else { break };
        let body = &bytes[start..end];
        match name {
            b"IHDR" => {
                if let (Some(width), Some(height), Some(&[depth, colour, _, _, interlace])) =
                    (be32(body, 0), be32(body, 4), body.get(8..).and_then(<[u8]>::first_chunk))
                {
                    found.size = size(width, height);
                    let samples = match colour {
                        0 => 1,
                        2 => 3,
                        4 => 2,
                        _ => 4,
                    };
                    // A palette's pixel is one sample.
                    let stored = if colour == 3 { 1 } else { samples };
                    let bits = depth.min(16) * stored;
                    let interlaced = interlace != 0;
                    found.still = Some(Still::Png(Header { width, height, bits, samples, interlaced }));
                }
            }
            b"iCCP" => {
                // A name of up to 79 bytes, a zero, and the method of compression.
                if let Some(name) = body.iter().take(80).position(|&byte| byte == 0) {
                    found.icc.clear();
                    found.icc.push((start + name + 2).min(end)..end);
                    found.icc_is_compressed = true;
                }
            }
            b"eXIf" => {
                // The chunk is the TIFF structure itself; some writers keep JPEG's prefix.
                let prefix = if body.starts_with(b"Exif\0\0") { 6 } else { 0 };
                found.exif = Some(start + prefix..end);
            }
            b"iTXt" if body.starts_with(b"XML:com.adobe.xmp\0\0\0") => found.xmp = Some(start + 20..end),
            b"IEND" => break,
            _ => {}
        }
        at = end + 4;
    }
    found.orientation = exif_orientation(bytes, found.exif.as_ref());
    found
}
