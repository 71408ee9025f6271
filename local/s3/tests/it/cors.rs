//! The page of one origin, and no other.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>

use reqwest::{Client, Method, Response};

use crate::support::{ORIGIN, TestS3, UPLOADS, VAULT, for_five_minutes, raw, verdict};

async fn preflight(s3: &TestS3, bucket: &str, origin: &str, method: &str, headers: &str) -> Response {
    Client::new()
        .request(Method::OPTIONS, s3.url(bucket, "in/ada/1?X-Amz-Signature=x"))
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_page_may_put_with_the_headers_that_are_signed() {
    let s3 = TestS3::start().await;
    let headers = "content-type,if-none-match,x-amz-checksum-sha256,x-amz-meta-name";
    let answer = preflight(&s3, UPLOADS, ORIGIN, "PUT", headers).await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("access-control-allow-origin"), ORIGIN);
    assert!(header("access-control-allow-methods").contains("PUT"));
    assert_eq!(header("access-control-allow-headers"), headers);
    assert!(header("vary").contains("Origin"));
}

#[tokio::test]
async fn other_origins_methods_headers_and_buckets_are_refused() {
    let s3 = TestS3::start().await;
    for (bucket, origin, method, headers) in [
        (UPLOADS, "http://evil.example", "PUT", "content-type"),
        (UPLOADS, "http://localhost:84600", "PUT", "content-type"),
        (UPLOADS, "null", "PUT", "content-type"),
        (UPLOADS, ORIGIN, "DELETE", "content-type"),
        (UPLOADS, ORIGIN, "PUT", "content-type,authorization"),
        (VAULT, ORIGIN, "PUT", "content-type"),
        ("nowhere", ORIGIN, "PUT", "content-type"),
    ] {
        let answer = preflight(&s3, bucket, origin, method, headers).await;
        assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
        assert_eq!(
            verdict(answer).await,
            (403, "AccessForbidden".to_owned()),
            "{bucket} {origin} {method} {headers}"
        );
    }
}

#[tokio::test]
async fn the_page_can_read_answers_and_errors_alike() {
    let s3 = TestS3::start().await;
    let presigned = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("a")
        .if_none_match("*")
        .presigned(for_five_minutes())
        .await
        .unwrap();
    for expected in [200, 412] {
        let answer = raw(&presigned).header("origin", ORIGIN).body("a").send().await.unwrap();
        assert_eq!(answer.status(), expected);
        assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
        let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("ETag") && exposed.contains("x-amz-checksum-sha256"), "{exposed}");
    }
    let unsigned =
        Client::new().put(s3.url(UPLOADS, "a")).header("origin", ORIGIN).body("a").send().await.unwrap();
    assert_eq!(unsigned.status(), 403);
    assert_eq!(unsigned.headers()["access-control-allow-origin"], ORIGIN);

    let elsewhere = raw(&presigned).header("origin", "http://evil.example").body("a").send().await.unwrap();
    assert!(elsewhere.headers().get("access-control-allow-origin").is_none());
}
