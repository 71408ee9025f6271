//! The plain round: put, get, head, copy, list, delete, and being told about it.

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, MetadataDirective, StorageClass};

use crate::support::{TestS3, UPLOADS, VAULT, code, sha256, soon, status};

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
#[tokio::test]
async fn what_was_put_is_answered_with_everything_said_about_it() {
    let s3 = TestS3::start().await;
    s3.client
        .put_object()
        .bucket(UPLOADS)
        .key("in/ada/1")
        .content_type("image/jpeg")
        .metadata("name", "gr%C3%BCn.jpg")
        .checksum_sha256(sha256(b"bytes"))
        .cache_control("private")
        .body(b"bytes".to_vec().into())
        .send()
        .await
        .unwrap();

    let head = s3
        .client
        .head_object()
        .bucket(UPLOADS)
        .key("in/ada/1")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_length(), Some(5));
    assert_eq!(head.content_type(), Some("image/jpeg"));
    assert_eq!(head.cache_control(), Some("private"));
    assert_eq!(head.metadata().unwrap()["name"], "gr%C3%BCn.jpg");
    assert_eq!(head.checksum_sha256(), Some(sha256(b"bytes").as_str()));
    assert_eq!(head.e_tag(), Some("\"4b3a6218bb3e3a7303e8a171a60fcf92\""));
    assert_eq!(head.version_id(), None);
    let age = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::try_from(*head.last_modified().unwrap()).unwrap());
    assert!(age.unwrap().as_secs() < 60);
    assert_eq!(s3.get(UPLOADS, "in/ada/1").await.unwrap(), b"bytes");
}

#[tokio::test]
async fn an_empty_object_is_an_object() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "empty", b"").await;
    assert_eq!(s3.get(UPLOADS, "empty").await.unwrap(), b"");
    assert_eq!(s3.keys(UPLOADS).await, ["empty"]);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
#[tokio::test]
async fn a_copy_with_replace_keeps_nothing_of_the_source_but_its_bytes() {
    let s3 = TestS3::start().await;
    let source = "in/ada/ünïcode name+plus.jpg";
    s3.client
        .put_object()
        .bucket(UPLOADS)
        .key(source)
        .content_type("text/html")
        .metadata("evil", "yes")
        .body(b"photo".to_vec().into())
        .send()
        .await
        .unwrap();

    let copied = s3
        .client
        .copy_object()
        .copy_source(format!("{UPLOADS}/in/ada/%C3%BCn%C3%AFcode%20name%2Bplus.jpg"))
        .bucket(VAULT)
        .key("originals/ada/1/g/photo.jpg")
        .if_none_match("*")
        .metadata_directive(MetadataDirective::Replace)
        .content_type("image/jpeg")
        .metadata("name", "photo.jpg")
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .storage_class(StorageClass::GlacierIr)
        .send()
        .await
        .unwrap();
    assert_eq!(copied.copy_object_result().unwrap().checksum_sha256(), Some(sha256(b"photo").as_str()));

    let head = s3
        .client
        .head_object()
        .bucket(VAULT)
        .key("originals/ada/1/g/photo.jpg")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_length(), Some(5));
    assert_eq!(head.content_type(), Some("image/jpeg"));
    assert_eq!(head.metadata().unwrap().len(), 1);
    assert_eq!(head.metadata().unwrap()["name"], "photo.jpg");
    assert_eq!(head.checksum_sha256(), Some(sha256(b"photo").as_str()));
    assert_eq!(head.storage_class(), Some(&StorageClass::GlacierIr));
    assert_eq!(head.version_id(), copied.version_id());
    assert!(head.version_id().is_some());
}

#[tokio::test]
async fn a_copy_by_default_takes_the_metadata_along() {
    let s3 = TestS3::start().await;
    s3.client
        .put_object()
        .bucket(UPLOADS)
        .key("a")
        .content_type("image/png")
        .metadata("name", "a.png")
        .checksum_sha256(sha256(b"a"))
        .body(b"a".to_vec().into())
        .send()
        .await
        .unwrap();
    s3.client.copy_object().copy_source("uploads/a").bucket(VAULT).key("b").send().await.unwrap();
    let head = s3
        .client
        .head_object()
        .bucket(VAULT)
        .key("b")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("image/png"));
    assert_eq!(head.metadata().unwrap()["name"], "a.png");
    assert_eq!(head.checksum_sha256(), Some(sha256(b"a").as_str()));
}

#[tokio::test]
async fn what_is_not_there_is_named_as_s3_names_it() {
    let s3 = TestS3::start().await;
    let get = s3.client.get_object().bucket(UPLOADS).key("none").send().await.unwrap_err();
    assert_eq!((status(&get), code(&get)), (404, "NoSuchKey".to_owned()));
    let get = s3.client.get_object().bucket("nowhere").key("none").send().await.unwrap_err();
    assert_eq!((status(&get), code(&get)), (404, "NoSuchBucket".to_owned()));
    let head = s3.client.head_object().bucket(UPLOADS).key("none").send().await.unwrap_err();
    assert_eq!(status(&head), 404);
    assert!(head.into_service_error().is_not_found());
    let head = s3.client.head_object().bucket("nowhere").key("none").send().await.unwrap_err();
    assert_eq!(status(&head), 404);
    let copy =
        s3.client.copy_object().copy_source("uploads/none").bucket(VAULT).key("b").send().await.unwrap_err();
    assert_eq!((status(&copy), code(&copy)), (404, "NoSuchKey".to_owned()));
    let put = s3.client.put_object().bucket("nowhere").key("a").send().await.unwrap_err();
    assert_eq!((status(&put), code(&put)), (404, "NoSuchBucket".to_owned()));
    let list = s3.client.list_objects_v2().bucket("nowhere").send().await.unwrap_err();
    assert_eq!((status(&list), code(&list)), (404, "NoSuchBucket".to_owned()));
    let bucket = s3.client.head_bucket().bucket("nowhere").send().await.unwrap_err();
    assert_eq!(status(&bucket), 404);
}

#[tokio::test]
async fn a_bucket_says_where_it_is() {
    let s3 = TestS3::start().await;
    let head = s3.client.head_bucket().bucket(UPLOADS).send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("eu-central-1"));
    let location = s3.client.get_bucket_location().bucket(UPLOADS).send().await.unwrap();
    assert_eq!(location.location_constraint().unwrap().as_str(), "eu-central-1");
    let buckets = s3.client.list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets().len(), 3);
}

/// Deleting what is not there succeeds.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>
#[tokio::test]
async fn deletions_succeed_whether_or_not_there_was_something() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "deep/down/a", b"a").await;
    for _ in 0..2 {
        s3.client.delete_object().bucket(UPLOADS).key("deep/down/a").send().await.unwrap();
        assert_eq!(s3.get(UPLOADS, "deep/down/a").await, None);
    }
    assert!(s3.nothing_half_done());
    let left = std::fs::read_dir(s3.folder.path().join("buckets").join(UPLOADS)).unwrap().count();
    assert_eq!(left, 0, "empty folders stay behind");
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    use aws_sdk_s3::types::{Delete, ObjectIdentifier};

    let s3 = TestS3::start().await;
    for key in ["a", "b/c", "keep"] {
        s3.put(UPLOADS, key, b"x").await;
    }
    let mut delete = Delete::builder();
    for key in ["a", "b/c", "never was", "../out"] {
        delete = delete.objects(ObjectIdentifier::builder().key(key).build().unwrap());
    }
    let done =
        s3.client.delete_objects().bucket(UPLOADS).delete(delete.build().unwrap()).send().await.unwrap();
    assert_eq!(done.deleted().len(), 3);
    assert_eq!(done.errors().len(), 1);
    assert_eq!(s3.keys(UPLOADS).await, ["keep"]);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[tokio::test]
async fn every_new_object_is_told_once_after_it_can_be_read() {
    let s3 = TestS3::start().await;
    let mut told = s3.s3.subscribe();
    s3.put(UPLOADS, "in/ada/a b", b"one").await;
    s3.put(VAULT, "quiet", b"not told").await;
    s3.client.copy_object().copy_source("vault/quiet").bucket(UPLOADS).key("copy").send().await.unwrap();

    let first = soon(told.recv()).await.unwrap();
    assert_eq!(
        (first.bucket.as_str(), first.key.as_str(), first.size, first.event_name),
        (UPLOADS, "in/ada/a b", 3, "ObjectCreated:Put")
    );
    assert_eq!(first.etag, "f97c5d29941bfb1b2fdab0874906ab82");
    assert_eq!(first.version_id, None);
    let second = soon(told.recv()).await.unwrap();
    assert_eq!((second.key.as_str(), second.event_name), ("copy", "ObjectCreated:Copy"));
    assert!(second.sequencer > first.sequencer);
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn everything_is_still_there_after_a_restart() {
    let s3 = TestS3::start().await;
    s3.put(UPLOADS, "in/ada/1", b"one").await;
    let s3 = TestS3::on(s3.stop().await).await;
    assert_eq!(s3.get(UPLOADS, "in/ada/1").await.unwrap(), b"one");
}
