//! The Rust half of the benchmark. `bench.mjs` runs it, once for every measurement, so that nothing is left over from
//! one to the next.
//!
//! - `render FILE COUNT [DIR]`: renders a file COUNT times after once to warm up; prints CPU milliseconds of each, the
//!   peak memory above the start, and the bytes of the variants; writes the variants to DIR.
//! - `reference FILE OUT`: the preview as it should be: decoded at full size, resampled in 16 bits.
//! - `score REFERENCE WEBP`: SSIMULACRA2 of a preview against its reference.

use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use serde_json::json;
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic};
use tintype_imaging::{Budget, VariantName, inspect, render};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["render", file, count] => measure(file, count.parse()?, None),
        ["render", file, count, dir] => measure(file, count.parse()?, Some(dir)),
        ["reference", file, out] => reference(file, out),
        ["score", reference, webp] => score(reference, webp),
        _ => Err("usage: render FILE COUNT [DIR] | reference FILE OUT | score REFERENCE WEBP".into()),
    }
}

fn measure(file: &str, count: usize, dir: Option<&str>) -> Result<()> {
    // Before the file is read, since a function has to hold it as well.
    let start = status("VmRSS:")?;
    let bytes = fs::read(file)?;
    let rendering = render(&bytes, &Budget::default())?;
    let peak = status("VmHWM:")? - start;
    let mut cpu_ms = Vec::new();
    for _ in 0..count {
        let before = cpu_ns()?;
        render(&bytes, &Budget::default())?;
        cpu_ms.push((cpu_ns()? - before) as f64 / 1e6);
    }
    let size = |name| rendering.variants.iter().find(|variant| variant.name == name).map(|variant| variant.webp.len());
    if let Some(dir) = dir {
        for variant in &rendering.variants {
            fs::write(Path::new(dir).join(format!("{}.webp", variant.name.as_str())), &variant.webp)?;
        }
    }
    let (thumb, preview) = (size(VariantName::Thumb), size(VariantName::Preview));
    println!("{}", json!({ "cpu_ms": cpu_ms, "peak_kb": peak, "thumb": thumb, "preview": preview }));
    Ok(())
}

/// A line of `/proc/self/status`, in kB.
fn status(name: &str) -> Result<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Time on a CPU in nanoseconds, of this thread, which is the only one.
fn cpu_ns() -> Result<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("empty schedstat")?.parse()?)
}

/// Writes width, height (two little-endian numbers of 32 bits) and RGB in 16 bits.
fn reference(file: &str, out: &str) -> Result<()> {
    let bytes = fs::read(file)?;
    let decoded = turbojpeg::decompress(&bytes, turbojpeg::PixelFormat::RGB)?;
    let wide: Vec<u8> = decoded.pixels.iter().flat_map(|&sample| (u16::from(sample) * 257).to_le_bytes()).collect();
    let source = Image::from_vec_u8(decoded.width as u32, decoded.height as u32, wide, PixelType::U16x3)?;
    let scale = (2048.0 / decoded.width.max(decoded.height) as f64).min(1.0);
    let edge = |edge: usize| (edge as f64 * scale).round().max(1.0) as u32;
    let (width, height) = (edge(decoded.width), edge(decoded.height));
    let mut target = Image::new(width, height, PixelType::U16x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut target, &options)?;
    let mut written = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let orientation = inspect(&bytes).orientation.get();
    let pixels = turned(target.buffer(), width as usize, height as usize, orientation);
    if orientation >= 5 {
        written = [height.to_le_bytes(), width.to_le_bytes()].concat();
    }
    written.extend(pixels);
    Ok(fs::write(out, written)?)
}

/// Turns pixels of six bytes as the EXIF orientation says, one at a time: this is the reference, not the product.
fn turned(pixels: &[u8], width: usize, height: usize, orientation: u8) -> Vec<u8> {
    let (out_width, out_height) = if orientation >= 5 { (height, width) } else { (width, height) };
    let mut out = Vec::with_capacity(pixels.len());
    for y in 0..out_height {
        for x in 0..out_width {
            let (from_x, from_y) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                8 => (width - 1 - y, x),
                _ => (x, y),
            };
            let at = (from_y * width + from_x) * 6;
            out.extend_from_slice(&pixels[at..at + 6]);
        }
    }
    out
}

fn score(reference: &str, webp: &str) -> Result<()> {
    let expected = fs::read(reference)?;
    let edge = |at: usize| u32::from_le_bytes([expected[at], expected[at + 1], expected[at + 2], expected[at + 3]]) as usize;
    let (width, height) = (edge(0), edge(4));
    let expected = expected[8..]
        .chunks_exact(6)
        .map(|pixel| [0, 2, 4].map(|at| f32::from(u16::from_le_bytes([pixel[at], pixel[at + 1]])) / 65535.0))
        .collect();
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(fs::read(webp)?))?;
    if decoder.dimensions() != (width as u32, height as u32) {
        return Err(format!("{:?} instead of {width} x {height}", decoder.dimensions()).into());
    }
    let mut found = vec![0; decoder.output_buffer_size().ok_or("too large")?];
    decoder.read_image(&mut found)?;
    let samples = if decoder.has_alpha() { 4 } else { 3 };
    let found =
        found.chunks_exact(samples).map(|pixel| [pixel[0], pixel[1], pixel[2]].map(|s| f32::from(s) / 255.0)).collect();
    let rgb = |pixels| Rgb::new(pixels, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    let score = ssimulacra2::compute_frame_ssimulacra2(rgb(expected)?, rgb(found)?)?;
    println!("{}", json!({ "score": score }));
    Ok(())
}
