//! What a file says about itself.

use std::ops::Range;

use crate::probe::Probe;
use crate::tiff::Tiff;
use crate::{Kind, Orientation, exif, xmp};

/// What a file says about itself. Whatever it does not say, or says in a way that makes no sense, is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What the file is, read from its bytes.
    pub kind: Kind,
    /// Width in pixels as the photo is looked at, after orientation.
    pub width: Option<u32>,
    /// Height in pixels as the photo is looked at, after orientation.
    pub height: Option<u32>,
    /// How the stored picture is turned to be looked at.
    pub orientation: Orientation,
    /// When it was taken, by each source that says so.
    pub times: Times,
    /// What it was taken with.
    pub camera: Option<Camera>,
    /// Where it was taken.
    pub place: Option<Place>,
}

/// When a photo was taken, by each source in a file, the most trusted first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// EXIF `DateTimeOriginal` (0x9003) with its fraction (0x9291) and offset (0x9011): when the shutter opened.
    pub original: Option<FoundTime>,
    /// EXIF `DateTimeDigitized` (0x9004, also called `CreateDate`) with its fraction (0x9292) and offset (0x9012).
    pub created: Option<FoundTime>,
    /// XMP `exif:DateTimeOriginal`, `photoshop:DateCreated` or `xmp:CreateDate`, the first of them.
    pub xmp: Option<FoundTime>,
}

/// A time as a camera's clock showed it. A date that exists; whether it is likely is for others to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTime {
    /// Wall time, `YYYY-MM-DDTHH:MM:SS.mmm`, always of this length. The year is 0001 to 9999.
    pub local: String,
    /// Offset from UTC, `+HH:MM` or `-HH:MM`, if the file has it.
    pub offset: Option<String>,
}

/// What a photo was taken with. Texts are trimmed, without control characters, of 1 to 100 characters; numbers are
/// finite and above zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Camera {
    /// Maker of the camera: EXIF 0x010F.
    pub make: Option<String>,
    /// Model of the camera: EXIF 0x0110.
    pub model: Option<String>,
    /// Model of the lens: EXIF 0xA434.
    pub lens: Option<String>,
    /// Focal length in millimetres, as engraved on the lens: EXIF 0x920A.
    pub focal_length_mm: Option<f64>,
    /// The f-number: EXIF 0x829D.
    pub aperture: Option<f64>,
    /// Exposure time in seconds: EXIF 0x829A.
    pub exposure_s: Option<f64>,
    /// Sensitivity: EXIF 0x8827.
    pub iso: Option<u32>,
}

/// Where a photo was taken, as its camera says: WGS 84 in most cases, which EXIF leaves open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Degrees north of the equator, -90 to 90: EXIF GPS tags 1 and 2.
    pub latitude: f64,
    /// Degrees east of Greenwich, -180 to 180: EXIF GPS tags 3 and 4.
    pub longitude: f64,
    /// Metres above the sea: EXIF GPS tags 5 and 6.
    pub altitude_m: Option<f64>,
}

/// The facts of a probed file.
pub(crate) fn gather(bytes: &[u8], found: &Probe) -> Facts {
    let size = found.shown_size();
    let mut facts = Facts {
        kind: found.kind,
        width: size.map(|size| size.0),
        height: size.map(|size| size.1),
        orientation: found.orientation,
        times: Times::default(),
        camera: None,
        place: None,
    };
    let directory =
        |range: &Option<Range<usize>>| Tiff::new(bytes.get(range.clone()?)?).and_then(Tiff::first);
    if let Some(main) = directory(&found.exif) {
        exif::read(&main, directory(&found.apart.exif), directory(&found.apart.gps), &mut facts);
    }
    if let Some(packet) = found.xmp.clone().and_then(|range| bytes.get(range)) {
        facts.times.xmp = xmp::taken(packet);
    }
    facts
}
