//! Every file of the folder of photos, against what Pillow and djpeg said of it.
//!
//! The folder is no part of the project: `TINTYPE_PHOTOS`, or `../shared/photos` beside the repository. Without it
//! there is nothing to compare, and the tests here say so and pass. What the others said is in `expected/photos.tsv`,
//! made by `expected/make.py`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::fixtures::{distance, unpacked};
use tintype_imaging::{Budget, Rendering, inspect, render};

/// Where this crate knowingly says otherwise than Pillow and djpeg together, and why.
const DIFFERENCES: &[(&str, &str)] = &[
    ("cameras/tiff/Arbitro.tiff", TIFF),
    ("cameras/tiff/BSG1.tiff", TIFF),
    ("cameras/tiff/DudleyLeavittUtah.tiff", TIFF),
    ("cameras/tiff/Jobagent.tiff", TIFF),
    ("cameras/tiff/Picoawards.tiff", TIFF),
    ("cameras/tiff/Rudless.tiff", TIFF),
    ("cameras/tiff/Tless0.tiff", TIFF),
    ("formats/formats/avif/10bit-HDR-P3-nclx.avif", AVIF),
    ("formats/formats/avif/8bit-sRGB.avif", AVIF),
];

const TIFF: &str = "scans and exports, not photos of cameras: kept without preview for now";
const AVIF: &str = "no decoder in use here; one of AV1 is larger than all of this crate";

/// The mean difference, of 255, between 4 x 4 means of a picture here and in Pillow. What is left at this distance is
/// WebP's loss, rounding, and resampling; a picture turned wrongly or in wrong colours is several times as far.
const DISTANCE: f64 = 3.0;

/// The same for pictures with an edge of less than 64 pixels: WebP keeps colour for squares of 2 x 2, and of those few
/// are left in a sixteenth of such a picture.
const DISTANCE_OF_TINY: f64 = 27.0;

pub(crate) fn folder() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/photos");
    let folder = std::env::var_os("TINTYPE_PHOTOS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no photos at {}", folder.display());
    None
}

struct Expected {
    path: &'static str,
    /// As looked at; `None` where Pillow fails.
    size: Option<(u32, u32)>,
    djpeg: &'static str,
    means: Vec<u8>,
}

fn expected() -> Vec<Expected> {
    let parse = |line: &'static str| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (path, size, djpeg, means) = (next(), next(), next(), next());
        let size =
            size.split_once('x').map(|(width, height)| (width.parse().unwrap(), height.parse().unwrap()));
        let means = (0..means.len() / 2)
            .map(|at| u8::from_str_radix(&means[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        Expected { path, size, djpeg, means }
    };
    include_str!("expected/photos.tsv").lines().map(parse).collect()
}

/// Means of `parts` x `parts` parts of the preview, as Pillow's box filter makes them, in RGB.
pub(crate) fn means(rendering: &Rendering, parts: u32) -> Vec<u8> {
    let (width, height, rgb) = unpacked(&rendering.variants[0].webp);
    let (width, height) = (width as u32, height as u32);
    let mut means = Vec::new();
    for row in 0..parts {
        for column in 0..parts {
            let part = |index: u32, edge: u32| {
                let at = |index: u32| f64::from(index * edge) / f64::from(parts);
                (at(index), at(index + 1))
            };
            let ((left, right), (top, bottom)) = (part(column, width), part(row, height));
            let (mut sums, mut weights) = ([0.0; 3], 0.0);
            for y in top as u32..bottom.ceil() as u32 {
                for x in left as u32..right.ceil() as u32 {
                    let cover =
                        |at: u32, from: f64, to: f64| (f64::from(at) + 1.0).min(to) - f64::from(at).max(from);
                    let weight = cover(x, left, right) * cover(y, top, bottom);
                    let at = ((y * width + x) * 3) as usize;
                    for (sum, &sample) in sums.iter_mut().zip(&rgb[at..at + 3]) {
                        *sum += weight * f64::from(sample);
                    }
                    weights += weight;
                }
            }
            means.extend(sums.map(|sum| (sum / weights).round() as u8));
        }
    }
    means
}

/// What is wrong with a file's rendering, if anything is.
fn complaint(expected: &Expected, bytes: &[u8]) -> Option<String> {
    let rendered = render(bytes, &Budget::default());
    let Some((width, height)) = expected.size else {
        // Both fail; where one of them shows something, so may this crate.
        let failed = matches!(expected.djpeg, "fails" | "-");
        return (failed && rendered.is_ok()).then(|| "shown here alone".to_owned());
    };
    let rendering = match rendered {
        Ok(rendering) => rendering,
        Err(rejected) if matches!(expected.djpeg, "clean" | "-") => {
            return Some(format!("rejected: {rejected}"));
        }
        Err(_) => return None,
    };
    if rendering.width.abs_diff(width) > 1 || rendering.height.abs_diff(height) > 1 {
        return Some(format!("{} x {} instead of {width} x {height}", rendering.width, rendering.height));
    }
    let facts = inspect(bytes);
    if (facts.width, facts.height) != (Some(rendering.width), Some(rendering.height)) {
        return Some(format!("inspected as {:?} x {:?}", facts.width, facts.height));
    }
    let distance = distance(&means(&rendering, 4), &expected.means);
    let allowed = if width.min(height) < 64 { DISTANCE_OF_TINY } else { DISTANCE };
    (distance > allowed && expected.djpeg != "warns").then(|| format!("{distance:.1} of 255 away"))
}

#[test]
fn every_photo_is_shown_as_pillow_and_djpeg_show_it() {
    let Some(folder) = folder() else { return };
    let mut known: BTreeMap<_, _> = DIFFERENCES.iter().copied().collect();
    let mut report = String::new();
    let mut seen = 0;
    for expected in expected() {
        let Ok(bytes) = fs::read(folder.join(expected.path)) else { continue };
        seen += 1;
        match (complaint(&expected, &bytes), known.remove(expected.path)) {
            (Some(complaint), None) => writeln!(report, "{}: {complaint}", expected.path).unwrap(),
            (None, Some(_)) => writeln!(report, "{}: no longer differs", expected.path).unwrap(),
            _ => {}
        }
    }
    assert!(seen > 300, "only {seen} of the photos are there");
    assert!(known.is_empty(), "not in the folder, or not in the list: {known:?}");
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn no_variant_of_any_photo_carries_metadata() {
    let Some(folder) = folder() else { return };
    let mut with_place = 0;
    for expected in expected() {
        let Ok(bytes) = fs::read(folder.join(expected.path)) else { continue };
        let Ok(rendering) = render(&bytes, &Budget::default()) else { continue };
        with_place += usize::from(inspect(&bytes).place.is_some());
        for variant in rendering.variants {
            // A lossy frame and nothing after it: there is no room for EXIF, XMP or a profile.
            let frame = u32::from_le_bytes(variant.webp[16..20].try_into().unwrap()) as usize;
            assert_eq!(&variant.webp[8..16], b"WEBPVP8 ", "{}", expected.path);
            assert_eq!(variant.webp.len(), 20 + frame, "{}", expected.path);
        }
    }
    assert!(with_place >= 20, "only {with_place} photos tell their place");
}
