//! The whole way from bytes to variants, within a small budget, so that memory stays bounded and runs short.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_imaging::{Budget, render};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(rendering) = render(bytes, &Budget { bytes: 48 << 20 }) {
        assert!(rendering.width > 0 && rendering.height > 0);
        assert!((5..=25).contains(&rendering.thumbhash.len()));
        for variant in rendering.variants {
            assert!(variant.width > 0 && variant.width <= 2048 && variant.height > 0 && variant.height <= 2048);
            assert_eq!(&variant.webp[8..16], b"WEBPVP8 ");
        }
    }
});
