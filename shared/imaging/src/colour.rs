//! Sixth step: every colour to sRGB, as the planes that WebP stores.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::raster::{Model, Plane, Raster, Yuv420};

/// Converts a picture, by its profile where it has a good one, else by what is usual for its kind: sRGB for grey and
/// RGB, plain subtraction for ink.
pub(crate) fn to_srgb(raster: Raster, icc: Option<&[u8]>) -> Yuv420 {
    let profile = icc.and_then(|icc| ColorProfile::new_from_slice(icc).ok()).filter(|profile| {
        profile.color_space
            == match raster.model {
                Model::Grey => DataColorSpace::Gray,
                Model::Rgb | Model::Ycc => DataColorSpace::Rgb,
                Model::Cmyk => DataColorSpace::Cmyk,
            }
            && !is_srgb(profile)
    });
    if let Some(profile) = profile {
        let rgb = match (raster.model, raster.planes.as_slice()) {
            (Model::Grey, [grey]) => converted(grey, Layout::Gray, &profile),
            (Model::Rgb, [rgb]) => converted(rgb, Layout::Rgb, &profile),
            // moxcms has no name for the layout of four inks, but counts samples.
            (Model::Cmyk, [ink]) => converted(ink, Layout::Rgba, &profile),
            _ => ycc_to_rgb(&raster).and_then(|rgb| converted(&rgb, Layout::Rgb, &profile)),
        };
        if let Some(rgb) = rgb {
            return rgb_to_yuv(&rgb);
        }
    }
    let Raster { model, mut planes } = raster;
    match (model, planes.as_mut_slice()) {
        (Model::Grey, [grey]) => {
            let (width, height) = (grey.width, grey.height);
            let half = width.div_ceil(2) * height.div_ceil(2);
            Yuv420 { width, height, y: ranged(grey, luma), u: vec![128; half], v: vec![128; half] }
        }
        (Model::Ycc, [y, u, v]) => Yuv420 {
            width: y.width,
            height: y.height,
            y: ranged(y, luma),
            u: ranged(u, chroma),
            v: ranged(v, chroma),
        },
        (Model::Cmyk, [ink]) => rgb_to_yuv(&plain_cmyk(ink)),
        (_, [rgb, ..]) => rgb_to_yuv(rgb),
        (_, []) => Yuv420 { width: 0, height: 0, y: Vec::new(), u: Vec::new(), v: Vec::new() },
    }
}

/// A plane's samples, each moved from JPEG's range into WebP's, in place.
fn ranged(plane: &mut Plane, into: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut data = std::mem::take(&mut plane.data);
    for sample in &mut data {
        *sample = into(*sample);
    }
    data
}

/// JPEG's luma, 0 to 255, as WebP's, 16 to 235. Arithmetic in 16 bits, unlike a table, runs eight samples at a time.
fn luma(sample: u8) -> u8 {
    by_255(16 * 255 + u16::from(sample) * 219)
}

/// JPEG's chroma, 0 to 255 around 128, as WebP's, 16 to 240 around the same.
fn chroma(sample: u8) -> u8 {
    by_255(128 * (255 - 224) + u16::from(sample) * 224)
}

/// A quotient by 255, rounded; exact up to 65,152.
fn by_255(product: u16) -> u8 {
    let half = product + 128;
    ((half + (half >> 8)) >> 8) as u8
}

/// Whether a profile means sRGB, within what eight bits can tell: then there is nothing to convert.
fn is_srgb(profile: &ColorProfile) -> bool {
    const NEAR: f64 = 0.001;
    let srgb = ColorProfile::new_srgb();
    let near = |a: moxcms::Xyzd, b: moxcms::Xyzd| {
        (a.x - b.x).abs() < NEAR && (a.y - b.y).abs() < NEAR && (a.z - b.z).abs() < NEAR
    };
    profile.lut_a_to_b_perceptual.is_none()
        && near(profile.red_colorant, srgb.red_colorant)
        && near(profile.green_colorant, srgb.green_colorant)
        && near(profile.blue_colorant, srgb.blue_colorant)
        && converted_greys(profile)
            .is_some_and(|greys| greys.iter().enumerate().all(|(i, &grey)| grey.abs_diff(GREYS[i]) <= 1))
}

const GREYS: [u8; 8] = [0, 16, 48, 80, 128, 176, 220, 255];

/// What a profile makes of a few greys.
fn converted_greys(profile: &ColorProfile) -> Option<[u8; 8]> {
    let source = Plane::new(8, 1, 3, GREYS.iter().flat_map(|&grey| [grey; 3]).collect());
    let rgb = converted(&source, Layout::Rgb, profile)?;
    let mut greens = [0; 8];
    for (green, pixel) in greens.iter_mut().zip(rgb.data.as_chunks::<3>().0) {
        *green = pixel[1];
    }
    Some(greens)
}

/// Converts pixels to sRGB by a profile. `None` if the profile cannot be used.
fn converted(plane: &Plane, layout: Layout, profile: &ColorProfile) -> Option<Plane> {
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(layout, &srgb, Layout::Rgb, TransformOptions::default()).ok()?;
    let mut rgb = vec![0; plane.width * plane.height * 3];
    transform.transform(&plane.data, &mut rgb).ok()?;
    Some(Plane::new(plane.width, plane.height, 3, rgb))
}

/// Ink on white paper, as if inks were perfect filters: what browsers and Pillow show without a profile.
fn plain_cmyk(ink: &Plane) -> Plane {
    let left = |ink: u8, black: u8| {
        let product = u32::from(255 - ink) * u32::from(255 - black);
        #[expect(clippy::cast_possible_truncation, reason = "a product of two parts of 255")]
        let left = ((product + 127) / 255) as u8;
        left
    };
    let rgb = ink
        .data
        .as_chunks()
        .0
        .iter()
        .flat_map(|&[c, m, y, k]| [left(c, k), left(m, k), left(y, k)])
        .collect();
    Plane::new(ink.width, ink.height, 3, rgb)
}

/// JPEG's samples to RGB (JFIF 1.02), each chroma sample serving four pixels.
fn ycc_to_rgb(raster: &Raster) -> Option<Plane> {
    let [y, cb, cr] = raster.planes.as_slice() else { return None };
    let mut rgb = Vec::with_capacity(y.data.len() * 3);
    for (row, luma) in y.data.chunks_exact(y.width.max(1)).enumerate() {
        let chroma = row / 2 * cb.width..(row / 2 + 1) * cb.width;
        let (cb, cr) = (cb.data.get(chroma.clone())?, cr.data.get(chroma)?);
        for (x, &luma) in luma.iter().enumerate() {
            let (luma, cb, cr) =
                (i32::from(luma) << 16, i32::from(*cb.get(x / 2)?) - 128, i32::from(*cr.get(x / 2)?) - 128);
            rgb.push(rounded(luma + 91_881 * cr));
            rgb.push(rounded(luma - 22_554 * cb - 46_802 * cr));
            rgb.push(rounded(luma + 116_130 * cb));
        }
    }
    Some(Plane::new(y.width, y.height, 3, rgb))
}

/// A number of sixteen fractional bits as a byte.
fn rounded(fixed: i32) -> u8 {
    #[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = ((fixed + (1 << 15)) >> 16).clamp(0, 255) as u8;
    byte
}

/// RGB to WebP's planes: BT.601 in video range, chroma the mean of four pixels.
fn rgb_to_yuv(rgb: &Plane) -> Yuv420 {
    let (width, height) = (rgb.width, rgb.height);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut planes = Yuv420 {
        width,
        height,
        y: Vec::with_capacity(width * height),
        u: Vec::with_capacity(half_width * half_height),
        v: Vec::with_capacity(half_width * half_height),
    };
    planes.y.extend(rgb.data.as_chunks().0.iter().map(|&[r, g, b]| {
        rounded(16_829 * i32::from(r) + 33_039 * i32::from(g) + 6_416 * i32::from(b) + (16 << 16))
    }));
    for rows in rgb.data.chunks(width.max(1) * 6) {
        let (upper, lower) = rows.split_at(width * 3);
        // Where there is no lower row, or no right column, the one there is counts twice.
        let lower = if lower.is_empty() { upper } else { lower };
        for (upper, lower) in upper.chunks(6).zip(lower.chunks(6)) {
            let sum = |sample: usize| {
                let at = |pair: &[u8]| {
                    i32::from(pair[sample]) + i32::from(*pair.get(3 + sample).unwrap_or(&pair[sample]))
                };
                at(upper) + at(lower)
            };
            let (r, g, b) = (sum(0), sum(1), sum(2));
            planes.u.push(rounded((-9_714 * r - 19_070 * g + 28_784 * b) / 4 + (128 << 16)));
            planes.v.push(rounded((28_784 * r - 24_103 * g - 4_681 * b) / 4 + (128 << 16)));
        }
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_moved_as_fractions_would_be() {
        for sample in 0..=255_u8 {
            let (y, c) = (
                16.0 + f64::from(sample) * 219.0 / 255.0,
                128.0 + (f64::from(sample) - 128.0) * 224.0 / 255.0,
            );
            assert!((f64::from(luma(sample)) - y).abs() <= 0.5, "luma {sample}");
            assert!((f64::from(chroma(sample)) - c).abs() <= 0.5, "chroma {sample}");
        }
    }

    #[test]
    fn primaries_become_what_bt_601_says() {
        let pixels = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]];
        let expected = [[81, 90, 240], [145, 54, 34], [41, 240, 110], [235, 128, 128], [16, 128, 128]];
        for (pixel, expected) in pixels.into_iter().zip(expected) {
            let planes = rgb_to_yuv(&Plane::new(1, 1, 3, pixel.to_vec()));
            let found = [planes.y[0], planes.u[0], planes.v[0]];
            assert!(found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1), "{pixel:?}: {found:?}");
        }
    }

    #[test]
    fn jpegs_samples_survive_the_way_through_rgb() {
        for (luma, cb, cr) in [(76, 85, 255), (149, 44, 21), (29, 255, 107), (200, 128, 128), (90, 120, 140)]
        {
            let plane = |sample| Plane::new(1, 1, 1, vec![sample]);
            let raster = || Raster { model: Model::Ycc, planes: vec![plane(luma), plane(cb), plane(cr)] };
            let direct = to_srgb(raster(), None);
            let around = rgb_to_yuv(&ycc_to_rgb(&raster()).unwrap());
            assert!(direct.y[0].abs_diff(around.y[0]) <= 1);
            assert!(direct.u[0].abs_diff(around.u[0]) <= 2);
            assert!(direct.v[0].abs_diff(around.v[0]) <= 2);
        }
    }

    #[test]
    fn the_profile_of_srgb_is_known_as_such_and_others_are_not() {
        let parsed =
            |profile: ColorProfile| ColorProfile::new_from_slice(&profile.encode().unwrap()).unwrap();
        assert!(is_srgb(&parsed(ColorProfile::new_srgb())));
        assert!(!is_srgb(&parsed(ColorProfile::new_display_p3())));
        assert!(!is_srgb(&parsed(ColorProfile::new_adobe_rgb())));
    }

    /// CIE L*a*b* of an sRGB colour in 0 to 1, from IEC 61966-2-1 and CIE 15, with no part of moxcms.
    fn lab(rgb: [f64; 3]) -> [f64; 3] {
        let light = rgb.map(|s| if s <= 0.040_45 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) });
        let rows =
            [[0.412_39, 0.357_58, 0.180_48], [0.212_64, 0.715_17, 0.072_19], [0.019_33, 0.119_19, 0.950_53]];
        let xyz = rows.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2]);
        let over_white = [xyz[0] / 0.950_46, xyz[1], xyz[2] / 1.089_06];
        let f = over_white.map(|t| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
        [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])]
    }

    /// Colours of both spaces that lie inside of sRGB: as stored, and as they are in sRGB, linear light through the
    /// primaries of SMPTE EG 432-1 and of Adobe RGB (1998).
    fn in_srgb(stored: [u8; 3], to_srgb: [[f64; 3]; 3], decode: impl Fn(f64) -> f64) -> Option<[f64; 3]> {
        let light = stored.map(|sample| decode(f64::from(sample) / 255.0));
        let linear = to_srgb.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2]);
        linear.iter().all(|s| (0.0..=1.0).contains(s)).then(|| {
            linear.map(|s| if s <= 0.003_130_8 { s * 12.92 } else { 1.055 * s.powf(1.0 / 2.4) - 0.055 })
        })
    }

    fn worst_delta_e(profile: &ColorProfile, to_srgb: [[f64; 3]; 3], decode: impl Fn(f64) -> f64) -> f64 {
        let profile = ColorProfile::new_from_slice(&profile.encode().unwrap()).unwrap();
        let (mut worst, mut tried) = (0.0_f64, 0);
        for red in (0..=255).step_by(17) {
            for green in (0..=255).step_by(17) {
                for blue in (0..=255).step_by(17) {
                    let stored = [red, green, blue];
                    let Some(expected) = in_srgb(stored, to_srgb, &decode) else { continue };
                    let found =
                        converted(&Plane::new(1, 1, 3, stored.to_vec()), Layout::Rgb, &profile).unwrap();
                    let found = [0, 1, 2].map(|sample| f64::from(found.data[sample]) / 255.0);
                    let (a, b) = (lab(expected), lab(found));
                    worst = worst
                        .max(((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt());
                    tried += 1;
                }
            }
        }
        assert!(tried > 1000, "{tried}");
        worst
    }

    #[test]
    fn display_p3_is_right_within_delta_e_2() {
        let to_srgb =
            [[1.224_94, -0.224_94, 0.0], [-0.042_06, 1.042_06, 0.0], [-0.019_64, -0.078_64, 1.098_27]];
        let decode = |s: f64| if s <= 0.040_45 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) };
        let worst = worst_delta_e(&ColorProfile::new_display_p3(), to_srgb, decode);
        assert!(worst < 2.0, "{worst}");
    }

    #[test]
    fn adobe_rgb_is_right_within_delta_e_2() {
        let to_srgb = [[1.398_36, -0.398_36, 0.0], [0.0, 1.0, 0.0], [0.0, -0.042_93, 1.042_93]];
        let worst = worst_delta_e(&ColorProfile::new_adobe_rgb(), to_srgb, |s: f64| s.powf(2.199_218_75));
        assert!(worst < 2.0, "{worst}");
    }

    #[test]
    fn odd_edges_have_chroma_for_every_pixel() {
        let planes = rgb_to_yuv(&Plane::new(3, 3, 3, vec![100; 27]));
        assert_eq!((planes.y.len(), planes.u.len(), planes.v.len()), (9, 4, 4));
    }
}
