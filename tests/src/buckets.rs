//! What really lies in the buckets, asked of S3 itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tintype_core::id::PhotoId;
use tintype_core::key::ObjectKey;
use tintype_local::stack::{UPLOADS, VAULT};
use tintype_storage::Clients;
use tintype_storage::config::Emulators;

use crate::until;

/// Keys and sizes of a bucket's current objects.
pub type Objects = BTreeMap<String, i64>;

/// Both buckets of a stack.
pub struct Buckets {
    clients: Clients,
}

impl Buckets {
    /// The buckets of the stack on this folder, whose S3 is there.
    pub fn of(data_dir: &Path, s3: &str) -> Self {
        let keys = fs::read(data_dir.join("keys.json")).unwrap();
        let keys: serde_json::Value = serde_json::from_slice(&keys).unwrap();
        let text = |name: &str| keys[name].as_str().unwrap().to_owned();
        let nowhere = "http://localhost:9".to_owned();
        let emulators = Emulators {
            s3: s3.to_owned(),
            dynamodb: nowhere.clone(),
            lambda: nowhere,
            access_key: text("access_key"),
            secret_key: text("secret_key"),
        };
        Self { clients: Clients::emulated(&emulators, None) }
    }

    /// What waits in the uploads bucket.
    pub async fn uploads(&self) -> Objects {
        self.list(UPLOADS).await
    }

    /// Waits until no upload waits.
    pub async fn until_nothing_waits(&self) {
        until(Duration::from_mins(1), async || {
            let waiting = self.uploads().await;
            if waiting.is_empty() { Ok(()) } else { Err(format!("these wait: {waiting:?}")) }
        })
        .await;
    }

    /// What lies in the vault: originals and variants.
    pub async fn vault(&self) -> Objects {
        self.list(VAULT).await
    }

    /// Keys of all originals in the vault, by photo.
    pub async fn originals(&self) -> BTreeMap<PhotoId, Vec<String>> {
        let mut originals = BTreeMap::<_, Vec<_>>::new();
        for key in self.vault().await.into_keys() {
            match key.parse() {
                Ok(ObjectKey::Original { photo_id, .. }) => originals.entry(photo_id).or_default().push(key),
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
        originals
    }

    /// Puts bytes under a key of the vault, as S3 has them after a copy: with their SHA-256.
    pub async fn put_original(&self, key: &str, bytes: &[u8]) {
        let put = self.clients.s3.put_object().bucket(VAULT).key(key).body(bytes.to_vec().into());
        put.checksum_sha256(crate::file::photo_id_of(bytes).to_base64()).send().await.unwrap();
    }

    /// Bytes of an object of the vault; `None` if it is not there.
    pub async fn original_bytes(&self, key: &str) -> Option<Vec<u8>> {
        let object = self.clients.s3.get_object().bucket(VAULT).key(key).send().await.ok()?;
        Some(object.body.collect().await.ok()?.into_bytes().to_vec())
    }

    async fn list(&self, bucket: &str) -> Objects {
        let mut objects = Objects::new();
        let mut pages = self.clients.s3.list_objects_v2().bucket(bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page.unwrap().contents() {
                objects.insert(object.key().unwrap().to_owned(), object.size().unwrap());
            }
        }
        objects
    }
}
