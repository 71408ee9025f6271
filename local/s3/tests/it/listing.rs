//! Listings: order, prefixes, pages.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use aws_sdk_s3::types::StorageClass;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{TestS3, UPLOADS, VAULT, code, status};

/// What a whole listing says, by pages of `page`: objects and common prefixes in one sequence a page.
async fn list(
    s3: &TestS3,
    bucket: &str,
    prefix: &str,
    delimiter: Option<&str>,
    start_after: Option<&str>,
    page: i32,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let answer = s3
            .client
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .set_delimiter(delimiter.map(str::to_owned))
            .set_start_after(start_after.map(str::to_owned))
            .set_continuation_token(token)
            .max_keys(page)
            .send()
            .await
            .unwrap();
        let mut lines: Vec<String> =
            answer.contents().iter().map(|object| object.key().unwrap().to_owned()).collect();
        lines.extend(answer.common_prefixes().iter().map(|common| common.prefix().unwrap().to_owned()));
        lines.sort();
        assert!(lines.len() <= usize::try_from(page).unwrap());
        assert_eq!(answer.key_count(), Some(i32::try_from(lines.len()).unwrap()));
        assert_eq!(answer.is_truncated(), Some(answer.next_continuation_token().is_some()));
        found.extend(lines);
        token = answer.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            return found;
        }
        assert_eq!(answer.key_count(), Some(page), "a page that is not the last is full");
    }
}

/// What S3 would say, computed from all keys in the plainest way.
fn expected(
    keys: &[String],
    prefix: &str,
    delimiter: Option<&str>,
    start_after: Option<&str>,
) -> Vec<String> {
    let mut lines: Vec<String> = keys
        .iter()
        .filter(|key| key.starts_with(prefix) && start_after.is_none_or(|after| key.as_str() > after))
        .map(|key| match delimiter.and_then(|mark| Some((key[prefix.len()..].find(mark)?, mark))) {
            Some((at, mark)) => key[..prefix.len() + at + mark.len()].to_owned(),
            None => key.clone(),
        })
        .filter(|line| start_after.is_none_or(|after| line.as_str() > after))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

#[tokio::test]
async fn objects_are_listed_with_what_is_known_of_them() {
    let s3 = TestS3::start().await;
    let put = s3.client.put_object().bucket(UPLOADS).key("a").storage_class(StorageClass::GlacierIr);
    put.body(b"four".to_vec().into()).send().await.unwrap();
    let listed = s3.client.list_objects_v2().bucket(UPLOADS).send().await.unwrap();
    let [object] = listed.contents() else { panic!("{listed:?}") };
    assert_eq!((object.key(), object.size()), (Some("a"), Some(4)));
    assert_eq!(object.storage_class().unwrap().as_str(), "GLACIER_IR");
    assert_eq!(object.e_tag(), Some("\"8cbad96aced40b3838dd9f07f6ef5772\""));
    assert_eq!(object.last_modified().unwrap().subsec_nanos(), 0);
}

/// Slashes sort as characters, not as folders: `a-b` and `a.b` come before `a/b`.
#[tokio::test]
async fn order_is_that_of_whole_keys() {
    let s3 = TestS3::start().await;
    let mut keys: Vec<String> =
        ["a/b", "a-b", "a", "a.b", "a0", "a/", "a//", "A", "é", "z", "a/b/c", "a!b/c"]
            .map(str::to_owned)
            .into();
    for key in &keys {
        s3.put(UPLOADS, key, b"x").await;
    }
    keys.sort();
    assert_eq!(s3.keys(UPLOADS).await, keys);
    assert_eq!(list(&s3, UPLOADS, "", None, None, 1).await, keys);
}

#[tokio::test]
async fn deleted_objects_are_in_no_listing() {
    let s3 = TestS3::start().await;
    for key in ["gone/1", "gone/2", "left/1"] {
        s3.put(VAULT, key, b"x").await;
    }
    for key in ["gone/1", "gone/2"] {
        s3.client.delete_object().bucket(VAULT).key(key).send().await.unwrap();
    }
    assert_eq!(s3.keys(VAULT).await, ["left/1"]);
    assert_eq!(list(&s3, VAULT, "", Some("/"), None, 1000).await, ["left/"]);
}

#[tokio::test]
async fn a_page_has_at_most_1000_keys_and_goes_on_where_it_ended() {
    let s3 = TestS3::start().await;
    for number in 0..1005 {
        // The fastest way to many objects: copies are made inside.
        if number == 0 {
            s3.put(UPLOADS, "k0000", b"x").await;
        } else {
            let copy = s3
                .client
                .copy_object()
                .copy_source("uploads/k0000")
                .bucket(UPLOADS)
                .key(format!("k{number:04}"));
            copy.send().await.unwrap();
        }
    }
    let first = s3.client.list_objects_v2().bucket(UPLOADS).max_keys(5000).send().await.unwrap();
    assert_eq!(
        (first.contents().len(), first.max_keys(), first.is_truncated()),
        (1000, Some(1000), Some(true))
    );
    let token = first.next_continuation_token().unwrap();
    let second = s3.client.list_objects_v2().bucket(UPLOADS).continuation_token(token).send().await.unwrap();
    let rest: Vec<_> = second.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(rest, ["k1000", "k1001", "k1002", "k1003", "k1004"]);
    assert_eq!(second.is_truncated(), Some(false));

    let none = s3.client.list_objects_v2().bucket(UPLOADS).max_keys(0).send().await.unwrap();
    assert_eq!((none.contents().len(), none.is_truncated()), (0, Some(false)));
    let bad =
        s3.client.list_objects_v2().bucket(UPLOADS).continuation_token("k0001").send().await.unwrap_err();
    assert_eq!((status(&bad), code(&bad)), (400, "InvalidArgument".to_owned()));
}

/// The older operation pages by key.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>
#[tokio::test]
async fn the_first_version_of_listing_works_too() {
    let s3 = TestS3::start().await;
    for key in ["a", "b/1", "b/2", "c"] {
        s3.put(UPLOADS, key, b"x").await;
    }
    let first = s3.client.list_objects().bucket(UPLOADS).delimiter("/").max_keys(2).send().await.unwrap();
    assert_eq!(first.contents()[0].key(), Some("a"));
    assert_eq!(first.common_prefixes()[0].prefix(), Some("b/"));
    assert_eq!(first.next_marker(), Some("b/"));
    let next = s3.client.list_objects().bucket(UPLOADS).delimiter("/").marker("b/").send().await.unwrap();
    let rest: Vec<_> = next.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(rest, ["c"]);
    assert!(next.common_prefixes().is_empty());
}

/// Any keys, any prefix, any delimiter, any page size: as the plainest computation says.
#[test]
fn every_listing_is_as_computed_from_all_keys() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = runtime.block_on(TestS3::start());
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let key = "[ab-]{0,2}/?[ab!é]{0,2}/?[ab+]{1,2}/?";
    let strategy = (
        prop::collection::btree_set(key, 1..12),
        "[ab]{0,1}/?[ab]{0,1}",
        prop::option::of(prop_oneof![Just("/"), Just("a"), Just("b/")]),
        prop::option::of("[ab/]{0,3}"),
        1..6_i32,
    );
    runner
        .run(&strategy, |(keys, prefix, delimiter, start_after, page)| {
            let keys: Vec<String> = keys.into_iter().collect();
            let (found, wanted) = runtime.block_on(async {
                for key in &keys {
                    s3.put(UPLOADS, key, b"x").await;
                }
                let found = list(&s3, UPLOADS, &prefix, delimiter, start_after.as_deref(), page).await;
                for key in &keys {
                    s3.client.delete_object().bucket(UPLOADS).key(key).send().await.unwrap();
                }
                (found, expected(&keys, &prefix, delimiter, start_after.as_deref()))
            });
            prop_assert_eq!(found, wanted);
            Ok(())
        })
        .unwrap();
}
