//! Second step: what decoding would take, from the header alone, against what there is.

use crate::probe::{self, Probe, Still};
use crate::rejected::Rejected;
use crate::variants::LONGEST_EDGE;

/// How much memory [`crate::render`] may use.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Bytes at the peak, the file itself included.
    pub bytes: usize,
}

impl Default for Budget {
    /// 384 MiB: what a Lambda function of 512 MB can spare beside its runtime and the SDK.
    fn default() -> Self {
        Self { bytes: 384 << 20 }
    }
}

/// How to decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// JPEG: decode to this many eighths of the size, 1 to 8.
    pub(crate) eighths: u8,
    /// Other kinds: average squares of this many pixels a side while decoding.
    pub(crate) shrink: usize,
    /// Bytes that the decoder may use.
    pub(crate) bytes: usize,
}

/// Pixels that are decoded at most, since even at an eighth of the size every coefficient costs time: some 5 s of CPU.
const PIXELS: u64 = 600_000_000;

/// Blocks that a byte of a Huffman-coded file can hold at most, at one bit for each, and four times that. A file that
/// declares still more holds less than a quarter of its picture, and all that it does is to keep a decoder busy with
/// nothing: so the time is bounded by the bytes that someone went to the length of sending.
const BLOCKS_PER_BYTE: u64 = 8 * 4;

/// Blocks of a JPEG times its scans: a scan may say of thousands of blocks in two bytes that nothing changes, and still
/// each is gone through. Some 4 s of CPU; a progressive photo of 100 MP comes to a quarter.
const BLOCKS_IN_SCANS: u64 = 100_000_000;

/// The same in arithmetic coding, where a byte can hold any number of blocks, and each costs up to a microsecond.
const ARITHMETIC_BLOCKS: u64 = 8_000_000;

/// Bytes that a PNG may inflate to, each row counted as a few hundred more for what it costs by itself; some 5 s of CPU.
const PNG_BYTES: u64 = 2_500_000_000;
const PNG_ROW: u64 = 256;

/// What the steps after decoding hold at once: planes before and after a resize, turned ones, libwebp's work.
/// Measured at 23 MB for previews of 2048 x 2048 in RGB.
const AFTER: u64 = 32 << 20;

/// Decides how to decode, or why not. Nothing larger than a header has been allocated so far.
pub(crate) fn plan(found: &Probe, bytes: &[u8], budget: Budget) -> Result<Plan, Rejected> {
    let Some(still) = &found.still else {
        return Err(if found.kind == crate::Kind::Unknown {
            Rejected::NotAnImage
        } else {
            Rejected::unsupported(found.kind)
        });
    };
    let (width, height) = match still {
        Still::Jpeg { header, .. } => {
            check_process(header)?;
            probe::size(header.width.into(), header.height.into())
        }
        Still::Png(header) => probe::size(header.width, header.height),
        Still::Webp(_) | Still::Gif => found.size,
    }
    .ok_or_else(|| Rejected::broken("it has no size"))?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS {
        return Err(Rejected::TooLarge { why: format!("{width} x {height} pixels") });
    }
    check_time(still, bytes)?;
    let long = width.max(height);
    let eighths = eighths(long);
    let shrink = (long / LONGEST_EDGE).max(1) as usize;
    let decoder = match still {
        Still::Jpeg { range, header } => {
            let scaled = pixels * u64::from(eighths).pow(2) / 64;
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an estimate of at most 2^34, above zero"
            )]
            let samples = (scaled as f64 * header.samples_per_pixel().max(1.5)) as u64;
            // A file whose header has to be mended is copied.
            range.len() as u64 + header.coefficient_bytes() + samples
        }
        Still::Png(header) => {
            let row = u64::from(width) * 8 + u64::from(width) * 3 * 4;
            let whole = if header.interlaced { pixels * u64::from(header.samples) * 2 } else { 0 };
            row + whole + pixels * 3 / (shrink as u64).pow(2)
        }
        // The decoders hold planes or indices, and then the whole picture in RGBA; averaged, it is small.
        Still::Webp(header) => {
            let pixels = pixels.max(header.largest_frame);
            // An animation's frame, canvas and picture are there at once.
            pixels * if header.animated { 14 } else { 10 } + header.code_bytes(bytes)
        }
        Still::Gif => pixels * 8,
    };
    let needed = bytes.len() as u64 + decoder + AFTER.min(pixels * 24);
    let Some(left) = (budget.bytes as u64).checked_sub(needed) else {
        let why = format!("it takes {} MB, and {} MB is allowed", needed >> 20, budget.bytes >> 20);
        return Err(Rejected::TooLarge { why });
    };
    Ok(Plan { eighths, shrink, bytes: usize::try_from(decoder + left).unwrap_or(usize::MAX) })
}

/// Refuses what would take long, whatever memory it takes.
fn check_time(still: &Still, bytes: &[u8]) -> Result<(), Rejected> {
    match still {
        Still::Jpeg { range, header } => {
            let file = bytes.get(range.clone()).unwrap_or_default();
            if !header.is_arithmetic() && header.blocks() > BLOCKS_PER_BYTE * file.len() as u64 {
                return Err(Rejected::broken("it holds a small part of the picture that it declares"));
            }
            // No two other bytes of a scan look like the marker of the next.
            let scans = || file.windows(2).filter(|pair| *pair == [0xFF, 0xDA]).count().max(1) as u64;
            let (scans, limit) = match (header.is_arithmetic(), header.is_progressive()) {
                (true, _) => (scans(), ARITHMETIC_BLOCKS),
                (false, true) => (scans(), BLOCKS_IN_SCANS),
                (false, false) => (1, BLOCKS_IN_SCANS),
            };
            if header.blocks() * scans > limit {
                let why = format!("{} blocks in {scans} scans", header.blocks());
                return Err(Rejected::TooLarge { why });
            }
            Ok(())
        }
        Still::Png(header) => {
            let row = (u64::from(header.width) * u64::from(header.bits)).div_ceil(8) + PNG_ROW;
            let bytes = row * u64::from(header.height);
            let why = || format!("{bytes} bytes in {} rows", header.height);
            (bytes <= PNG_BYTES).then_some(()).ok_or_else(|| Rejected::TooLarge { why: why() })
        }
        _ => Ok(()),
    }
}

/// A quarter of the 8,064 pixels of a 48 megapixel photo of a phone.
const NEARLY_LONGEST: u64 = 2016;

/// The smallest scale in eighths that leaves a long edge not under the largest variant's; 8 if nothing does.
///
/// Phones' 4,032 and 8,064 pixels come to 2,016 at a half and a quarter, which is nearly enough. Measured: a quarter
/// instead of three eighths saves 5 % of the time and a quarter of the memory, and the preview, brought to 2,048, takes
/// 0.7 to 1.4 % more bytes for the same SSIMULACRA2, still fewer than sharp's: it is taken. A half instead of five
/// eighths takes 2 to 5 % more bytes. Those are stored for years and sent every time: it is not.
fn eighths(long: u32) -> u8 {
    (1..8)
        .find(|&eighths| {
            let scaled = (u64::from(long) * u64::from(eighths)).div_ceil(8);
            scaled >= if eighths == 2 { NEARLY_LONGEST } else { LONGEST_EDGE.into() }
        })
        .unwrap_or(8)
}

/// Refuses what no decoder here reads, with the word for it.
fn check_process(header: &probe::jpeg::Header) -> Result<(), Rejected> {
    let unsupported = |what: &str| Err(Rejected::Unsupported { what: what.to_owned() });
    if header.sampling.is_empty() {
        return Err(Rejected::broken("it has no frame header"));
    }
    if header.is_lossless() {
        return unsupported("lossless JPEG");
    }
    if header.is_hierarchical() {
        return unsupported("hierarchical JPEG");
    }
    match header.precision {
        8 => Ok(()),
        12 => unsupported("12-bit JPEG"),
        _ => Err(Rejected::broken("no JPEG has samples of that many bits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::probe::jpeg::Header;

    fn jpeg(process: u8, width: u16, height: u16, sampling: &[(u8, u8)]) -> Probe {
        let header = Header {
            process,
            precision: 8,
            width,
            height,
            sampling: sampling.to_vec(),
            in_first_scan: sampling.len(),
            adobe: false,
        };
        Probe { kind: Kind::Jpeg, still: Some(Still::Jpeg { range: 0..FILE, header }), ..Probe::default() }
    }

    /// Bytes of the files here.
    const FILE: usize = 1 << 20;

    const YCC_420: &[(u8, u8)] = &[(2, 2), (1, 1), (1, 1)];
    const YCC_444: &[(u8, u8)] = &[(1, 1), (1, 1), (1, 1)];
    const CMYK: &[(u8, u8)] = &[(1, 1), (1, 1), (1, 1), (1, 1)];

    fn code(found: &Probe) -> &'static str {
        plan(found, &vec![0; FILE], Budget::default()).map_or_else(|rejected| rejected.code(), |_| "ok")
    }

    #[test]
    fn the_scale_is_the_smallest_that_still_fills_the_preview() {
        for (long, expected) in [
            (1, 8),
            (2048, 8),
            (2339, 8),
            (2340, 7),
            (3000, 6),
            (4032, 5),
            (4096, 4),
            (6000, 3),
            (8060, 3),
            (8064, 2),
            (8192, 2),
            (20_000, 1),
        ] {
            assert_eq!(eighths(long), expected, "{long}");
        }
    }

    #[test]
    fn what_a_function_of_512_mb_can_hold_is_decoded() {
        assert_eq!(code(&jpeg(0, 20_000, 14_000, YCC_420)), "ok");
        assert_eq!(code(&jpeg(2, 8064, 6048, YCC_420)), "ok");
        assert_eq!(code(&jpeg(2, 6000, 4000, CMYK)), "ok");
    }

    #[test]
    fn a_large_picture_takes_more_than_a_few_bytes() {
        let mut found = jpeg(0, 20_000, 14_000, YCC_420);
        assert_eq!(code(&found), "ok");
        found.still = found.still.map(|still| match still {
            Still::Jpeg { header, .. } => Still::Jpeg { range: 0..150_000, header },
            other => other,
        });
        assert_eq!(code(&found), "broken");
    }

    #[test]
    fn bombs_are_refused_from_the_header() {
        assert_eq!(code(&jpeg(0, 65_500, 65_500, YCC_420)), "too_large");
        assert_eq!(code(&jpeg(2, 10_000, 10_000, YCC_444)), "too_large");
        assert_eq!(code(&jpeg(2, 10_000, 10_000, CMYK)), "too_large");
    }

    #[test]
    fn a_small_budget_refuses_more() {
        let found = jpeg(2, 6000, 4000, YCC_420);
        assert!(plan(&found, &vec![0; FILE], Budget { bytes: 128 << 20 }).is_ok());
        assert!(plan(&found, &vec![0; FILE], Budget { bytes: 64 << 20 }).is_err());
        assert!(plan(&found, &vec![0; 500 << 20], Budget::default()).is_err());
    }

    #[test]
    fn what_nothing_here_decodes_is_named() {
        assert_eq!(code(&jpeg(3, 10, 10, YCC_444)), "unsupported");
        assert_eq!(code(&jpeg(0, 0, 10, YCC_444)), "broken");
        assert_eq!(code(&jpeg(0, 10, 10, &[])), "broken");
        assert_eq!(code(&Probe { kind: Kind::Heic, ..Probe::default() }), "unsupported");
        assert_eq!(code(&Probe::default()), "not_an_image");
    }
}
