//! PNG, row by row. An animated one shows its default image, which comes first.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};

use super::Decoded;
use super::shrink::{Shrink, over_white};
use crate::limits::Plan;
use crate::probe::png::Header;
use crate::raster::{Model, Raster};
use crate::rejected::Rejected;

/// Decodes a PNG to RGB: palettes looked up, 16 bits cut to 8, alpha over white.
pub(super) fn decode(file: &[u8], header: &Header, plan: &Plan) -> Result<Decoded, Rejected> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: plan.bytes });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    // Texts may be compressed a thousandfold, and nobody reads them.
    decoder.set_ignore_text_chunk(true);
    // So may the profile, which `decode` inflates within a bound.
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(broken)?;
    if (reader.info().width, reader.info().height) != (header.width, header.height) {
        return Err(Rejected::broken("its headers contradict each other"));
    }
    let (colour, _) = reader.output_color_type();
    let mut shrink = Shrink::new(header.width as usize, header.height as usize, plan.shrink);
    let mut rgb = Vec::with_capacity(header.width as usize * 3);
    if header.interlaced {
        let length = reader.output_buffer_size().ok_or_else(|| Rejected::broken("its size overflows"))?;
        let mut whole = vec![0; length];
        reader.next_frame(&mut whole).map_err(broken)?;
        let row = reader.output_line_size(header.width).unwrap_or(length).max(1);
        for row in whole.chunks_exact(row) {
            to_rgb(row, colour, &mut rgb);
            shrink.push(&rgb);
        }
    } else {
        for _ in 0..header.height {
            let Some(row) = reader.next_row().map_err(broken)? else { break };
            to_rgb(row.data(), colour, &mut rgb);
            shrink.push(&rgb);
        }
    }
    let raster = Raster { model: Model::Rgb, planes: vec![shrink.finish()] };
    Ok(Decoded { width: header.width, height: header.height, raster, icc: None })
}

fn to_rgb(row: &[u8], colour: ColorType, rgb: &mut Vec<u8>) {
    rgb.clear();
    match colour {
        ColorType::Grayscale => rgb.extend(row.iter().flat_map(|&grey| [grey; 3])),
        ColorType::GrayscaleAlpha => {
            rgb.extend(row.as_chunks().0.iter().flat_map(|&[grey, alpha]| [over_white(grey, alpha); 3]));
        }
        ColorType::Rgba => rgb.extend(row.as_chunks().0.iter().flat_map(|&[red, green, blue, alpha]| {
            [red, green, blue].map(|sample| over_white(sample, alpha))
        })),
        ColorType::Rgb | ColorType::Indexed => rgb.extend_from_slice(row),
    }
}

fn broken(error: png::DecodingError) -> Rejected {
    match error {
        png::DecodingError::LimitsExceeded => {
            Rejected::TooLarge { why: "its chunks exceed the memory allowed".to_owned() }
        }
        error => Rejected::broken(error),
    }
}
