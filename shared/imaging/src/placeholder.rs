//! Last step: the few bytes that stand in for a photo while it loads.

use crate::raster::{Plane, Yuv420};
use crate::rejected::Rejected;
use crate::resize;

/// Longest edge that the hash is computed from. It keeps seven waves at most, which this resolves well; the hash of
/// 100 pixels, the most that `ThumbHash` takes, costs three times as much and looks the same.
const EDGE: usize = 48;

/// The `ThumbHash` of a picture.
pub(crate) fn thumbhash(planes: &Yuv420) -> Result<Vec<u8>, Rejected> {
    let long = planes.width.max(planes.height).max(EDGE);
    let edge = |edge: usize| (edge * EDGE / long).max(1);
    let (width, height) = (edge(planes.width), edge(planes.height));
    let (chroma_width, chroma_height) = planes.chroma_size();
    let small = |data: &[u8], from: (usize, usize)| {
        resize::exact(Plane::new(from.0, from.1, 1, data.to_vec()), width, height).map(|plane| plane.data)
    };
    let y = small(&planes.y, (planes.width, planes.height))?;
    let u = small(&planes.u, (chroma_width, chroma_height))?;
    let v = small(&planes.v, (chroma_width, chroma_height))?;
    let rgba: Vec<u8> = y
        .iter()
        .zip(u.iter().zip(&v))
        .flat_map(|(&y, (&u, &v))| {
            let (y, u, v) = (f32::from(y) - 16.0, f32::from(u) - 128.0, f32::from(v) - 128.0);
            // BT.601 in video range.
            let byte = |value: f32| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a cast saturates"
                )]
                let byte = (value + 0.5) as u8;
                byte
            };
            [
                byte(1.164_38 * y + 1.596_03 * v),
                byte(1.164_38 * y - 0.391_76 * u - 0.812_97 * v),
                byte(1.164_38 * y + 2.017_23 * u),
                255,
            ]
        })
        .collect();
    Ok(thumbhash::rgba_to_thumb_hash(width, height, &rgba))
}
