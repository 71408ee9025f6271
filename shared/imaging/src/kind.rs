//! What a file is, from its first bytes.

/// The kind of a file, read from its bytes and never from its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// JPEG, with or without more pictures behind the first (MPO, motion photos).
    Jpeg,
    /// PNG, animated or not.
    Png,
    /// WebP, animated or not.
    Webp,
    /// GIF.
    Gif,
    /// HEIF with HEVC inside, as phones write it.
    Heic,
    /// HEIF with AV1 inside.
    Avif,
    /// TIFF that is not some camera's raw format.
    Tiff,
    /// JPEG XL, bare or boxed.
    Jxl,
    /// Windows bitmap.
    Bmp,
    /// A camera's raw format.
    Raw(Raw),
    /// A film, not a photo.
    Video(Video),
    /// Anything else.
    #[default]
    Unknown,
}

/// A camera's raw format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Raw {
    /// Sony.
    Arw,
    /// Canon, based on TIFF.
    Cr2,
    /// Canon, based on ISO boxes.
    Cr3,
    /// Adobe's Digital Negative, written by many phones and some cameras.
    Dng,
    /// Nikon.
    Nef,
    /// Olympus and OM System.
    Orf,
    /// Pentax.
    Pef,
    /// Fujifilm.
    Raf,
    /// Panasonic and Leica.
    Rw2,
}

/// A kind of film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Video {
    /// MPEG-4 and its relatives, 3GP among them.
    Mp4,
    /// Apple's `QuickTime`.
    QuickTime,
    /// Matroska and `WebM`.
    Matroska,
    /// Audio Video Interleave.
    Avi,
}

impl Kind {
    /// Reads the kind from the start of a file. Accepts any bytes.
    ///
    /// TIFF is the frame of most raw formats; which one it is depends on its tags, so this answers `Tiff` and the
    /// probe looks further.
    pub(crate) fn from_signature(bytes: &[u8]) -> Self {
        let starts = |signature: &[u8]| bytes.starts_with(signature);
        let riff = |form: &[u8]| starts(b"RIFF") && bytes.get(8..12) == Some(form);
        if starts(&[0xFF, 0xD8, 0xFF]) {
            Self::Jpeg
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if riff(b"WEBP") {
            Self::Webp
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Self::Gif
        } else if bytes.get(4..8) == Some(b"ftyp") {
            crate::probe::bmff::kind(bytes)
        } else if starts(b"FUJIFILMCCD-RAW ") {
            Self::Raw(Raw::Raf)
        } else if starts(b"IIU\0") {
            Self::Raw(Raw::Rw2)
        } else if starts(b"IIRO") || starts(b"IIRS") || starts(b"MMOR") {
            Self::Raw(Raw::Orf)
        } else if starts(b"II*\0") || starts(b"MM\0*") {
            if bytes.get(8..10) == Some(b"CR") { Self::Raw(Raw::Cr2) } else { Self::Tiff }
        } else if starts(&[0xFF, 0x0A]) || starts(b"\0\0\0\x0cJXL \r\n\x87\n") {
            Self::Jxl
        } else if starts(b"BM") && bytes.get(6..10) == Some(&[0; 4]) {
            Self::Bmp
        } else if bytes.get(4..8) == Some(b"moov") || bytes.get(4..8) == Some(b"wide") {
            // Old `QuickTime` films have no `ftyp`.
            Self::Video(Video::QuickTime)
        } else if starts(&[0x1A, 0x45, 0xDF, 0xA3]) {
            Self::Video(Video::Matroska)
        } else if riff(b"AVI ") {
            Self::Video(Video::Avi)
        } else {
            Self::Unknown
        }
    }

    /// The media type to serve the original under, as IANA or common use has it.
    ///
    /// `application/octet-stream` for what is unknown: no browser may take a stray HTML or SVG for something to run.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Tiff => "image/tiff",
            Self::Jxl => "image/jxl",
            Self::Bmp => "image/bmp",
            Self::Raw(Raw::Arw) => "image/x-sony-arw",
            Self::Raw(Raw::Cr2) => "image/x-canon-cr2",
            Self::Raw(Raw::Cr3) => "image/x-canon-cr3",
            Self::Raw(Raw::Dng) => "image/x-adobe-dng",
            Self::Raw(Raw::Nef) => "image/x-nikon-nef",
            Self::Raw(Raw::Orf) => "image/x-olympus-orf",
            Self::Raw(Raw::Pef) => "image/x-pentax-pef",
            Self::Raw(Raw::Raf) => "image/x-fuji-raf",
            Self::Raw(Raw::Rw2) => "image/x-panasonic-rw2",
            Self::Video(Video::Mp4) => "video/mp4",
            Self::Video(Video::QuickTime) => "video/quicktime",
            Self::Video(Video::Matroska) => "video/x-matroska",
            Self::Video(Video::Avi) => "video/x-msvideo",
            Self::Unknown => "application/octet-stream",
        }
    }

    /// What to call it in a sentence.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::Tiff => "TIFF",
            Self::Jxl => "JPEG XL",
            Self::Bmp => "BMP",
            Self::Raw(_) => "raw",
            Self::Video(_) => "video",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_comes_from_the_first_bytes() {
        let cases: &[(&[u8], Kind)] = &[
            (b"", Kind::Unknown),
            (b"\xFF\xD8", Kind::Unknown),
            (b"\xFF\xD8\xFF\xE0", Kind::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Kind::Png),
            (b"RIFF\0\0\0\0WEBPVP8 ", Kind::Webp),
            (b"RIFF\0\0\0\0AVI LIST", Kind::Video(Video::Avi)),
            (b"RIFF\0\0\0\0WAVE", Kind::Unknown),
            (b"GIF89a", Kind::Gif),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Kind::Heic),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Kind::Heic),
            (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", Kind::Avif),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Kind::Avif),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", Kind::Raw(Raw::Cr3)),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Kind::Video(Video::QuickTime)),
            (b"\0\0\0\x14ftypisom\0\0\0\0mp42", Kind::Video(Video::Mp4)),
            (b"II*\0\x10\0\0\0CR\x02\0", Kind::Raw(Raw::Cr2)),
            (b"MM\0*\0\0\0\x08", Kind::Tiff),
            (b"FUJIFILMCCD-RAW 0201", Kind::Raw(Raw::Raf)),
            (b"\xFF\x0A", Kind::Jxl),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Kind::Unknown),
            (b"<!doctype html>", Kind::Unknown),
        ];
        for (bytes, kind) in cases {
            assert_eq!(Kind::from_signature(bytes), *kind, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_a_browser_might_run_is_served_as_plain_bytes() {
        assert_eq!(Kind::from_signature(b"<html>").content_type(), "application/octet-stream");
    }
}
