//! EXIF of the tests' own making: a TIFF of a few entries, in a JPEG's APP1.

/// What a camera would write into a JPEG.
#[derive(Debug, Clone, Default)]
pub struct Exif {
    /// 0 to 8; 0 is none of the standard's, and some software writes it.
    pub orientation: Option<u16>,
    /// `DateTimeOriginal`, as in `2024:05:14 15:42:07`.
    pub taken: Option<String>,
    /// `OffsetTimeOriginal`, as in `+02:00`.
    pub offset: Option<String>,
    /// Degrees, minutes, seconds north and east.
    pub place: Option<([u32; 3], [u32; 3])>,
}

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    bytes: Vec<u8>,
}

impl Exif {
    /// The picture with this metadata behind its first marker.
    pub fn in_jpeg(&self, jpeg: &[u8]) -> Vec<u8> {
        let payload = [b"Exif\0\0".as_slice(), &self.tiff()].concat();
        let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xFF, 0xE1], &length, &payload, &jpeg[2..]].concat()
    }

    fn tiff(&self) -> Vec<u8> {
        let mut tiff = b"II*\0\x08\0\0\0".to_vec();
        let mut first = vec![ascii(0x0110, "Tintype One")];
        if let Some(orientation) = self.orientation {
            let bytes = orientation.to_le_bytes().to_vec();
            first.push(Entry { tag: 0x0112, kind: SHORT, count: 1, bytes });
        }
        // The folders behind the first one start where it ends; its own length does not depend on where that is.
        let times = [(0x9003, &self.taken), (0x9011, &self.offset)];
        let taken: Vec<Entry> =
            times.into_iter().filter_map(|(tag, text)| Some(ascii(tag, text.as_ref()?))).collect();
        let place = self
            .place
            .map(|(north, east)| vec![ascii(1, "N"), rationals(2, north), ascii(3, "E"), rationals(4, east)]);
        let pointers = [(0x8769, Some(taken).filter(|taken| !taken.is_empty())), (0x8825, place)];
        let mut start =
            8 + length(&first) + 12 * pointers.iter().filter(|(_, entries)| entries.is_some()).count();
        let mut behind = Vec::new();
        for (tag, entries) in pointers {
            let Some(entries) = entries else { continue };
            let at = u32::try_from(start).unwrap().to_le_bytes().to_vec();
            first.push(Entry { tag, kind: LONG, count: 1, bytes: at });
            let folder = folder(&entries, start);
            start += folder.len();
            behind.extend(folder);
        }
        tiff.extend(folder(&first, 8));
        tiff.extend(behind);
        tiff
    }
}

fn ascii(tag: u16, text: &str) -> Entry {
    let bytes = [text.as_bytes(), b"\0"].concat();
    Entry { tag, kind: ASCII, count: u32::try_from(bytes.len()).unwrap(), bytes }
}

fn rationals(tag: u16, numbers: [u32; 3]) -> Entry {
    let bytes =
        numbers.iter().flat_map(|number| [number.to_le_bytes(), 1_u32.to_le_bytes()].concat()).collect();
    Entry { tag, kind: RATIONAL, count: 3, bytes }
}

/// Count, twelve bytes an entry, where the next folder is (nowhere), and what does not fit into an entry.
fn length(entries: &[Entry]) -> usize {
    let large: usize = entries.iter().map(|entry| entry.bytes.len()).filter(|length| *length > 4).sum();
    2 + 12 * entries.len() + 4 + large
}

fn folder(entries: &[Entry], start: usize) -> Vec<u8> {
    let mut folder = u16::try_from(entries.len()).unwrap().to_le_bytes().to_vec();
    let mut large = Vec::<u8>::new();
    for entry in entries {
        folder.extend(entry.tag.to_le_bytes());
        folder.extend(entry.kind.to_le_bytes());
        folder.extend(entry.count.to_le_bytes());
        if entry.bytes.len() <= 4 {
            let mut value = entry.bytes.clone();
            value.resize(4, 0);
            folder.extend(value);
        } else {
            let at = start + 2 + 12 * entries.len() + 4 + large.len();
            folder.extend(u32::try_from(at).unwrap().to_le_bytes());
            large.extend(&entry.bytes);
        }
    }
    folder.extend([0; 4]);
    folder.extend(large);
    folder
}
