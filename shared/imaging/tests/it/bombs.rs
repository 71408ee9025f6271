//! Files made to exhaust memory or patience, each rendered in a process of its own whose peak is asserted.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::fixtures::{declaring, jpeg, photo, scene};
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
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
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
    let mut state = 1_u32;
    let rgb: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(width * height * 3)
    .collect();
    jpeg(&rgb, width, height, subsamp, progressive)
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
    let ink: Vec<u8> = scene(1200, 1600).into_iter().cycle().take(1200 * 1200 * 4).collect();
    let image = Image { pixels: &ink[..], width: 1200, pitch: 4800, height: 1200, format: PixelFormat::CMYK };
    let baseline = declaring(&compressor.compress_to_vec(image).unwrap(), 10_000, 10_000);
    assert_ends("100-mp-cmyk-baseline", &baseline, &["shown", "broken"]);
    compressor.set_progressive(true).unwrap();
    let progressive = declaring(&compressor.compress_to_vec(image).unwrap(), 10_000, 10_000);
    assert_ends("100-mp-cmyk-progressive", &progressive, &["too_large", "broken"]);
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

/// Failure 15, as far as it concerns this crate: one file after another leaves nothing behind.
#[test]
fn memory_does_not_grow_from_photo_to_photo() {
    let bytes = photo(3000, 2000);
    let (_, once, _) = run("once", &bytes, 1);
    let (_, often, _) = run("often", &bytes, 30);
    assert!(often < once + (12 << 10), "{once} kB for one, {often} kB for thirty");
}
