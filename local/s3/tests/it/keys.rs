//! Keys are opaque strings, and metadata has its limit.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>

use std::collections::BTreeSet;

use crate::support::{TestS3, UPLOADS, VAULT, code, status};

/// Keys that a file system would not take, or would take for something else.
fn odd_keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "/absolute",
        "//two",
        "a",
        "a/",
        "a/b",
        "a/b/",
        "a//b",
        "a/./b",
        "a/../b",
        "./a",
        "...",
        ".hidden",
        "@0000000000000001",
        "a+",
        "%2e%2e",
        "%",
        "nul\u{0}inside",
        "new\nline",
        "sp ace+plus",
        "back\\slash",
        "C:",
        "grün/фото/写真/📷.jpg",
        "e\u{301}",
        "\u{e9}",
        "\u{202e}gpj.exe",
        "content",
        "record.json",
        "a/content",
        "query?x=1&y#z",
    ]
    .map(str::to_owned)
    .into();
    keys.push("k".repeat(1024));
    keys.push(format!("long/{}/file.jpg", "n".repeat(600)));
    keys.push("写".repeat(341));
    keys.push("/".repeat(700));
    keys
}

#[tokio::test]
async fn every_key_is_its_own_object_and_stays_in_its_bucket() {
    let s3 = TestS3::start().await;
    let keys = odd_keys();
    for (number, key) in keys.iter().enumerate() {
        s3.put(UPLOADS, key, number.to_string().as_bytes()).await;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(s3.get(UPLOADS, key).await.unwrap(), number.to_string().as_bytes(), "{key:?}");
    }
    assert!(s3.keys(VAULT).await.is_empty());
    let mut outside: Vec<_> = std::fs::read_dir(s3.folder.path())
        .unwrap()
        .chain(std::fs::read_dir(s3.folder.path().join("buckets")).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    outside.sort();
    assert_eq!(outside, ["buckets", "incoming", "lock", "site", "uploads", "vault"]);

    for key in &keys {
        s3.client.delete_object().bucket(UPLOADS).key(key).send().await.unwrap();
    }
    assert!(s3.keys(UPLOADS).await.is_empty());
}

/// XML 1.0 cannot write some characters; `encoding-type=url` can.
#[tokio::test]
async fn odd_keys_are_listed_in_utf8_binary_order() {
    let s3 = TestS3::start().await;
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for key in odd_keys() {
        s3.put(UPLOADS, &key, b"x").await;
        keys.insert(key);
    }
    let listed = s3
        .client
        .list_objects_v2()
        .bucket(UPLOADS)
        .encoding_type(aws_sdk_s3::types::EncodingType::Url)
        .send()
        .await
        .unwrap();
    let listed: Vec<_> = listed.contents().iter().map(|object| url_decode(object.key().unwrap())).collect();
    let expected: Vec<_> = keys.into_iter().collect();
    assert_eq!(listed, expected);
}

fn url_decode(encoded: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = match first {
            b'%' => (u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap(), &after[2..]),
            b'+' => (b' ', after),
            other => (other, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap()
}

/// "valid if ... the cumulative count of relative path segments never exceeds the number of non-relative path elements"
#[tokio::test]
async fn keys_that_lead_out_of_the_bucket_are_refused() {
    let s3 = TestS3::start().await;
    s3.put(VAULT, "secret", b"secret").await;
    for key in ["..", "../vault/secret", "a/../../vault/secret", "../../../../etc/passwd"] {
        let put = s3.client.put_object().bucket(UPLOADS).key(key).send().await.unwrap_err();
        assert_eq!((status(&put), code(&put)), (400, "InvalidURI".to_owned()), "{key}");
        let get = s3.client.get_object().bucket(UPLOADS).key(key).send().await.unwrap_err();
        assert_eq!(status(&get), 400, "{key}");
        let copy = s3.client.copy_object().copy_source(format!("uploads/{key}")).bucket(UPLOADS).key("got");
        assert_eq!(status(&copy.send().await.unwrap_err()), 400, "{key}");
    }
    assert_eq!(s3.get(VAULT, "secret").await.unwrap(), b"secret");
    assert!(s3.keys(UPLOADS).await.is_empty());
}

#[tokio::test]
async fn a_key_of_more_than_1024_bytes_is_too_long() {
    let s3 = TestS3::start().await;
    for key in ["k".repeat(1025), "写".repeat(342)] {
        let put = s3.client.put_object().bucket(UPLOADS).key(key).send().await.unwrap_err();
        assert_eq!((status(&put), code(&put)), (400, "KeyTooLongError".to_owned()));
    }
}

/// "the user-defined metadata is limited to 2 KB in size ... the sum of the number of bytes in the UTF-8 encoding of
/// each key and value" <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
#[tokio::test]
async fn metadata_of_more_than_2_kb_is_too_large() {
    let s3 = TestS3::start().await;
    let put = |size: usize| {
        let put = s3.client.put_object().bucket(UPLOADS).key("a").metadata("name", "x".repeat(size - 4));
        put.body(b"a".to_vec().into())
    };
    put(2048).send().await.unwrap();
    let refused = put(2049).send().await.unwrap_err();
    assert_eq!((status(&refused), code(&refused)), (400, "MetadataTooLarge".to_owned()));
    let head = s3.client.head_object().bucket(UPLOADS).key("a").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["name"].len(), 2044);
}

#[tokio::test]
async fn a_storage_class_that_does_not_exist_is_refused() {
    let s3 = TestS3::start().await;
    let put = s3.client.put_object().bucket(UPLOADS).key("a").storage_class("CHEAP".into());
    let refused = put.send().await.unwrap_err();
    assert_eq!((status(&refused), code(&refused)), (400, "InvalidStorageClass".to_owned()));
}
