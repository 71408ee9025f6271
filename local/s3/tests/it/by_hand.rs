//! What somebody did to the files by hand: an object that is damaged counts as absent or has the size of what is left,
//! a file that nobody of us put there is passed over, and neither hides the others.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{TestS3, VAULT};

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
