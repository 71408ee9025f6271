//! Boxes, of which phones' and Canon's files are made (ISO/IEC 14496-12), and what their brands say.

use std::ops::Range;

use crate::kind::{Kind, Raw, Video};
use crate::probe::{be32, be64};

/// The kind of a file that begins with an `ftyp` box, by its brands.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    let length = be32(bytes, 0).map_or(0, |length| length as usize);
    let body = bytes.get(8..length.clamp(8, 264).min(bytes.len())).unwrap_or_default();
    let (brands, _) = body.as_chunks::<4>();
    // The major brand, then a version, then the compatible brands. `mif1` and `msf1` say HEIF without the codec.
    let Some(major) = brands.first() else { return Kind::Unknown };
    match major {
        b"avif" | b"avis" => Kind::Avif,
        b"mif1" | b"msf1" if brands.iter().skip(2).any(|brand| brand == b"avif") => Kind::Avif,
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Kind::Heic,
        b"crx " => Kind::Raw(Raw::Cr3),
        b"jxl " => Kind::Jxl,
        b"qt  " => Kind::Video(Video::QuickTime),
        _ => Kind::Video(Video::Mp4),
    }
}

/// A box: its name, and where its body lies.
pub(crate) struct Found {
    pub(crate) name: [u8; 4],
    pub(crate) body: Range<usize>,
}

impl Found {
    /// The body after its first bytes: version and flags, or a count.
    pub(crate) fn after(&self, bytes: usize) -> Range<usize> {
        (self.body.start + bytes).min(self.body.end)..self.body.end
    }
}

/// Boxes or entries to look at in one place before giving up on a file made of them.
pub(crate) const ENTRIES: usize = 10_000;

/// The boxes that follow each other in a range. Stops at the first that makes no sense.
pub(crate) fn boxes(bytes: &[u8], range: Range<usize>) -> impl Iterator<Item = Found> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let name = *bytes.get(at + 4..range.end)?.first_chunk()?;
        let (head, length) = match be32(bytes, at)? {
            0 => (8, range.end - at),
            1 => (16, usize::try_from(be64(bytes, at + 8)?).ok()?),
            length => (8, length as usize),
        };
        let end = at.checked_add(length).filter(|&end| end <= range.end)?;
        let body = at.checked_add(head).filter(|&start| start <= end)?..end;
        at = end;
        Some(Found { name, body })
    })
    .take(ENTRIES)
}

#[cfg(test)]
pub(crate) mod tests {
    /// A box with this body.
    pub(crate) fn boxed(name: [u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &name, body].concat()
    }
}
