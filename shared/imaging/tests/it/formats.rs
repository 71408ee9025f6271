//! What `render` makes of PNG, WebP and GIF, in each form that they have.

use std::io::Write;

use crate::fixtures::{
    ALIKE, assert_shows_scene, distance, jpeg, photo, png, rendered, scene, stored, unpacked,
};
use moxcms::{ColorProfile, Layout, TransformOptions};
use tintype_imaging::{Budget, Kind, inspect, render};
use turbojpeg::Subsamp;

/// A PNG with a chunk behind its signature and header, which are 33 bytes.
pub(crate) fn with_chunk(png: &[u8], name: &[u8], body: &[u8]) -> Vec<u8> {
    let named = [name, body].concat();
    // PNG third edition, annex D: the CRC of a chunk's name and body.
    let mut crc = flate2::Crc::new();
    crc.update(&named);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&png[..33], &length, &named, &crc.sum().to_be_bytes(), &png[33..]].concat()
}

/// The body of a PNG's iCCP chunk.
pub(crate) fn compressed_profile(icc: &[u8]) -> Vec<u8> {
    let mut zlib = flate2::write::ZlibEncoder::new(b"name\0\0".to_vec(), flate2::Compression::fast());
    zlib.write_all(icc).unwrap();
    zlib.finish().unwrap()
}

/// A chunk of RIFF: name, length, body, and a byte to make it even.
pub(crate) fn riff(name: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [name, &length, body, &vec![0; body.len() % 2]].concat()
}

/// Three bytes, least first, as WebP stores edges.
fn three(number: usize) -> Vec<u8> {
    u32::try_from(number).unwrap().to_le_bytes()[..3].to_vec()
}

/// A WebP of the extended form (RFC 9649, 2.7): flags, size, chunks.
pub(crate) fn webp(flags: u8, width: usize, height: usize, chunks: &[&[u8]]) -> Vec<u8> {
    let canvas = riff(b"VP8X", &[vec![flags, 0, 0, 0], three(width - 1), three(height - 1)].concat());
    riff(b"RIFF", &[b"WEBP", &canvas[..], &chunks.concat()].concat())
}

/// A lossless WebP of RGB or RGBA.
pub(crate) fn lossless(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let colour = if pixels.len() == width * height * 3 {
        image_webp::ColorType::Rgb8
    } else {
        image_webp::ColorType::Rgba8
    };
    let mut file = Vec::new();
    let (width, height) = (u32::try_from(width).unwrap(), u32::try_from(height).unwrap());
    image_webp::WebPEncoder::new(&mut file).encode(pixels, width, height, colour).unwrap();
    file
}

/// An animated WebP whose frames, each a whole file of the canvas's size, follow each other.
pub(crate) fn animated(frames: &[Vec<u8>], width: usize, height: usize) -> Vec<u8> {
    // Background and loops; then of each frame its place, size, time and flags.
    let mut chunks = vec![riff(b"ANIM", &[0; 6])];
    for frame in frames {
        let head = [three(0), three(0), three(width - 1), three(height - 1), three(100), vec![2]].concat();
        chunks.push(riff(b"ANMF", &[&head, &frame[12..]].concat()));
    }
    webp(0x02, width, height, &chunks.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[test]
fn png_of_8_and_16_bits_and_in_grey_is_shown() {
    let rgb = scene(160, 96);
    assert_shows_scene(&png(160, 96, png::ColorType::Rgb, png::BitDepth::Eight, &rgb), 160, 96, "png-rgb-8");
    let wide: Vec<u8> = rgb.iter().flat_map(|&sample| [sample, 0x80]).collect();
    assert_shows_scene(
        &png(160, 96, png::ColorType::Rgb, png::BitDepth::Sixteen, &wide),
        160,
        96,
        "png-rgb-16",
    );
    let grey = png(2, 1, png::ColorType::Grayscale, png::BitDepth::One, &[0b0100_0000]);
    let (_, _, rgb) = unpacked(&rendered(&grey).variants[0].webp);
    assert!(rgb[0] < 10 && rgb[3] > 245, "png-grey-1: {rgb:?}");
}

#[test]
fn what_is_clear_is_white() {
    let clear = png(
        16,
        16,
        png::ColorType::Rgba,
        png::BitDepth::Eight,
        &[9; 3].into_iter().chain([0]).cycle().take(1024).collect::<Vec<_>>(),
    );
    let (_, _, rgb) = unpacked(&rendered(&clear).variants[0].webp);
    assert!(rgb.iter().all(|&sample| sample > 250));
}

#[test]
fn a_large_png_is_averaged_to_the_same_scene() {
    let (width, height) = (4100, 1030);
    let file = png(4100, 1030, png::ColorType::Rgb, png::BitDepth::Eight, &scene(width, height));
    let preview = &rendered(&file).variants[0];
    let (width, height, rgb) = unpacked(&preview.webp);
    assert_eq!(width, 2048);
    assert!(distance(&rgb, &scene(width, height)) < ALIKE);
}

#[test]
fn the_first_frame_of_a_gif_lies_on_a_white_screen() {
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, 32, 32, &[200, 30, 30, 0, 0, 0]).unwrap();
    for colour in [0, 1] {
        let frame = gif::Frame {
            left: 8,
            top: 8,
            width: 16,
            height: 16,
            buffer: vec![colour; 256].into(),
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    assert_eq!(inspect(&file).kind, Kind::Gif);
    let (width, height, rgb) = unpacked(&rendered(&file).variants[0].webp);
    assert_eq!((width, height), (32, 32));
    let pixel = |x: usize, y: usize| &rgb[(y * 32 + x) * 3..][..3];
    assert!(pixel(2, 2).iter().all(|&sample| sample > 240), "{:?}", pixel(2, 2));
    assert!(pixel(16, 16)[0] > 170 && pixel(16, 16)[1] < 60, "{:?}", pixel(16, 16));
}

#[test]
fn webp_is_shown() {
    let preview = &rendered(&photo(160, 96)).variants[0];
    assert_shows_scene(&preview.webp, 160, 96, "webp");
}

/// An EXIF block that asks to be turned clockwise.
const TURNED: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

#[test]
fn the_orientation_of_a_webp_counts() {
    let (rgb, width, height) = stored(96, 160, 6);
    let plain = rendered(&jpeg(&rgb, width, height, Subsamp::None, false)).variants.remove(0).webp;
    let file = webp(0x08, width, height, &[&plain[12..], &riff(b"EXIF", TURNED)]);
    assert_shows_scene(&file, 96, 160, "orientation-6 in WebP");
}

#[test]
fn the_orientation_of_a_png_counts() {
    let (rgb, width, height) = stored(96, 160, 6);
    let (width, height) = (u32::try_from(width).unwrap(), u32::try_from(height).unwrap());
    let plain = png(width, height, png::ColorType::Rgb, png::BitDepth::Eight, &rgb);
    let file = with_chunk(&plain, b"eXIf", TURNED);
    assert_shows_scene(&file, 96, 160, "orientation-6 in PNG");
}

#[test]
fn png_interlaced_with_a_palette_and_with_grey_and_alpha_is_shown() {
    let grey: Vec<u8> = scene(160, 96).as_chunks::<3>().0.iter().map(|&[red, _, _]| red).collect();
    let shown = |file: &[u8], what: &str| {
        let (_, _, rgb) = unpacked(&rendered(file).variants[0].webp);
        let expected: Vec<u8> = grey.iter().flat_map(|&grey| [grey; 3]).collect();
        assert!(distance(&rgb, &expected) < ALIKE, "{what}");
    };
    let with_alpha: Vec<u8> = grey.iter().flat_map(|&grey| [grey, 255]).collect();
    shown(&png(160, 96, png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, &with_alpha), "grey and alpha");
    let mut palette = Vec::new();
    let mut encoder = png::Encoder::new(&mut palette, 160, 96);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette((0..=255).flat_map(|grey| [grey; 3]).collect::<Vec<u8>>());
    encoder.write_header().unwrap().write_image_data(&grey).unwrap();
    shown(&palette, "palette");
    assert_shows_scene(&interlaced(&scene(160, 96), 160, 96), 160, 96, "interlaced");
}

/// An RGB PNG in the seven passes of Adam7 (PNG third edition, 8.1), which the encoder in use does not write.
fn interlaced(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    const PASSES: [(usize, usize, usize, usize); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let mut rows = Vec::new();
    for (left, top, across, down) in PASSES {
        for y in (top..height).step_by(down) {
            rows.push(0);
            for x in (left..width).step_by(across) {
                rows.extend(&rgb[(y * width + x) * 3..][..3]);
            }
        }
    }
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&rows).unwrap();
    let size = |edge: usize| u32::try_from(edge).unwrap().to_be_bytes();
    let header = [&size(width)[..], &size(height), &[8, 2, 0, 0, 1]].concat();
    // Chunks go in behind the header, so the last comes first.
    let empty = [&b"\x89PNG\r\n\x1a\n"[..], &[0; 25]].concat();
    let file = with_chunk(
        &with_chunk(&with_chunk(&empty, b"IEND", &[]), b"IDAT", &zlib.finish().unwrap()),
        b"IHDR",
        &header,
    );
    [&file[..8], &file[33..]].concat()
}

#[test]
fn the_default_image_of_an_animated_png_is_shown() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 160, 96);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&scene(160, 96)).unwrap();
    writer.write_image_data(&vec![0; 160 * 96 * 3]).unwrap();
    writer.finish().unwrap();
    assert_shows_scene(&file, 160, 96, "animated PNG");
}

#[test]
fn the_profile_of_a_png_counts() {
    let adobe = ColorProfile::new_adobe_rgb();
    let transform = ColorProfile::new_srgb()
        .create_transform_8bit(Layout::Rgb, &adobe, Layout::Rgb, TransformOptions::default())
        .unwrap();
    let mut wide = vec![0; 160 * 96 * 3];
    transform.transform(&scene(160, 96), &mut wide).unwrap();
    let plain = png(160, 96, png::ColorType::Rgb, png::BitDepth::Eight, &wide);
    let icc = compressed_profile(&adobe.encode().unwrap());
    assert_shows_scene(&with_chunk(&plain, b"iCCP", &icc), 160, 96, "PNG in Adobe RGB");
    for useless in [&b"name without end"[..], b"name\0", b"name\0\0junk", &icc[..icc.len() / 2]] {
        assert!(render(&with_chunk(&plain, b"iCCP", useless), &Budget::default()).is_ok());
    }
}

#[test]
fn webp_lossless_clear_and_animated_is_shown() {
    let rgb = scene(160, 96);
    assert_shows_scene(&lossless(&rgb, 160, 96), 160, 96, "lossless WebP");
    let clear: Vec<u8> = rgb.as_chunks::<3>().0.iter().flat_map(|_| [9, 9, 9, 0]).collect();
    let (_, _, white) = unpacked(&rendered(&lossless(&clear, 160, 96)).variants[0].webp);
    assert!(white.iter().all(|&sample| sample > 250));
    let frames = [lossless(&rgb, 160, 96), lossless(&vec![0; rgb.len()], 160, 96)];
    assert_shows_scene(&animated(&frames, 160, 96), 160, 96, "animated WebP");
}
