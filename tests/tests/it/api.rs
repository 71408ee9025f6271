//! The API's promises: its main answers, its errors, and who comes in and out of the trash.

use std::io::Read;

use insta::assert_json_snapshot;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tintype_tests::{Answer, Exif, File, TestApp, User};

/// A photo that knows everything of itself.
fn photo() -> File {
    let exif = Exif {
        orientation: Some(6),
        taken: Some("2024:05:14 15:42:07".to_owned()),
        place: Some(([47, 33, 0], [13, 39, 0])),
        ..Exif::default()
    };
    let mut file = File::jpeg_with(1, &exif).named("IMG_0001.JPG");
    file.modified_at = Some(time::OffsetDateTime::from_unix_timestamp(1_715_701_327).unwrap());
    file
}

/// One photo and one file that is none, settled.
async fn two_files(user: &User) -> [File; 2] {
    let files = [photo(), File::new("2023-02-01 note.txt", "text/plain", "a note")];
    user.upload_all(&files).await;
    files
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_who_takes_that_and_says_the_same() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let unknown: Vec<String> = (0..1000).map(|id| format!("{id:064x}")).collect();
    let long = |accepted: &'static str| {
        let asked = ada.request(Method::POST, "/api/photos/lookup").json(&json!({ "photo_ids": unknown }));
        Answer::to(asked.header(header::ACCEPT_ENCODING, accepted))
    };
    let plain = long("identity").await.expect(200);
    assert_eq!(plain.header("content-encoding"), "");
    for accepted in ["gzip", "br, gzip;q=0.5", "gzip, deflate, br, zstd"] {
        let small = long(accepted).await.expect(200);
        assert_eq!((small.header("content-encoding"), small.header("vary")), ("gzip", "accept-encoding"));
        assert_eq!(small.header("content-type"), "application/json");
        let mut opened = Vec::new();
        flate2::read::GzDecoder::new(&small.body[..]).read_to_end(&mut opened).unwrap();
        assert_eq!(opened, plain.body);
        assert!(small.body.len() * 4 < plain.body.len(), "{} of {}", small.body.len(), plain.body.len());
    }
    let me = ada.request(Method::GET, "/api/me").header(header::ACCEPT_ENCODING, "gzip");
    let short = Answer::to(me).await.expect(200);
    assert!(short.body.len() < 1024);
    assert_eq!(short.header("content-encoding"), "", "less than a packet is sent as it is");
    short.value();
}

#[tokio::test]
async fn a_lookup_tells_what_is_known_of_each_id() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let [photo, note] = two_files(&ada).await;
    let unknown = "0".repeat(64);
    let asked = json!({ "photo_ids": [photo.photo_id(), note.photo_id(), unknown] });
    let lookup = ada.post("/api/photos/lookup", &asked).await.expect(200).value();
    assert_json_snapshot!(lookup, {
        ".photos[0].photo_id" => "[photo_id]",
        ".photos[].generation" => insta::dynamic_redaction(generation),
    }, @r#"
    {
      "photos": [
        {
          "doubted": false,
          "generation": "[generation]",
          "photo_id": "[photo_id]",
          "preview": "ready",
          "preview_reason": null,
          "safe": true,
          "state": "stored"
        },
        {
          "doubted": false,
          "generation": "[generation]",
          "photo_id": "f63e34a034f19a24438f2d74b242bc96682abd843ecc4ea63fefed4006d860a3",
          "preview": "none",
          "preview_reason": "not_an_image",
          "safe": true,
          "state": "stored"
        },
        {
          "doubted": false,
          "generation": "null",
          "photo_id": "0000000000000000000000000000000000000000000000000000000000000000",
          "preview": null,
          "preview_reason": null,
          "safe": false,
          "state": "unknown"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_photo_tells_all_that_is_known_of_it_with_its_receipt() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let [photo, _] = two_files(&ada).await;
    let shown = ada.get(&format!("/api/photos/{}", photo.photo_id())).await.expect(200).value();
    assert_json_snapshot!(shown, {
        ".photo_id" => "[photo_id]",
        ".generation" => insta::dynamic_redaction(generation),
        ".thumbhash" => "[thumbhash]",
        ".receipt.sha256" => "[sha256]",
        ".receipt.size" => "[size]",
        ".receipt.version_id" => "[version_id]",
        ".receipt.stored_at" => "[stored_at]",
    }, @r#"
    {
      "camera": {
        "aperture": null,
        "exposure_s": null,
        "focal_length_mm": null,
        "iso": null,
        "lens": null,
        "make": null,
        "model": "Tintype One"
      },
      "content_type": "image/jpeg",
      "doubted": false,
      "file_name": "IMG_0001.JPG",
      "generation": "[generation]",
      "height": 96,
      "modified_at": "2024-05-14T15:42:07Z",
      "photo_id": "[photo_id]",
      "place": {
        "altitude_m": null,
        "latitude": 47.55,
        "longitude": 13.65
      },
      "preview": "ready",
      "preview_reason": null,
      "purge_after": null,
      "receipt": {
        "audited_at": null,
        "sha256": "[sha256]",
        "size": "[size]",
        "stored_at": "[stored_at]",
        "version_id": "[version_id]"
      },
      "state": "stored",
      "taken": "2024-05-14T15:42:07.000",
      "taken_offset": null,
      "taken_source": "exif",
      "thumbhash": "[thumbhash]",
      "trashed_at": null,
      "width": 64
    }
    "#);
}

#[tokio::test]
async fn a_page_tells_what_a_timeline_shows() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    two_files(&ada).await;
    let page = ada.get("/api/photos").await.expect(200).value();
    assert_json_snapshot!(page, {
        ".photos[0].photo_id" => "[photo_id]",
        ".photos[].generation" => insta::dynamic_redaction(generation),
        ".photos[0].thumbhash" => "[thumbhash]",
        ".photos[0].size" => "[size]",
        ".photos[].stored_at" => "[stored_at]",
    }, @r#"
    {
      "next_cursor": null,
      "photos": [
        {
          "camera": "Tintype One",
          "content_type": "image/jpeg",
          "doubted": false,
          "file_name": "IMG_0001.JPG",
          "generation": "[generation]",
          "height": 96,
          "photo_id": "[photo_id]",
          "preview": "ready",
          "preview_reason": null,
          "size": "[size]",
          "state": "stored",
          "stored_at": "[stored_at]",
          "taken": "2024-05-14T15:42:07.000",
          "taken_source": "exif",
          "thumbhash": "[thumbhash]",
          "trashed_at": null,
          "width": 64
        },
        {
          "camera": null,
          "content_type": "application/octet-stream",
          "doubted": false,
          "file_name": "2023-02-01 note.txt",
          "generation": "[generation]",
          "height": null,
          "photo_id": "f63e34a034f19a24438f2d74b242bc96682abd843ecc4ea63fefed4006d860a3",
          "preview": "none",
          "preview_reason": "not_an_image",
          "size": 6,
          "state": "stored",
          "stored_at": "[stored_at]",
          "taken": "2023-02-01T00:00:00.000",
          "taken_source": "file_name",
          "thumbhash": null,
          "trashed_at": null,
          "width": null
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn the_library_in_numbers_is_this() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    two_files(&ada).await;
    let timeline = ada.get("/api/timeline").await.expect(200).value();
    assert_json_snapshot!(timeline, { ".months[0].bytes" => "[bytes]" }, @r#"
    {
      "months": [
        {
          "bytes": "[bytes]",
          "count": 1,
          "month": "2024-05"
        },
        {
          "bytes": 6,
          "count": 1,
          "month": "2023-02"
        }
      ]
    }
    "#);
    let me = ada.get("/api/me").await.expect(200).value();
    assert_json_snapshot!(me, { ".bytes" => "[bytes]" }, @r#"
    {
      "attention": 0,
      "attention_photos": [],
      "bytes": "[bytes]",
      "cost": {
        "storage_class": "STANDARD",
        "usd_gb_month": 0.0,
        "usd_month": 0.0
      },
      "keeper": {
        "late": false,
        "ran_at": null
      },
      "last_audit": null,
      "last_drill": null,
      "line": "2 photos, all safe",
      "pending": 0,
      "photos": 2,
      "stuck": {
        "count": 0,
        "oldest": null,
        "reasons": []
      },
      "trash_bytes": 0,
      "trash_photos": 0,
      "user_id": "8db6c729-b8a2-874b-8537-21eadbc752e5",
      "without_preview": [
        {
          "count": 1,
          "reason": "not_an_image"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn addresses_and_cookies_tell_until_when_they_are_good() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let [photo, _] = two_files(&ada).await;
    let original = ada.get(&format!("/api/photos/{}/original", photo.photo_id())).await.expect(200).value();
    assert_json_snapshot!(original, { ".url" => "[url]", ".expires_at" => "[expires_at]" }, @r#"
    {
      "expires_at": "[expires_at]",
      "url": "[url]"
    }
    "#);
    let session = Answer::to(ada.request(Method::POST, "/api/session")).await.expect(200).value();
    assert_json_snapshot!(session, { ".expires_at" => "[expires_at]" }, @r#"
    {
      "expires_at": "[expires_at]"
    }
    "#);
    let health = Answer::to(ada.stranger(Method::GET, "/api/health")).await.expect(200).value();
    assert_json_snapshot!(health, { ".version" => "[version]" }, @r#"
    {
      "status": "ok",
      "version": "[version]"
    }
    "#);
}

/// A generation is a ULID or, for what is unknown, null.
#[expect(clippy::needless_pass_by_value, reason = "insta hands it over")]
fn generation(value: insta::internals::Content, _: insta::internals::ContentPath<'_>) -> &'static str {
    match value.as_str() {
        Some(ulid) => {
            assert_eq!(ulid.len(), 26, "{ulid}");
            "[generation]"
        }
        None => "null",
    }
}

#[tokio::test]
async fn every_error_is_a_problem_that_says_what_to_do() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let [photo, _] = two_files(&ada).await;
    let other_listing = ada.page("/api/photos?limit=1", None).await.next_cursor.unwrap();
    let id = photo.photo_id();

    for (path, status, kind) in [
        ("/api/nothing".to_owned(), 404, "no-such-route"),
        ("/api/photos/".to_owned(), 404, "no-such-route"),
        (format!("/api/photos/{}", "0".repeat(64)), 404, "not-found"),
        (format!("/api/photos/{}", id.to_string().to_uppercase()), 404, "not-found"),
        ("/api/photos/not-an-id".to_owned(), 404, "not-found"),
        ("/api/photos/%ff".to_owned(), 404, "not-found"),
        (format!("/api/photos/{id}/original/more"), 404, "no-such-route"),
        ("/api/photos?limit=0".to_owned(), 400, "bad-request"),
        ("/api/photos?limit=501".to_owned(), 400, "bad-request"),
        ("/api/photos?limit=-1".to_owned(), 400, "bad-request"),
        ("/api/photos?limit=70000".to_owned(), 400, "bad-request"),
        ("/api/photos?limit=".to_owned(), 400, "bad-request"),
        ("/api/photos?limit=1&limit=2".to_owned(), 400, "bad-request"),
        ("/api/photos?order=newest".to_owned(), 400, "bad-request"),
        ("/api/photos?from=yesterday".to_owned(), 400, "bad-request"),
        ("/api/photos?from=20240514".to_owned(), 400, "bad-request"),
        ("/api/photos?to=2024-05-14T15:42:07.000Z".to_owned(), 400, "bad-request"),
        ("/api/photos?to=~".to_owned(), 400, "bad-request"),
        ("/api/photos?from=2024-1".to_owned(), 400, "bad-request"),
        ("/api/photos?from=2024-13".to_owned(), 400, "bad-request"),
        ("/api/photos?from=2024-02-31".to_owned(), 400, "bad-request"),
        ("/api/photos?from=2024-05-14T25:00".to_owned(), 400, "bad-request"),
        ("/api/photos?form=2024".to_owned(), 400, "bad-request"),
        ("/api/photos?cursor=".to_owned(), 400, "bad-request"),
        ("/api/photos?cursor=junk".to_owned(), 400, "bad-request"),
        ("/api/photos?cursor=%00%ff".to_owned(), 400, "bad-request"),
        (format!("/api/photos?cursor={}", "A".repeat(600)), 400, "bad-request"),
        (format!("/api/trash?cursor={other_listing}"), 400, "bad-request"),
        ("/api/trash?limit=0".to_owned(), 400, "bad-request"),
        ("/api/trash?limit=501".to_owned(), 400, "bad-request"),
        ("/api/trash?order=asc".to_owned(), 400, "bad-request"),
    ] {
        let problem = ada.get(&path).await.problem(status);
        assert_eq!(problem.kind, format!("/problems/{kind}"), "{path}");
    }

    for (method, path) in [
        (Method::POST, "/api/photos".to_owned()),
        (Method::PUT, "/api/uploads".to_owned()),
        (Method::GET, "/api/uploads".to_owned()),
        (Method::PATCH, format!("/api/photos/{id}")),
        (Method::DELETE, "/api/me".to_owned()),
        (Method::GET, "/api/session".to_owned()),
        (Method::OPTIONS, "/api/trash".to_owned()),
        (Method::POST, "/api/health".to_owned()),
    ] {
        let answer = Answer::to(ada.request(method.clone(), &path)).await;
        assert_eq!(answer.problem(405).kind, "/problems/method-not-allowed", "{method} {path}");
        assert!(!answer.header("allow").is_empty(), "{method} {path}: what is allowed (RFC 9110, 15.5.6)");
    }
}

#[tokio::test]
async fn every_malformed_body_is_a_problem() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    for path in ["/api/photos/lookup", "/api/photos/trash", "/api/photos/restore", "/api/uploads"] {
        let send = async |content_type: &str, body: String| {
            let request = ada.request(Method::POST, path).header(header::CONTENT_TYPE, content_type);
            Answer::to(request.body(body)).await
        };
        for body in ["", "{", "null", "[]", "\u{0}", "{\"photo_ids\": 1}", "{}"] {
            assert_eq!(
                send("application/json", body.to_owned()).await.problem(400).kind,
                "/problems/bad-request"
            );
        }
        let deep = "[".repeat(100_000);
        send("application/json", deep).await.problem(400);
        let problem = send("text/plain", "{}".to_owned()).await.problem(415);
        assert_eq!(problem.kind, "/problems/not-json");
        let problem = send("application/json", format!("\"{}\"", "a".repeat(300_000))).await.problem(413);
        assert_eq!(problem.kind, "/problems/body-too-large");
        let no_type = Answer::to(ada.request(Method::POST, path).body("{}")).await;
        assert_eq!(no_type.problem(415).kind, "/problems/not-json");
    }
    for path in ["/api/photos/lookup", "/api/photos/trash", "/api/photos/restore"] {
        for count in [0, 1_001] {
            let problem =
                ada.post(path, &json!({ "photo_ids": vec!["0".repeat(64); count] })).await.problem(400);
            assert_eq!(problem.detail.as_deref(), Some("photo_ids: send 1 to 1000 ids at a time"));
        }
        for id in ["", "zz", &"A".repeat(64), &"0".repeat(63)] {
            ada.post(path, &json!({ "photo_ids": [id] })).await.problem(400);
        }
        let most = json!({ "photo_ids": vec!["0".repeat(64); 1_000] });
        ada.post(path, &most).await.expect(200);
    }
}

#[tokio::test]
async fn the_document_that_is_served_is_the_one_that_is_committed() {
    let app = TestApp::start().await;
    let served = Answer::to(app.user("ada").stranger(Method::GET, "/api/openapi.json")).await.json::<Value>();
    let committed: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
    assert_eq!(served, committed);
}

#[tokio::test]
async fn answers_of_the_api_are_not_kept_by_caches_or_framed_by_pages() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    for path in ["/api/me", "/api/photos", "/api/nothing"] {
        let answer = ada.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}: no other page may read it");
    }
}
