//! One upload: what is signed, what is refused, what is handled, and that S3 takes these bytes and no others, once.

use std::collections::BTreeMap;

use reqwest::{Method, header};
use serde_json::{Value, json};
use tintype_core::id::PhotoId;
use tintype_core::key::ObjectKey;
use tintype_core::metadata::UploadMetadata;
use tintype_core::wire::{
    LookupState, PresignedRequest, PreviewState, RefusedReason, UploadFile, UploadOutcome,
};
use tintype_storage::mint;
use tintype_tests::{Answer, File, TestApp, User};

/// The signed parts of a presigned URL.
fn query_of(url: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(url).unwrap();
    url.query_pairs().into_owned().collect()
}

async fn presigned(user: &User, file: &File) -> PresignedRequest {
    User::request_of(user.offer(&file.wanted()).await)
}

#[tokio::test]
async fn size_type_checksum_name_and_write_once_are_signed_as_headers() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let mut file = File::jpeg(1).named("Straße 1.jpg");
    file.modified_at = Some(time::OffsetDateTime::from_unix_timestamp(1_715_701_327).unwrap());
    let request = presigned(&ada, &file).await;

    assert_eq!(request.method, "PUT");
    let query = query_of(&request.url);
    assert_eq!(query["X-Amz-Expires"], "300");
    assert_eq!(
        query["X-Amz-SignedHeaders"],
        "content-length;content-type;host;if-none-match;x-amz-checksum-sha256;x-amz-meta-file-name;\
         x-amz-meta-modified-at"
    );
    let expected = [
        ("content-type", "image/jpeg".to_owned()),
        ("if-none-match", "*".to_owned()),
        ("x-amz-checksum-sha256", file.photo_id().to_base64()),
        ("x-amz-meta-file-name", "Stra%C3%9Fe%201.jpg".to_owned()),
        ("x-amz-meta-modified-at", "2024-05-14T15:42:07Z".to_owned()),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(name, value)| (name.to_owned(), value)).into();
    assert_eq!(request.headers, expected);
    let url = reqwest::Url::parse(&request.url).unwrap();
    let bucket = format!("/{}/", app.stack.services.uploads_bucket);
    let key: ObjectKey = url.path().strip_prefix(&bucket).unwrap().parse().unwrap();
    assert!(
        matches!(key, ObjectKey::Upload { user, photo_id, .. } if user == ada.id && photo_id == file.photo_id())
    );
}

#[tokio::test]
async fn wrong_bytes_are_refused_and_leave_nothing_and_the_right_ones_are_still_taken() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let request = presigned(&ada, &file).await;

    for bit in [0, 77, file.bytes.len() * 8 - 1] {
        let mut wrong = file.bytes.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        let refused = ada.put(&request, &wrong).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(refused.text().contains("BadDigest"), "{}", refused.text());
    }
    assert_eq!(app.buckets.uploads().await, BTreeMap::new());
    assert_eq!(ada.lookup(&[file.photo_id()]).await[0].state, LookupState::Unknown);

    ada.put(&request, &file.bytes).await.expect(200);
    ada.until_safe(&[file.photo_id()]).await;
}

#[tokio::test]
async fn fewer_or_more_bytes_than_signed_are_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let request = presigned(&ada, &file).await;
    let longer = [&file.bytes[..], b"!"].concat();
    for wrong in [&file.bytes[1..], &longer, &[]] {
        let refused = ada.put(&request, wrong).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
    assert_eq!(app.buckets.uploads().await, BTreeMap::new());
}

#[tokio::test]
async fn a_second_put_to_the_same_url_is_412_and_the_photo_is_safe_all_the_same() {
    // A photo whose processing has to wait: the first upload still lies there when the second comes.
    let app = TestApp::start_with(|options| options.lambda.concurrency = 1).await;
    let ada = app.user("ada");
    let large = File::new("large.png", "image/png", tintype_tests::Picture::new(9, 6_000, 4_000).png());
    ada.upload(&large).await;
    let file = File::jpeg(1);
    let request = presigned(&ada, &file).await;

    ada.put(&request, &file.bytes).await.expect(200);
    let again = ada.put(&request, &file.bytes).await;
    assert_eq!(again.status, 412, "{}", again.text());
    ada.until_safe(&[file.photo_id(), large.photo_id()]).await;
    assert_eq!(ada.list_all().await.len(), 2);
}

#[tokio::test]
async fn an_upload_that_comes_again_after_it_was_stored_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let request = presigned(&ada, &file).await;
    ada.put(&request, &file.bytes).await.expect(200);
    let known = ada.until_settled(&[file.photo_id()]).await;
    app.buckets.until_nothing_waits().await;

    // The upload is gone, so the same URL is good once more until it expires.
    ada.put(&request, &file.bytes).await.expect(200);
    app.buckets.until_nothing_waits().await;
    assert_eq!(ada.lookup(&[file.photo_id()]).await[0].generation, known[0].generation);
    assert_eq!(app.buckets.originals().await[&file.photo_id()].len(), 1);
}

#[tokio::test]
async fn a_url_with_anything_changed_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let (file, other) = (File::jpeg(1), File::jpeg(2));
    let request = presigned(&ada, &file).await;
    let with = |name: &str, value: &str| {
        let mut changed = request.clone();
        changed.headers.insert(name.to_owned(), value.to_owned());
        changed
    };
    let replaced = |from: &str, to: &str| {
        assert!(request.url.contains(from), "{from} is in the URL");
        PresignedRequest { url: request.url.replacen(from, to, 1), ..request.clone() }
    };
    let photo_id = file.photo_id().to_string();
    let user = ada.id.to_string();
    let services = &app.stack.services;

    let mut changes = vec![
        ("the photo's id in the key", replaced(&photo_id, &other.photo_id().to_string())),
        ("the user in the key", replaced(&user, "somebody-else")),
        ("the bucket", replaced(&services.uploads_bucket, &services.vault_bucket)),
        ("the expiry", replaced("X-Amz-Expires=300", "X-Amz-Expires=600000")),
        ("the date", replaced("X-Amz-Date=2", "X-Amz-Date=3")),
        ("the list of signed headers", replaced("content-length%3B", "")),
        ("the type", with("content-type", "text/html")),
        ("the checksum", with("x-amz-checksum-sha256", &other.photo_id().to_base64())),
        ("the name", with("x-amz-meta-file-name", "other.jpg")),
        ("a wish to restore", with("x-amz-meta-restore", "true")),
        ("an ACL", with("x-amz-acl", "public-read")),
        ("a storage class", with("x-amz-storage-class", "DEEP_ARCHIVE")),
        ("the condition", with("if-none-match", "\"something\"")),
    ];
    for header in request.headers.keys() {
        let mut without = request.clone();
        without.headers.remove(header);
        changes.push(("a header left out", without));
    }
    for method in ["POST", "DELETE"] {
        changes.push(("the method", PresignedRequest { method: method.to_owned(), ..request.clone() }));
    }
    for (what, changed) in changes {
        for bytes in [&file.bytes, &other.bytes] {
            let answer = ada.put(&changed, bytes).await;
            assert!(
                matches!(answer.status, 400 | 403 | 405 | 412),
                "{what}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    let read = Answer::to(reqwest::Client::new().get(&request.url)).await;
    assert_eq!(read.status, 403, "an upload URL reads nothing");
    assert_eq!(app.buckets.uploads().await, BTreeMap::new());
    assert_eq!(app.buckets.vault().await, BTreeMap::new());

    ada.put(&request, &file.bytes).await.expect(200);
}

#[tokio::test]
async fn an_expired_url_is_403_and_a_new_one_is_taken() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let presigned_ago = async |minutes: i64| {
        let then = mint::now() - time::Duration::minutes(minutes);
        let key = ObjectKey::Upload {
            user: ada.id.clone(),
            photo_id: file.photo_id(),
            upload_id: mint::upload_id(then),
        };
        let (size, metadata) = (file.bytes.len() as u64, UploadMetadata::default());
        let uploads = &app.stack.storage.uploads;
        uploads.presign(&key, &file.photo_id(), size, "image/jpeg", &metadata, then).await.unwrap()
    };
    let expired = ada.put(&presigned_ago(6).await, &file.bytes).await;
    assert_eq!(expired.status, 403, "{}", expired.text());
    assert!(expired.text().contains("Request has expired"), "{}", expired.text());
    assert_eq!(app.buckets.uploads().await, BTreeMap::new());
    ada.put(&presigned_ago(4).await, &file.bytes).await.expect(200);
    ada.until_safe(&[file.photo_id()]).await;
}

#[tokio::test]
async fn what_is_safe_is_known_and_has_nothing_to_send() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let [before] = &ada.lookup(&[file.photo_id()]).await[..] else { panic!("one answer") };
    assert_eq!((before.state, before.safe, before.preview), (LookupState::Unknown, false, None));

    let ends = ada.upload_all(std::slice::from_ref(&file)).await;
    assert_eq!((ends[0].state, ends[0].safe), (LookupState::Stored, true));
    match ada.offer(&file.wanted()).await {
        UploadOutcome::Known { generation } => assert_eq!(Some(generation), ends[0].generation),
        other => panic!("{other:?}"),
    }
    // Another name for the same bytes is the same photo.
    assert!(matches!(
        ada.offer(&file.clone().named("other.jpg").wanted()).await,
        UploadOutcome::Known { .. }
    ));
}

#[tokio::test]
async fn twenty_five_files_are_answered_in_their_order_each_by_itself() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let (safe, trashed) = (File::jpeg(1), File::jpeg(2));
    ada.upload_all(&[safe.clone(), trashed.clone()]).await;
    ada.trash(&[trashed.photo_id()]).await;

    let mut wanted = vec![safe.wanted(), trashed.wanted()];
    wanted.push(UploadFile { size: u64::MAX, ..File::jpeg(3).wanted() });
    wanted.push(UploadFile { sha256: "00".to_owned(), ..File::jpeg(4).wanted() });
    wanted.extend((5..26).map(|seed| File::jpeg(seed).wanted()));
    assert_eq!(wanted.len(), 25);
    let outcomes = ada.uploads(&wanted).await;
    assert!(matches!(outcomes[0], UploadOutcome::Known { .. }));
    assert!(matches!(outcomes[1], UploadOutcome::Deleted { state: LookupState::Trashed }));
    assert!(matches!(outcomes[2], UploadOutcome::Refused { reason: RefusedReason::TooLarge, .. }));
    assert!(matches!(outcomes[3], UploadOutcome::Refused { reason: RefusedReason::MalformedChecksum, .. }));
    assert!(outcomes[4..].iter().all(|outcome| matches!(outcome, UploadOutcome::Upload { .. })));

    for count in [0, 26] {
        let files = vec![File::jpeg(30).wanted(); count];
        ada.post("/api/uploads", &json!({ "files": files })).await.problem(400);
    }
}

#[tokio::test]
async fn the_limit_is_taken_and_one_byte_more_is_refused_with_a_sentence() {
    let app = TestApp::start_with(|options| options.max_file_bytes = 10_000).await;
    let ada = app.user("ada");
    let most = File::new("most.bin", "", vec![7; 10_000]);
    ada.upload_all(std::slice::from_ref(&most)).await;
    let more = File::new("more.bin", "", vec![7; 10_001]);
    match ada.offer(&more.wanted()).await {
        UploadOutcome::Refused { reason: RefusedReason::TooLarge, detail } => {
            assert_eq!(detail, "The file has 10001 bytes; this Tintype takes at most 10000.");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_malformed_checksum_is_refused_with_a_sentence() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let good = file.photo_id().to_string();
    let upper = good.to_uppercase();
    let long = format!("{good}0");
    for sha256 in
        ["", "abc", &good[1..], &long, &upper, "../../../etc/passwd", &"é".repeat(32), &"g".repeat(64)]
    {
        let wanted = UploadFile { sha256: sha256.to_owned(), ..file.wanted() };
        match ada.offer(&wanted).await {
            UploadOutcome::Refused { reason: RefusedReason::MalformedChecksum, detail } => {
                assert!(detail.contains("64 lower-case hex digits"), "{detail}");
            }
            other => panic!("{sha256}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_empty_file_is_kept_and_has_no_preview() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let empty = File::new("empty.jpg", "image/jpeg", []);
    let ends = ada.upload_all(std::slice::from_ref(&empty)).await;
    assert_eq!(ends[0].preview, Some(PreviewState::None));
    let original = ada.original(&empty.photo_id()).await;
    assert_eq!(original.body, b"");
    let e3b0c442 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(empty.photo_id().to_string(), e3b0c442, "the checksum of nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_name_uploads_and_comes_back() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let names = [
        "a".repeat(1_000),
        "b".repeat(200_000),
        format!("{}.jpg", "語".repeat(333)),
        "🦄".repeat(250),
        "../../etc/passwd".to_owned(),
        "..\\..\\boot.ini".to_owned(),
        "🏔️ Gipfel 👩‍👩‍👧.jpg".to_owned(),
        "\u{202E}gpj.exe".to_owned(),
        "صورة عائلية.jpg".to_owned(),
        String::new(),
        ".".to_owned(),
        "...".to_owned(),
        ".hidden.jpg".to_owned(),
        "a\0b\r\nX-Evil: 1\t\"quoted\".jpg".to_owned(),
        "100% & more? #1 +2;=.jpg".to_owned(),
        "\u{FEFF}\u{200B}".to_owned(),
    ];
    for (seed, name) in names.iter().enumerate() {
        let file = File::jpeg(u32::try_from(seed).unwrap()).named(name);
        let photo_id = ada.upload(&file).await;
        ada.until_safe(&[photo_id]).await;
        let photo = ada.photo(&photo_id).await;
        // Whole, or cut where the metadata of an object ends, 1,400 bytes percent-encoded: before its extension.
        let (stem, extension) = photo.file_name.rsplit_once('.').unwrap_or((&photo.file_name, ""));
        let kept = name.starts_with(stem) && name.ends_with(extension);
        assert!(kept || photo.file_name == *name, "{name:?} became {:?}", photo.file_name);
        assert!(photo.file_name.len() * 3 > 400 || photo.file_name == *name, "{name:?} was cut too early");
        let original = ada.original(&photo_id).await;
        assert_eq!(original.body, file.bytes);
        let disposition = original.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        let key = &app.buckets.originals().await[&photo_id][0];
        let ObjectKey::Original { file_name, .. } = key.parse().unwrap() else { panic!("{key}") };
        assert!(!file_name.as_str().starts_with('.') && file_name.as_str().len() <= 80, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_time_of_modification_uploads_and_sorts() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let times = [
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "1826-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2024-02-29T12:00:00.123456789-03:30",
        "9999-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59-12:00",
        "0000-01-01T00:00:00+23:59",
    ];
    let mut photo_ids = Vec::new();
    for (seed, at) in times.iter().enumerate() {
        let file = File::jpeg(u32::try_from(seed).unwrap()).named("photo");
        let mut wanted = serde_json::to_value(file.wanted()).unwrap();
        wanted["modified_at"] = json!(at);
        let answer = ada.post("/api/uploads", &json!({ "files": [wanted] })).await;
        let mut answer: tintype_core::wire::UploadsAnswer = answer.json();
        let request = User::request_of(answer.results.remove(0).outcome);
        ada.put(&request, &file.bytes).await.expect(200);
        photo_ids.push(file.photo_id());
    }
    ada.until_settled(&photo_ids).await;
    let taken: Vec<String> = ada.list_all().await.into_iter().map(|photo| photo.taken).collect();
    assert_eq!(taken.len(), times.len());
    assert!(taken.is_sorted_by(|newer, older| newer >= older), "{taken:?}");

    for nonsense in ["yesterday", "2024-13-01T00:00:00Z", "2024-05-14", "10000-01-01T00:00:00Z"] {
        let mut wanted = serde_json::to_value(File::jpeg(99).wanted()).unwrap();
        wanted["modified_at"] = json!(nonsense);
        ada.post("/api/uploads", &json!({ "files": [wanted] })).await.problem(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_could_execute_is_kept_as_a_plain_file_and_served_as_an_attachment() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let script = "<script>alert(1)</script>";
    for (name, content_type) in [
        ("page.html", "text/html"),
        ("page.html", "text/html; charset=utf-8"),
        ("drawing.svg", "image/svg+xml"),
        ("page.xhtml", "application/xhtml+xml"),
        ("script.js", "text/javascript"),
        ("odd", "no type at all\u{7f}"),
        ("paper.pdf", "application/pdf"),
        ("shouting.HTML", "TEXT/HTML"),
    ] {
        let file = File::new(name, content_type, format!("{script}{content_type}"));
        ada.upload_all(std::slice::from_ref(&file)).await;
        let photo = ada.photo(&file.photo_id()).await;
        assert_eq!(photo.content_type, "application/octet-stream", "{name}");
        let original = ada.original(&file.photo_id()).await;
        assert_eq!(original.header("content-type"), "application/octet-stream", "{name}");
        assert!(original.header("content-disposition").starts_with("attachment;"), "{name}");
    }
    // A page under a picture's name is served as that picture, and still as an attachment.
    let disguised = File::new("cat.jpg", "text/html", script);
    ada.upload_all(std::slice::from_ref(&disguised)).await;
    let original = ada.original(&disguised.photo_id()).await;
    assert_eq!(original.header("content-type"), "image/jpeg");
    assert!(original.header("content-disposition").starts_with("attachment;"));
}

#[tokio::test]
async fn nothing_that_a_client_can_write_is_a_fault_of_the_server() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let good = serde_json::to_value(File::jpeg(1).wanted()).unwrap();
    let with = |name: &str, value: Value| {
        let mut file = good.clone();
        file[name] = value;
        json!({ "files": [file] })
    };
    let bodies = [
        json!(null),
        json!([]),
        json!({}),
        json!({ "files": null }),
        json!({ "files": {} }),
        json!({ "files": [null] }),
        json!({ "files": [{}] }),
        json!({ "files": [good], "more": 1 }),
        with("size", json!(-1)),
        with("size", json!(1.5)),
        with("size", json!("1")),
        with("size", json!(1e300)),
        with("sha256", json!(null)),
        with("restore", json!("yes")),
        with("unknown", json!(1)),
        with("file_name", json!(["a"])),
    ];
    for body in bodies {
        ada.post("/api/uploads", &body).await.problem(400);
    }
    let lone = r#"{"files":[{"sha256":"","size":1,"file_name":"\ud800"}]}"#;
    let request = ada.request(Method::POST, "/api/uploads").header(header::CONTENT_TYPE, "application/json");
    Answer::to(request.body(lone)).await.problem(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_photo_sent_by_eight_at_once_is_one_photo() {
    let app = TestApp::start_with(|options| options.lambda.concurrency = 8).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let requests: Vec<PresignedRequest> =
        futures::future::join_all((0..8).map(|_| presigned(&ada, &file))).await;
    let puts = requests.iter().map(|request| ada.put(request, &file.bytes));
    for put in futures::future::join_all(puts).await {
        assert_eq!(put.status, 200, "{}", put.text());
    }
    ada.until_settled(&[file.photo_id()]).await;
    app.buckets.until_nothing_waits().await;
    let photo_ids: Vec<PhotoId> = ada.list_all().await.iter().map(|photo| photo.photo_id).collect();
    assert_eq!(photo_ids, [file.photo_id()]);
    assert_eq!(app.buckets.originals().await[&file.photo_id()].len(), 1);
    assert_eq!(app.buckets.vault().await.len(), 3, "one original and two variants");
    tintype_tests::assert_counters_are_true(&ada).await;
}
