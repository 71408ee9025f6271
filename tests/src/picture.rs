//! Pictures of the tests' own making, and a distance between two.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};

/// A picture without any symmetry, so that each turn of it looks different.
#[derive(Debug, Clone)]
pub struct Picture(DynamicImage);

impl Picture {
    /// One of many; the same number gives the same picture.
    pub fn new(seed: u32, width: u32, height: u32) -> Self {
        let [red, green, blue, _] = seed.wrapping_mul(2_654_435_761).to_le_bytes();
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let (right, low) = (4 * x / width, 4 * y / height);
            match (right, low) {
                // A bright corner, a dark one, and a bar along one side.
                (0, 0) => Rgb([250, 250, 240]),
                (3, 0) => Rgb([10, 20, 30]),
                (0, _) => Rgb([red, 200, blue]),
                _ => Rgb([red ^ shade(x, width), green, blue ^ shade(y, height)]),
            }
        });
        Self(DynamicImage::ImageRgb8(picture))
    }

    /// Reads a picture, such as a variant.
    pub fn read(bytes: &[u8]) -> Self {
        Self(image::load_from_memory(bytes).expect("a picture"))
    }

    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        (self.0.width(), self.0.height())
    }

    /// As a sensor would store it that was held so that EXIF says `orientation`: turned back, this one is seen.
    #[must_use]
    pub fn stored_as(&self, orientation: u16) -> Self {
        let picture = &self.0;
        Self(match orientation {
            2 => picture.fliph(),
            3 => picture.rotate180(),
            4 => picture.flipv(),
            5 => picture.rotate90().fliph(),
            6 => picture.rotate270(),
            7 => picture.rotate270().fliph(),
            8 => picture.rotate90(),
            _ => picture.clone(),
        })
    }

    /// As a JPEG file.
    pub fn jpeg(&self) -> Vec<u8> {
        self.write(ImageFormat::Jpeg)
    }

    /// As a PNG file.
    pub fn png(&self) -> Vec<u8> {
        self.write(ImageFormat::Png)
    }

    /// As a WebP file.
    pub fn webp(&self) -> Vec<u8> {
        self.write(ImageFormat::WebP)
    }

    /// As a GIF file.
    pub fn gif(&self) -> Vec<u8> {
        self.write(ImageFormat::Gif)
    }

    fn write(&self, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        self.0.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }
}

fn shade(at: u32, of: u32) -> u8 {
    u8::try_from(127 * at / of).unwrap()
}

/// How different two pictures look: the mean absolute difference of their brightness (0 to 255) on a grid of 32 x 32.
///
/// The same scene after another JPEG, scaling and WebP stays below 1; turned the wrong way, the pictures of
/// [`Picture::new`] are above 12.
pub fn difference(one: &Picture, other: &Picture) -> f64 {
    let grid = |picture: &Picture| imageops::resize(&picture.0.to_luma8(), 32, 32, FilterType::Triangle);
    let (one, other) = (grid(one), grid(other));
    let sum: u32 = one.iter().zip(other.iter()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    f64::from(sum) / f64::from(32 * 32)
}
