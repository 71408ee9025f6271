//! Files made to exhaust memory or patience, each rendered in a process of its own whose peak is asserted.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::fixtures::{declaring, jpeg, photo, png, scene};
use crate::formats::{animated, compressed_profile, lossless, riff, with_chunk};
use tintype_imaging::{Budget, render};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

/// What one bomb may take: generous, since test machines are slow and shared, but not minutes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Renders the file of `TINTYPE_BOMB`, as often as `TINTYPE_BOMB_COUNT` says, and tells how it ended, the peak memory
/// in kB, and the milliseconds of the last time.
#[test]
#[ignore = "the child process of the tests here"]
fn child() {
    let Some(path) = std::env::var_os("TINTYPE_BOMB") else { return };
    let bytes = fs::read(path).unwrap();
    let count: usize = std::env::var("TINTYPE_BOMB_COUNT").unwrap().parse().unwrap();
    let (mut outcome, mut start) = ("", std::time::Instant::now());
    for _ in 0..count {
        start = std::time::Instant::now();
        outcome = render(&bytes, &Budget::default()).map_or_else(|rejected| rejected.code(), |_| "shown");
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("ended {outcome} {} {}", peak.trim().trim_end_matches(" kB"), start.elapsed().as_millis());
}

/// Renders in a child; asserts the outcome, the default budget, and the time.
fn assert_ends(name: &str, bytes: &[u8], expected: &[&str]) {
    let (outcome, peak, time) = run(name, bytes, 1);
    println!("{name}: {outcome}, {} MB at the peak, {} ms", peak >> 10, time.as_millis());
    assert!(expected.contains(&outcome.as_str()), "{name}: {outcome}");
    // The budget counts what imaging holds; the rest of the process is a test harness of some megabytes.
    let budget = (Budget::default().bytes >> 10) as u64 + (16 << 10);
    assert!(peak < budget, "{name}: {} MB", peak >> 10);
    assert!(time < PATIENCE, "{name}: {time:?}");
}

/// Renders in a child, `count` times: how it ended, the peak in kB, the time.
fn run(name: &str, bytes: &[u8], count: u32) -> (String, u64, Duration) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bomb-{name}"));
    fs::write(&path, bytes).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "bombs::child", "--ignored", "--nocapture"])
        .env("TINTYPE_BOMB", &path)
        .env("TINTYPE_BOMB_COUNT", count.to_string())
        .output()
        .unwrap();
    fs::remove_file(&path).unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    let line = text.lines().find_map(|line| line.split_once("ended ")).map(|(_, line)| line.to_owned());
    let line = line.unwrap_or_else(|| panic!("the child ended without a word: {:?}", child.status));
    let mut words = line.split_whitespace();
    let outcome = words.next().unwrap().to_owned();
    let mut number = || words.next().unwrap().parse().unwrap();
    (outcome, number(), Duration::from_millis(number()))
}

/// A file large enough to declare what it declares: noise compresses badly.
fn noise(width: usize, height: usize, subsamp: Subsamp, progressive: bool) -> Vec<u8> {
    jpeg(&random(width * height * 3), width, height, subsamp, progressive)
}

fn random(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn progressive_444_of_100_megapixels() {
    let bytes = declaring(&noise(1600, 1200, Subsamp::None, true), 10_000, 10_000);
    assert_ends("100-mp-progressive-444", &bytes, &["too_large"]);
}

#[test]
fn cmyk_of_100_megapixels() {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_subsamp(Subsamp::None).unwrap();
    let ink = random(1200 * 1200 * 4);
    let image = Image { pixels: &ink[..], width: 1200, pitch: 4800, height: 1200, format: PixelFormat::CMYK };
    let baseline = declaring(&compressor.compress_to_vec(image).unwrap(), 10_000, 10_000);
    assert_ends("100-mp-cmyk-baseline", &baseline, &["shown"]);
    compressor.set_progressive(true).unwrap();
    let progressive = declaring(&compressor.compress_to_vec(image).unwrap(), 10_000, 10_000);
    assert_ends("100-mp-cmyk-progressive", &progressive, &["too_large"]);
}

#[test]
fn the_largest_size_that_a_header_can_declare() {
    assert_ends(
        "65500-squared",
        &declaring(&noise(800, 800, Subsamp::Sub2x2, false), 65_500, 65_500),
        &["too_large"],
    );
}

#[test]
fn a_photo_of_280_megapixels() {
    let bytes = declaring(&noise(1600, 1200, Subsamp::Sub2x2, false), 20_000, 14_000);
    assert_ends("280-mp", &bytes, &["shown"]);
}

#[test]
fn the_largest_progressive_photo_that_fits() {
    let bytes = declaring(&noise(1600, 1200, Subsamp::Sub2x2, true), 11_000, 9_000);
    assert_ends("99-mp-progressive-420", &bytes, &["shown"]);
}

#[test]
fn five_thousand_scans() {
    let plain = jpeg(&scene(1600, 1200), 1600, 1200, Subsamp::Sub2x2, true);
    let scan = |from: usize| from + plain[from..].windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let first = scan(0);
    // Up to the tables of the next scan, which begin with the first marker that is no restart.
    let data = &plain[first + 2..];
    let end = first
        + 2
        + data.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD7)).unwrap();
    let bytes = [&plain[..first], &plain[first..end].repeat(5000), &plain[end..]].concat();
    assert_ends("5000-scans", &bytes, &["too_large"]);
}

#[test]
fn a_png_of_a_gigapixel_and_one_of_zeros() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 20_000, 20_000);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header().unwrap().write_image_data(&vec![0; 2500 * 20_000]).unwrap();
    assert_ends("400-mp-png", &file, &["shown"]);
    file[16..24].copy_from_slice(&[0, 0, 0x80, 0, 0, 0, 0x80, 0]);
    assert_ends("gigapixel-png", &file, &["too_large"]);
}

#[test]
fn a_profile_that_inflates_a_thousandfold() {
    let plain = png(1, 1, png::ColorType::Rgb, png::BitDepth::Eight, &[9; 3]);
    let file = with_chunk(&plain, b"iCCP", &compressed_profile(&vec![0; 350 << 20]));
    assert_ends("profile-350-mb", &file, &["shown"]);
}

#[test]
fn a_png_of_hundreds_of_millions_of_rows() {
    let plain = png(1, 1, png::ColorType::Grayscale, png::BitDepth::Eight, &[9]);
    let mut file = plain.clone();
    file[20..24].copy_from_slice(&590_000_000_u32.to_be_bytes());
    assert_ends("590-million-rows", &file, &["too_large"]);
}

/// A lossless WebP of 16 x 16 pixels with so many groups of five codes, each of which takes 60 bytes of it, and
/// 20 kB decoded (RFC 9649, 3; found by a reviewer).
fn webp_of_codes(groups: usize) -> Vec<u8> {
    fn put(bits: &mut Vec<bool>, value: usize, count: usize) {
        bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
    }
    let mut bits = Vec::new();
    // Signature, edges, no alpha, version 0, no transform, no cache, an entropy image of blocks of 16.
    for (value, count) in [(0x2F, 8), (15, 14), (15, 14), (0, 4), (0, 1), (0, 1), (1, 1), (2, 3), (0, 1)] {
        put(&mut bits, value, count);
    }
    for symbol in [(groups - 1) & 0xFF, (groups - 1) >> 8, 0, 0, 0] {
        put(&mut bits, 0b101, 3);
        put(&mut bits, symbol, 8);
    }
    for _ in 0..groups * 5 {
        // The code for lengths: 1 to 6 have three bits, 7 to 10 four. Then eleven lengths.
        put(&mut bits, 0, 1);
        put(&mut bits, 15 - 4, 4);
        for length in [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11] {
            let stored =
                if (1..=6).contains(&length) { 3 } else { usize::from((7..=10).contains(&length)) * 4 };
            put(&mut bits, stored, 3);
        }
        for (value, count) in [(1, 1), (1, 3), (11 - 2, 4)] {
            put(&mut bits, value, count);
        }
        for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10] {
            let (code, count) = if length <= 6 { (length - 1, 3) } else { (12 + length - 7, 4) };
            bits.extend((0..count).rev().map(|bit| code >> bit & 1 == 1));
        }
    }
    let mut stream: Vec<u8> = bits
        .chunks(8)
        .map(|bits| bits.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit)))
        .collect();
    stream.extend([0; 1024]);
    riff(b"RIFF", &[&b"WEBP"[..], &riff(b"VP8L", &stream)].concat())
}

#[test]
fn a_small_webp_with_thousands_of_codes() {
    assert_ends("webp-8000-codes", &webp_of_codes(8000), &["shown"]);
    assert_ends("webp-65536-codes", &webp_of_codes(65_536), &["too_large"]);
}

/// A file whose last scan comes again and again.
fn with_scans(plain: &[u8], times: usize) -> Vec<u8> {
    let last = plain.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let end = plain.len() - 2;
    [&plain[..end], &plain[last..end].repeat(times), &plain[end..]].concat()
}

#[test]
fn scans_that_change_nothing_in_a_large_picture() {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_subsamp(Subsamp::Gray).unwrap();
    compressor.set_progressive(true).unwrap();
    for (name, arithmetic) in [("huffman", false), ("arithmetic", true)] {
        compressor.set_arithmetic(arithmetic).unwrap();
        let grey = vec![128; 4000 * 3000];
        let image =
            Image { pixels: &*grey, width: 4000, pitch: 4000, height: 3000, format: PixelFormat::GRAY };
        let plain = compressor.compress_to_vec(image).unwrap();
        // Room for the blocks that are declared: the bytes that no scan needs.
        let padded = |file: Vec<u8>| [file, vec![0; 400_000]].concat();
        let many = padded(with_scans(&declaring(&plain, 14_000, 12_000), 90));
        assert_ends(&format!("90-scans-{name}"), &many, &["too_large"]);
        assert_ends(&format!("12-mp-{name}"), &plain, &["shown"]);
    }
}

#[test]
fn webp_and_gif_near_the_budget() {
    // Still 34 MP, animated 24 MP, and a GIF of 42 MP are near what the limits let pass; the next size is not.
    for (edge, outcome) in [(5800, "shown"), (6200, "too_large")] {
        let file = lossless(&vec![200; edge * edge * 4], edge, edge);
        assert_ends(&format!("webp-{edge}"), &file, &[outcome]);
    }
    for (edge, outcome) in [(4900, "shown"), (5400, "too_large")] {
        let frame = lossless(&vec![200; edge * edge * 4], edge, edge);
        let file = animated(&[frame.clone(), frame], edge, edge);
        assert_ends(&format!("webp-animated-{edge}"), &file, &[outcome]);
    }
    for (edge, outcome) in [(6500_u16, "shown"), (7000, "too_large")] {
        let mut file = Vec::new();
        let pixels = vec![0; usize::from(edge).pow(2)];
        let mut encoder = gif::Encoder::new(&mut file, edge, edge, &[200, 30, 30]).unwrap();
        encoder.write_frame(&gif::Frame::from_indexed_pixels(edge, edge, pixels, None)).unwrap();
        drop(encoder);
        assert_ends(&format!("gif-{edge}"), &file, &[outcome]);
    }
}

/// Failure 15, as far as it concerns this crate: one file after another leaves nothing behind.
#[test]
fn memory_does_not_grow_from_photo_to_photo() {
    let bytes = photo(1200, 800);
    let (_, early, _) = run("early", &bytes, 30);
    let (_, late, _) = run("late", &bytes, 330);
    // A leak of its smallest piece, the thumb, would be some 1,500 kB.
    assert!(late < early + 1000, "{early} kB after thirty, {late} kB after three hundred more");
}
