//! The one file with `unsafe`: it hands planes to libwebp's encoder.
//!
//! Why not without: libwebp's lossy encoder has no peer in Rust, and the safe bindings take RGB alone (and pin an old
//! libwebp), so that every photo would be converted to RGB and back.
//!
//! Why it is sound, for a reviewer to check line by line:
//! - the lengths of the planes are compared with the size before anything else happens;
//! - the encoder reads the planes through pointers that live as long as the borrow of `planes`, and does not write to
//!   them: libwebp's functions that import and crop do, of which none is called, and so does its clearing of what alpha
//!   hides, which `exact` turns off and which a picture without an alpha plane, as this is, would not reach;
//! - the picture owns no memory, as it was never allocated by libwebp; the writer's buffer is freed by its guard on
//!   every way out;
//! - no Rust code is called from C, so no panic can cross the border.

#![expect(unsafe_code, reason = "calls libwebp; see above")]

use libwebp_sys::{
    WebPConfig, WebPEncCSP, WebPEncode, WebPMemoryWrite, WebPMemoryWriter, WebPMemoryWriterClear,
    WebPMemoryWriterInit, WebPPicture, WebPPictureFree, WebPValidateConfig,
};

use crate::raster::Yuv420;

/// How to encode; see libwebp's `WebPConfig` for what the numbers do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How hard to try, 0 to 6.
    pub(crate) method: i32,
    /// 0 to 100.
    pub(crate) quality: f32,
    /// How far to move bits from busy places to smooth ones, 0 to 100.
    pub(crate) noise_shaping: i32,
    /// Strength of the loop filter, 0 to 100.
    pub(crate) filter: i32,
}

/// Why there is no WebP. None of these is known to happen with planes that come from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("libwebp is of another version than its binding")]
    Version,
    #[error("libwebp refuses the settings")]
    Settings,
    #[error("WebP has no picture of this size, or its planes are of another")]
    Size,
    #[error("libwebp stopped with its error {0}")]
    Encoder(i32),
}

/// The longest edge that WebP's lossy format can hold (RFC 6386, 9.1).
const LONGEST_EDGE: usize = 16_383;

/// Encodes planes to a WebP file with one lossy frame and nothing else.
pub(crate) fn encode(planes: &Yuv420, settings: &Settings) -> Result<Vec<u8>, Error> {
    let (chroma_width, chroma_height) = planes.chroma_size();
    let fits = |edge: usize| (1..=LONGEST_EDGE).contains(&edge);
    if !fits(planes.width)
        || !fits(planes.height)
        || planes.y.len() != planes.width * planes.height
        || planes.u.len() != chroma_width * chroma_height
        || planes.v.len() != chroma_width * chroma_height
    {
        return Err(Error::Size);
    }
    let edge = |edge: usize| i32::try_from(edge).map_err(|_| Error::Size);

    let mut config = WebPConfig::new().map_err(|()| Error::Version)?;
    config.method = settings.method;
    config.quality = settings.quality;
    config.sns_strength = settings.noise_shaping;
    config.filter_strength = settings.filter;
    config.exact = 1;
    // SAFETY: `config` is initialized; the function reads it.
    if unsafe { WebPValidateConfig(&raw const config) } == 0 {
        return Err(Error::Settings);
    }

    let mut writer = Writer::new();
    let mut picture = Picture(WebPPicture::new().map_err(|()| Error::Version)?);
    picture.0.use_argb = 0;
    picture.0.colorspace = WebPEncCSP::WEBP_YUV420;
    picture.0.width = edge(planes.width)?;
    picture.0.height = edge(planes.height)?;
    picture.0.y = planes.y.as_ptr().cast_mut();
    picture.0.u = planes.u.as_ptr().cast_mut();
    picture.0.v = planes.v.as_ptr().cast_mut();
    picture.0.y_stride = edge(planes.width)?;
    picture.0.uv_stride = edge(chroma_width)?;
    picture.0.writer = Some(WebPMemoryWrite);
    picture.0.custom_ptr = (&raw mut writer.0).cast();
    // SAFETY: `config` is valid. The planes have the sizes and strides that the picture says, compared above, outlive
    // the call, and are only read. `custom_ptr` is the writer that `WebPMemoryWrite` expects, and it outlives the call.
    let done = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    if done == 0 {
        return Err(Error::Encoder(picture.0.error_code as i32));
    }
    Ok(writer.bytes().to_vec())
}

/// A picture, freed when dropped.
struct Picture(WebPPicture);

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the picture is initialized. It frees what libwebp allocated for it, which is not the planes.
        unsafe { WebPPictureFree(&raw mut self.0) };
    }
}

/// A growing buffer of libwebp, freed when dropped.
struct Writer(WebPMemoryWriter);

impl Writer {
    fn new() -> Self {
        let mut writer = WebPMemoryWriter { mem: std::ptr::null_mut(), size: 0, max_size: 0, pad: [0] };
        // SAFETY: the function fills the struct that it is given.
        unsafe { WebPMemoryWriterInit(&raw mut writer) };
        Self(writer)
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: `mem` is not null and holds `size` bytes that libwebp wrote; nothing writes while `self` is borrowed.
        unsafe { std::slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SAFETY: the writer is initialized, and its buffer is libwebp's own or null.
        unsafe { WebPMemoryWriterClear(&raw mut self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { method: 2, quality: 81.0, noise_shaping: 90, filter: 80 };

    fn grey(width: usize, height: usize) -> Yuv420 {
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        Yuv420 { width, height, y: vec![126; width * height], u: vec![128; chroma], v: vec![128; chroma] }
    }

    #[test]
    fn every_small_size_is_encoded_and_says_so() {
        for (width, height) in [(1, 1), (1, 2), (2, 1), (3, 5), (16, 16), (17, 33), (1, 300), (16_383, 1)] {
            let bytes = encode(&grey(width, height), &SETTINGS).unwrap();
            let decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(&bytes)).unwrap();
            assert_eq!(decoder.dimensions(), (u32::try_from(width).unwrap(), u32::try_from(height).unwrap()));
        }
    }

    #[test]
    fn planes_of_other_sizes_than_stated_never_reach_libwebp() {
        let mut short = grey(16, 16);
        short.y.pop();
        assert_eq!(encode(&short, &SETTINGS), Err(Error::Size));
        let mut short = grey(16, 16);
        short.v.pop();
        assert_eq!(encode(&short, &SETTINGS), Err(Error::Size));
        assert_eq!(encode(&grey(0, 1), &SETTINGS), Err(Error::Size));
        assert_eq!(encode(&grey(16_384, 1), &SETTINGS), Err(Error::Size));
    }

    #[test]
    fn a_variant_holds_nothing_but_one_lossy_frame() {
        let bytes = encode(&grey(40, 30), &SETTINGS).unwrap();
        assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WEBPVP8 "[..]));
        let frame = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize;
        assert_eq!(bytes.len(), 20 + frame);
    }
}
