//! The chunks of a WebP (RFC 9649, 2).

use std::ops::Range;

use super::{Probe, Still, exif_orientation, le16, le32, size, vp8l};
use crate::Kind;

/// What a WebP says that decides how much memory its decoder takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Frames follow each other.
    pub(crate) animated: bool,
    /// Pixels of the largest frame; none may be larger than the canvas, but a decoder notices late.
    pub(crate) largest_frame: u64,
    /// The first streams in lossless coding.
    lossless: Vec<Lossless>,
}

/// Where a stream in lossless coding lies, and the picture's size if the stream does not have it itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lossless {
    range: Range<usize>,
    size: Option<(u32, u32)>,
}

impl Header {
    /// Bytes that a decoder takes for the prefix codes of a file.
    pub(crate) fn code_bytes(&self, bytes: &[u8]) -> u64 {
        let streams =
            self.lossless.iter().filter_map(|stream| Some((bytes.get(stream.range.clone())?, stream.size)));
        streams.map(|(stream, size)| vp8l::code_bytes(stream, size)).max().unwrap_or(0)
    }

    /// Notes a frame, and tells its size: what lies in `VP8 `, `VP8L` or `ALPH`, at this place of the file.
    fn note(
        &mut self,
        name: &[u8],
        body: &[u8],
        start: usize,
        canvas: Option<(u32, u32)>,
    ) -> Option<(u32, u32)> {
        let size = match name {
            b"VP8 " => lossy(body),
            b"VP8L" => lossless(body),
            _ => None,
        };
        if let Some((width, height)) = size {
            self.largest_frame = self.largest_frame.max(u64::from(width) * u64::from(height));
        }
        // Only the first frame is decoded.
        if self.lossless.len() < STREAMS {
            match name {
                b"VP8L" => self.lossless.push(Lossless { range: start..start + body.len(), size: None }),
                // The lowest two bits say how: 1 is lossless coding, without a header.
                b"ALPH" if body.first().is_some_and(|how| how & 3 == 1) => {
                    self.lossless.push(Lossless { range: start + 1..start + body.len(), size: canvas });
                }
                _ => {}
            }
        }
        size
    }
}

/// Lossless streams to look at: a frame has one, or one for its alpha.
const STREAMS: usize = 2;

/// Chunks to look at before giving up on a file made of them.
const CHUNKS: usize = 10_000;

/// Reads a WebP's chunks: the size from the first that has one, metadata wherever it is.
pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let mut found = Probe { kind: Kind::Webp, ..Probe::default() };
    let mut at = 12;
    let mut header = Header::default();
    for _ in 0..CHUNKS {
        let (Some(name), Some(length)) = (bytes.get(at..at + 4), le32(bytes, at + 4)) else { break };
        let start = at + 8;
        let Some(end) = start.checked_add(length as usize) else { break };
        let body = bytes.get(start..end.min(bytes.len())).unwrap_or_default();
        match name {
            b"VP8X" => {
                found.size = found.size.or(canvas(body));
                header.animated |= body.first().is_some_and(|flags| flags & 2 == 2);
            }
            b"VP8 " | b"VP8L" | b"ALPH" => {
                let frame = header.note(name, body, start, found.size);
                found.size = found.size.or(frame);
            }
            // Place, size, time and flags of a frame, and then its chunks: alpha may come before the colours.
            b"ANMF" => {
                let frame = body.get(6..).and_then(edges);
                let mut inner = 16;
                for _ in 0..4 {
                    let (Some(name), Some(length)) = (body.get(inner..inner + 4), le32(body, inner + 4))
                    else {
                        break;
                    };
                    let Some(end) = (inner + 8).checked_add(length as usize) else { break };
                    let within = body.get(inner + 8..end.min(body.len())).unwrap_or_default();
                    header.note(name, within, start + inner + 8, frame);
                    inner = end + end % 2;
                }
            }
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
    found.still = Some(Still::Webp(header));
    found.orientation = exif_orientation(bytes, found.exif.as_ref());
    found
}

/// VP8X: flags, and then the edges.
fn canvas(body: &[u8]) -> Option<(u32, u32)> {
    edges(body.get(4..)?)
}

/// 24 bits each of width and height, both less one.
fn edges(bytes: &[u8]) -> Option<(u32, u32)> {
    let &[w0, w1, w2, h0, h1, h2] = bytes.first_chunk()?;
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
