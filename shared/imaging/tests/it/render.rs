//! What `render` makes of photos, in every form of JPEG; `formats` has the other kinds, `damage` the broken files.

use crate::fixtures::{
    ALIKE, arithmetic_jpeg, assert_shows_scene, distance, jpeg, photo, rendered, scene, stored, unpacked,
    with_orientation, with_segment,
};
use tintype_imaging::VariantName;
use turbojpeg::Subsamp;

#[test]
fn every_orientation_is_shown_upright() {
    for orientation in 0..=9 {
        let (rgb, width, height) = stored(160, 96, orientation);
        let bytes = with_orientation(&jpeg(&rgb, width, height, Subsamp::None, false), orientation);
        assert_shows_scene(&bytes, 160, 96, &format!("orientation-{orientation}"));
    }
}

#[test]
fn every_subsampling_is_shown_baseline_and_progressive() {
    for progressive in [false, true] {
        for subsamp in [
            Subsamp::None,
            Subsamp::Sub2x1,
            Subsamp::Sub2x2,
            Subsamp::Sub1x2,
            Subsamp::Sub4x1,
            Subsamp::Sub1x4,
        ] {
            let bytes = jpeg(&scene(161, 97), 161, 97, subsamp, progressive);
            assert_shows_scene(&bytes, 161, 97, &format!("{subsamp:?}, progressive: {progressive}"));
        }
    }
}

/// SOF9 and SOF10, which libjpeg-turbo has and few others write.
#[test]
fn arithmetic_coding_is_shown() {
    for (progressive, frame) in [(false, 0xC9), (true, 0xCA)] {
        for subsamp in [Subsamp::None, Subsamp::Sub2x2] {
            let bytes = arithmetic_jpeg(&scene(161, 97), 161, 97, subsamp, progressive);
            assert!(bytes.windows(2).any(|pair| pair == [0xFF, frame]), "coded otherwise");
            assert_shows_scene(&bytes, 161, 97, &format!("{subsamp:?}, progressive: {progressive}"));
        }
    }
}

#[test]
fn every_small_size_has_variants_of_that_size() {
    for edge in [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33] {
        for (width, height) in [(edge, 1), (1, edge), (edge, edge), (edge, 64)] {
            for subsamp in [Subsamp::None, Subsamp::Sub2x2, Subsamp::Gray] {
                let rendering = rendered(&jpeg(&scene(width, height), width, height, subsamp, false));
                for variant in &rendering.variants {
                    let (found_width, found_height, _) = unpacked(&variant.webp);
                    assert_eq!((found_width, found_height), (width, height));
                    assert_eq!((variant.width as usize, variant.height as usize), (width, height));
                }
            }
        }
    }
}

/// Every scale of the DCT, odd edges on either side of a block.
#[test]
fn large_pictures_are_reduced_to_the_same_scene() {
    for (width, height) in
        [(2049, 1535), (2339, 1001), (2731, 1537), (3277, 999), (4097, 513), (5461, 301), (16_385, 129)]
    {
        for (subsamp, progressive) in
            [(Subsamp::None, false), (Subsamp::Sub2x2, false), (Subsamp::None, true), (Subsamp::Sub2x2, true)]
        {
            let rendering = rendered(&jpeg(&scene(width, height), width, height, subsamp, progressive));
            let preview = &rendering.variants[0];
            assert_eq!(preview.name, VariantName::Preview);
            assert_eq!(preview.width, 2048, "{width} x {height}");
            let (found_width, found_height, rgb) = unpacked(&preview.webp);
            let distance = distance(&rgb, &scene(found_width, found_height));
            assert!(
                distance < ALIKE,
                "{width} x {height}, {subsamp:?}, progressive: {progressive}: {distance:.1} of 255 away"
            );
        }
    }
}

/// Its last scan is left out, and what the decoder then says must not be taken for a picture that never came.
#[test]
fn a_large_progressive_picture_of_one_colour_is_shown() {
    for subsamp in [Subsamp::Gray, Subsamp::Sub2x2] {
        let preview = &rendered(&jpeg(&vec![90; 4096 * 64 * 3], 4096, 64, subsamp, true)).variants[0];
        let (_, _, rgb) = unpacked(&preview.webp);
        assert!(rgb.iter().all(|sample| sample.abs_diff(90) <= 3));
    }
}

#[test]
fn the_thumb_shows_what_the_preview_shows() {
    let rendering = rendered(&photo(3000, 2000));
    let thumb = &rendering.variants[1];
    assert_eq!((thumb.name, thumb.width, thumb.height), (VariantName::Thumb, 600, 400));
    let (width, height, rgb) = unpacked(&thumb.webp);
    assert!(distance(&rgb, &scene(width, height)) < ALIKE);
}

#[test]
fn the_placeholder_has_the_proportions_and_colours_of_the_photo() {
    let rendering = rendered(&photo(300, 200));
    let (width, height, rgba) = thumbhash::thumb_hash_to_rgba(&rendering.thumbhash).unwrap();
    assert!((width as f64 / height as f64 - 1.5).abs() < 0.15, "{width} x {height}");
    let rgb: Vec<u8> = rgba.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
    assert!(distance(&rgb, &scene(width, height)) < 20.0);
}

#[test]
fn grey_stays_grey() {
    let (_, _, rgb) =
        unpacked(&rendered(&jpeg(&scene(64, 64), 64, 64, Subsamp::Gray, false)).variants[0].webp);
    assert!(rgb.as_chunks::<3>().0.iter().all(|[r, g, b]| r.abs_diff(*g) <= 2 && g.abs_diff(*b) <= 2));
}

#[test]
fn stray_bytes_and_odd_versions_in_the_header_do_no_harm() {
    let plain = jpeg(&scene(160, 96), 160, 96, Subsamp::None, false);
    let stray = [&plain[..2], &[0xFF, 0xFE, 0, 4, 1, 2, 3, 4, 5], &plain[2..]].concat();
    assert_shows_scene(&stray, 160, 96, "stray bytes before a marker");
    let mut version = plain.clone();
    assert_eq!(&version[6..10], b"JFIF");
    version[11] = 9;
    assert_shows_scene(&version, 160, 96, "JFIF of version 9");
    let comment = with_segment(&plain, 0xFE, &[0xFF; 100]);
    assert_shows_scene(&comment, 160, 96, "a comment that looks like markers");
}

#[test]
fn pictures_behind_the_first_are_left_alone() {
    let first = jpeg(&scene(160, 96), 160, 96, Subsamp::None, false);
    assert_shows_scene(&[first.clone(), photo(640, 480)].concat(), 160, 96, "MPO");
    assert_shows_scene(&[&first[..], b"\0\0\0\x18ftypmp42 a film"].concat(), 160, 96, "motion photo");
}
