//! First step: what the bytes are, and where in them metadata and pixels lie.
//!
//! Reads headers alone, with code of this crate, since metadata is what survives in the oddest states and no decoder
//! needs to see a file that the limits refuse. Never fails: what is not understood is absent.

pub(crate) mod bmff;
mod cr3;
pub(crate) mod gif;
mod heif;
pub(crate) mod jpeg;
pub(crate) mod png;
mod raw;
mod vp8l;
pub(crate) mod webp;

use std::ops::Range;

use crate::{Kind, Orientation, Raw, exif, tiff};

/// What is known of a file before anything is decoded.
#[derive(Default)]
pub(crate) struct Probe {
    /// What it is.
    pub(crate) kind: Kind,
    /// Width and height in pixels as stored, before orientation. Neither is zero.
    pub(crate) size: Option<(u32, u32)>,
    /// How to turn what is stored.
    pub(crate) orientation: Orientation,
    /// Where the EXIF block lies: a TIFF structure from its byte order mark on.
    pub(crate) exif: Option<Range<usize>>,
    /// Where those of its directories lie that are blocks of their own.
    pub(crate) apart: Apart,
    /// Where the XMP packet lies.
    pub(crate) xmp: Option<Range<usize>>,
    /// Where the ICC profile's parts lie, in order.
    pub(crate) icc: Vec<Range<usize>>,
    /// Whether what lies there is compressed, as it is in PNG (RFC 1950).
    pub(crate) icc_is_compressed: bool,
    /// What can be decoded.
    pub(crate) still: Option<Still>,
}

impl Probe {
    /// Width and height in pixels as looked at.
    pub(crate) fn shown_size(&self) -> Option<(u32, u32)> {
        self.size.map(|(width, height)| self.orientation.as_shown(width, height))
    }
}

/// Directories of EXIF that the main one does not point to, as in CR3: each the first of a TIFF structure.
#[derive(Default)]
pub(crate) struct Apart {
    pub(crate) exif: Option<Range<usize>>,
    pub(crate) gps: Option<Range<usize>>,
}

/// A picture that there is a decoder for.
pub(crate) enum Still {
    /// The file's own JPEG, or one that it embeds.
    Jpeg { range: Range<usize>, header: jpeg::Header },
    /// PNG.
    Png(png::Header),
    /// WebP.
    Webp(webp::Header),
    /// GIF.
    Gif,
}

/// Reads the headers of a file. Accepts any bytes.
pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let kind = Kind::from_signature(bytes);
    let mut found = match kind {
        Kind::Jpeg => jpeg::probe(bytes),
        Kind::Png => png::probe(bytes),
        Kind::Webp => webp::probe(bytes),
        Kind::Gif => gif::probe(bytes),
        Kind::Heic | Kind::Avif => heif::probe(bytes, kind),
        Kind::Raw(Raw::Cr3) => cr3::probe(bytes),
        Kind::Tiff | Kind::Raw(_) => raw::probe(bytes, kind),
        Kind::Jxl | Kind::Bmp | Kind::Video(_) | Kind::Unknown => Probe::default(),
    };
    if found.kind == Kind::Unknown {
        found.kind = kind;
    }
    found
}

/// The orientation that an EXIF block asks for; upright if it says nothing.
pub(crate) fn exif_orientation(bytes: &[u8], exif: Option<&Range<usize>>) -> Orientation {
    exif.and_then(|range| bytes.get(range.clone()))
        .and_then(tiff::Tiff::new)
        .and_then(|tiff| exif::orientation(&tiff))
        .unwrap_or_default()
}

/// `None` unless both edges have pixels.
pub(crate) fn size(width: u32, height: u32) -> Option<(u32, u32)> {
    (width > 0 && height > 0).then_some((width, height))
}

/// Two bytes as a big-endian number.
pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Four bytes as a big-endian number.
pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Eight bytes as a big-endian number.
pub(crate) fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Two bytes as a little-endian number.
pub(crate) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Four bytes as a little-endian number.
pub(crate) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
