//! Leaves out of a progressive JPEG what a reduced picture does not show.
//!
//! Such a file brings its coefficients in passes, each with one more bit of them. The pass with the last bit is the
//! longest, and takes a third of all the time that a photo of 48 MP needs. At half the size or less, and where a
//! coefficient's last bit is a step of a few levels, it is noise below what WebP keeps: without it, previews need 1 to
//! 2 % fewer bytes for the same likeness to the whole photo (SSIMULACRA2).

use crate::probe::be16;
use crate::probe::jpeg::{Header, Segments};

/// The scale in eighths up to which the last bits are left out.
const LARGEST_SCALE: u8 = 4;

/// Where the 4 x 4 coefficients that the largest such scale uses stand in their order of storage, the zigzag of T.81,
/// figure 5.
const USED: [usize; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 18, 24];

/// The largest step of a used coefficient at which its last bit may go; encoders reach it at a quality of about 90.
const COARSEST_STEP: u16 = 6;

/// How much of the last scan is left. The decoder has to see that there is one, or it takes the picture for one that
/// is still arriving, and smooths it; a few blocks of it make no difference.
const LEFT: usize = 64;

/// The file without its last scan, if it is whole, and that scan does no more than to refine one component.
pub(super) fn without_last_bits<'a>(file: &'a [u8], header: &Header, eighths: u8) -> Option<&'a [u8]> {
    if !header.is_progressive() || header.is_arithmetic() || eighths > LARGEST_SCALE {
        return None;
    }
    let mut segments = Segments { bytes: file, at: 2 };
    let mut coarsest = [u16::MAX; 4];
    let mut frame: &[u8] = &[];
    let mut last = None;
    while let Some((marker, range)) = segments.next_segment() {
        let body = file.get(range.clone())?;
        match marker {
            0xDB => read_steps(body, &mut coarsest),
            0xC2 => frame = body,
            0xDA => last = Some((body, range.end)),
            _ => {}
        }
    }
    let is_whole = file.get(..segments.at)?.ends_with(&[0xFF, 0xD9]);
    let (scan, start) = last?;
    // One component, all but its first coefficient, from the second-last bit to the last (T.81, B.2.3 and G.1.1.1).
    let &[1, component, _, 1..=63, _, 0x10] = scan else { return None };
    let (components, _) = frame.get(6..)?.as_chunks::<3>();
    let &[_, _, table] = components.iter().find(|[id, ..]| *id == component)?;
    let is_fine = *coarsest.get(usize::from(table))? <= COARSEST_STEP;
    (is_whole && is_fine).then(|| file.get(..start + LEFT))?
}

/// The largest of the used steps of each table in a DQT segment (T.81, B.2.4.1).
fn read_steps(mut body: &[u8], coarsest: &mut [u16; 4]) {
    while let Some((&kind, steps)) = body.split_first() {
        let width = if kind >> 4 == 0 { 1 } else { 2 };
        let step = |index| {
            if width == 1 { steps.get(index).copied().map(u16::from) } else { be16(steps, 2 * index) }
        };
        let largest = USED.into_iter().map(|index| step(index).unwrap_or(u16::MAX)).max();
        if let Some((coarsest, largest)) = coarsest.get_mut(usize::from(kind & 0x0F)).zip(largest) {
            *coarsest = largest;
        }
        body = steps.get(64 * width..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Still, jpeg};
    use turbojpeg::{Compressor, Image, PixelFormat};

    /// A progressive JPEG of stripes, with the header that the probe reads.
    fn progressive(quality: i32) -> (Vec<u8>, Header) {
        let pixels: Vec<u8> = (0..256 * 256 * 3_u32).map(|i| (i.wrapping_mul(i) % 251) as u8).collect();
        let image =
            Image { pixels: &pixels[..], width: 256, pitch: 768, height: 256, format: PixelFormat::RGB };
        let mut compressor = Compressor::new().unwrap();
        compressor.set_progressive(true).unwrap();
        compressor.set_quality(quality).unwrap();
        let file = compressor.compress_to_vec(image).unwrap();
        let Some(Still::Jpeg { header, .. }) = jpeg::probe(&file).still else { panic!("a JPEG") };
        (file, header)
    }

    #[test]
    fn the_last_scan_of_a_fine_photo_is_left_out_at_half_the_size() {
        let (file, header) = progressive(92);
        let shorter = without_last_bits(&file, &header, 4).unwrap();
        assert!(shorter.len() < file.len() * 19 / 20, "{} of {}", shorter.len(), file.len());
        assert!(without_last_bits(&file, &header, 5).is_none());
    }

    #[test]
    fn coarse_steps_keep_their_last_bit() {
        let (file, header) = progressive(75);
        assert!(without_last_bits(&file, &header, 4).is_none());
    }

    #[test]
    fn a_file_that_is_cut_is_not_cut_again() {
        let (file, header) = progressive(92);
        assert!(without_last_bits(&file[..file.len() - 2], &header, 4).is_none());
        for end in 0..file.len() {
            assert!(without_last_bits(&file[..end], &header, 4).is_none(), "{end}");
        }
    }

    #[test]
    fn what_follows_the_photo_does_not_count() {
        let (file, header) = progressive(92);
        let two = [&file[..], &file].concat();
        assert_eq!(without_last_bits(&two, &header, 4), without_last_bits(&file, &header, 4));
    }
}
