//! What somebody did to the files by hand: an object that is damaged counts as absent or has the size of what is left,
//! a file that nobody of us put there is passed over, and neither hides the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::{TestS3, VAULT, soon, status};

/// The folder of the only version of each object, by its key's only segment.
fn version_of(s3: &TestS3, key: &str) -> PathBuf {
    let bucket = s3.folder.path().join("buckets").join(VAULT);
    folders(&bucket).into_iter().find(|folder| folder.parent().unwrap().ends_with(key)).unwrap()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with('@') {
            found.push(path);
        } else if path.is_dir() {
            found.extend(folders(&path));
        }
    }
    found
}

#[tokio::test]
async fn a_damaged_object_is_absent_or_shorter_and_hides_no_other() {
    let s3 = TestS3::start().await;
    for key in ["cut", "good", "no-bytes", "no-record", "junk"] {
        s3.put(VAULT, key, b"bytes of it").await;
    }
    fs::write(version_of(&s3, "cut").join("content"), b"byt").unwrap();
    fs::remove_file(version_of(&s3, "no-bytes").join("content")).unwrap();
    fs::remove_file(version_of(&s3, "no-record").join("record.json")).unwrap();
    fs::write(version_of(&s3, "junk").join("record.json"), b"junk").unwrap();

    assert_eq!(s3.keys(VAULT).await, ["cut", "good"]);
    let versions = s3.client.list_object_versions().bucket(VAULT).send().await.unwrap();
    let sizes: Vec<_> = versions.versions().iter().map(|version| version.size().unwrap()).collect();
    assert_eq!(sizes, [3, 11]);
    let cut = s3.client.head_object().bucket(VAULT).key("cut").send().await.unwrap();
    assert_eq!(cut.content_length(), Some(3));
    for key in ["no-bytes", "no-record", "junk"] {
        assert!(s3.client.head_object().bucket(VAULT).key(key).send().await.is_err(), "{key}");
        assert_eq!(s3.get(VAULT, key).await, None, "{key}");
        // As for any key that is absent, the right bytes can be put there.
        let put = s3.client.put_object().bucket(VAULT).key(key).if_none_match("*");
        put.body(b"again".to_vec().into()).send().await.unwrap();
        assert_eq!(s3.get(VAULT, key).await.unwrap(), b"again", "{key}");
    }
}

#[tokio::test]
async fn files_that_somebody_put_there_are_passed_over() {
    let s3 = TestS3::start().await;
    s3.put(VAULT, "a/b", b"bytes").await;
    let bucket = s3.folder.path().join("buckets").join(VAULT);
    let object = version_of(&s3, "b");
    let object = object.parent().unwrap();
    for folder in [&bucket, object.parent().unwrap(), object] {
        fs::write(folder.join(".DS_Store"), b"x").unwrap();
        fs::write(folder.join("Thumbs.db"), b"x").unwrap();
        fs::write(folder.join("@0123456789abcdef"), b"x").unwrap();
    }
    assert_eq!(s3.keys(VAULT).await, ["a/b"]);
    let versions = s3.client.list_object_versions().bucket(VAULT).send().await.unwrap();
    assert_eq!(versions.versions().len(), 1);
    assert_eq!(s3.get(VAULT, "a/b").await.unwrap(), b"bytes");
}

#[tokio::test]
async fn what_cannot_be_read_is_unavailable_and_hides_no_other() {
    let s3 = TestS3::start().await;
    let damaged = ["folder", "pipe", "loop", "no-json", "json-pipe", "moved", "tree"];
    for key in damaged.into_iter().chain(["a", "m", "z"]) {
        s3.put(VAULT, &format!("of/{key}"), b"bytes of it").await;
    }
    let content = |key| version_of(&s3, key).join("content");
    let record = |key| version_of(&s3, key).join("record.json");
    for (path, how) in [
        (content("folder"), "folder"),
        (content("pipe"), "pipe"),
        (content("loop"), "loop"),
        (record("no-json"), "folder"),
        (record("json-pipe"), "pipe"),
    ] {
        fs::remove_file(&path).unwrap();
        match how {
            "folder" => fs::create_dir(&path).unwrap(),
            "loop" => std::os::unix::fs::symlink(&path, &path).unwrap(),
            _ => assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success()),
        }
    }
    // The description of another object.
    fs::copy(record("a"), record("moved")).unwrap();
    // And the whole folder of one.
    let tree = version_of(&s3, "tree").parent().unwrap().to_owned();
    fs::remove_dir_all(&tree).unwrap();
    std::os::unix::fs::symlink(&tree, &tree).unwrap();

    let listed: Vec<_> = ["a", "folder", "json-pipe", "loop", "m", "moved", "no-json", "pipe", "z"]
        .map(|key| format!("of/{key}"))
        .into();
    let all = soon(async {
        let versions = s3.client.list_object_versions().bucket(VAULT).send().await.unwrap();
        let keys: Vec<_> =
            versions.versions().iter().map(|version| version.key().unwrap().to_owned()).collect();
        (s3.keys(VAULT).await, keys)
    });
    let (keys, versions) = all.await;
    assert_eq!(versions, listed);
    // Of a folder that cannot be read, nobody knows which versions it has.
    let with_tree = [&listed[..8], &["of/tree".to_owned()], &listed[8..]].concat();
    assert_eq!(keys, with_tree);
    for key in damaged {
        let key = format!("of/{key}");
        let head = soon(s3.client.head_object().bucket(VAULT).key(&key).send()).await.unwrap_err();
        assert_eq!(status(&head), 500, "{key}");
        let get = soon(s3.client.get_object().bucket(VAULT).key(&key).send()).await.unwrap_err();
        assert_eq!(status(&get), 500, "{key}");
        let put =
            s3.client.put_object().bucket(VAULT).key(&key).if_none_match("*").body(b"x".to_vec().into());
        let refused = status(&soon(Box::pin(put.send())).await.unwrap_err());
        assert!(matches!(refused, 412 | 500), "{key}: {refused}");
    }
    assert_eq!(s3.get(VAULT, "of/z").await.unwrap(), b"bytes of it");
    soon(s3.s3.sweep_noncurrent(Duration::ZERO)).await.unwrap();
}

#[tokio::test]
async fn a_version_of_a_number_that_was_never_given_is_passed_over_and_stops_no_write() {
    let s3 = TestS3::start().await;
    s3.put(VAULT, "a", b"bytes").await;
    let object = version_of(&s3, "a");
    let object = object.parent().unwrap();
    for number in ["ffffffffffffffff", "8000000000000000", "fffffffffffffff0"] {
        fs::create_dir(object.join(format!("@{number}"))).unwrap();
    }
    assert_eq!(s3.get(VAULT, "a").await.unwrap(), b"bytes");
    s3.put(VAULT, "a", b"others").await;
    assert_eq!(s3.get(VAULT, "a").await.unwrap(), b"others");

    // The last number of all: nothing can come behind it, of this key alone.
    s3.put(VAULT, "b", b"bytes").await;
    let version = version_of(&s3, "b");
    fs::rename(&version, version.with_file_name("@7fffffffffffffff")).unwrap();
    let put = s3.client.put_object().bucket(VAULT).key("b").body(b"x".to_vec().into()).send().await;
    assert_eq!(status(&put.unwrap_err()), 500);
    s3.put(VAULT, "c", b"bytes").await;
    for (key, bytes) in [("a", "others"), ("b", "bytes"), ("c", "bytes")] {
        assert_eq!(s3.get(VAULT, key).await.unwrap(), bytes.as_bytes(), "{key}");
    }
    assert_eq!(s3.keys(VAULT).await, ["a", "b", "c"]);
}
