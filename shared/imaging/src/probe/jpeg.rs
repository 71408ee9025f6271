//! The markers of a JPEG up to its first scan (ITU-T T.81, annex B).

use std::ops::Range;

use super::{Probe, Still, be16, exif_orientation, size};
use crate::Kind;

/// What a JPEG's frame header (SOF) and first scan header (SOS) say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// The low four bits of the frame's marker, SOF0 to SOF15: the coding process.
    pub(crate) process: u8,
    /// Bits in a sample.
    pub(crate) precision: u8,
    /// Pixels in a line.
    pub(crate) width: u16,
    /// Lines. 0 means that a DNL marker tells later, which nothing writes and no decoder here reads.
    pub(crate) height: u16,
    /// Horizontal and vertical sampling factor of every component.
    pub(crate) sampling: Vec<(u8, u8)>,
    /// Components in the first scan. Fewer than the frame has: the decoder must hold the whole picture's coefficients.
    pub(crate) in_first_scan: usize,
    /// Whether an Adobe APP14 marker is there; if so, CMYK is stored inverted.
    pub(crate) adobe: bool,
}

impl Header {
    /// Huffman or arithmetic coding in several passes of rising precision (SOF2, SOF6, SOF10, SOF14).
    pub(crate) fn is_progressive(&self) -> bool {
        matches!(self.process, 2 | 6 | 10 | 14)
    }

    /// Arithmetic coding instead of Huffman's (SOF9 to SOF15).
    pub(crate) fn is_arithmetic(&self) -> bool {
        self.process > 8
    }

    /// Predictive coding instead of a DCT (SOF3, SOF7, SOF11, SOF15).
    pub(crate) fn is_lossless(&self) -> bool {
        matches!(self.process, 3 | 7 | 11 | 15)
    }

    /// A picture built up from smaller ones (SOF5 to SOF7, SOF13 to SOF15).
    pub(crate) fn is_hierarchical(&self) -> bool {
        matches!(self.process, 5 | 6 | 7 | 13 | 14 | 15)
    }

    /// Pixels of the frame.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Bytes of coefficients that a decoder holds at once: none if one scan brings all components, line by line;
    /// otherwise two for every sample of every block of the picture.
    pub(crate) fn coefficient_bytes(&self) -> u64 {
        if !self.is_progressive() && self.in_first_scan >= self.sampling.len() {
            return 0;
        }
        self.blocks() * 64 * 2
    }

    /// Blocks of 8 x 8 samples, of all components.
    pub(crate) fn blocks(&self) -> u64 {
        let (h_max, v_max) = self.largest_sampling();
        let mcus = u64::from(self.width).div_ceil(8 * h_max) * u64::from(self.height).div_ceil(8 * v_max);
        let blocks_in_mcu: u64 =
            self.sampling.iter().map(|&(h, v)| u64::from(h.max(1)) * u64::from(v.max(1))).sum();
        mcus * blocks_in_mcu
    }

    /// Samples of all components for each pixel, of which 4:2:0 has 1.5.
    pub(crate) fn samples_per_pixel(&self) -> f64 {
        let (h_max, v_max) = self.largest_sampling();
        #[expect(clippy::cast_precision_loss, reason = "sampling factors are below 16")]
        let largest = (h_max * v_max) as f64;
        self.sampling.iter().map(|&(h, v)| f64::from(h.max(1)) * f64::from(v.max(1)) / largest).sum()
    }

    fn largest_sampling(&self) -> (u64, u64) {
        let h = self.sampling.iter().map(|&(h, _)| h).max().unwrap_or(1);
        let v = self.sampling.iter().map(|&(_, v)| v).max().unwrap_or(1);
        (u64::from(h.max(1)), u64::from(v.max(1)))
    }
}

/// Reads a JPEG's markers up to its first scan.
pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let mut found = Probe { kind: Kind::Jpeg, ..Probe::default() };
    let mut header = Header::default();
    let mut icc: Vec<(u8, Range<usize>)> = Vec::new();
    let mut segments = Segments { bytes, at: 2 };
    while let Some((marker, range)) = segments.next_segment() {
        let body = &bytes[range.clone()];
        match marker {
            // EXIF 2.32, 4.7.2. Two bytes follow the name, both zero; some writers put other things there.
            0xE1 if body.starts_with(b"Exif\0") && found.exif.is_none() => {
                found.exif = range
                    .start
                    .checked_add(6)
                    .filter(|&start| start < range.end)
                    .map(|start| start..range.end);
            }
            0xE1 if body.starts_with(XMP) && found.xmp.is_none() => {
                found.xmp = Some(range.start + XMP.len()..range.end);
            }
            // ICC.1:2022, annex B.4: name, number of this part, number of parts, part.
            0xE2 if body.starts_with(ICC) => {
                if let Some(&number) = body.get(ICC.len()) {
                    icc.push((number, (range.start + ICC.len() + 2).min(range.end)..range.end));
                }
            }
            0xEE if body.starts_with(b"Adobe") && body.len() >= 12 => header.adobe = true,
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) && header.sampling.is_empty() => {
                header.read_frame(marker, body);
            }
            0xDA => {
                header.in_first_scan = body.first().map_or(0, |&count| usize::from(count));
                break;
            }
            _ => {}
        }
    }
    icc.sort_by_key(|part| part.0);
    found.icc = icc.into_iter().map(|(_, range)| range).collect();
    found.orientation = exif_orientation(bytes, found.exif.as_ref());
    found.size = size(header.width.into(), header.height.into());
    found.still = Some(Still::Jpeg { range: 0..bytes.len(), header });
    found
}

/// A JPEG inside of another file, if there is one in that range that can be decoded.
pub(crate) fn embedded(bytes: &[u8], range: Range<usize>) -> Option<(Range<usize>, Header)> {
    // Writers round the length up; what the file does not have, the picture did not need.
    let range = range.start..range.end.min(bytes.len());
    let inner = bytes.get(range.clone()).filter(|inner| inner.starts_with(&[0xFF, 0xD8, 0xFF]))?;
    let Some(Still::Jpeg { header, .. }) = probe(inner).still else { return None };
    let shown = matches!(header.process, 0..=2) && header.precision == 8 && header.pixels() > 0;
    shown.then_some((range, header))
}

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

impl Header {
    fn read_frame(&mut self, marker: u8, body: &[u8]) {
        let (Some(&precision), Some(height), Some(width), Some(&components)) =
            (body.first(), be16(body, 1), be16(body, 3), body.get(5))
        else {
            return;
        };
        self.process = marker & 0x0F;
        self.precision = precision;
        self.width = width;
        self.height = height;
        let (described, _) = body[6..].as_chunks::<3>();
        self.sampling = described
            .iter()
            .take(components.into())
            .map(|&[_, sampling, _]| (sampling >> 4, sampling & 0x0F))
            .collect();
    }
}

/// Walks from marker to marker as libjpeg does: junk before one is skipped, so are fill bytes.
pub(crate) struct Segments<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl Segments<'_> {
    /// The next marker with a body, and where the body lies, without its length. `None` at the end of the picture or
    /// of the file; a body that the file cuts short is cut short here.
    pub(crate) fn next_segment(&mut self) -> Option<(u8, Range<usize>)> {
        loop {
            self.at += self.bytes.get(self.at..)?.iter().position(|&byte| byte == 0xFF)?;
            self.at += self.bytes.get(self.at..)?.iter().position(|&byte| byte != 0xFF)?;
            let marker = self.bytes[self.at];
            self.at += 1;
            match marker {
                // Stuffing, TEM, RST0 to RST7 and SOI stand alone.
                0x00 | 0x01 | 0xD0..=0xD8 => {}
                0xD9 => return None,
                _ => {
                    let length = usize::from(be16(self.bytes, self.at)?).max(2);
                    let end = (self.at + length).min(self.bytes.len());
                    let range = self.at + 2..end;
                    self.at = end;
                    return (range.start <= range.end).then_some((marker, range));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOI, a frame header as given, and a scan header naming `in_first_scan` components.
    fn jpeg(marker: u8, width: u16, height: u16, sampling: &[u8], in_first_scan: u8) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, marker];
        bytes.extend(u16::try_from(8 + 3 * sampling.len()).unwrap().to_be_bytes());
        bytes.push(8);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.push(u8::try_from(sampling.len()).unwrap());
        for (id, &factors) in (1..).zip(sampling) {
            bytes.extend([id, factors, 0]);
        }
        bytes.extend([0xFF, 0xDA, 0, 8, in_first_scan]);
        bytes
    }

    fn header(bytes: &[u8]) -> Header {
        match probe(bytes).still {
            Some(Still::Jpeg { header, .. }) => header,
            _ => panic!("a JPEG"),
        }
    }

    #[test]
    fn one_scan_of_all_components_needs_no_coefficients() {
        assert_eq!(header(&jpeg(0xC0, 4000, 3000, &[0x22, 0x11, 0x11], 3)).coefficient_bytes(), 0);
    }

    #[test]
    fn progressive_holds_3_bytes_a_pixel_at_420_and_6_at_444() {
        let pixels = 1600 * 1600;
        assert_eq!(header(&jpeg(0xC2, 1600, 1600, &[0x22, 0x11, 0x11], 3)).coefficient_bytes(), 3 * pixels);
        assert_eq!(header(&jpeg(0xC2, 1600, 1600, &[0x11, 0x11, 0x11], 1)).coefficient_bytes(), 6 * pixels);
        assert_eq!(header(&jpeg(0xC2, 1600, 1600, &[0x11; 4], 1)).coefficient_bytes(), 8 * pixels);
    }

    #[test]
    fn baseline_in_several_scans_holds_coefficients_too() {
        assert_eq!(header(&jpeg(0xC0, 1600, 1600, &[0x11; 3], 1)).coefficient_bytes(), 6 * 1600 * 1600);
    }

    #[test]
    fn junk_and_fill_bytes_before_a_marker_are_skipped() {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, 2, 1, 2, 3, 0xFF, 0x00, 0xFF, 0xFF];
        bytes.extend(&jpeg(0xC0, 7, 5, &[0x11], 1)[2..]);
        assert_eq!(probe(&bytes).size, Some((7, 5)));
    }

    #[test]
    fn every_truncation_is_survived() {
        let whole = jpeg(0xC2, 4000, 3000, &[0x22, 0x11, 0x11], 3);
        for end in 0..whole.len() {
            probe(&whole[..end]);
        }
    }
}
