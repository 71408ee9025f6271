//! What really lies in the buckets, asked of S3 itself.

use std::collections::BTreeMap;
use std::time::Duration;

use tintype_core::id::PhotoId;
use tintype_core::key::ObjectKey;
use tintype_local::stack::Services;
use tintype_storage::Clients;

use crate::until;

/// Keys and sizes of a bucket's current objects.
pub type Objects = BTreeMap<String, i64>;

/// Both buckets of a stack.
pub struct Buckets {
    clients: Clients,
    uploads: String,
    vault: String,
}

impl Buckets {
    /// The buckets of these services.
    pub fn of(services: &Services) -> Self {
        Self {
            clients: clients_of(services),
            uploads: services.uploads_bucket.clone(),
            vault: services.vault_bucket.clone(),
        }
    }

    /// What waits in the uploads bucket.
    pub async fn uploads(&self) -> Objects {
        self.list(&self.uploads).await
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
        self.list(&self.vault).await
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

    /// Puts bytes under a key of the vault, as S3 has them after a copy: with their SHA-256. Which version they are.
    pub async fn put_original(&self, key: &str, bytes: &[u8]) -> Option<String> {
        let put = self.clients.s3.put_object().bucket(&self.vault).key(key).body(bytes.to_vec().into());
        let put = put.checksum_algorithm("SHA256".into());
        put.checksum_sha256(crate::file::photo_id_of(bytes).to_base64()).send().await.unwrap().version_id
    }

    /// Puts bytes under a key of the vault as other tools do: S3 keeps a CRC of them, and tells no SHA-256.
    pub async fn put_as_others_do(&self, key: &str, content_type: &str, bytes: &[u8]) {
        let put = self.clients.s3.put_object().bucket(&self.vault).key(key).body(bytes.to_vec().into());
        put.content_type(content_type).checksum_algorithm("CRC64NVME".into()).send().await.unwrap();
    }

    /// Puts a delete marker over an object of the vault.
    pub async fn delete(&self, key: &str) {
        self.clients.s3.delete_object().bucket(&self.vault).key(key).send().await.unwrap();
    }

    /// Removes an object of the vault with all its versions.
    pub async fn destroy(&self, key: &str) {
        let s3 = &self.clients.s3;
        let all = s3.list_object_versions().bucket(&self.vault).prefix(key).send().await.unwrap();
        for version in all.versions().iter().filter(|version| version.key() == Some(key)) {
            let object = s3.delete_object().bucket(&self.vault).key(key);
            object.set_version_id(version.version_id().map(ToOwned::to_owned)).send().await.unwrap();
        }
    }

    /// Bytes of an object of the vault; `None` if it is not there.
    pub async fn original_bytes(&self, key: &str) -> Option<Vec<u8>> {
        let object = self.clients.s3.get_object().bucket(&self.vault).key(key).send().await.ok()?;
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

/// Clients of these services; nobody answers for Lambda.
pub(crate) fn clients_of(services: &Services) -> Clients {
    let emulators = services.emulators("http://localhost:9".to_owned());
    Clients::emulated(&emulators, None)
}
