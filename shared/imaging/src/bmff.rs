//! Reads the boxes of HEIF and its relatives (ISO/IEC 14496-12 and 23008-12).

use crate::kind::{Kind, Raw, Video};
use crate::probe::Probe;

/// The kind of a file that begins with an `ftyp` box, by its brands.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    let length = crate::probe::be32(bytes, 0).map_or(0, |length| length as usize);
    let body = bytes.get(8..length.clamp(8, 264).min(bytes.len())).unwrap_or_default();
    let (brands, _) = body.as_chunks::<4>();
    // The major brand, then a version, then the compatible brands. `mif1` and `msf1` say HEIF without the codec.
    let Some(major) = brands.first() else { return Kind::Unknown };
    let compatible = || brands.iter().skip(2);
    match major {
        b"avif" | b"avis" => Kind::Avif,
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Kind::Heic,
        b"mif1" | b"msf1" => {
            if compatible().any(|brand| brand == b"avif") {
                Kind::Avif
            } else {
                Kind::Heic
            }
        }
        b"crx " => Kind::Raw(Raw::Cr3),
        b"jxl " => Kind::Jxl,
        b"qt  " => Kind::Video(Video::QuickTime),
        _ => Kind::Video(Video::Mp4),
    }
}

/// Reads what HEIF says of its primary picture.
pub(crate) fn probe(_bytes: &[u8], kind: Kind) -> Probe {
    Probe { kind, ..Probe::default() }
}
