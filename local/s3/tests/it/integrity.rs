//! Bytes other than the promised ones are refused and leave nothing.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::fmt::Write as _;
use std::net::SocketAddr;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{
    ACCESS_KEY, REGION, SECRET_KEY, TestS3, UPLOADS, client, code, for_five_minutes, raw, sha256, status,
    verdict,
};

/// "If the checksum doesn't match, S3 fails the request with a `BadDigest` error."
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
#[tokio::test]
async fn a_put_with_the_wrong_checksum_leaves_nothing_behind() {
    let s3 = TestS3::start().await;
    let refused = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("in/ada/1")
        .checksum_sha256(sha256(b"other bytes"))
        .body(b"bytes".to_vec().into())
        .send()
        .await
        .unwrap_err();
    assert_eq!((status(&refused), code(&refused)), (400, "BadDigest".to_owned()));
    assert_eq!(s3.get(UPLOADS, "in/ada/1").await, None);
    assert!(s3.keys(UPLOADS).await.is_empty());
    assert!(s3.nothing_half_done());
}

#[tokio::test]
async fn a_put_with_the_wrong_checksum_does_not_harm_what_was_there() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "a", b"old").await;
    for wrong in ["sha256", "md5"] {
        let put = s3
            .client
            .put_object()
            .bucket(UPLOADS)
            .key("a")
            .content_type("new/type")
            .body(b"new".to_vec().into());
        let put = match wrong {
            "sha256" => put.checksum_sha256(sha256(b"newer")),
            _ => put.content_md5(BASE64_STANDARD.encode([7; 16])),
        };
        let refused = put.send().await.unwrap_err();
        assert_eq!((status(&refused), code(&refused)), (400, "BadDigest".to_owned()), "{wrong}");
    }
    let kept = s3.client.get_object().bucket(UPLOADS).key("a").send().await.unwrap();
    assert_ne!(kept.content_type(), Some("new/type"));
    assert_eq!(kept.body.collect().await.unwrap().to_vec(), b"old");
}

/// Row 10 of the failures: no flipped bit gets through, and the right bytes are accepted afterwards.
#[tokio::test]
async fn no_flipped_bit_gets_past_a_signed_checksum() {
    let s3 = TestS3::start().await;
    let right: Vec<u8> = (0..=255).collect();
    let presigned = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("in/ada/1")
        .checksum_sha256(sha256(&right))
        .content_length(256)
        .presigned(for_five_minutes())
        .await
        .unwrap();
    for position in 0..256 {
        let mut wrong = right.clone();
        wrong[position] ^= 1 << (position % 8);
        let answer = raw(&presigned).body(wrong).send().await.unwrap();
        assert_eq!(verdict(answer).await, (400, "BadDigest".to_owned()), "byte {position}");
    }
    assert_eq!(s3.get(UPLOADS, "in/ada/1").await, None);
    assert!(s3.nothing_half_done());

    assert_eq!(raw(&presigned).body(right.clone()).send().await.unwrap().status(), 200);
    assert_eq!(s3.get(UPLOADS, "in/ada/1").await.unwrap(), right);
}

/// The line goes dead after some of the bytes.
#[tokio::test]
async fn truncated_uploads_leave_nothing_behind() {
    let s3 = TestS3::start().await;
    let bytes = vec![42; 100_000];
    let presigned = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("cut")
        .checksum_sha256(sha256(&bytes))
        .content_length(100_000)
        .presigned(for_five_minutes())
        .await
        .unwrap();
    let target = presigned.uri().split_once(&s3.address.to_string()).unwrap().1;
    let mut head = format!("PUT {target} HTTP/1.1\r\nhost: {}\r\n", s3.address);
    for (name, value) in presigned.headers() {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    for sent in (0..64).map(|step| step * 1500) {
        let mut line = TcpStream::connect(s3.address).await.unwrap();
        line.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        line.write_all(&bytes[..sent]).await.unwrap();
        line.shutdown().await.unwrap();
        let mut answer = String::new();
        // Either an error or a closed connection will do.
        let _ = line.read_to_string(&mut answer).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{sent} bytes of 100000: {answer}");
    }
    assert_eq!(s3.get(UPLOADS, "cut").await, None);
    assert!(s3.keys(UPLOADS).await.is_empty());
    for _ in 0..50 {
        if s3.nothing_half_done() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("pieces of truncated uploads stay behind");
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> (`MissingContentLength`)
#[tokio::test]
async fn an_upload_of_unknown_length_is_refused() {
    let s3 = TestS3::start().await;
    let presigned =
        s3.client.put_object().bucket(UPLOADS).key("a").presigned(for_five_minutes()).await.unwrap();
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>("some"), Ok("thing")]);
    let answer = raw(&presigned).body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(verdict(answer).await, (411, "MissingContentLength".to_owned()));
    assert_eq!(s3.get(UPLOADS, "a").await, None);
}

/// What would silently be forgotten is refused instead.
#[tokio::test]
async fn wishes_that_nobody_fulfils_are_refused() {
    let s3 = TestS3::start().await;
    let tagged = s3.client.put_object().bucket(UPLOADS).key("a").tagging("a=b").send().await.unwrap_err();
    assert_eq!((status(&tagged), code(&tagged)), (501, "NotImplemented".to_owned()));
    let parts = s3.client.create_multipart_upload().bucket(UPLOADS).key("a").send().await.unwrap_err();
    assert_eq!((status(&parts), code(&parts)), (501, "NotImplemented".to_owned()));
    s3.put(UPLOADS, "a", b"a").await;
    let delete =
        s3.client.delete_object().bucket(UPLOADS).key("a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(status(&delete), 501);
    assert_eq!(s3.get(UPLOADS, "a").await.unwrap(), b"a");
}

/// The SDK sends the checksum of a file after its bytes, and that of bytes in memory before them.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
#[tokio::test]
async fn every_checksum_algorithm_is_verified_and_answered() {
    let s3 = TestS3::start().await;
    let file = s3.folder.path().join("photo.jpg");
    std::fs::write(&file, "bytes").unwrap();
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let put = s3.client.put_object().bucket(UPLOADS).key("a").checksum_algorithm(algorithm.clone());
        let body = ByteStream::from_path(&file).await.unwrap();
        let put = put.content_encoding("gzip").body(body).send().await.unwrap();
        // The SDK verifies what it gets against the header.
        let got =
            s3.client.get_object().bucket(UPLOADS).key("a").checksum_mode(ChecksumMode::Enabled).send().await;
        let got = got.unwrap();
        let answered = match algorithm {
            ChecksumAlgorithm::Crc32 => (put.checksum_crc32(), got.checksum_crc32()),
            ChecksumAlgorithm::Crc32C => (put.checksum_crc32_c(), got.checksum_crc32_c()),
            ChecksumAlgorithm::Crc64Nvme => (put.checksum_crc64_nvme(), got.checksum_crc64_nvme()),
            ChecksumAlgorithm::Sha1 => (put.checksum_sha1(), got.checksum_sha1()),
            _ => (put.checksum_sha256(), got.checksum_sha256()),
        };
        assert!(answered.0.is_some() && answered.0 == answered.1, "{algorithm}: {answered:?}");
        assert_eq!(got.content_encoding(), Some("gzip"), "the framing of the transfer is stored");
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"bytes");
    }
}

/// Between the SDK and the server, someone changes a byte. The SDK signs the hash of bytes in memory, and the chunks of a
/// file. <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
#[tokio::test]
async fn a_byte_changed_on_the_way_is_noticed() {
    let s3 = TestS3::start().await;
    let file = s3.folder.path().join("photo.jpg");
    std::fs::write(&file, "the photo").unwrap();
    for (body, expected) in [
        (ByteStream::from_static(b"the photo"), (400, "XAmzContentSHA256Mismatch")),
        (ByteStream::from_path(&file).await.unwrap(), (403, "SignatureDoesNotMatch")),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let between = client(listener.local_addr().unwrap(), ACCESS_KEY, SECRET_KEY, REGION);
        let meddler = tokio::spawn(meddle(listener, s3.address));
        let refused = between.put_object().bucket(UPLOADS).key("a").body(body).send().await.unwrap_err();
        assert_eq!((status(&refused), code(&refused).as_str()), expected);
        assert_eq!(s3.get(UPLOADS, "a").await, None);
        meddler.abort();
    }
    assert!(s3.nothing_half_done());
}

/// Passes one connection on, but for one byte of the photo.
async fn meddle(listener: TcpListener, server: SocketAddr) {
    let (mut near, _) = listener.accept().await.unwrap();
    let mut far = TcpStream::connect(server).await.unwrap();
    let (mut from_near, mut to_near) = near.split();
    let (mut from_far, mut to_far) = far.split();
    let forth = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = from_near.read(&mut buffer).await.unwrap();
            if read == 0 {
                break;
            }
            let seen = &mut buffer[..read];
            if let Some(at) = seen.windows(9).position(|window| window == b"the photo") {
                seen[at + 4] = b'P';
            }
            to_far.write_all(seen).await.unwrap();
        }
    };
    let back = tokio::io::copy(&mut from_far, &mut to_near);
    tokio::select! {
        () = forth => {}
        _ = back => {}
    }
}

/// A checksum is answered only when it is asked for.
#[tokio::test]
async fn a_head_without_checksum_mode_has_no_checksum() {
    let s3 = TestS3::start().await;
    s3.client
        .put_object()
        .bucket(UPLOADS)
        .key("a")
        .checksum_sha256(sha256(b"a"))
        .body(b"a".to_vec().into())
        .send()
        .await
        .unwrap();
    let presigned =
        s3.client.head_object().bucket(UPLOADS).key("a").presigned(for_five_minutes()).await.unwrap();
    let head = raw(&presigned).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert!(head.headers().keys().all(|name| !name.as_str().starts_with("x-amz-checksum")));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> (`InvalidDigest`, `InvalidRequest`)
#[tokio::test]
async fn a_checksum_that_cannot_be_one_is_refused() {
    let s3 = TestS3::start().await;
    for wrong in ["", "not base64!", "c2hvcnQ="] {
        let put = s3.client.put_object().bucket(UPLOADS).key("a").body(b"a".to_vec().into());
        let refused = put.checksum_sha256(wrong).send().await;
        if wrong.is_empty() {
            // An empty header is no promise.
            continue;
        }
        let refused = refused.unwrap_err();
        assert_eq!((status(&refused), code(&refused)), (400, "InvalidRequest".to_owned()), "{wrong:?}");
    }
    let put = s3.client.put_object().bucket(UPLOADS).key("b").body(b"b".to_vec().into());
    let refused = put.content_md5("c2hvcnQ=").send().await.unwrap_err();
    assert_eq!((status(&refused), code(&refused)), (400, "InvalidDigest".to_owned()));
    assert_eq!(s3.get(UPLOADS, "b").await, None);
}

/// Bytes that are not those of a signed `x-amz-content-sha256`.
#[tokio::test]
async fn a_signed_payload_hash_is_held_too() {
    let s3 = TestS3::start().await;
    let presigned = s3
        .client
        .put_object()
        .bucket(UPLOADS)
        .key("a")
        .customize()
        .mutate_request(|request| {
            request.headers_mut().insert("x-amz-content-sha256", "00".repeat(32));
        })
        .presigned(for_five_minutes())
        .await
        .unwrap();
    let answer = raw(&presigned).body("a").send().await.unwrap();
    assert_eq!(verdict(answer).await, (400, "XAmzContentSHA256Mismatch".to_owned()));
    assert_eq!(s3.get(UPLOADS, "a").await, None);
}
