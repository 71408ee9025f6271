//! WebP. An animated one shows its first frame.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::Decoded;
use super::shrink::{Shrink, over_white};
use crate::limits::Plan;
use crate::raster::{Model, Raster};
use crate::rejected::Rejected;

/// Decodes a WebP to RGB, alpha over white.
pub(super) fn decode(file: &[u8], plan: &Plan) -> Result<Decoded, Rejected> {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(broken)?;
    decoder.set_memory_limit(plan.bytes);
    let (width, height) = decoder.dimensions();
    let length = decoder.output_buffer_size().filter(|&length| length <= plan.bytes);
    let mut whole = vec![0; length.ok_or_else(|| Rejected::broken("its headers contradict each other"))?];
    decoder.read_image(&mut whole).map_err(broken)?;
    let mut shrink = Shrink::new(width as usize, height as usize, plan.shrink);
    if decoder.has_alpha() {
        for row in whole.chunks_exact(width as usize * 4) {
            let rgb: Vec<u8> = row
                .as_chunks()
                .0
                .iter()
                .flat_map(|&[red, green, blue, alpha]| {
                    [red, green, blue].map(|sample| over_white(sample, alpha))
                })
                .collect();
            shrink.push(&rgb);
        }
    } else {
        whole.chunks_exact(width as usize * 3).for_each(|row| shrink.push(row));
    }
    let raster = Raster { model: Model::Rgb, planes: vec![shrink.finish()] };
    Ok(Decoded { width, height, raster, icc: None })
}

fn broken(error: DecodingError) -> Rejected {
    match error {
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => {
            Rejected::TooLarge { why: "it exceeds the memory allowed".to_owned() }
        }
        DecodingError::UnsupportedFeature(_) => {
            Rejected::Unsupported { what: "this form of WebP".to_owned() }
        }
        error => Rejected::broken(error),
    }
}
