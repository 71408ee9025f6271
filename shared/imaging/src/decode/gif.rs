//! GIF: its first frame, on its screen.

use gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::Decoded;
use super::shrink::{Shrink, over_white};
use crate::limits::Plan;
use crate::raster::{Model, Raster};
use crate::rejected::Rejected;

/// Decodes a GIF's first frame to RGB, on a white screen.
pub(super) fn decode(file: &[u8], plan: &Plan) -> Result<Decoded, Rejected> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.set_memory_limit(MemoryLimit::Bytes(
        u64::try_from(plan.bytes)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or(std::num::NonZeroU64::MIN),
    ));
    let mut decoder = options.read_info(file).map_err(Rejected::broken)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let frame = decoder.read_next_frame().map_err(Rejected::broken)?;
    let frame = frame.ok_or_else(|| Rejected::broken("it has no frame"))?;
    let (left, top) = (usize::from(frame.left).min(width), usize::from(frame.top));
    let pixels = frame.buffer.as_chunks::<4>().0;
    let mut rows = pixels.chunks_exact(usize::from(frame.width).max(1));
    let mut shrink = Shrink::new(width, height, plan.shrink);
    let mut rgb = vec![0xFF; width * 3];
    for y in 0..height {
        rgb.fill(0xFF);
        if y >= top
            && let Some(row) = rows.next()
        {
            for (target, &[red, green, blue, alpha]) in rgb.as_chunks_mut::<3>().0[left..].iter_mut().zip(row)
            {
                *target = [red, green, blue].map(|sample| over_white(sample, alpha));
            }
        }
        shrink.push(&rgb);
    }
    let raster = Raster { model: Model::Rgb, planes: vec![shrink.finish()] };
    #[expect(clippy::cast_possible_truncation, reason = "edges of 16 bits")]
    Ok(Decoded { width: width as u32, height: height as u32, raster, icc: None })
}
