//! What `render` makes of files that are cut, damaged, or no pictures at all.

use crate::fixtures::{declaring, jpeg, photo, png, rendered, scene, unpacked, with_orientation};
use tintype_imaging::{Budget, Rejected, inspect, render};
use turbojpeg::Subsamp;

#[test]
fn what_is_no_image_is_said_to_be_none() {
    for bytes in [
        &b""[..],
        b"\xFF",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>",
        b"%PDF-1.7",
        &[0; 4096],
    ] {
        assert_eq!(render(bytes, &Budget::default()).unwrap_err(), Rejected::NotAnImage);
    }
}

#[test]
fn a_photo_that_stops_early_shows_what_is_there() {
    let whole = photo(1200, 800);
    let rendering = rendered(&whole[..whole.len() * 3 / 4]);
    assert_eq!((rendering.width, rendering.height), (1200, 800));
    let nothing = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 14;
    assert_eq!(render(&whole[..nothing], &Budget::default()).unwrap_err().code(), "broken");
}

/// The last scan, which only refines, is left out of large progressive photos; not where nothing else is left.
#[test]
fn a_large_progressive_photo_full_of_zeros_shows_what_is_there() {
    let mut state = 1_u32;
    let mut grainy = scene(4096, 512);
    for sample in &mut grainy {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = sample.saturating_add((state >> 27) as u8);
    }
    let whole = jpeg(&grainy, 4096, 512, Subsamp::Sub2x2, true);
    let scans: Vec<usize> = (0..whole.len()).filter(|&at| whole[at..].starts_with(&[0xFF, 0xDA])).collect();
    let (first, last) = (scans[0] + 14, scans[scans.len() - 1]);
    let tables = whole[..last].windows(2).rposition(|pair| pair == [0xFF, 0xC4]).unwrap();
    let (half, end) = (whole.len() / 2, whole.len());
    for zeros in [first..tables, half..end, half..end - 2, last + 10..end, last + 10..end - 2] {
        let mut damaged = whole.clone();
        damaged[zeros.clone()].fill(0);
        let (_, _, rgb) = unpacked(&rendered(&damaged).variants[0].webp);
        let (darkest, brightest) = (rgb.iter().min().unwrap(), rgb.iter().max().unwrap());
        assert!(brightest - darkest > 3, "{zeros:?} of {}: {darkest} to {brightest}", whole.len());
    }
}

#[test]
fn every_truncation_ends_well() {
    let jpeg = with_orientation(&photo(64, 48), 6);
    let png = png(32, 32, png::ColorType::Rgb, png::BitDepth::Eight, &scene(32, 32));
    let webp = rendered(&jpeg).variants.remove(0).webp;
    for whole in [jpeg, png, webp] {
        for end in 0..whole.len() {
            let _ = render(&whole[..end], &Budget::default());
        }
    }
}

/// Failure 12: 1,000 mutated files. The seed is fixed; what one run survives, the next does.
#[test]
fn a_thousand_damaged_files_end_well() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let seeds = [
        with_orientation(&photo(160, 96), 6),
        jpeg(&scene(97, 61), 97, 61, Subsamp::None, true),
        png(64, 48, png::ColorType::Rgb, png::BitDepth::Eight, &scene(64, 48)),
        rendered(&photo(120, 90)).variants.remove(0).webp,
    ];
    let mut shown = 0;
    for _ in 0..1000 {
        let mut damaged = seeds[random(seeds.len())].clone();
        for _ in 0..=random(8) {
            let at = random(damaged.len());
            damaged[at] = u8::try_from(random(256)).unwrap();
        }
        inspect(&damaged);
        match render(&damaged, &Budget::default()) {
            Ok(rendering) => {
                assert!(
                    rendering.variants.iter().all(|variant| variant.width <= 2048 && variant.height <= 2048)
                );
                shown += 1;
            }
            Err(rejected) => assert!(!rejected.to_string().is_empty()),
        }
    }
    assert!(shown > 300, "only {shown} were shown");
}

#[test]
fn a_header_that_declares_too_much_is_refused_before_decoding() {
    let bytes = declaring(&photo(640, 480), 65_500, 65_500);
    assert_eq!(render(&bytes, &Budget::default()).unwrap_err().code(), "too_large");
    let tall = declaring(&photo(64, 48), 20_000, 14_000);
    assert_eq!(render(&tall, &Budget::default()).unwrap_err().code(), "broken");
}
