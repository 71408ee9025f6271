//! Photos are shown upright, however the camera was held.
//!
//! The distance is [`difference`]: the mean absolute difference of brightness (0 to 255) on a grid of 32 x 32. Two
//! JPEGs of one scene, scaled and written as WebP, stay below [`SAME`]; a picture turned the wrong way is beyond
//! [`OTHER`].

use tintype_core::key::Variant;
use tintype_core::wire::Lookup;
use tintype_tests::{Exif, File, Picture, TestApp, User, difference, shared_photos};

const SAME: f64 = 2.0;
const OTHER: f64 = 12.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_scene_looks_the_same_in_every_orientation() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let scene = Picture::new(1, 600, 420);
    let files: Vec<File> = (0..=8)
        .map(|orientation| {
            let exif = Exif { orientation: Some(orientation), ..Exif::default() };
            let jpeg = exif.in_jpeg(&scene.stored_as(orientation).jpeg());
            File::new(&format!("orientation-{orientation}.jpg"), "image/jpeg", jpeg)
        })
        .collect();
    let ends = ada.upload_all(&files).await;

    let shown = pictures(&ada, &ends).await;
    let far = shown.iter().map(|picture| difference(picture, &scene)).fold(0.0, f64::max);
    println!("generated: at most {far:.2} apart");
    for (file, (picture, end)) in files.iter().zip(shown.iter().zip(&ends)) {
        assert_eq!(picture.size(), (571, 400), "{}", file.name);
        let photo = ada.photo(&end.photo_id).await;
        assert_eq!((photo.width, photo.height), (Some(600), Some(420)), "{}: as shown", file.name);
        let apart = difference(picture, &scene);
        assert!(apart < SAME, "{} is {apart:.2} away from the scene", file.name);
    }
    for orientation in 2..=8 {
        let apart = difference(&shown[1], &scene.stored_as(orientation));
        assert!(apart > OTHER, "the distance tells orientation {orientation} apart: {apart:.2}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_scenes_look_the_same_in_every_orientation() {
    let files: Vec<File> = shared_photos("orientation").iter().map(|path| File::read(path)).collect();
    if files.is_empty() {
        println!("skipped: there is no ../shared/photos/orientation beside the repository");
        return;
    }
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let ends = ada.upload_all(&files).await;
    let shown = pictures(&ada, &ends).await;

    let mut far = 0.0_f64;
    for (file, picture) in files.iter().zip(&shown) {
        let scene = file.name.split('_').next().unwrap();
        let upright = files.iter().position(|file| file.name == format!("{scene}_1.jpg")).unwrap();
        assert_eq!(picture.size(), shown[upright].size(), "{}", file.name);
        let apart = difference(picture, &shown[upright]);
        assert!(apart < SAME, "{} is {apart:.2} away from {scene}_1.jpg", file.name);
        far = far.max(apart);
    }
    println!("{} shared photos: at most {far:.2} apart", files.len());
}

async fn pictures(user: &User, ends: &[Lookup]) -> Vec<Picture> {
    let cookies = user.session().await;
    let mut pictures = Vec::new();
    for end in ends {
        pictures.push(Picture::read(&user.variant(&cookies, end, Variant::Thumb).await.expect(200).body));
    }
    pictures
}
