//! Averages squares of pixels while rows arrive, so that a large picture is never whole in memory.

use crate::raster::Plane;

/// Takes RGB rows, and keeps the average of every `side` x `side` pixels.
pub(super) struct Shrink {
    side: usize,
    width: usize,
    height: usize,
    out_width: usize,
    /// Sums of the squares that the rows so far have begun, and how many rows those are.
    sums: Vec<u32>,
    rows: usize,
    data: Vec<u8>,
}

impl Shrink {
    /// For a picture of `width` x `height` pixels. `side` is at least 1.
    pub(super) fn new(width: usize, height: usize, side: usize) -> Self {
        let out_width = width.div_ceil(side);
        let sums = if side > 1 { vec![0; out_width * 3] } else { Vec::new() };
        let data = Vec::with_capacity(out_width * height.div_ceil(side) * 3);
        Self { side, width, height, out_width, sums, rows: 0, data }
    }

    /// Takes the next row: `width` pixels of RGB.
    pub(super) fn push(&mut self, row: &[u8]) {
        if self.side == 1 {
            self.data.extend_from_slice(row);
            return;
        }
        for (sum, square) in self.sums.as_chunks_mut::<3>().0.iter_mut().zip(row.chunks(self.side * 3)) {
            for pixel in square.as_chunks::<3>().0 {
                sum[0] += u32::from(pixel[0]);
                sum[1] += u32::from(pixel[1]);
                sum[2] += u32::from(pixel[2]);
            }
        }
        self.rows += 1;
        if self.rows == self.side {
            self.emit();
        }
    }

    fn emit(&mut self) {
        let last = self.width - (self.out_width - 1) * self.side;
        for (x, sum) in self.sums.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let across = if x + 1 == self.out_width { last } else { self.side };
            #[expect(
                clippy::cast_possible_truncation,
                reason = "an average of bytes; of fewer than 2^24, as the limits refuse larger pictures, so none overflows"
            )]
            let average =
                sum.map(|sum| ((sum + (across * self.rows) as u32 / 2) / (across * self.rows) as u32) as u8);
            self.data.extend(average);
            *sum = [0; 3];
        }
        self.rows = 0;
    }

    /// The averaged picture; white where rows never came.
    pub(super) fn finish(mut self) -> Plane {
        if self.rows > 0 {
            self.emit();
        }
        let out_height = self.height.div_ceil(self.side);
        self.data.resize(self.out_width * out_height * 3, 0xFF);
        let plane = Plane::new(self.out_width, out_height, 3, self.data);
        #[expect(clippy::cast_precision_loss, reason = "edges are far below 2^52")]
        plane.showing(self.width as f64 / self.side as f64, self.height as f64 / self.side as f64)
    }
}

/// Puts a pixel over white. `alpha` is 0 for clear, 255 for opaque.
pub(super) fn over_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    #[expect(clippy::cast_possible_truncation, reason = "a mean of two bytes")]
    let mixed = ((sample * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_averaged_and_odd_edges_kept() {
        let mut shrink = Shrink::new(3, 3, 2);
        for row in [[0, 100, 7], [100, 200, 9], [50, 60, 70]] {
            let row: Vec<u8> = row.iter().flat_map(|&grey| [grey; 3]).collect();
            shrink.push(&row);
        }
        let plane = shrink.finish();
        assert_eq!((plane.width, plane.height, plane.seen), (2, 2, (1.5, 1.5)));
        assert_eq!(plane.data, [[100; 3], [8; 3], [55; 3], [70; 3]].as_flattened());
    }

    #[test]
    fn alpha_goes_over_white() {
        assert_eq!((over_white(0, 0), over_white(0, 255), over_white(0, 128)), (255, 0, 127));
        assert_eq!((over_white(255, 0), over_white(255, 77), over_white(200, 255)), (255, 255, 200));
    }
}
