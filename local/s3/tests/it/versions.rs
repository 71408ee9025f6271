//! The vault: nothing that is replaced or deleted is gone, until its time has come.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>

use std::time::Duration;

use crate::support::{TestS3, UPLOADS, VAULT, code, status};

async fn put(s3: &TestS3, key: &str, body: &[u8]) -> String {
    let put = s3.client.put_object().bucket(VAULT).key(key).body(body.to_vec().into()).send().await.unwrap();
    put.version_id().unwrap().to_owned()
}

async fn read(s3: &TestS3, key: &str, version: &str) -> Vec<u8> {
    let got = s3.client.get_object().bucket(VAULT).key(key).version_id(version).send().await.unwrap();
    assert_eq!(got.version_id(), Some(version));
    got.body.collect().await.unwrap().to_vec()
}

#[tokio::test]
async fn every_write_is_a_version_of_its_own() {
    let s3 = TestS3::start().await;
    let first = put(&s3, "a", b"one").await;
    let second = put(&s3, "a", b"two").await;
    assert_ne!(first, second);
    assert_eq!(s3.get(VAULT, "a").await.unwrap(), b"two");
    assert_eq!(read(&s3, "a", &first).await, b"one");
    let head = s3.client.head_object().bucket(VAULT).key("a").send().await.unwrap();
    assert_eq!(head.version_id(), Some(second.as_str()));
    // Without versioning, there are none.
    let plain = s3.client.put_object().bucket(UPLOADS).key("a").send().await.unwrap();
    assert_eq!(plain.version_id(), None);
    let versioning = s3.client.get_bucket_versioning().bucket(VAULT).send().await.unwrap();
    assert_eq!(versioning.status().unwrap().as_str(), "Enabled");
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html>
#[tokio::test]
async fn a_deletion_hides_and_can_be_taken_back() {
    let s3 = TestS3::start().await;
    let version = put(&s3, "originals/ada/1", b"photo").await;
    let deleted = s3.client.delete_object().bucket(VAULT).key("originals/ada/1").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().unwrap();

    let get = s3.client.get_object().bucket(VAULT).key("originals/ada/1").send().await.unwrap_err();
    assert_eq!((status(&get), code(&get)), (404, "NoSuchKey".to_owned()));
    let headers = get.raw_response().unwrap().headers();
    assert_eq!(headers.get("x-amz-delete-marker"), Some("true"));
    assert_eq!(headers.get("x-amz-version-id"), Some(marker));
    let head = s3.client.head_object().bucket(VAULT).key("originals/ada/1").send().await.unwrap_err();
    assert_eq!(status(&head), 404);
    let by_id = s3.client.get_object().bucket(VAULT).key("originals/ada/1").version_id(marker).send().await;
    assert_eq!(status(&by_id.unwrap_err()), 405);
    assert_eq!(read(&s3, "originals/ada/1", &version).await, b"photo");

    // Removing the marker brings the object back.
    let undone = s3
        .client
        .delete_object()
        .bucket(VAULT)
        .key("originals/ada/1")
        .version_id(marker)
        .send()
        .await
        .unwrap();
    assert_eq!((undone.delete_marker(), undone.version_id()), (Some(true), Some(marker)));
    assert_eq!(s3.get(VAULT, "originals/ada/1").await.unwrap(), b"photo");
}

/// "If there's no current object version or the current version is a delete marker, the write succeeds."
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
#[tokio::test]
async fn a_deleted_object_counts_as_absent_for_if_none_match() {
    let s3 = TestS3::start().await;
    put(&s3, "a", b"one").await;
    let again =
        || s3.client.put_object().bucket(VAULT).key("a").if_none_match("*").body(b"two".to_vec().into());
    assert_eq!(status(&again().send().await.unwrap_err()), 412);
    s3.client.delete_object().bucket(VAULT).key("a").send().await.unwrap();
    again().send().await.unwrap();
    assert_eq!(s3.get(VAULT, "a").await.unwrap(), b"two");
}

#[tokio::test]
async fn versions_that_are_not_there_are_named_as_s3_names_them() {
    let s3 = TestS3::start().await;
    put(&s3, "a", b"one").await;
    let get =
        |version: &'static str| s3.client.get_object().bucket(VAULT).key("a").version_id(version).send();
    let missing = get("0000000000000001").await.unwrap_err();
    assert_eq!((status(&missing), code(&missing)), (404, "NoSuchVersion".to_owned()));
    let nonsense = get("../../secret").await.unwrap_err();
    assert_eq!((status(&nonsense), code(&nonsense)), (400, "InvalidArgument".to_owned()));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
#[tokio::test]
async fn versions_are_listed_by_key_and_newest_first() {
    let s3 = TestS3::start().await;
    let mut wanted = Vec::new();
    for key in ["a", "b/c"] {
        for body in ["1", "2", "3"] {
            wanted.push((key.to_owned(), put(&s3, key, body.as_bytes()).await));
        }
    }
    let deleted = s3.client.delete_object().bucket(VAULT).key("b/c").send().await.unwrap();
    wanted[..3].reverse();
    wanted[3..].reverse();

    let mut found = Vec::new();
    let mut markers = Vec::new();
    let (mut key_marker, mut version_marker) = (None, None);
    loop {
        let page = s3
            .client
            .list_object_versions()
            .bucket(VAULT)
            .max_keys(2)
            .set_key_marker(key_marker)
            .set_version_id_marker(version_marker)
            .send()
            .await
            .unwrap();
        for version in page.versions() {
            found.push((version.key().unwrap().to_owned(), version.version_id().unwrap().to_owned()));
        }
        for marker in page.delete_markers() {
            assert_eq!(marker.is_latest(), Some(true));
            markers.push(marker.version_id().unwrap().to_owned());
        }
        key_marker = page.next_key_marker().map(str::to_owned);
        version_marker = page.next_version_id_marker().map(str::to_owned);
        if page.is_truncated() != Some(true) {
            break;
        }
    }
    assert_eq!(found, wanted);
    assert_eq!(markers, [deleted.version_id().unwrap()]);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
#[tokio::test]
async fn the_sweep_removes_what_was_replaced_or_deleted_long_ago_and_nothing_else() {
    let s3 = TestS3::start().await;
    let replaced = put(&s3, "replaced", b"old").await;
    put(&s3, "replaced", b"new").await;
    put(&s3, "kept", b"kept").await;
    put(&s3, "deleted", b"gone").await;
    s3.client.delete_object().bucket(VAULT).key("deleted").send().await.unwrap();
    s3.put(UPLOADS, "in/ada/1", b"upload").await;

    assert_eq!(s3.s3.sweep_noncurrent(Duration::from_hours(30 * 24)).await.unwrap(), 0);
    assert_eq!(read(&s3, "replaced", &replaced).await, b"old");

    // The old version, the deleted one, and the marker with nothing left to hide.
    assert_eq!(s3.s3.sweep_noncurrent(Duration::ZERO).await.unwrap(), 3);
    assert_eq!(s3.s3.sweep_noncurrent(Duration::ZERO).await.unwrap(), 0);
    let old =
        s3.client.get_object().bucket(VAULT).key("replaced").version_id(replaced).send().await.unwrap_err();
    assert_eq!(code(&old), "NoSuchVersion");
    assert_eq!(s3.get(VAULT, "replaced").await.unwrap(), b"new");
    assert_eq!(s3.get(VAULT, "kept").await.unwrap(), b"kept");
    assert_eq!(s3.get(UPLOADS, "in/ada/1").await.unwrap(), b"upload");
    let left = s3.client.list_object_versions().bucket(VAULT).send().await.unwrap();
    assert_eq!((left.versions().len(), left.delete_markers().len()), (2, 0));
}
