//! Conditional writes and reads.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use std::sync::Arc;

use aws_sdk_s3::primitives::DateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{TestS3, UPLOADS, VAULT, code, for_five_minutes, raw, sha256, status, verdict};

/// "If an object already exists, S3 returns 412 Precondition Failed."
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
#[tokio::test]
async fn a_second_put_to_the_same_url_is_412_and_changes_nothing() {
    let s3 = TestS3::start().await;
    let presigned = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("in/ada/1")
        .if_none_match("*")
        .checksum_sha256(sha256(b"once"))
        .presigned(for_five_minutes())
        .await
        .unwrap();
    assert_eq!(raw(&presigned).body("once").send().await.unwrap().status(), 200);
    let again = raw(&presigned).body("once").send().await.unwrap();
    assert_eq!(verdict(again).await, (412, "PreconditionFailed".to_owned()));
    let other = raw(&presigned).body("more").send().await.unwrap();
    assert_eq!(verdict(other).await.0, 412);
    assert_eq!(s3.get(UPLOADS, "in/ada/1").await.unwrap(), b"once");
}

/// A client that reads only after it has sent everything must find the 412, not a connection that was reset.
#[tokio::test]
async fn a_refused_upload_of_any_size_can_read_why() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "a", b"there").await;
    let presigned = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("a")
        .if_none_match("*")
        .presigned(for_five_minutes())
        .await
        .unwrap();
    let (_, target) = presigned.uri().split_once(&s3.address.to_string()).unwrap();
    let body = vec![1; 64 * 1024 * 1024];
    let head = format!("PUT {target} HTTP/1.1\r\nhost: {}\r\nif-none-match: *\r\n", s3.address);
    for _ in 0..3 {
        let mut line = TcpStream::connect(s3.address).await.unwrap();
        let length = format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        line.write_all(format!("{head}{length}").as_bytes()).await.unwrap();
        line.write_all(&body).await.unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 412 "), "{answer}");
    }
}

/// A client that asks first is told before it sends anything.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html> ("100-continue")
#[tokio::test]
async fn who_expects_100_continue_is_refused_without_sending_the_body() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "a", b"there").await;
    let presigned = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("a")
        .if_none_match("*")
        .presigned(for_five_minutes())
        .await
        .unwrap();
    let (_, target) = presigned.uri().split_once(&s3.address.to_string()).unwrap();
    let mut line = TcpStream::connect(s3.address).await.unwrap();
    let head = format!(
        "PUT {target} HTTP/1.1\r\nhost: {}\r\nif-none-match: *\r\nexpect: 100-continue\r\ncontent-length: 999999\r\n\r\n",
        s3.address
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 412 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_puts_of_a_new_object_exactly_one_succeeds() {
    let s3 = Arc::new(TestS3::start().await);
    for round in 0..20 {
        let key = format!("in/ada/{round}");
        let racers: Vec<_> = (0..16_u8)
            .map(|racer| {
                let (s3, key) = (Arc::clone(&s3), key.clone());
                tokio::spawn(async move {
                    let put = s3.client.put_object().bucket(UPLOADS).key(key).if_none_match("*");
                    let answer = put.body(vec![racer; 10_000].into()).send().await;
                    match answer {
                        Ok(_) => (200, racer),
                        Err(error) => (status(&error), racer),
                    }
                })
            })
            .collect();
        let mut winner = None;
        for racer in racers {
            match racer.await.unwrap() {
                (200, racer) => assert_eq!(winner.replace(racer), None, "two PUTs of {key} succeeded"),
                // Either is documented.
                (other, _) => assert!(matches!(other, 409 | 412), "{other}"),
            }
        }
        assert_eq!(s3.get(UPLOADS, &key).await.unwrap(), vec![winner.unwrap(); 10_000]);
    }
    assert!(s3.nothing_half_done());
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_copies_to_a_new_key_exactly_one_succeeds() {
    let s3 = Arc::new(TestS3::start().await);
    s3.put(UPLOADS, "source", &vec![3; 50_000]).await;
    for round in 0..20 {
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let s3 = Arc::clone(&s3);
                tokio::spawn(async move {
                    let copy = s3.client.copy_object().copy_source("uploads/source").bucket(VAULT);
                    match copy.key(format!("copy/{round}")).if_none_match("*").send().await {
                        Ok(_) => 200,
                        Err(error) => status(&error),
                    }
                })
            })
            .collect();
        let mut succeeded = 0;
        for racer in racers {
            let status = racer.await.unwrap();
            assert!(matches!(status, 200 | 409 | 412), "{status}");
            succeeded += usize::from(status == 200);
        }
        assert_eq!(succeeded, 1);
    }
}

/// "If-Match: Uploads the object only if the `ETag` value provided matches." 404 if there is none.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
#[tokio::test]
async fn a_put_with_if_match_replaces_only_what_it_names() {
    let s3 = TestS3::start().await;
    let put = |etag: String| {
        s3.client.put_object().bucket(UPLOADS).key("a").if_match(etag).body(b"two".to_vec().into())
    };
    let missing = put("\"0\"".to_owned()).send().await.unwrap_err();
    assert_eq!((status(&missing), code(&missing)), (404, "NoSuchKey".to_owned()));
    s3.put(UPLOADS, "a", b"one").await;
    let head = s3.client.head_object().bucket(UPLOADS).key("a").send().await.unwrap();
    let wrong = put("\"0\"".to_owned()).send().await.unwrap_err();
    assert_eq!((status(&wrong), code(&wrong)), (412, "PreconditionFailed".to_owned()));
    put(head.e_tag().unwrap().to_owned()).send().await.unwrap();
    assert_eq!(s3.get(UPLOADS, "a").await.unwrap(), b"two");
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
#[tokio::test]
async fn get_and_head_answer_304_to_who_has_the_object_already() {
    let s3 = TestS3::start().await;
    s3.put(VAULT, "a", b"one").await;
    let etag =
        s3.client.head_object().bucket(VAULT).key("a").send().await.unwrap().e_tag().unwrap().to_owned();

    for condition in [etag.as_str(), "*"] {
        let get =
            s3.client.get_object().bucket(VAULT).key("a").if_none_match(condition).send().await.unwrap_err();
        let answer = get.raw_response().unwrap();
        assert_eq!(answer.status().as_u16(), 304);
        assert_eq!(answer.headers().get("etag"), Some(etag.as_str()));
        assert!(answer.headers().get("last-modified").is_some());
        let head =
            s3.client.head_object().bucket(VAULT).key("a").if_none_match(condition).send().await.unwrap_err();
        assert_eq!(status(&head), 304);
    }
    s3.client.get_object().bucket(VAULT).key("a").if_none_match("\"other\"").send().await.unwrap();
    let later = DateTime::from_secs(4_000_000_000);
    let get =
        s3.client.get_object().bucket(VAULT).key("a").if_modified_since(later).send().await.unwrap_err();
    assert_eq!(status(&get), 304);
}

#[tokio::test]
async fn get_and_head_answer_412_to_who_wants_another_object() {
    let s3 = TestS3::start().await;
    s3.put(VAULT, "a", b"one").await;
    let get = s3.client.get_object().bucket(VAULT).key("a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!((status(&get), code(&get)), (412, "PreconditionFailed".to_owned()));
    let head = s3.client.head_object().bucket(VAULT).key("a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(status(&head), 412);
    let early = DateTime::from_secs(1_000_000_000);
    let get =
        s3.client.get_object().bucket(VAULT).key("a").if_unmodified_since(early).send().await.unwrap_err();
    assert_eq!(status(&get), 412);

    // "If both are present, and If-Match evaluates to true, S3 returns 200."
    let etag =
        s3.client.head_object().bucket(VAULT).key("a").send().await.unwrap().e_tag().unwrap().to_owned();
    let both = s3.client.get_object().bucket(VAULT).key("a").if_match(etag).if_unmodified_since(early);
    both.send().await.unwrap();
}

/// The same on the source of a copy; there 304 does not exist.
#[tokio::test]
async fn a_copy_is_refused_when_its_source_is_another() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "a", b"one").await;
    let copy = || s3.client.copy_object().copy_source("uploads/a").bucket(VAULT).key("b");
    let wrong = copy().copy_source_if_match("\"other\"").send().await.unwrap_err();
    assert_eq!((status(&wrong), code(&wrong)), (412, "PreconditionFailed".to_owned()));
    let wrong = copy().copy_source_if_none_match("*").send().await.unwrap_err();
    assert_eq!(status(&wrong), 412);
    assert!(s3.keys(VAULT).await.is_empty());
}
