//! Turns a picture the way it is to be looked at.

use crate::raster::{Plane, Raster};

/// How a stored picture is to be turned, as the EXIF tag 0x0112 counts: 1 to 8, where 1 is upright.
///
/// | value | what the viewer does with the stored picture |
/// |---|---|
/// | 1 | nothing |
/// | 2 | mirror left to right |
/// | 3 | turn by 180° |
/// | 4 | mirror top to bottom |
/// | 5 | swap rows and columns |
/// | 6 | turn by 90° clockwise |
/// | 7 | swap rows and columns, then turn by 180° |
/// | 8 | turn by 90° counterclockwise |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Orientation(u8);

impl Default for Orientation {
    fn default() -> Self {
        Self(1)
    }
}

impl Orientation {
    /// From the tag's value. 0 and everything past 8 mean nothing (EXIF 2.32, 4.6.4), and so count as upright.
    pub fn from_exif(value: u32) -> Self {
        match u8::try_from(value) {
            Ok(value @ 1..=8) => Self(value),
            _ => Self::default(),
        }
    }

    /// The value as EXIF has it, 1 to 8.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether width and height change places.
    pub const fn swaps_sides(self) -> bool {
        self.0 >= 5
    }

    /// The size as looked at, of a picture stored as `width` x `height`. The same call leads back.
    pub(crate) const fn as_shown(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// As (swap rows and columns first, then mirror left to right, then mirror top to bottom).
    const fn moves(self) -> (bool, bool, bool) {
        match self.0 {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        }
    }

    /// The effect of this, and then of another.
    pub(crate) const fn then(self, other: Self) -> Self {
        let (swap, mirror, flip) = self.moves();
        let (then_swap, then_mirror, then_flip) = other.moves();
        // Swapping rows and columns turns a mirroring before it into a flip after it, and the other way round.
        let (mirror, flip) = if then_swap { (flip, mirror) } else { (mirror, flip) };
        Self(match (swap ^ then_swap, mirror ^ then_mirror, flip ^ then_flip) {
            (false, false, false) => 1,
            (false, true, false) => 2,
            (false, true, true) => 3,
            (false, false, true) => 4,
            (true, false, false) => 5,
            (true, true, false) => 6,
            (true, true, true) => 7,
            (true, false, true) => 8,
        })
    }
}

/// Turns every plane of a picture.
pub(crate) fn upright(raster: Raster, orientation: Orientation) -> Raster {
    if orientation == Orientation::default() {
        return raster;
    }
    raster.map(|plane| match plane.samples {
        1 => turn::<1>(&plane, orientation),
        3 => turn::<3>(&plane, orientation),
        _ => turn::<4>(&plane, orientation),
    })
}

/// Rows and columns are swapped in tiles, so that both the reads and the writes stay in the cache.
const TILE: usize = 16;

fn turn<const N: usize>(plane: &Plane, orientation: Orientation) -> Plane {
    let (swap, mirror, flip) = orientation.moves();
    let (source, _) = plane.data.as_chunks::<N>();
    let mut turned = if swap { transposed(source, plane.width, plane.height) } else { source.to_vec() };
    let (width, height) = if swap { (plane.height, plane.width) } else { (plane.width, plane.height) };
    if mirror && flip {
        turned.reverse();
    } else if mirror {
        turned.chunks_exact_mut(width.max(1)).for_each(<[_]>::reverse);
    } else if flip {
        flip_rows(&mut turned, width.max(1));
    }
    Plane::new(width, height, plane.samples, turned.into_flattened())
}

fn transposed<const N: usize>(source: &[[u8; N]], width: usize, height: usize) -> Vec<[u8; N]> {
    let mut target = vec![[0; N]; source.len()];
    for top in (0..height).step_by(TILE) {
        for left in (0..width).step_by(TILE) {
            for x in left..(left + TILE).min(width) {
                let row = &mut target[x * height..][..height];
                for y in top..(top + TILE).min(height) {
                    row[y] = source[y * width + x];
                }
            }
        }
    }
    target
}

fn flip_rows<T>(samples: &mut [T], width: usize) {
    let (top, bottom) = samples.split_at_mut(samples.len() / width / 2 * width);
    for (upper, lower) in top.chunks_exact_mut(width).zip(bottom.rchunks_exact_mut(width)) {
        upper.swap_with_slice(lower);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Model;

    /// What each orientation makes of the picture `a b c / d e f`.
    #[test]
    fn every_orientation_turns_as_exif_says() {
        let cases: [(u32, (usize, usize), &[u8]); 9] = [
            (0, (3, 2), b"abcdef"),
            (1, (3, 2), b"abcdef"),
            (2, (3, 2), b"cbafed"),
            (3, (3, 2), b"fedcba"),
            (4, (3, 2), b"defabc"),
            (5, (2, 3), b"adbecf"),
            (6, (2, 3), b"daebfc"),
            (7, (2, 3), b"fcebda"),
            (8, (2, 3), b"cfbead"),
        ];
        for (value, (width, height), expected) in cases {
            let stored = Raster { model: Model::Grey, planes: vec![Plane::new(3, 2, 1, b"abcdef".to_vec())] };
            let turned = upright(stored, Orientation::from_exif(value));
            let plane = &turned.planes[0];
            assert_eq!((plane.width, plane.height), (width, height), "orientation {value}");
            assert_eq!(plane.data, expected, "orientation {value}");
        }
    }

    #[test]
    fn pixels_of_three_samples_stay_together() {
        let stored = Raster { model: Model::Rgb, planes: vec![Plane::new(2, 1, 3, b"rgbRGB".to_vec())] };
        let turned = upright(stored, Orientation::from_exif(6));
        assert_eq!((turned.planes[0].width, turned.planes[0].height), (1, 2));
        assert_eq!(turned.planes[0].data, b"rgbRGB");
    }

    #[test]
    fn odd_rows_and_tiles_are_turned_whole() {
        let (width, height) = (37, 41);
        let data: Vec<u8> = (0..width * height).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let plane = Plane::new(width, height, 1, data.clone());
        for (there, back) in [(2, 2), (3, 3), (4, 4), (5, 5), (6, 8), (7, 7), (8, 6)] {
            let once = turn::<1>(&plane, Orientation::from_exif(there));
            let twice = turn::<1>(&once, Orientation::from_exif(back));
            assert!(twice.data == data, "{there} is undone by {back}");
        }
    }

    #[test]
    fn odd_values_are_upright() {
        for value in [0, 9, 255, 256, 65_535, u32::MAX] {
            assert_eq!(Orientation::from_exif(value).get(), 1);
        }
    }

    #[test]
    fn one_orientation_after_another_is_one_of_the_eight() {
        let data: Vec<u8> = (0..15).collect();
        let plane = || Plane::new(5, 3, 1, data.clone());
        for first in (1..=8).map(Orientation::from_exif) {
            for second in (1..=8).map(Orientation::from_exif) {
                let twice = turn::<1>(&turn::<1>(&plane(), first), second);
                let once = turn::<1>(&plane(), first.then(second));
                assert!((once.width, once.data) == (twice.width, twice.data), "{first:?}, then {second:?}");
            }
        }
    }
}
