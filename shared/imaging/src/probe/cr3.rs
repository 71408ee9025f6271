//! Finds the JPEGs and the metadata in Canon's raw format of ISO boxes, CR3.
//!
//! After Laurent Clévy's description of it (<https://github.com/lclevy/canon_cr3>): a `moov` with TIFF blocks, a thumb
//! and a track for each picture in `mdat`, of which the first is a JPEG of full size; behind it a preview of
//! 1,620 pixels. Cameras that store HEVC instead of the first still have the preview.

use std::ops::Range;

use super::bmff::{Found, boxes};
use super::raw;
use crate::probe::{Probe, Still, be32, be64, exif_orientation, jpeg};
use crate::tiff::Tiff;

/// The `uuid` box in `moov` that holds Canon's own boxes.
const METADATA: &[u8] = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
/// The `uuid` box that holds an XMP packet.
const XMP: &[u8] = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
/// The `uuid` box that holds the preview: eight bytes, and then a box.
const PREVIEW: &[u8] = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";

/// Tracks to look at: cameras write four.
const TRACKS: usize = 8;

/// Reads a CR3's boxes.
pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let mut found = Probe::default();
    let mut pictures = Vec::new();
    for outer in boxes(bytes, 0..bytes.len()) {
        if &outer.name == b"moov" {
            movie(bytes, outer.body, &mut found, &mut pictures);
        } else if let Some(packet) = extension(bytes, &outer, XMP) {
            found.xmp = Some(packet);
        } else if let Some(preview) = extension(bytes, &outer, PREVIEW) {
            let preview = (preview.start + 8).min(preview.end)..preview.end;
            pictures.extend(
                boxes(bytes, preview).find(|inner| &inner.name == b"PRVW").map(|inner| picture(&inner)),
            );
        }
    }
    found.orientation = exif_orientation(bytes, found.exif.as_ref());
    let exif = found.apart.exif.clone().and_then(|range| Tiff::new(bytes.get(range)?)?.first());
    found.size = raw::exif_size(exif.as_ref());
    let stills = pictures.into_iter().filter_map(|range| jpeg::embedded(bytes, range));
    if let Some((range, header)) = stills.max_by_key(|(_, header)| header.pixels()) {
        found.size = Some(raw::shown_size(found.size, &header));
        found.still = Some(Still::Jpeg { range, header });
    }
    found
}

/// `moov`: Canon's box, and the tracks.
fn movie(bytes: &[u8], moov: Range<usize>, found: &mut Probe, pictures: &mut Vec<Range<usize>>) {
    for inner in boxes(bytes, moov) {
        if &inner.name == b"trak" && pictures.len() < TRACKS {
            pictures.extend(sample(bytes, inner.body));
        } else if let Some(metadata) = extension(bytes, &inner, METADATA) {
            for part in boxes(bytes, metadata) {
                match &part.name {
                    b"CMT1" => found.exif = Some(part.body),
                    b"CMT2" => found.apart.exif = Some(part.body),
                    b"CMT4" => found.apart.gps = Some(part.body),
                    b"THMB" => pictures.push(picture(&part)),
                    _ => {}
                }
            }
        }
    }
}

/// The body of a `uuid` box of this kind.
fn extension(bytes: &[u8], found: &Found, kind: &[u8]) -> Option<Range<usize>> {
    let body = found.body.clone();
    let is_it = &found.name == b"uuid" && bytes.get(body.clone())?.starts_with(kind);
    is_it.then(|| body.start + kind.len()..body.end)
}

/// Where the JPEG of a `PRVW` or `THMB` box lies: behind sixteen bytes of sizes, padded at its end.
fn picture(found: &Found) -> Range<usize> {
    found.after(16)
}

/// Where a track's only sample lies.
fn sample(bytes: &[u8], track: Range<usize>) -> Option<Range<usize>> {
    let table = [b"mdia", b"minf", b"stbl"].into_iter().try_fold(track, |range, name| {
        boxes(bytes, range).find(|inner| &inner.name == name).map(|inner| inner.body)
    })?;
    let (mut start, mut length) = (None, None);
    for part in boxes(bytes, table) {
        let at = part.body.start;
        match &part.name {
            // Version and flags, then one length for all samples, or zero and a table.
            b"stsz" => {
                length = be32(bytes, at + 4).filter(|&length| length > 0).or_else(|| be32(bytes, at + 12));
            }
            // Version and flags, how many, where.
            b"co64" => start = be64(bytes, at + 8),
            b"stco" => start = be32(bytes, at + 8).map(u64::from),
            _ => {}
        }
    }
    let start = usize::try_from(start?).ok()?;
    Some(start..start.checked_add(length? as usize)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::bmff::tests::boxed;
    use crate::probe::raw::tests::jpeg;
    use crate::tiff::tests::{Value, build};
    use crate::{Budget, Kind, Raw, inspect, render};

    fn with_sizes(picture: &[u8]) -> Vec<u8> {
        [&[0; 16], picture].concat()
    }

    /// A CR3 as cameras lay it out, with `first` as the first picture of `mdat`.
    fn cr3(first: &[u8]) -> Vec<u8> {
        let main = build(&[(0x0110, Value::Text("Canon EOS R6")), (0x0112, Value::Short(6))], false);
        let exif = [
            (0x9003, Value::Text("2024:05:17 09:30:01")),
            (0xA002, Value::Short(960)),
            (0xA003, Value::Short(640)),
        ];
        let exif = build(&exif, false);
        let degrees = &[(10, 1), (0, 1), (0, 1)];
        let gps = build(
            &[
                (1, Value::Text("N")),
                (2, Value::Fractions(degrees)),
                (3, Value::Text("E")),
                (4, Value::Fractions(degrees)),
            ],
            false,
        );
        let metadata = [
            METADATA.to_vec(),
            boxed(*b"CNCV", b"CanonCR3_001/00.09.00/00.00.00"),
            boxed(*b"CMT1", &main),
            boxed(*b"CMT2", &exif),
            boxed(*b"CMT3", b"II*\0"),
            boxed(*b"CMT4", &gps),
            boxed(*b"THMB", &with_sizes(&jpeg(16, 12))),
        ];
        let preview = [PREVIEW.to_vec(), vec![0; 8], boxed(*b"PRVW", &with_sizes(&jpeg(48, 32)))];
        let file = |offset: usize| {
            let sizes = [&[0; 4][..], &u32::try_from(first.len()).unwrap().to_be_bytes(), &[0, 0, 0, 1]];
            let offsets = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &u64::try_from(offset).unwrap().to_be_bytes()];
            let table = [boxed(*b"stsz", &sizes.concat()), boxed(*b"co64", &offsets.concat())].concat();
            let track = boxed(*b"mdia", &boxed(*b"minf", &boxed(*b"stbl", &table)));
            let moov = [boxed(*b"uuid", &metadata.concat()), boxed(*b"trak", &track)].concat();
            let head = [
                boxed(*b"ftyp", b"crx \0\0\0\x01crx isom"),
                boxed(*b"moov", &moov),
                boxed(*b"uuid", &preview.concat()),
            ];
            (head.concat().len() + 8, [head.concat(), boxed(*b"mdat", first)].concat())
        };
        let (offset, _) = file(0);
        file(offset).1
    }

    #[test]
    fn the_jpeg_of_full_size_is_shown_upright() {
        let file = cr3(&jpeg(96, 64));
        let rendering = render(&file, &Budget::default()).unwrap();
        assert_eq!((rendering.width, rendering.height), (640, 960));
        assert_eq!((rendering.variants[0].width, rendering.variants[0].height), (64, 96));
    }

    #[test]
    fn the_preview_stands_in_where_the_first_picture_is_no_jpeg() {
        let rendering = render(&cr3(b"HEVC, for all that is known here"), &Budget::default()).unwrap();
        assert_eq!((rendering.width, rendering.height), (640, 960));
        assert_eq!((rendering.variants[0].width, rendering.variants[0].height), (32, 48));
    }

    #[test]
    fn time_camera_and_place_are_read_from_blocks_of_their_own() {
        let facts = inspect(&cr3(&jpeg(96, 64)));
        assert_eq!(facts.kind, Kind::Raw(Raw::Cr3));
        assert_eq!(facts.camera.unwrap().model.as_deref(), Some("Canon EOS R6"));
        assert_eq!(facts.times.original.unwrap().local, "2024-05-17T09:30:01.000");
        assert!((facts.place.unwrap().latitude - 10.0).abs() < 1e-9);
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_is_survived() {
        let whole = cr3(&jpeg(16, 8));
        for at in 0..whole.len() {
            inspect(&whole[..at]);
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut flipped = whole.clone();
                flipped[at] = value;
                inspect(&flipped);
            }
        }
    }
}
