//! Pictures that tests make for themselves.

use std::io::Cursor;

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

/// A scene that looks different from every side: red, green, blue and yellow corners, a dark disc off centre.
///
/// Width x height pixels of RGB.
pub(crate) fn scene(width: usize, height: usize) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let (across, down) = ((x as f64 + 0.5) / width as f64, (y as f64 + 0.5) / height as f64);
            let corners =
                [[200.0, 40.0, 40.0], [40.0, 180.0, 60.0], [50.0, 60.0, 210.0], [220.0, 200.0, 60.0]];
            let weights =
                [(1.0 - across) * (1.0 - down), across * (1.0 - down), (1.0 - across) * down, across * down];
            let disc = (across - 0.3).hypot(down - 0.4) < 0.15;
            for sample in 0..3 {
                let mixed: f64 =
                    corners.iter().zip(weights).map(|(corner, weight)| corner[sample] * weight).sum();
                rgb.push(if disc { 20 } else { mixed as u8 });
            }
        }
    }
    rgb
}

/// A JPEG of RGB samples.
pub(crate) fn jpeg(rgb: &[u8], width: usize, height: usize, subsamp: Subsamp, progressive: bool) -> Vec<u8> {
    compressed(rgb, width, height, subsamp, progressive, false)
}

/// The same in arithmetic coding.
pub(crate) fn arithmetic_jpeg(
    rgb: &[u8],
    width: usize,
    height: usize,
    subsamp: Subsamp,
    progressive: bool,
) -> Vec<u8> {
    compressed(rgb, width, height, subsamp, progressive, true)
}

fn compressed(
    rgb: &[u8],
    width: usize,
    height: usize,
    subsamp: Subsamp,
    progressive: bool,
    arithmetic: bool,
) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(92).unwrap();
    compressor.set_subsamp(subsamp).unwrap();
    compressor.set_progressive(progressive).unwrap();
    compressor.set_arithmetic(arithmetic).unwrap();
    let image = Image { pixels: rgb, width, pitch: width * 3, height, format: PixelFormat::RGB };
    compressor.compress_to_vec(image).unwrap()
}

/// The scene as an ordinary JPEG.
pub(crate) fn photo(width: usize, height: usize) -> Vec<u8> {
    jpeg(&scene(width, height), width, height, Subsamp::Sub2x2, false)
}

/// A JPEG with a segment after its first marker. `marker` is the second byte of the segment's own.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap();
    [&jpeg[..2], &[0xFF, marker], &length.to_be_bytes(), body, &jpeg[2..]].concat()
}

/// A JPEG with an EXIF block that holds its orientation, as a short.
pub(crate) fn with_orientation(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend(orientation.to_be_bytes());
    exif.extend([0; 6]);
    with_segment(jpeg, 0xE1, &exif)
}

/// A JPEG with an ICC profile in one part.
pub(crate) fn with_profile(jpeg: &[u8], icc: &[u8]) -> Vec<u8> {
    with_segment(jpeg, 0xE2, &[b"ICC_PROFILE\0\x01\x01", icc].concat())
}

/// A JPEG whose frame header declares another size. What it holds does not change.
pub(crate) fn declaring(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let frame = jpeg.windows(2).position(|pair| matches!(pair, [0xFF, 0xC0..=0xC2])).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// A WebP file as RGB: width, height, samples.
pub(crate) fn unpacked(webp: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(webp)).unwrap();
    let (width, height) = decoder.dimensions();
    let mut rgb = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut rgb).unwrap();
    (width as usize, height as usize, rgb)
}

/// The mean difference of two pictures of one size, of 255.
pub(crate) fn distance(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}
