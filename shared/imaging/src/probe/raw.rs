//! Finds the JPEG that a raw file carries for its camera's display.
//!
//! A raw file is developed by its owner's software; what stands in for it here is what the camera showed. Most formats
//! are TIFF directories, in which such a picture is recognized by its tags, whoever made the camera.

use std::ops::Range;

use crate::kind::{Kind, Raw};
use crate::probe::{Probe, Still, be32, exif_orientation, jpeg, size};
use crate::tiff::{Directory, Tiff};

/// Reads a TIFF's or a raw file's directories.
pub(crate) fn probe(bytes: &[u8], kind: Kind) -> Probe {
    match kind {
        Kind::Raw(Raw::Raf) => raf(bytes),
        _ => Tiff::new(bytes).map(|tiff| directories(bytes, tiff, kind)).unwrap_or_default(),
    }
}

/// Directories to look at: no camera writes more than a handful.
const DIRECTORIES: usize = 16;

mod tag {
    pub(super) const RW2_JPEG: u16 = 0x002E;
    pub(super) const WIDTH: u16 = 0x0100;
    pub(super) const HEIGHT: u16 = 0x0101;
    pub(super) const COMPRESSION: u16 = 0x0103;
    pub(super) const PHOTOMETRIC: u16 = 0x0106;
    pub(super) const MAKE: u16 = 0x010F;
    pub(super) const STRIP_OFFSETS: u16 = 0x0111;
    pub(super) const ORIENTATION: u16 = 0x0112;
    pub(super) const STRIP_LENGTHS: u16 = 0x0117;
    pub(super) const SUB_DIRECTORIES: u16 = 0x014A;
    pub(super) const JPEG_OFFSET: u16 = 0x0201;
    pub(super) const JPEG_LENGTH: u16 = 0x0202;
    pub(super) const XMP: u16 = 0x02BC;
    pub(super) const EXIF: u16 = 0x8769;
    pub(super) const EXIF_WIDTH: u16 = 0xA002;
    pub(super) const EXIF_HEIGHT: u16 = 0xA003;
    pub(super) const DNG_VERSION: u16 = 0xC612;
    pub(super) const DNG_CROP: u16 = 0xC620;
}

fn directories(bytes: &[u8], tiff: Tiff<'_>, kind: Kind) -> Probe {
    let all = every_directory(tiff);
    let Some(main) = all.first() else { return Probe::default() };
    let kind = if kind == Kind::Tiff { raw_kind(main, &all) } else { kind };
    let mut found = Probe { kind, exif: Some(0..bytes.len()), ..Probe::default() };
    found.xmp = main.range(tag::XMP);
    found.orientation = exif_orientation(bytes, found.exif.as_ref());
    found.size = dimensions(main);
    let Kind::Raw(_) = kind else { return found };
    let sensor = all.iter().filter(|directory| is_raw(directory)).filter_map(dimensions).max();
    // The main directory of many raw formats describes a thumb.
    let whole = sensor.or_else(|| exif_size(main.child(tag::EXIF, 0).as_ref()));
    found.size = whole.or(found.size);

    let stills = all.iter().flat_map(candidates).filter_map(|range| jpeg::embedded(bytes, range));
    let Some((range, header)) = stills.max_by_key(|(_, header)| header.pixels()) else { return found };
    let inner = jpeg::probe(&bytes[range.clone()]);
    found.icc = inner.icc.iter().map(|part| part.start + range.start..part.end + range.start).collect();
    if !main.has(tag::ORIENTATION) {
        found.orientation = inner.orientation;
    }
    found.size = Some(shown_size(whole, &header));
    found.still = Some(Still::Jpeg { range, header });
    found
}

/// The chain of directories, each with those that it points to.
fn every_directory(tiff: Tiff<'_>) -> Vec<Directory<'_>> {
    let mut all = Vec::new();
    let mut next = tiff.first();
    while let Some(directory) = next {
        next = directory.next();
        let children: Vec<_> =
            (0..8).map_while(|index| directory.child(tag::SUB_DIRECTORIES, index)).collect();
        all.push(directory);
        all.extend(children);
        if all.len() >= DIRECTORIES {
            break;
        }
    }
    all
}

/// Which raw format a TIFF is, if its directories hold what a sensor saw.
fn raw_kind(main: &Directory<'_>, all: &[Directory<'_>]) -> Kind {
    if main.has(tag::DNG_VERSION) {
        return Kind::Raw(Raw::Dng);
    }
    if !all.iter().any(is_raw) {
        return Kind::Tiff;
    }
    let make = main.raw(tag::MAKE).unwrap_or_default().to_ascii_uppercase();
    match &make {
        make if make.starts_with(b"NIKON") => Kind::Raw(Raw::Nef),
        make if make.starts_with(b"SONY") => Kind::Raw(Raw::Arw),
        make if make.starts_with(b"PENTAX") || make.starts_with(b"RICOH") => Kind::Raw(Raw::Pef),
        _ => Kind::Tiff,
    }
}

/// Whether a directory's picture is a colour filter array (32803, TIFF/EP) or linear raw (34892, DNG).
fn is_raw(directory: &Directory<'_>) -> bool {
    matches!(directory.number(tag::PHOTOMETRIC), Some(32_803 | 34_892))
}

fn dimensions(directory: &Directory<'_>) -> Option<(u32, u32)> {
    let edge = |index| directory.number_at(tag::DNG_CROP, index).or_else(|| whole(directory, index));
    let cropped = edge(0).zip(edge(1));
    let (width, height) =
        cropped.or_else(|| directory.number(tag::WIDTH).zip(directory.number(tag::HEIGHT)))?;
    size(width, height)
}

/// The size that an EXIF directory says the photo has.
pub(crate) fn exif_size(exif: Option<&Directory<'_>>) -> Option<(u32, u32)> {
    let (width, height) = exif?.number(tag::EXIF_WIDTH).zip(exif?.number(tag::EXIF_HEIGHT))?;
    size(width, height)
}

/// The size of a raw photo as it is shown by its JPEG: the page keeps room in the photo's proportions, so the size of
/// the whole counts only where they are the JPEG's.
pub(crate) fn shown_size(whole: Option<(u32, u32)>, preview: &jpeg::Header) -> (u32, u32) {
    let preview = (u32::from(preview.width), u32::from(preview.height));
    whole.filter(|&whole| same_proportions(whole, preview)).unwrap_or(preview)
}

/// DNG's crop may be given as fractions.
fn whole(directory: &Directory<'_>, index: u32) -> Option<u32> {
    let edge = directory.fraction_at(tag::DNG_CROP, index)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in the range of a u32, checked"
    )]
    (1.0..=f64::from(u32::MAX)).contains(&edge).then_some(edge as u32)
}

/// Where a directory's JPEG may lie.
fn candidates(directory: &Directory<'_>) -> Vec<Range<usize>> {
    let at = |offset: u16, length: u16| {
        let (start, length) = directory.number(offset).zip(directory.number(length))?;
        Some(start as usize..(start as usize).checked_add(length as usize)?)
    };
    // The old way to embed a JPEG (TIFF 6.0, section 22), and the new one (DNG 1.7, PreviewImage).
    let old = at(tag::JPEG_OFFSET, tag::JPEG_LENGTH);
    let is_jpeg = matches!(directory.number(tag::COMPRESSION), Some(6 | 7));
    let one_strip = directory.number_at(tag::STRIP_OFFSETS, 1).is_none();
    let new = at(tag::STRIP_OFFSETS, tag::STRIP_LENGTHS).filter(|_| is_jpeg && one_strip);
    [old, new, directory.range(tag::RW2_JPEG)].into_iter().flatten().collect()
}

/// Whether two sizes have the same proportions within 1 %, and the first is the larger.
fn same_proportions(large: (u32, u32), small: (u32, u32)) -> bool {
    let ratio = |(width, height): (u32, u32)| f64::from(width) / f64::from(height);
    large.0 >= small.0 && (ratio(large) / ratio(small) - 1.0).abs() < 0.01
}

/// Fujifilm's frame: the offset and length of a whole JPEG, EXIF included, at byte 84.
fn raf(bytes: &[u8]) -> Probe {
    let mut found = Probe::default();
    let place = be32(bytes, 84)
        .zip(be32(bytes, 88))
        .and_then(|(start, length)| Some(start as usize..(start as usize).checked_add(length as usize)?));
    let Some((range, header)) = place.and_then(|range| jpeg::embedded(bytes, range)) else { return found };
    let inner = jpeg::probe(&bytes[range.clone()]);
    let shifted = |part: Range<usize>| part.start + range.start..part.end + range.start;
    found.exif = inner.exif.map(shifted);
    found.xmp = inner.xmp.map(shifted);
    found.icc = inner.icc.into_iter().map(shifted).collect();
    found.orientation = inner.orientation;
    found.size = inner.size;
    found.still = Some(Still::Jpeg { range, header });
    found
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::tiff::tests::{Value, build};
    use crate::{Budget, inspect, render};
    use turbojpeg::{Compressor, Image, PixelFormat};

    /// A grey JPEG of this size.
    pub(crate) fn jpeg(width: usize, height: usize) -> Vec<u8> {
        let grey = vec![100; width * height];
        let image = Image { pixels: &grey[..], width, pitch: width, height, format: PixelFormat::GRAY };
        let mut compressor = Compressor::new().unwrap();
        compressor.set_subsamp(turbojpeg::Subsamp::Gray).unwrap();
        compressor.compress_to_vec(image).unwrap()
    }

    /// A raw file as its directories say, given where the JPEG behind them begins, with that JPEG.
    fn raw_file<'a>(directories: impl Fn(u32, u32) -> Vec<(u16, Value<'a>)>, jpeg: &[u8]) -> Vec<u8> {
        let length = u32::try_from(jpeg.len()).unwrap();
        let empty = build(&directories(0, length), false);
        let offset = u32::try_from(empty.len()).unwrap();
        [build(&directories(offset, length), false), jpeg.to_vec()].concat()
    }

    /// What a directory of the sensor's own picture says.
    fn sensor(width: u32, height: u32) -> Vec<(u16, Value<'static>)> {
        vec![
            (tag::WIDTH, Value::Long(width)),
            (tag::HEIGHT, Value::Long(height)),
            (tag::PHOTOMETRIC, Value::Short(32_803)),
        ]
    }

    /// Name, kind, directories.
    type Case = (&'static str, Raw, fn(u32, u32) -> Vec<(u16, Value<'static>)>);

    /// Where each format keeps its JPEG, after exiftool's tables and the DNG specification.
    const FORMATS: [Case; 3] = [
        ("nef: JPEGInterchangeFormat in a sub-directory", Raw::Nef, |offset, length| {
            let preview =
                vec![(tag::JPEG_OFFSET, Value::Long(offset)), (tag::JPEG_LENGTH, Value::Long(length))];
            vec![
                (tag::MAKE, Value::Text("NIKON CORPORATION")),
                (tag::PHOTOMETRIC, Value::Short(32_803)),
                (tag::ORIENTATION, Value::Short(8)),
                (tag::SUB_DIRECTORIES, Value::Child(preview)),
            ]
        }),
        ("arw: JPEGInterchangeFormat in the first directory", Raw::Arw, |offset, length| {
            vec![
                (tag::MAKE, Value::Text("SONY")),
                (tag::ORIENTATION, Value::Short(8)),
                (tag::SUB_DIRECTORIES, Value::Child(sensor(6048, 4024))),
                (tag::JPEG_OFFSET, Value::Long(offset)),
                (tag::JPEG_LENGTH, Value::Long(length)),
            ]
        }),
        ("dng: a strip of JPEG", Raw::Dng, |offset, length| {
            vec![
                (tag::COMPRESSION, Value::Short(7)),
                (tag::STRIP_OFFSETS, Value::Long(offset)),
                (tag::ORIENTATION, Value::Short(8)),
                (tag::STRIP_LENGTHS, Value::Long(length)),
                (tag::DNG_VERSION, Value::Long(1)),
            ]
        }),
    ];

    #[test]
    fn the_embedded_jpeg_stands_in_for_the_raw_picture_and_is_turned_as_the_file_says() {
        for (name, raw, directories) in FORMATS {
            let file = raw_file(directories, &jpeg(96, 64));
            assert_eq!(inspect(&file).kind, Kind::Raw(raw), "{name}");
            let rendering = render(&file, &Budget::default()).unwrap();
            let preview = &rendering.variants[0];
            assert_eq!((preview.width, preview.height), (64, 96), "{name}");
        }
    }

    #[test]
    fn the_size_is_the_sensors_where_the_proportions_are_the_previews() {
        let of = |sensor_width, sensor_height| {
            let file = raw_file(
                |offset, length| {
                    vec![
                        (tag::MAKE, Value::Text("SONY")),
                        (tag::SUB_DIRECTORIES, Value::Child(sensor(sensor_width, sensor_height))),
                        (tag::JPEG_OFFSET, Value::Long(offset)),
                        (tag::JPEG_LENGTH, Value::Long(length)),
                    ]
                },
                &jpeg(96, 64),
            );
            let rendering = render(&file, &Budget::default()).unwrap();
            assert_eq!(inspect(&file).width, Some(rendering.width));
            (rendering.width, rendering.height)
        };
        assert_eq!(of(6048, 4024), (6048, 4024));
        assert_eq!(of(6048, 6048), (96, 64));
    }

    #[test]
    fn a_file_that_only_exif_gives_a_size_is_of_that_size_and_not_of_its_previews() {
        // As Canon and Olympus write it: the first directory describes the preview.
        let directories = |offset, length| {
            let exif = vec![(tag::EXIF_WIDTH, Value::Short(3456)), (tag::EXIF_HEIGHT, Value::Short(2304))];
            vec![
                (tag::WIDTH, Value::Short(96)),
                (tag::HEIGHT, Value::Short(64)),
                (tag::COMPRESSION, Value::Short(6)),
                (tag::STRIP_OFFSETS, Value::Long(offset)),
                (tag::ORIENTATION, Value::Short(6)),
                (tag::STRIP_LENGTHS, Value::Long(length)),
                (tag::EXIF, Value::Child(exif)),
            ]
        };
        let mut orf = raw_file(directories, &jpeg(96, 64));
        orf[2..4].copy_from_slice(b"RO");
        let facts = inspect(&orf);
        assert_eq!((facts.kind, facts.width, facts.height), (Kind::Raw(Raw::Orf), Some(2304), Some(3456)));
        let rendering = render(&orf, &Budget::default()).unwrap();
        assert_eq!((rendering.width, rendering.height), (2304, 3456));
        assert_eq!((rendering.variants[0].width, rendering.variants[0].height), (64, 96));
    }

    #[test]
    fn rw2_and_raf_are_found_by_their_own_frames() {
        let picture = jpeg(96, 64);
        let mut rw2 = raw_file(
            |offset, length| {
                vec![
                    (0x0001, Value::Long(1)),
                    (tag::JPEG_OFFSET, Value::Long(offset)),
                    (tag::JPEG_LENGTH, Value::Long(length)),
                ]
            },
            &picture,
        );
        rw2[2] = b'U';
        assert_eq!(inspect(&rw2).kind, Kind::Raw(Raw::Rw2));
        assert_eq!(render(&rw2, &Budget::default()).unwrap().width, 96);

        let mut raf = b"FUJIFILMCCD-RAW 0201FF129502".to_vec();
        raf.resize(84, 0);
        raf.extend(108_u32.to_be_bytes());
        raf.extend(u32::try_from(picture.len()).unwrap().to_be_bytes());
        raf.resize(108, 0);
        raf.extend(&picture);
        assert_eq!(inspect(&raf).width, Some(96));
        assert_eq!(render(&raf, &Budget::default()).unwrap().height, 64);
    }

    #[test]
    fn a_raw_file_without_a_jpeg_and_an_ordinary_tiff_are_unsupported() {
        let nef = [
            (tag::WIDTH, Value::Long(160)),
            (tag::HEIGHT, Value::Long(106)),
            (tag::MAKE, Value::Text("NIKON")),
            (tag::SUB_DIRECTORIES, Value::Child(sensor(3040, 2014))),
        ];
        let nef = build(&nef, false);
        assert_eq!(render(&nef, &Budget::default()).unwrap_err().code(), "unsupported");
        assert_eq!(inspect(&nef).width, Some(3040), "the first directory is a thumb's");
        let tiff = build(&[(tag::WIDTH, Value::Long(10)), (tag::HEIGHT, Value::Long(20))], false);
        assert_eq!(inspect(&tiff).kind, Kind::Tiff);
        assert_eq!((inspect(&tiff).width, inspect(&tiff).height), (Some(10), Some(20)));
        assert_eq!(render(&tiff, &Budget::default()).unwrap_err().code(), "unsupported");
    }

    #[test]
    fn every_truncation_is_survived() {
        for (_, _, directories) in FORMATS {
            let whole = raw_file(directories, &jpeg(16, 8));
            for end in 0..whole.len() {
                inspect(&whole[..end]);
            }
        }
    }
}
