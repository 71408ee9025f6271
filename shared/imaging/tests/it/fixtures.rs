//! Pictures that tests make for themselves.

use std::io::Cursor;

use tintype_imaging::{Budget, Rendering, inspect, render};
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
    let frame = jpeg.windows(2).position(|pair| matches!(pair, [0xFF, 0xC0..=0xC2 | 0xC9 | 0xCA])).unwrap();
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

/// The mean difference, of 255, that WebP's loss and the resampling of a smooth scene leave.
pub(crate) const ALIKE: f64 = 3.0;

pub(crate) fn rendered(bytes: &[u8]) -> Rendering {
    render(bytes, &Budget::default()).unwrap_or_else(|rejected| panic!("{rejected}"))
}

/// Asserts that the preview shows the scene, upright and at its size.
pub(crate) fn assert_shows_scene(bytes: &[u8], width: usize, height: usize, what: &str) {
    let rendering = rendered(bytes);
    assert_eq!((rendering.width as usize, rendering.height as usize), (width, height), "{what}");
    let facts = inspect(bytes);
    assert_eq!((facts.width, facts.height), (Some(rendering.width), Some(rendering.height)), "{what}");
    let (found_width, found_height, rgb) = unpacked(&rendering.variants[0].webp);
    assert_eq!(
        (found_width, found_height),
        (width, height),
        "{what}: the preview of a small picture is its size"
    );
    let distance = distance(&rgb, &scene(width, height));
    assert!(distance < ALIKE, "{what}: {distance:.1} of 255 away");
}

/// The scene as a camera held otherwise stores it, so that `orientation` makes it upright again.
pub(crate) fn stored(width: usize, height: usize, orientation: u16) -> (Vec<u8>, usize, usize) {
    let upright = scene(width, height);
    let (stored_width, stored_height) =
        if (5..=8).contains(&orientation) { (height, width) } else { (width, height) };
    let mut rgb = vec![0; upright.len()];
    for y in 0..height {
        for x in 0..width {
            // EXIF 2.32, 4.6.4: which edge of the scene the stored row 0 and column 0 are.
            let (column, row) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, width - 1 - x),
                7 => (height - 1 - y, width - 1 - x),
                8 => (height - 1 - y, x),
                _ => (x, y),
            };
            let (from, to) = ((y * width + x) * 3, (row * stored_width + column) * 3);
            rgb[to..to + 3].copy_from_slice(&upright[from..from + 3]);
        }
    }
    (rgb, stored_width, stored_height)
}

/// A PNG of samples as it stores them.
pub(crate) fn png(
    width: u32,
    height: u32,
    colour: png::ColorType,
    depth: png::BitDepth,
    data: &[u8],
) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    file
}
