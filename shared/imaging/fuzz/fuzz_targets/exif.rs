//! The bytes as the EXIF block of a JPEG, so that no time goes into finding the way there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_imaging::inspect;

fuzz_target!(|block: &[u8]| {
    let Ok(length) = u16::try_from(block.len() + 8) else { return };
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xE1];
    jpeg.extend(length.to_be_bytes());
    jpeg.extend(b"Exif\0\0");
    jpeg.extend(block);
    inspect(&jpeg);
    // And as a raw file, which has more directories to follow.
    inspect(block);
});
