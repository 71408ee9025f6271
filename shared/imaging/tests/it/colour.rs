//! Colours: of profiles that the tests make, and against what `LittleCMS` makes of the same samples and profiles.
//!
//! Like `photos`, over the folder of photos where there is one; what `LittleCMS` said is in `expected/colour.tsv`, made by
//! `expected/colour.py`. Display P3 and Adobe RGB, of which the folder has no file, are compared with their standards
//! beside the code.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use moxcms::{ColorProfile, Layout, TransformOptions};
use tintype_imaging::{Budget, render};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

use crate::fixtures::{
    assert_shows_scene, distance, jpeg, photo, rendered, scene, unpacked, with_profile, with_segment,
};
use crate::photos::{folder, means};

/// The mean and the greatest distance of parts of a photo, as CIE76 delta E; a difference of 2.3 is just noticeable
/// (Sharma, Digital Color Imaging Handbook, 2003). What is left is the loss of codecs: the greatest, 4.7, is in a grey
/// picture whose every second pixel is another, and the greatest mean, 1.5, in one whose channels are XYB, not RGB.
const PHOTO: (f64, f64) = (1.6, 5.0);

/// The same for flat patches of ink.
const INK: (f64, f64) = (2.0, 6.0);

/// CIE L*a*b* of an sRGB colour (IEC 61966-2-1, CIE 15).
fn lab(rgb: &[u8]) -> [f64; 3] {
    let light = [0, 1, 2].map(|at| {
        let sample = f64::from(rgb[at]) / 255.0;
        if sample <= 0.040_45 { sample / 12.92 } else { ((sample + 0.055) / 1.055).powf(2.4) }
    });
    let rows =
        [[0.412_39, 0.357_58, 0.180_48], [0.212_64, 0.715_17, 0.072_19], [0.019_33, 0.119_19, 0.950_53]];
    let xyz = rows.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2]);
    let f = [xyz[0] / 0.950_46, xyz[1], xyz[2] / 1.089_06]
        .map(|t| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
    [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])]
}

/// Mean and greatest delta E of colours in RGB.
fn delta_e(found: &[u8], expected: &[u8]) -> (f64, f64) {
    assert_eq!(found.len(), expected.len());
    let distances: Vec<f64> = found
        .chunks(3)
        .zip(expected.chunks(3))
        .map(|(a, b)| lab(a).iter().zip(lab(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt())
        .collect();
    (distances.iter().sum::<f64>() / distances.len() as f64, distances.iter().fold(0.0, |a, &b| a.max(b)))
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// The lines of a kind: path and two more columns.
fn lines(kind: &str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("expected/colour.tsv").lines().filter_map(move |line| {
        let mut columns = line.split('\t');
        let is_kind = columns.next() == Some(kind);
        is_kind.then(|| (columns.next().unwrap(), columns.next().unwrap(), columns.next().unwrap()))
    })
}

#[test]
fn photos_in_cmyk_grey_and_wide_rgb_have_the_colours_that_littlecms_gives_them() {
    let Some(folder) = folder() else { return };
    let (mut seen, mut worst, mut report) = (0, (0.0_f64, 0.0_f64), String::new());
    for (path, profile, expected) in lines("photo") {
        let Ok(bytes) = fs::read(folder.join(path)) else { continue };
        let found = means(&render(&bytes, &Budget::default()).unwrap(), 8);
        let (mean, greatest) = delta_e(&found, &from_hex(expected));
        if mean > PHOTO.0 || greatest > PHOTO.1 {
            writeln!(report, "{path} ({profile}): mean {mean:.2}, greatest {greatest:.2}").unwrap();
        }
        seen += 1;
        worst = (worst.0.max(mean), worst.1.max(greatest));
    }
    println!("{seen} photos: delta E at most {:.2} in the mean of one, {:.2} in a part", worst.0, worst.1);
    assert!(seen > 30, "only {seen} of the photos are there");
    assert!(report.is_empty(), "\n{report}");
}

/// The ICC profile of a JPEG, of as many parts as it takes (ICC.1, annex B.4), as the segments that hold it.
fn profile_segments(jpeg: &[u8]) -> Vec<Vec<u8>> {
    let (mut at, mut segments) = (2, Vec::new());
    while jpeg[at] == 0xFF && jpeg[at + 1] != 0xDA {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        let body = &jpeg[at + 4..at + 2 + length];
        if jpeg[at + 1] == 0xE2 && body.starts_with(b"ICC_PROFILE\0") {
            segments.push(body.to_vec());
        }
        at += 2 + length;
    }
    segments
}

#[test]
fn every_mixture_of_inks_has_the_colour_that_littlecms_gives_it() {
    /// Pixels: each mixture fills a square, of which the middle is looked at.
    const SIDE: usize = 16;
    const ACROSS: usize = 25;
    let Some(folder) = folder() else { return };
    let mut presses: Vec<&str> = lines("ink").map(|(path, _, _)| path).collect();
    presses.dedup();
    assert_eq!(presses.len(), 2);
    for press in presses {
        let of_press = || lines("ink").filter(|&(path, _, _)| path == press);
        let inks: Vec<Vec<u8>> = of_press().map(|(_, ink, _)| from_hex(ink)).collect();
        assert_eq!(inks.len(), ACROSS * ACROSS);
        let width = ACROSS * SIDE;
        let mut pixels = Vec::with_capacity(width * width * 4);
        for y in 0..width {
            for x in 0..width {
                // Adobe's JPEGs hold the light that is left, not the ink.
                pixels.extend(inks[y / SIDE * ACROSS + x / SIDE].iter().map(|ink| 255 - ink));
            }
        }
        let mut compressor = Compressor::new().unwrap();
        compressor.set_quality(100).unwrap();
        compressor.set_subsamp(Subsamp::None).unwrap();
        let image =
            Image { pixels: &*pixels, width, pitch: width * 4, height: width, format: PixelFormat::CMYK };
        let mut jpeg = compressor.compress_to_vec(image).unwrap();
        for segment in profile_segments(&fs::read(Path::join(&folder, press)).unwrap()).iter().rev() {
            jpeg = with_segment(&jpeg, 0xE2, segment);
        }
        let rendering = render(&jpeg, &Budget::default()).unwrap();
        let (_, _, rgb) = unpacked(&rendering.variants[0].webp);
        let found: Vec<u8> = (0..ACROSS * ACROSS)
            .flat_map(|at| {
                let mut sums = [0_usize; 3];
                for (dy, dx) in (4..12).flat_map(|dy| (4..12).map(move |dx| (dy, dx))) {
                    let pixel = (at / ACROSS * SIDE + dy) * width + at % ACROSS * SIDE + dx;
                    for (sum, sample) in sums.iter_mut().zip(&rgb[pixel * 3..]) {
                        *sum += usize::from(*sample);
                    }
                }
                sums.map(|sum| (sum / 64) as u8)
            })
            .collect();
        let expected: Vec<u8> = of_press().flat_map(|(_, _, rgb)| from_hex(rgb)).collect();
        let (mean, greatest) = delta_e(&found, &expected);
        println!("{} inks of {press}: delta E {mean:.2} in the mean, {greatest:.2} at most", inks.len());
        assert!(mean <= INK.0 && greatest <= INK.1, "{press}: mean {mean:.2}, greatest {greatest:.2}");
    }
}

/// The scene in another colour space, stored with its profile, looks like the scene.
fn assert_profile_is_honoured(profile: &ColorProfile, what: &str) {
    let srgb = ColorProfile::new_srgb();
    let transform =
        srgb.create_transform_8bit(Layout::Rgb, profile, Layout::Rgb, TransformOptions::default()).unwrap();
    let mut wide = vec![0; 160 * 96 * 3];
    transform.transform(&scene(160, 96), &mut wide).unwrap();
    assert!(
        distance(&wide, &scene(160, 96)) > 4.0,
        "{what} must differ from sRGB for this to prove anything"
    );
    for subsamp in [Subsamp::None, Subsamp::Sub2x2] {
        let plain = jpeg(&wide, 160, 96, subsamp, false);
        assert_shows_scene(&with_profile(&plain, &profile.encode().unwrap()), 160, 96, what);
    }
}

#[test]
fn display_p3_becomes_srgb() {
    assert_profile_is_honoured(&ColorProfile::new_display_p3(), "Display P3");
}

#[test]
fn adobe_rgb_becomes_srgb() {
    assert_profile_is_honoured(&ColorProfile::new_adobe_rgb(), "Adobe RGB");
}

#[test]
fn adobe_rgb_that_only_exif_names_becomes_srgb() {
    let srgb = ColorProfile::new_srgb();
    let adobe = ColorProfile::new_adobe_rgb();
    let transform =
        srgb.create_transform_8bit(Layout::Rgb, &adobe, Layout::Rgb, TransformOptions::default()).unwrap();
    let mut wide = vec![0; 160 * 96 * 3];
    transform.transform(&scene(160, 96), &mut wide).unwrap();
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    // Three directories of one entry, each at the end of the one before: main, EXIF, interoperability.
    exif.extend(b"\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x1A\0\0\0\0");
    exif.extend(b"\0\x01\xA0\x05\0\x04\0\0\0\x01\0\0\0\x2C\0\0\0\0");
    exif.extend(b"\0\x01\0\x01\0\x02\0\0\0\x04R03\0\0\0\0\0");
    let plain = jpeg(&wide, 160, 96, Subsamp::None, false);
    assert_shows_scene(&with_segment(&plain, 0xE1, &exif), 160, 96, "R03");
}

#[test]
fn a_profile_that_is_broken_or_of_another_kind_is_passed_over() {
    let grey = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
    for icc in [&b"junk"[..], &[0; 128], &grey] {
        assert_shows_scene(&with_profile(&photo(160, 96), icc), 160, 96, "a useless profile");
    }
}

/// Inks, one solid patch each, as a JPEG stores them: cyan, magenta, yellow, black, paper, and half black.
const INKS: [[u8; 4]; 6] =
    [[255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 128]];

#[test]
fn inks_without_a_profile_are_subtracted_from_white_inverted_or_not() {
    let (width, height) = (INKS.len() * 16, 16);
    for adobe in [true, false] {
        let stored: Vec<u8> = (0..width * height)
            .flat_map(|at| INKS[at % width / 16].map(|ink| if adobe { 255 - ink } else { ink }))
            .collect();
        let mut compressor = Compressor::new().unwrap();
        compressor.set_quality(98).unwrap();
        compressor.set_subsamp(Subsamp::None).unwrap();
        for colorspace in [Colorspace::CMYK, Colorspace::YCCK] {
            compressor.set_colorspace(colorspace).unwrap();
            let image =
                Image { pixels: &*stored, width, pitch: width * 4, height, format: PixelFormat::CMYK };
            let mut file = compressor.compress_to_vec(image).unwrap();
            if !adobe {
                if colorspace == Colorspace::YCCK {
                    // Only Adobe's marker can say that this is YCCK.
                    continue;
                }
                let marker = file.windows(2).position(|pair| pair == [0xFF, 0xEE]).unwrap();
                file.drain(marker..marker + 16);
            }
            let (_, _, rgb) = unpacked(&rendered(&file).variants[0].webp);
            for (index, [cyan, magenta, yellow, black]) in INKS.into_iter().enumerate() {
                let at = (8 * width + index * 16 + 8) * 3;
                let expected = [cyan, magenta, yellow]
                    .map(|ink| ((255 - u32::from(ink)) * (255 - u32::from(black)) / 255) as u8);
                let (mean, _) = delta_e(&rgb[at..at + 3], &expected);
                assert!(
                    mean < 3.0,
                    "{colorspace:?}, adobe {adobe}: {:?} is not {expected:?}",
                    &rgb[at..at + 3]
                );
            }
        }
    }
}
