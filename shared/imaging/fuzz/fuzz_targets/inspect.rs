//! The probe and all metadata, of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_imaging::inspect;

fuzz_target!(|bytes: &[u8]| {
    let facts = inspect(bytes);
    for edge in [facts.width, facts.height].into_iter().flatten() {
        assert!(edge > 0);
    }
    assert!((1..=8).contains(&facts.orientation.get()));
    for time in [facts.times.original, facts.times.created, facts.times.xmp].into_iter().flatten() {
        assert_eq!(time.local.len(), "2024-05-17T09:30:00.000".len());
        assert!(time.offset.is_none_or(|offset| offset.len() == "+02:00".len()));
    }
    if let Some(camera) = facts.camera {
        for text in [camera.make, camera.model, camera.lens].into_iter().flatten() {
            assert!(!text.is_empty() && text.chars().count() <= 100);
            assert!(!text.chars().any(char::is_control));
        }
        for number in [camera.focal_length_mm, camera.aperture, camera.exposure_s].into_iter().flatten() {
            assert!(number.is_finite() && number > 0.0);
        }
    }
    if let Some(place) = facts.place {
        assert!((-90.0..=90.0).contains(&place.latitude) && (-180.0..=180.0).contains(&place.longitude));
    }
});
