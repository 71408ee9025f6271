//! Reads what phones write as HEIC and AVIF (ISO/IEC 23008-12): the items in the boxes, and what is said of them.
//!
//! There is no decoder for their pictures here, so this finds the facts, and the rare JPEG inside.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bmff::{ENTRIES, Found, boxes};
use crate::Orientation;
use crate::kind::Kind;
use crate::probe::{Probe, Still, be16, be32, be64, jpeg, size};

/// Reads what HEIF says of its primary picture.
pub(crate) fn probe(bytes: &[u8], kind: Kind) -> Probe {
    let mut found = Probe { kind, ..Probe::default() };
    let Some(meta) = boxes(bytes, 0..bytes.len()).find(|found| &found.name == b"meta") else { return found };
    let items = Items::read(bytes, meta.after(4));
    found.exif = items.of_kind(*b"Exif").next().and_then(|item| items.whole(bytes, item)).and_then(|item| {
        // The item begins with the distance from here to the TIFF header.
        let start = item.start.checked_add(4)?.checked_add(be32(bytes, item.start)? as usize)?;
        (start < item.end).then_some(start..item.end)
    });
    found.xmp = items.of_kind(*b"mime").find_map(|item| {
        let range = items.whole(bytes, item)?;
        let head = bytes.get(range.start..range.end.min(range.start + 256))?;
        head.windows(9).any(|window| window == b"x:xmpmeta" || window == b"<?xpacket").then_some(range)
    });
    if items.primary.is_some() {
        (found.size, found.orientation) = items.geometry(bytes);
    }
    found.still = items.jpeg(bytes);
    found
}

/// The items of a file and where their bytes lie.
#[derive(Default)]
struct Items {
    primary: Option<u32>,
    kinds: BTreeMap<u32, [u8; 4]>,
    places: BTreeMap<u32, Range<usize>>,
    /// The properties, in the order in which associations count them from 1.
    properties: Vec<([u8; 4], Range<usize>)>,
    /// The properties of the primary item, in the order in which they apply.
    of_primary: Vec<u16>,
}

impl Items {
    fn read(bytes: &[u8], meta: Range<usize>) -> Self {
        let mut items = Self::default();
        let inner: Vec<Found> = boxes(bytes, meta).collect();
        // The first of each name counts: reading every one of thousands would take the square of the file's length.
        let first = |name: &[u8; 4]| inner.iter().find(|found| found.name == *name);
        let version = |found: &Found| bytes.get(found.body.start).copied().unwrap_or(0);
        if let Some(pitm) = first(b"pitm") {
            items.primary = identifier(bytes, pitm.body.start + 4, version(pitm) > 0);
        }
        if let Some(iinf) = first(b"iinf") {
            for entry in boxes(bytes, iinf.after(if version(iinf) == 0 { 6 } else { 8 })) {
                items.read_entry(bytes, &entry);
            }
        }
        if let Some(iloc) = first(b"iloc") {
            let idat = first(b"idat").map(|found| found.body.clone());
            // What is there before the end counts.
            let _ = items.read_places(bytes, iloc, version(iloc), idat.as_ref());
        }
        if let Some(iprp) = first(b"iprp") {
            let parts: Vec<Found> = boxes(bytes, iprp.body.clone()).collect();
            if let Some(ipco) = parts.iter().find(|part| &part.name == b"ipco") {
                items.properties =
                    boxes(bytes, ipco.body.clone()).map(|property| (property.name, property.body)).collect();
            }
            for ipma in parts.iter().filter(|part| &part.name == b"ipma").take(4) {
                let _ = items.read_associations(bytes, ipma);
            }
        }
        items
    }

    /// `infe`, versions 2 and 3: identifier, protection, kind.
    fn read_entry(&mut self, bytes: &[u8], entry: &Found) {
        let wide = bytes.get(entry.body.start) == Some(&3);
        let at = entry.body.start + 4;
        let kind_at = at + if wide { 6 } else { 4 };
        if let (Some(id), Some(kind)) =
            (identifier(bytes, at, wide), bytes.get(kind_at..entry.body.end).and_then(<[u8]>::first_chunk))
        {
            self.kinds.insert(id, *kind);
        }
    }

    /// `iloc`: for each item its extents. Those in one piece are kept; an item in several is a picture's.
    fn read_places(
        &mut self,
        bytes: &[u8],
        found: &Found,
        version: u8,
        idat: Option<&Range<usize>>,
    ) -> Option<()> {
        let bytes = bytes.get(..found.body.end)?;
        let sizes = be16(bytes, found.body.start + 4)?;
        let nibble = |shift: u16| usize::from(sizes >> shift & 0xF);
        let (offset_size, length_size, base_size) = (nibble(12), nibble(8), nibble(4));
        let index_size = if version > 0 { nibble(0) } else { 0 };
        let mut at = found.body.start + 6;
        let wide = version >= 2;
        let count = if wide { be32(bytes, at)? as usize } else { be16(bytes, at)?.into() };
        at += if wide { 4 } else { 2 };
        for _ in 0..count.min(ENTRIES) {
            let id = identifier(bytes, at, wide)?;
            at += if wide { 4 } else { 2 };
            let method = if version > 0 { be16(bytes, at)? & 0xF } else { 0 };
            at += if version > 0 { 4 } else { 2 };
            let base = number(bytes, at, base_size)?;
            at += base_size;
            let extents = usize::from(be16(bytes, at)?);
            at += 2;
            let offset = number(bytes, at + index_size, offset_size)?;
            let length = number(bytes, at + index_size + offset_size, length_size)?;
            at += extents * (index_size + offset_size + length_size);
            let origin = match method {
                0 => Some(0),
                1 => idat.map(|idat| idat.start),
                _ => None,
            };
            if extents == 1
                && let Some(origin) = origin
                && let Some(start) = origin.checked_add(base).and_then(|start| start.checked_add(offset))
                && let Some(end) = start.checked_add(length)
            {
                self.places.insert(id, start..end);
            }
        }
        Some(())
    }

    /// `ipma`: for each item the numbers of its properties, of which those of the primary one are kept.
    fn read_associations(&mut self, bytes: &[u8], part: &Found) -> Option<()> {
        let bytes = bytes.get(..part.body.end)?;
        let version = *bytes.get(part.body.start)?;
        let wide_numbers = bytes.get(part.body.start + 3)? & 1 == 1;
        let count = be32(bytes, part.body.start + 4)? as usize;
        let mut at = part.body.start + 8;
        for _ in 0..count.min(ENTRIES) {
            let id = identifier(bytes, at, version > 0)?;
            at += if version > 0 { 4 } else { 2 };
            let properties = usize::from(*bytes.get(at)?);
            at += 1;
            let mut numbers = Vec::with_capacity(properties);
            for _ in 0..properties {
                // The top bit says that a reader must understand the property.
                numbers.push(if wide_numbers {
                    be16(bytes, at)? & 0x7FFF
                } else {
                    u16::from(bytes.get(at)? & 0x7F)
                });
                at += if wide_numbers { 2 } else { 1 };
            }
            if self.primary == Some(id) {
                self.of_primary = numbers;
            }
        }
        Some(())
    }

    fn of_kind(&self, kind: [u8; 4]) -> impl Iterator<Item = u32> {
        self.kinds.iter().filter(move |entry| *entry.1 == kind).map(|(&id, _)| id)
    }

    /// Where an item's bytes lie, if all of them are there.
    fn whole(&self, bytes: &[u8], id: u32) -> Option<Range<usize>> {
        self.places.get(&id).filter(|place| place.end <= bytes.len()).cloned()
    }

    /// The size of the primary item before it is turned (`ispe`), and how it is turned (`irot`, `imir`). The EXIF orientation
    /// of a HEIF file repeats that, and does not count.
    fn geometry(&self, bytes: &[u8]) -> (Option<(u32, u32)>, Orientation) {
        let (mut extent, mut orientation) = (None, Orientation::default());
        for &number in &self.of_primary {
            let property = number.checked_sub(1).and_then(|index| self.properties.get(usize::from(index)));
            let Some((name, body)) = property else {
                continue;
            };
            let first = bytes.get(body.start).copied().filter(|_| !body.is_empty()).unwrap_or(0);
            match name {
                b"ispe" => {
                    extent = be32(bytes, body.start + 4)
                        .zip(be32(bytes, body.start + 8))
                        .and_then(|(width, height)| size(width, height));
                }
                // Quarter turns, counterclockwise.
                b"irot" => {
                    for _ in 0..first & 3 {
                        orientation = orientation.then(Orientation::from_exif(8));
                    }
                }
                // 0 exchanges top and bottom, 1 left and right.
                b"imir" => {
                    orientation =
                        orientation.then(Orientation::from_exif(if first & 1 == 0 { 4 } else { 2 }));
                }
                _ => {}
            }
        }
        (extent, orientation)
    }

    /// The largest item that is coded as JPEG, of the first few.
    fn jpeg(&self, bytes: &[u8]) -> Option<Still> {
        let items = self.of_kind(*b"jpeg").take(8);
        let stills = items.filter_map(|item| jpeg::embedded(bytes, self.whole(bytes, item)?));
        stills.max_by_key(|(_, header)| header.pixels()).map(|(range, header)| Still::Jpeg { range, header })
    }
}

/// An item's identifier, of two bytes or four.
fn identifier(bytes: &[u8], at: usize, wide: bool) -> Option<u32> {
    if wide { be32(bytes, at) } else { be16(bytes, at).map(u32::from) }
}

/// A number of 0, 4 or 8 bytes, as `iloc` has them.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    match size {
        0 => Some(0),
        4 => be32(bytes, at).map(|number| number as usize),
        8 => be64(bytes, at).and_then(|number| usize::try_from(number).ok()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::bmff::tests::boxed;
    use crate::tiff;

    /// A HEIF file whose primary item 1 has the properties given, and whose item 2 is an EXIF block.
    fn heif(properties: &[(&[u8; 4], &[u8])], exif: &[u8]) -> Vec<u8> {
        let item = [&6_u32.to_be_bytes()[..], b"Exif\0\0", exif].concat();
        let ipco: Vec<u8> = properties.iter().flat_map(|(name, body)| boxed(**name, body)).collect();
        let count = u8::try_from(properties.len()).unwrap();
        let ipma: Vec<u8> =
            [&[0; 4][..], &[0, 0, 0, 1, 0, 1, count], &(1..=count).collect::<Vec<u8>>()].concat();
        let iprp = boxed(*b"iprp", &[boxed(*b"ipco", &ipco), boxed(*b"ipma", &ipma)].concat());
        let entry =
            |id: u8, kind: &[u8; 4]| boxed(*b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0][..], kind, b"\0"].concat());
        let iinf = boxed(*b"iinf", &[vec![0, 0, 0, 0, 0, 2], entry(1, b"hvc1"), entry(2, b"Exif")].concat());
        let pitm = boxed(*b"pitm", &[0, 0, 0, 0, 0, 1]);
        let file = |offset: u32| {
            let iloc = [
                &[0, 0, 0, 0, 0x44, 0, 0, 1, 0, 2, 0, 0, 0, 1][..],
                &offset.to_be_bytes(),
                &u32::try_from(item.len()).unwrap().to_be_bytes(),
            ];
            let meta =
                [vec![0; 4], pitm.clone(), iinf.clone(), boxed(*b"iloc", &iloc.concat()), iprp.clone()]
                    .concat();
            let head = [boxed(*b"ftyp", b"heic\0\0\0\0mif1heic"), boxed(*b"meta", &meta)].concat();
            (u32::try_from(head.len()).unwrap() + 8, [head, boxed(*b"mdat", &item)].concat())
        };
        let (offset, _) = file(0);
        file(offset).1
    }

    const ISPE: &[u8] = &[0, 0, 0, 0, 0, 0, 0x0F, 0xC0, 0, 0, 0x0B, 0xD0];

    #[test]
    fn size_and_turn_come_from_the_primary_picture() {
        let orientation = |properties: &[(&[u8; 4], &[u8])]| {
            let found = probe(&heif(properties, b""), Kind::Heic);
            assert_eq!(found.size, Some((4032, 3024)));
            found.orientation.get()
        };
        assert_eq!(orientation(&[(b"ispe", ISPE)]), 1);
        assert_eq!(orientation(&[(b"ispe", ISPE), (b"irot", &[3])]), 6);
        assert_eq!(orientation(&[(b"ispe", ISPE), (b"irot", &[2])]), 3);
        assert_eq!(orientation(&[(b"ispe", ISPE), (b"irot", &[1])]), 8);
        assert_eq!(orientation(&[(b"ispe", ISPE), (b"imir", &[1])]), 2);
        assert_eq!(orientation(&[(b"ispe", ISPE), (b"imir", &[0])]), 4);
        assert_eq!(orientation(&[(b"ispe", ISPE), (b"irot", &[3]), (b"imir", &[1])]), 5);
    }

    #[test]
    fn exif_is_found_and_its_orientation_does_not_count() {
        let exif = tiff::tests::build(&[(0x0112, tiff::tests::Value::Short(6))], true);
        let bytes = heif(&[(b"ispe", ISPE)], &exif);
        let found = probe(&bytes, Kind::Heic);
        assert_eq!(&bytes[found.exif.unwrap()], exif);
        assert_eq!(found.orientation.get(), 1);
    }

    /// Read one by one, each with the entries that follow it, they would take minutes.
    #[test]
    fn thousands_of_boxes_of_one_name_take_no_time() {
        let boxes: Vec<u8> = boxed(*b"iloc", &[]).into_iter().cycle().take(8 * 50_000).collect();
        let meta = boxed(*b"meta", &[&[0; 4], &boxes[..]].concat());
        let start = std::time::Instant::now();
        probe(&[boxed(*b"ftyp", b"heic\0\0\0\0"), meta].concat(), Kind::Heic);
        assert!(start.elapsed().as_secs() < 5);
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_is_survived() {
        let whole = heif(&[(b"ispe", ISPE), (b"irot", &[3])], b"MM\0*\0\0\0\x08\0\0");
        for at in 0..whole.len() {
            probe(&whole[..at], Kind::Heic);
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut flipped = whole.clone();
                flipped[at] = value;
                probe(&flipped, Kind::Heic);
            }
        }
    }
}
