//! Colours, against what `LittleCMS` makes of the same samples and profiles.
//!
//! Like `photos`, over the folder of photos where there is one; what `LittleCMS` said is in `expected/colour.tsv`, made by
//! `expected/colour.py`. Display P3 and Adobe RGB, of which the folder has no file, are compared with their standards
//! beside the code.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tintype_imaging::{Budget, render};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::fixtures::{unpacked, with_segment};
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
