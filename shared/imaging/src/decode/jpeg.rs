//! JPEG by libjpeg-turbo.
//!
//! Ordinary photos come out as the planes that they are stored as, and stay so to the end: going through RGB would
//! cost an upsampling, two conversions and twice the memory. The decoder reduces them by computing fewer samples from
//! each block's coefficients.

use std::borrow::Cow;

use turbojpeg::{
    Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage,
    yuv_pixels_len,
};

use super::{Decoded, scans};
use crate::limits::Plan;
use crate::probe::jpeg::{Header, Segments};
use crate::raster::{Model, Plane, Raster};
use crate::rejected::Rejected;

/// Scans that a file may have. Encoders write some ten; a file of thousands is made to keep a decoder busy
/// (<https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf>).
const SCANS: u32 = 100;

/// Decodes a JPEG, reduced to the plan's eighths.
///
/// A file that is cut or damaged within its scans still shows what is there, as every viewer does: grey where nothing
/// is. It is broken if nothing is there.
pub(super) fn decode(file: &[u8], header: &Header, plan: &Plan) -> Result<Decoded, Rejected> {
    let mut decoder = Decompressor::new().map_err(Rejected::broken)?;
    decoder.set_scan_limit(SCANS).map_err(Rejected::broken)?;
    let (file, read) = read_header(&mut decoder, file)?;
    // The budget was planned with what the probe read; a decoder that sees another frame is not to be let loose.
    if (read.width, read.height) != (header.width.into(), header.height.into())
        || read.is_progressive != header.is_progressive()
        || read.is_lossless
    {
        return Err(Rejected::broken("its headers contradict each other"));
    }
    let scale = ScalingFactor::new(plan.eighths.into(), 8);
    decoder.set_scaling_factor(scale).map_err(Rejected::broken)?;
    let shorter = match scans::without_last_bits(&file, header, plan.eighths) {
        Some(shorter) => Some(samples(&mut decoder, shorter, header, &read, scale)?),
        None => None,
    };
    // In a file that was damaged before its last scan, that scan may hold all that is left of the picture.
    let shown = shorter.filter(|(raster, outcome)| {
        outcome.as_ref().err().is_none_or(is_warning) && !raster.planes.iter().all(is_uniform)
    });
    let (raster, outcome) = match shown {
        Some(shown) => shown,
        None => samples(&mut decoder, &file, header, &read, scale)?,
    };
    if let Err(error) = &outcome
        && error.to_string().contains("has more than")
    {
        return Err(Rejected::TooLarge { why: format!("it has more than {SCANS} scans") });
    }
    if let Err(error) = outcome
        && (!is_warning(&error) || raster.planes.iter().all(is_uniform))
    {
        return Err(Rejected::broken(error));
    }
    let (width, height) = (u32::from(header.width), u32::from(header.height));
    Ok(Decoded { width, height, raster, icc: None })
}

/// What decoding ended with; the samples may be good all the same.
type Outcome = Result<(), turbojpeg::Error>;

/// Decodes to what is nearest to how the file stores its colours.
fn samples(
    decoder: &mut Decompressor,
    file: &[u8],
    header: &Header,
    read: &DecompressHeader,
    scale: ScalingFactor,
) -> Result<(Raster, Outcome), Rejected> {
    Ok(match read.colorspace {
        Colorspace::YCbCr | Colorspace::Gray if read.subsamp != Subsamp::Unknown => {
            planes(decoder, file, read, scale)?
        }
        Colorspace::YCbCr | Colorspace::Gray | Colorspace::RGB => {
            pixels(decoder, file, read, scale, PixelFormat::RGB)
        }
        Colorspace::CMYK | Colorspace::YCCK => {
            let (mut raster, outcome) = pixels(decoder, file, read, scale, PixelFormat::CMYK);
            if header.adobe {
                // Adobe stores how much light is left, not how much ink there is.
                raster
                    .planes
                    .iter_mut()
                    .flat_map(|plane| &mut plane.data)
                    .for_each(|sample| *sample = !*sample);
            }
            (raster, outcome)
        }
    })
}

/// Reads the header, of the file or of a copy with a clean one.
///
/// The binding takes a warning in the header for an error. Cameras that leave a few stray bytes between their markers,
/// or invent a version of JFIF, cause such warnings; without those markers the file reads well.
fn read_header<'a>(
    decoder: &mut Decompressor,
    file: &'a [u8],
) -> Result<(Cow<'a, [u8]>, DecompressHeader), Rejected> {
    match decoder.read_header(file) {
        Ok(read) => Ok((Cow::Borrowed(file), read)),
        Err(error) if is_warning(&error) => {
            let clean = with_clean_header(file).ok_or_else(|| Rejected::broken(error))?;
            let read = decoder.read_header(&clean).map_err(Rejected::broken)?;
            Ok((Cow::Owned(clean), read))
        }
        Err(error) => Err(Rejected::broken(error)),
    }
}

/// The file with only those markers before its first scan that change how it is decoded.
fn with_clean_header(file: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(file.len());
    clean.extend([0xFF, 0xD8]);
    let mut segments = Segments { bytes: file, at: 2 };
    loop {
        let (marker, range) = segments.next_segment()?;
        let body = file.get(range.clone())?;
        let adobe = marker == 0xEE
            && body.starts_with(b"Adobe")
            && body.get(11).is_some_and(|&transform| transform <= 2);
        if marker == 0xE0 && body.starts_with(b"JFIF\0") {
            // Its presence alone says that three components are YCbCr.
            clean.extend([0xFF, 0xE0, 0, 16]);
            clean.extend(b"JFIF\0\x01\x02\x00\x00\x01\x00\x01\x00\x00");
        } else if adobe || !matches!(marker, 0xE0..=0xEF | 0xFE) {
            clean.extend([0xFF, marker]);
            clean.extend(u16::try_from(body.len() + 2).ok()?.to_be_bytes());
            clean.extend(body);
        }
        if marker == 0xDA {
            clean.extend(file.get(range.end..)?);
            return Some(clean);
        }
    }
}

/// Decodes to the planes that are stored: one for grey, else three.
fn planes(
    decoder: &mut Decompressor,
    file: &[u8],
    read: &DecompressHeader,
    scale: ScalingFactor,
) -> Result<(Raster, Outcome), Rejected> {
    let scaled = read.scaled(scale);
    let length = yuv_pixels_len(scaled.width, 1, scaled.height, read.subsamp).map_err(Rejected::broken)?;
    let mut image = YuvImage {
        pixels: vec![0; length],
        width: scaled.width,
        align: 1,
        height: scaled.height,
        subsamp: read.subsamp,
    };
    let outcome = decoder.decompress_to_yuv(file, image.as_deref_mut());
    let ((y_width, y_height), (uv_width, uv_height)) = (image.y_size(), image.uv_size());
    let (across, down) = read.subsamp.size();
    let mut y = image.pixels;
    let raster = if read.subsamp == Subsamp::Gray {
        y.truncate(y_width * y_height);
        Raster {
            model: Model::Grey,
            planes: vec![seen(Plane::new(y_width, y_height, 1, y), read, scale, 1, 1)],
        }
    } else {
        let mut u = y.split_off(y_width * y_height);
        let mut v = u.split_off(uv_width * uv_height);
        v.truncate(uv_width * uv_height);
        let planes = vec![
            seen(Plane::new(y_width, y_height, 1, y), read, scale, 1, 1),
            seen(Plane::new(uv_width, uv_height, 1, u), read, scale, across, down),
            seen(Plane::new(uv_width, uv_height, 1, v), read, scale, across, down),
        ];
        Raster { model: Model::Ycc, planes }
    };
    Ok((raster, outcome))
}

/// Decodes to pixels of three or four samples.
fn pixels(
    decoder: &mut Decompressor,
    file: &[u8],
    read: &DecompressHeader,
    scale: ScalingFactor,
    format: PixelFormat,
) -> (Raster, Outcome) {
    let scaled = read.scaled(scale);
    let pitch = scaled.width * format.size();
    let mut image = Image {
        pixels: vec![0; pitch * scaled.height],
        width: scaled.width,
        pitch,
        height: scaled.height,
        format,
    };
    let outcome = decoder.decompress(file, image.as_deref_mut());
    let plane = Plane::new(scaled.width, scaled.height, format.size(), image.pixels);
    let model = if format == PixelFormat::CMYK { Model::Cmyk } else { Model::Rgb };
    (Raster { model, planes: vec![seen(plane, read, scale, 1, 1)] }, outcome)
}

/// Marks how much of a plane the picture fills. Its edges rarely are multiples of what one sample covers.
fn seen(plane: Plane, read: &DecompressHeader, scale: ScalingFactor, across: usize, down: usize) -> Plane {
    #[expect(clippy::cast_precision_loss, reason = "edges and factors are below 2^17")]
    let part =
        |edge: usize, sampling: usize| edge as f64 * scale.num() as f64 / (scale.denom() * sampling) as f64;
    plane.showing(part(read.width, across), part(read.height, down))
}

/// Whether the decoder only complained, having filled the samples as well as it could.
///
/// The binding does not tell errors from warnings, but the text does, which is fixed in the library's `jerror.h`, and
/// an error always comes after the warnings before it.
fn is_warning(error: &turbojpeg::Error) -> bool {
    const WARNINGS: [&str; 6] = [
        "Corrupt JPEG data",
        "Premature end of JPEG file",
        "Inconsistent progression sequence",
        "Unknown Adobe color transform code",
        "unknown JFIF revision number",
        "Invalid SOS parameters for sequential JPEG",
    ];
    matches!(error, turbojpeg::Error::TurboJpegError(text) if WARNINGS.iter().any(|warning| text.contains(warning)))
}

fn is_uniform(plane: &Plane) -> bool {
    plane.data.first().is_none_or(|first| plane.data.iter().all(|sample| sample == first))
}
