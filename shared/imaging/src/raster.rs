//! Samples in memory, between the steps.

/// A picture as one to three planes of 8-bit samples.
pub(crate) struct Raster {
    pub(crate) model: Model,
    pub(crate) planes: Vec<Plane>,
}

/// What the samples mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    /// One plane of one sample, 0 black to 255 white.
    Grey,
    /// One plane of three samples.
    Rgb,
    /// Three planes of one sample: Y, Cb, Cr of JPEG (JFIF 1.02: all of 0 to 255, BT.601), the last two possibly smaller.
    Ycc,
    /// One plane of four samples, 0 no ink to 255 full ink.
    Cmyk,
}

impl Raster {
    /// The same picture with every plane replaced.
    pub(crate) fn map(self, change: impl FnMut(Plane) -> Plane) -> Self {
        Self { model: self.model, planes: self.planes.into_iter().map(change).collect() }
    }
}

/// Rows of samples without gaps.
#[derive(Clone)]
pub(crate) struct Plane {
    /// Pixels in a row.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// Samples in a pixel: 1, 3 or 4.
    pub(crate) samples: usize,
    /// `width * height * samples` bytes.
    pub(crate) data: Vec<u8>,
    /// Pixels from the left and from the top that show the picture; what lies beyond is the decoder's padding.
    ///
    /// Fractions count: 4,031 pixels halved are 2,015.5.
    pub(crate) seen: (f64, f64),
}

impl Plane {
    /// A plane of which everything is seen. `data` holds `width * height * samples` bytes.
    pub(crate) fn new(width: usize, height: usize, samples: usize, data: Vec<u8>) -> Self {
        debug_assert_eq!(data.len(), width * height * samples);
        #[expect(clippy::cast_precision_loss, reason = "edges are far below 2^52")]
        let seen = (width as f64, height as f64);
        Self { width, height, samples, data, seen }
    }

    /// The same samples, of which only a part shows the picture.
    pub(crate) fn showing(mut self, width: f64, height: f64) -> Self {
        self.seen = (width.min(self.seen.0), height.min(self.seen.1));
        self
    }
}

/// The planes that WebP stores (RFC 6386, 2): Y at full size, U and V at half of it rounded up, BT.601 in sRGB, video
/// range (Y 16 to 235, U and V 16 to 240).
pub(crate) struct Yuv420 {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) y: Vec<u8>,
    pub(crate) u: Vec<u8>,
    pub(crate) v: Vec<u8>,
}

impl Yuv420 {
    /// Width and height of U and V.
    pub(crate) fn chroma_size(&self) -> (usize, usize) {
        (self.width.div_ceil(2), self.height.div_ceil(2))
    }
}
