//! What a presigned URL binds its bearer to.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};

use crate::support::{
    ACCESS_KEY, REGION, SECRET_KEY, TestS3, UPLOADS, client, code, for_five_minutes, raw, sha256, status,
    verdict,
};

/// The PUT of the design's section 3, signed as the API signs it.
async fn upload(s3: &TestS3) -> PresignedRequest {
    s3.client
        .put_object()
        .bucket(UPLOADS)
        .key("in/ada/1")
        .content_length(5)
        .content_type("image/jpeg")
        .if_none_match("*")
        .checksum_sha256(sha256(b"photo"))
        .metadata("name", "a.jpg")
        .presigned(for_five_minutes())
        .await
        .unwrap()
}

fn refused(verdict: &(u16, String), code: &str) -> bool {
    *verdict == (403, code.to_owned())
}

#[tokio::test]
async fn an_upload_as_signed_is_accepted_with_what_was_signed() {
    let s3 = TestS3::start().await;
    let presigned = upload(&s3).await;
    for signed in [
        "content-length",
        "content-type",
        "host",
        "if-none-match",
        "x-amz-checksum-sha256",
        "x-amz-meta-name",
    ] {
        assert!(presigned.uri().contains(signed), "{signed} is not signed: {}", presigned.uri());
    }
    assert_eq!(raw(&presigned).body("photo").send().await.unwrap().status(), 200);
    let head = s3.client.head_object().bucket(UPLOADS).key("in/ada/1").send().await.unwrap();
    assert_eq!(head.content_type(), Some("image/jpeg"));
    assert_eq!(head.metadata().unwrap()["name"], "a.jpg");
}

/// Row 22 of the failures: the URL is replayed with one thing changed.
#[tokio::test]
async fn a_url_is_good_for_nothing_but_what_was_signed() {
    let s3 = TestS3::start().await;
    let presigned = upload(&s3).await;
    let headers: Vec<(String, String)> =
        presigned.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let send = |method: &str, uri: String, headers: Vec<(String, String)>, body: &'static str| {
        let client = reqwest::Client::new();
        let mut request = client.request(method.parse().unwrap(), uri);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        async move { verdict(request.body(body).send().await.unwrap()).await }
    };
    let changed = |name: &str, value: &str| -> Vec<(String, String)> {
        let keep = |(known, old): &(String, String)| {
            (known.clone(), if known == name { value.to_owned() } else { old.clone() })
        };
        headers.iter().map(keep).collect()
    };
    let without = |name: &str| -> Vec<(String, String)> {
        headers.iter().filter(|(known, _)| known != name).cloned().collect()
    };
    let uri = presigned.uri().to_owned();

    let other_sum = sha256(b"other");
    for (what, headers, body) in [
        ("content-type", changed("content-type", "text/html"), "photo"),
        ("content-length", changed("content-length", "6"), "photos"),
        ("checksum", changed("x-amz-checksum-sha256", &other_sum), "other"),
        ("condition", changed("if-none-match", "\"x\""), "photo"),
        ("metadata", changed("x-amz-meta-name", "b.jpg"), "photo"),
        ("no content-type", without("content-type"), "photo"),
        ("no condition", without("if-none-match"), "photo"),
        ("no checksum", without("x-amz-checksum-sha256"), "photo"),
        ("no metadata", without("x-amz-meta-name"), "photo"),
    ] {
        let verdict = send("PUT", uri.clone(), headers, body).await;
        assert!(refused(&verdict, "SignatureDoesNotMatch"), "{what}: {verdict:?}");
    }
    for (what, from, to) in [
        ("key", "in/ada/1", "in/eve/1"),
        ("bucket", "/uploads/", "/vault/"),
        ("expiry", "X-Amz-Expires=300", "X-Amz-Expires=600"),
        ("operation", "x-id=PutObject", "x-id=PutObject&acl"),
        ("parameter", "x-id=PutObject", "x-id=PutObject&versionId=1"),
    ] {
        assert!(uri.contains(from), "{from} in {uri}");
        let verdict = send("PUT", uri.replacen(from, to, 1), headers.clone(), "photo").await;
        assert_eq!(verdict.0, 403, "{what}: {verdict:?}");
        assert!(refused(&verdict, "SignatureDoesNotMatch"), "{what}: {verdict:?}");
    }
    let signature = uri.split_once("X-Amz-Signature=").unwrap().1.split('&').next().unwrap();
    let tampered = uri.replace(signature, &signature.chars().rev().collect::<String>());
    let verdict = send("PUT", tampered, headers.clone(), "photo").await;
    assert!(refused(&verdict, "SignatureDoesNotMatch"), "signature: {verdict:?}");
    for method in ["GET", "DELETE", "POST"] {
        let verdict = send(method, uri.clone(), headers.clone(), "photo").await;
        assert!(refused(&verdict, "SignatureDoesNotMatch"), "{method}: {verdict:?}");
    }
    let wrong_bytes = send("PUT", uri.clone(), headers.clone(), "fotoh").await;
    assert_eq!(wrong_bytes, (400, "BadDigest".to_owned()));

    assert!(s3.keys(UPLOADS).await.is_empty());
    assert_eq!(send("PUT", uri, headers.clone(), "photo").await.0, 200);
}

/// "any x-amz-* headers that you plan to include in your request must be signed"
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
#[tokio::test]
async fn a_bearer_cannot_add_headers_that_nobody_signed() {
    let s3 = TestS3::start().await;
    let presigned = upload(&s3).await;
    for (name, value) in [
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-meta-other", "x"),
        ("x-amz-acl", "public-read"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-website-redirect-location", "/x"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-copy-source", "vault/secret"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("X-AMZ-Meta-Loud", "x"),
    ] {
        let answer = raw(&presigned).header(name, value).body("photo").send().await.unwrap();
        let verdict = verdict(answer).await;
        assert!(refused(&verdict, "AccessDenied"), "{name}: {verdict:?}");
    }
    let message = raw(&presigned).header("x-amz-meta-other", "x").body("photo").send().await.unwrap();
    let message = message.text().await.unwrap();
    assert!(message.contains("There were headers present in the request which were not signed"), "{message}");
    assert!(s3.keys(UPLOADS).await.is_empty());
}

/// Row 21: an old URL.
#[tokio::test]
async fn an_expired_url_is_refused_and_says_so() {
    let s3 = TestS3::start().await;
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    let config =
        PresigningConfig::builder().start_time(hour_ago).expires_in(Duration::from_mins(5)).build().unwrap();
    let presigned = s3.client.put_object().bucket(UPLOADS).key("a").presigned(config).await.unwrap();
    let answer = raw(&presigned).body("a").send().await.unwrap();
    assert_eq!(answer.status(), 403);
    let text = answer.text().await.unwrap();
    assert!(text.contains("<Code>AccessDenied</Code>") && text.contains("Request has expired"), "{text}");
}

#[tokio::test]
async fn strangers_and_wrong_keys_are_refused() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "a", b"a").await;
    let nobody = reqwest::get(s3.url(UPLOADS, "a")).await.unwrap();
    assert_eq!(verdict(nobody).await, (403, "AccessDenied".to_owned()));
    for (access_key, secret_key, region, expected) in [
        ("somebody", SECRET_KEY, REGION, (403, "InvalidAccessKeyId")),
        (ACCESS_KEY, "wrong", REGION, (403, "SignatureDoesNotMatch")),
        (ACCESS_KEY, SECRET_KEY, "us-east-1", (400, "AuthorizationHeaderMalformed")),
    ] {
        let client = client(s3.address, access_key, secret_key, region);
        let refused = client.get_object().bucket(UPLOADS).key("a").send().await.unwrap_err();
        assert_eq!((status(&refused), code(&refused).as_str()), expected);
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>, "Overriding response header values"
#[tokio::test]
async fn a_presigned_get_can_name_the_download() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "a", b"photo").await;
    let presigned = s3
        .client
        .get_object()
        .bucket(UPLOADS)
        .key("a")
        .response_content_disposition("attachment; filename=\"a b.jpg\"; filename*=UTF-8''gr%C3%BCn.jpg")
        .response_content_type("image/jpeg")
        .presigned(for_five_minutes())
        .await
        .unwrap();
    let answer = raw(&presigned).send().await.unwrap();
    let disposition = answer.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"a b.jpg\"; filename*=UTF-8''gr%C3%BCn.jpg");
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    assert_eq!(answer.bytes().await.unwrap(), "photo");
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
#[tokio::test]
async fn ranges_answer_the_part_that_was_asked_for() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "a", b"0123456789").await;
    let presigned =
        s3.client.get_object().bucket(UPLOADS).key("a").presigned(for_five_minutes()).await.unwrap();
    for (range, content_range, body) in [
        ("bytes=0-3", "bytes 0-3/10", "0123"),
        ("bytes=8-", "bytes 8-9/10", "89"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=5-100", "bytes 5-9/10", "56789"),
        ("bytes=-100", "bytes 0-9/10", "0123456789"),
    ] {
        let answer = raw(&presigned).header("range", range).send().await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(answer.headers()["content-range"], content_range);
        assert_eq!(answer.headers()["content-length"], body.len().to_string());
        assert_eq!(answer.text().await.unwrap(), body);
    }
    let beyond = raw(&presigned).header("range", "bytes=10-").send().await.unwrap();
    assert_eq!(beyond.headers()["content-range"], "bytes */10");
    assert_eq!(verdict(beyond).await, (416, "InvalidRange".to_owned()));
}
