//! The chunks of a WebP (RFC 9649, 2).

use super::{Probe, Still, exif_orientation, le16, le32, size};
use crate::Kind;

/// Chunks to look at before giving up on a file made of them.
const CHUNKS: usize = 10_000;

/// Reads a WebP's chunks: the size from the first that has one, metadata wherever it is.
pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let mut found = Probe { kind: Kind::Webp, still: Some(Still::Webp), ..Probe::default() };
    let mut at = 12;
    for _ in 0..CHUNKS {
        let (Some(name), Some(length)) = (bytes.get(at..at + 4), le32(bytes, at + 4)) else { break };
        let start = at + 8;
        let Some(end) = start.checked_add(length as usize) else { break };
        let body = bytes.get(start..end.min(bytes.len())).unwrap_or_default();
        match name {
            b"VP8X" => found.size = found.size.or(canvas(body)),
            b"VP8 " => found.size = found.size.or(lossy(body)),
            b"VP8L" => found.size = found.size.or(lossless(body)),
            b"ICCP" if end <= bytes.len() => found.icc.push(start..end),
            b"EXIF" if end <= bytes.len() => {
                // The chunk is the TIFF structure itself; some writers keep JPEG's prefix.
                let prefix = if body.starts_with(b"Exif\0\0") { 6 } else { 0 };
                found.exif = Some(start + prefix..end);
            }
            b"XMP " if end <= bytes.len() => found.xmp = Some(start..end),
            _ => {}
        }
        // Chunks begin at even offsets.
        let Some(next) = end.checked_add(end % 2) else { break };
        at = next;
    }
    found.orientation = exif_orientation(bytes, found.exif.as_ref());
    found
}

/// VP8X: 24 bits each of width and height, both less one.
fn canvas(body: &[u8]) -> Option<(u32, u32)> {
    let &[w0, w1, w2, h0, h1, h2] = body.get(4..)?.first_chunk()?;
    size(1 + u32::from_le_bytes([w0, w1, w2, 0]), 1 + u32::from_le_bytes([h0, h1, h2, 0]))
}

/// VP8 (RFC 6386, 9.1): a tag, a start code, then 14 bits each of width and height.
fn lossy(body: &[u8]) -> Option<(u32, u32)> {
    let known = body.get(3..6) == Some(&[0x9D, 0x01, 0x2A]);
    let (width, height) = le16(body, 6).zip(le16(body, 8)).filter(|_| known)?;
    size(u32::from(width & 0x3FFF), u32::from(height & 0x3FFF))
}

/// VP8L (RFC 9649, 3.4): a signature byte, then 14 bits each of width and height, both less one.
fn lossless(body: &[u8]) -> Option<(u32, u32)> {
    let bits = le32(body, 1).filter(|_| body.first() == Some(&0x2F))?;
    size(1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF))
}
