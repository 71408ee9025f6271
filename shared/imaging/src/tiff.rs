//! Reads the frame of TIFF 6.0, which EXIF and most raw formats share: a byte order, and directories of tagged values.
//!
//! Made for files that may say anything: every offset is checked, every count is bounded, nothing recurses.

use std::ops::Range;

/// A block of bytes that begins with a TIFF header.
#[derive(Clone, Copy)]
pub(crate) struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

/// One image file directory: the values that a picture or a block of metadata has.
pub(crate) struct Directory<'a> {
    tiff: Tiff<'a>,
    entries: Vec<Entry>,
    /// Where the next directory of the chain lies.
    next: Option<usize>,
}

#[derive(Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    /// Where the value lies, in the entry itself or elsewhere.
    at: usize,
}

/// Entries to read of one directory; cameras write at most some eighty.
const ENTRIES: usize = 1024;

impl<'a> Tiff<'a> {
    /// `None` unless the bytes begin with a byte order mark. What follows it is not looked at: raw formats put numbers
    /// of their own where TIFF has 42.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        match bytes.get(..2)? {
            b"II" => Some(Self { bytes, big_endian: false }),
            b"MM" => Some(Self { bytes, big_endian: true }),
            _ => None,
        }
    }

    /// The first directory of the chain.
    pub(crate) fn first(self) -> Option<Directory<'a>> {
        self.directory(self.u32(4)? as usize)
    }

    /// The directory at an offset. One that the file cuts short has the entries that are there.
    pub(crate) fn directory(self, offset: usize) -> Option<Directory<'a>> {
        let count = usize::from(self.u16(offset)?);
        let start = offset.checked_add(2)?;
        let entries = (0..count.min(ENTRIES)).map_while(|index| self.entry(start + 12 * index)).collect();
        let next = self.u32(start + 12 * count).filter(|&offset| offset != 0).map(|offset| offset as usize);
        Some(Directory { tiff: self, entries, next })
    }

    fn entry(self, at: usize) -> Option<Entry> {
        let (tag, kind, count) = (self.u16(at)?, self.u16(at + 2)?, self.u32(at + 4)?);
        let size = (count as usize).checked_mul(size_of(kind));
        // A value of up to four bytes stands in the entry.
        let at = if size.is_some_and(|size| size <= 4) { at + 8 } else { self.u32(at + 8)? as usize };
        Some(Entry { tag, kind, count, at })
    }

    fn u16(self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

/// Bytes of one value of a type (TIFF 6.0, section 2). Types that are unknown count as bytes, so that the entry
/// after them is still found.
fn size_of(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 1,
    }
}

impl<'a> Directory<'a> {
    fn find(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }

    /// Whether the directory has a tag at all.
    pub(crate) fn has(&self, tag: u16) -> bool {
        self.find(tag).is_some()
    }

    /// The next directory of the chain.
    pub(crate) fn next(&self) -> Option<Directory<'a>> {
        self.tiff.directory(self.next?)
    }

    /// A whole number: a byte, a short or a long.
    pub(crate) fn number(&self, tag: u16) -> Option<u32> {
        self.number_at(tag, 0)
    }

    /// The nth of several whole numbers.
    pub(crate) fn number_at(&self, tag: u16, index: u32) -> Option<u32> {
        let Entry { kind, count, at, .. } = self.find(tag)?;
        if index >= count {
            return None;
        }
        let at = at.checked_add((index as usize).checked_mul(size_of(kind))?)?;
        match kind {
            1 | 6 | 7 => self.tiff.bytes.get(at).map(|&byte| u32::from(byte)),
            3 | 8 => self.tiff.u16(at).map(u32::from),
            4 | 9 | 13 => self.tiff.u32(at),
            _ => None,
        }
    }

    /// The nth fraction, finite. A denominator of zero is how cameras say that they do not know.
    pub(crate) fn fraction_at(&self, tag: u16, index: u32) -> Option<f64> {
        let Entry { kind, count, at, .. } = self.find(tag)?;
        if index >= count {
            return None;
        }
        let at = at.checked_add((index as usize).checked_mul(8)?)?;
        match kind {
            5 => ratio(self.tiff.u32(at)?.into(), self.tiff.u32(at + 4)?.into()),
            10 => ratio(self.tiff.u32(at)?.cast_signed().into(), self.tiff.u32(at + 4)?.cast_signed().into()),
            // Some writers store whole numbers where EXIF wants fractions.
            _ => self.number_at(tag, index).map(f64::from),
        }
    }

    /// The first fraction.
    pub(crate) fn fraction(&self, tag: u16) -> Option<f64> {
        self.fraction_at(tag, 0)
    }

    /// The bytes of a value, whatever its type.
    pub(crate) fn raw(&self, tag: u16) -> Option<&'a [u8]> {
        self.tiff.bytes.get(self.range(tag)?)
    }

    /// Where the bytes of a value lie, if they are all there.
    pub(crate) fn range(&self, tag: u16) -> Option<Range<usize>> {
        let Entry { kind, count, at, .. } = self.find(tag)?;
        let end = at.checked_add((count as usize).checked_mul(size_of(kind))?)?;
        (end <= self.tiff.bytes.len()).then_some(at..end)
    }

    /// The directory that a tag points to, by its nth offset.
    pub(crate) fn child(&self, tag: u16, index: u32) -> Option<Directory<'a>> {
        self.tiff.directory(self.number_at(tag, index)? as usize)
    }
}

fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    let ratio = numerator / denominator;
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A value for [`build`].
    pub(crate) enum Value<'a> {
        Short(u16),
        Long(u32),
        Text(&'a str),
        Fractions(&'a [(u32, u32)]),
        Child(Vec<(u16, Value<'a>)>),
    }

    /// A TIFF block with one directory, in little-endian order unless told otherwise.
    pub(crate) fn build(entries: &[(u16, Value<'_>)], big_endian: bool) -> Vec<u8> {
        let mut bytes = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        put32(&mut bytes, 8, big_endian);
        put_directory(&mut bytes, entries, big_endian);
        bytes
    }

    fn put16(bytes: &mut Vec<u8>, value: u16, big_endian: bool) {
        bytes.extend(if big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn put32(bytes: &mut Vec<u8>, value: u32, big_endian: bool) {
        bytes.extend(if big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn put_directory(bytes: &mut Vec<u8>, entries: &[(u16, Value<'_>)], big_endian: bool) {
        let mut far = Vec::new();
        let far_start = bytes.len() + 2 + 12 * entries.len() + 4;
        put16(bytes, u16::try_from(entries.len()).unwrap(), big_endian);
        for (tag, value) in entries {
            put16(bytes, *tag, big_endian);
            let offset = u32::try_from(far_start + far.len()).unwrap();
            let (kind, count, mut inline) = match value {
                Value::Short(value) => {
                    let mut inline = Vec::new();
                    put16(&mut inline, *value, big_endian);
                    (3, 1, inline)
                }
                Value::Long(value) => {
                    let mut inline = Vec::new();
                    put32(&mut inline, *value, big_endian);
                    (4, 1, inline)
                }
                Value::Text(text) => {
                    let mut text = text.as_bytes().to_vec();
                    text.push(0);
                    (2, text.len(), text)
                }
                Value::Fractions(fractions) => {
                    let mut all = Vec::new();
                    for (numerator, denominator) in *fractions {
                        put32(&mut all, *numerator, big_endian);
                        put32(&mut all, *denominator, big_endian);
                    }
                    (5, fractions.len(), all)
                }
                Value::Child(entries) => {
                    // A directory of its own, at the offset that the entry holds.
                    let mut padded = vec![0; offset as usize];
                    put_directory(&mut padded, entries, big_endian);
                    far.extend(&padded[offset as usize..]);
                    let mut inline = Vec::new();
                    put32(&mut inline, offset, big_endian);
                    (4, 1, inline)
                }
            };
            put16(bytes, kind, big_endian);
            put32(bytes, u32::try_from(count).unwrap(), big_endian);
            if inline.len() > 4 {
                put32(bytes, offset, big_endian);
                far.extend(inline);
            } else {
                inline.resize(4, 0);
                bytes.extend(inline);
            }
        }
        put32(bytes, 0, big_endian);
        bytes.extend(far);
    }

    #[test]
    fn both_byte_orders_read_the_same() {
        for big_endian in [false, true] {
            let bytes = build(
                &[
                    (0x0112, Value::Short(6)),
                    (0x0100, Value::Long(70_000)),
                    (0x829D, Value::Fractions(&[(28, 10)])),
                    (0x8769, Value::Child(vec![(0x9003, Value::Text("2024"))])),
                ],
                big_endian,
            );
            let directory = Tiff::new(&bytes).unwrap().first().unwrap();
            assert_eq!(directory.number(0x0112), Some(6));
            assert_eq!(directory.number(0x0100), Some(70_000));
            assert_eq!(directory.fraction(0x829D), Some(2.8));
            assert_eq!(directory.child(0x8769, 0).unwrap().raw(0x9003), Some(&b"2024\0"[..]));
            assert!(directory.next().is_none());
        }
    }

    #[test]
    fn a_zero_denominator_is_no_number() {
        let bytes = build(&[(0x829D, Value::Fractions(&[(1, 0), (0, 0)]))], false);
        let directory = Tiff::new(&bytes).unwrap().first().unwrap();
        assert_eq!(directory.fraction_at(0x829D, 0), None);
        assert_eq!(directory.fraction_at(0x829D, 1), None);
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_is_survived() {
        let whole = build(
            &[
                (0x0112, Value::Short(6)),
                (0x8769, Value::Child(vec![(0x9003, Value::Text("2024:01:01 00:00:00"))])),
            ],
            true,
        );
        let read = |bytes: &[u8]| {
            let directory = Tiff::new(bytes)?.first()?;
            directory.child(0x8769, 0)?.raw(0x9003).map(<[u8]>::len)
        };
        for at in 0..whole.len() {
            let _ = read(&whole[..at]);
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut flipped = whole.clone();
                flipped[at] = value;
                let _ = read(&flipped);
            }
        }
    }
}
