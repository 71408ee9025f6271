//! Images from the page's own origin: for whoever has the session's cookies, and without a word about the photo.

use reqwest::{Method, header};
use tintype_core::key::Variant;
use tintype_tests::{Answer, Exif, File, Picture, TestApp, riff_chunks};

#[tokio::test]
async fn a_session_shows_ones_own_images_which_never_change() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::new("large.png", "image/png", Picture::new(1, 3_000, 1_500).png());
    let end = ada.upload_all(&[file]).await.remove(0);
    let cookies = ada.session().await;
    for cookie in &cookies.set {
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict", &format!("Path=/media/{}/", ada.id)] {
            assert!(cookie.contains(attribute), "{attribute} in {cookie}");
        }
    }

    for (variant, size) in [(Variant::Thumb, (800, 400)), (Variant::Preview, (2048, 1024))] {
        let image = ada.variant(&cookies, &end, variant).await.expect(200);
        assert_eq!(image.header("content-type"), "image/webp");
        assert_eq!(image.header("cache-control"), "private, max-age=31536000, immutable");
        assert_eq!(image.header("x-content-type-options"), "nosniff");
        assert_eq!(Picture::read(&image.body).size(), size);

        let path = ada.variant_path(&end, variant);
        let again = ada.stranger(Method::GET, &path).header(header::COOKIE, &cookies.header);
        let again = Answer::to(again.header(header::IF_NONE_MATCH, image.header("etag"))).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        let head = ada.stranger(Method::HEAD, &path).header(header::COOKIE, &cookies.header);
        let head = Answer::to(head).await.expect(200);
        assert_eq!(head.header("content-length"), image.body.len().to_string());
    }
}

#[tokio::test]
async fn without_ones_own_cookies_there_is_no_image_and_nothing_that_tells_whether_there_is_one() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada"), app.user("eve"));
    let end = ada.upload_all(&[File::jpeg(1)]).await.remove(0);
    let theirs = eve.session().await;
    let own = ada.session().await;
    let there = ada.variant_path(&end, Variant::Thumb);
    let nowhere = there.replace(&end.photo_id.to_string(), &File::jpeg(2).photo_id().to_string());

    for path in [&there, &nowhere] {
        let nobody = ada.image(path, None).await;
        assert_eq!((nobody.status, nobody.header("cache-control")), (403, "no-store"));
        let stranger = ada.image(path, Some(&theirs)).await;
        assert_eq!((stranger.status, stranger.header("cache-control")), (403, "no-store"));
        // A token is not a cookie.
        assert_eq!(ada.get(path).await.status, 403);
    }
    assert_eq!(ada.image(&nowhere, Some(&own)).await.status, 404);
    // Neither a path that climbs, nor one that is no variant's.
    let eves = format!("/media/{}/", eve.id);
    for path in [
        there.replace("/media/", "/media/x/../"),
        format!("{eves}..%2f{}", &there["/media/".len()..]),
        format!("{eves}%2e%2e/{}", &there["/media/".len()..]),
        there.replace("/media/", "/originals/"),
    ] {
        let answer = ada.image(&path, Some(&theirs)).await;
        assert_ne!(answer.header("content-type"), "image/webp", "{path}");
    }
    let originals = app.buckets.originals().await;
    let original = format!("/{}", originals[&end.photo_id][0]);
    let answer = ada.image(&original, Some(&own)).await;
    assert!(!answer.body.starts_with(&[0xFF, 0xD8]), "the page's origin serves no originals");
}

#[tokio::test]
async fn variants_do_not_say_where_or_with_what_a_photo_was_taken() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let exif = Exif {
        orientation: Some(6),
        taken: Some("2024:05:14 15:42:07".to_owned()),
        place: Some(([47, 33, 0], [13, 39, 0])),
        ..Exif::default()
    };
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">secret</x:xmpmeta>";
    let mut file = File::jpeg_with(1, &exif);
    let app1 = [&[0xFF, 0xE1], &u16::try_from(xmp.len() + 2).unwrap().to_be_bytes()[..], xmp].concat();
    file.bytes.splice(2..2, app1);
    let end = ada.upload_all(std::slice::from_ref(&file)).await.remove(0);

    // The catalog knows, for its owner.
    let photo = ada.photo(&end.photo_id).await;
    let place = photo.place.expect("a place");
    assert!((place.latitude - 47.55).abs() < 1e-6 && (place.longitude - 13.65).abs() < 1e-6, "{place:?}");
    assert_eq!(photo.taken, "2024-05-14T15:42:07.000");
    assert_eq!(photo.camera.and_then(|camera| camera.model).as_deref(), Some("Tintype One"));

    let cookies = ada.session().await;
    for variant in Variant::ALL {
        let image = ada.variant(&cookies, &end, variant).await.expect(200);
        let chunks = riff_chunks(&image.body);
        assert!(chunks.iter().all(|chunk| !["EXIF", "XMP ", "ICCP"].contains(&chunk.as_str())), "{chunks:?}");
        for secret in [&b"Tintype One"[..], b"2024:05:14", b"secret", b"Exif"] {
            assert!(!image.body.windows(secret.len()).any(|window| window == secret));
        }
    }
    assert_eq!(ada.original(&end.photo_id).await.body, file.bytes, "the original keeps all of it");
}
