//! A library of many small photos, all of what is kept of it, and damage done to it behind Tintype's back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt};
use tintype_core::key::ObjectKey;
use tintype_core::record::Record;

use crate::{File, TestApp, User};

/// As the page does it.
const SIDE_BY_SIDE: usize = 4;

impl TestApp {
    /// Uploads so many photos, four at a time, and waits until the processor is done with them.
    pub async fn library(&self, user: &User, photos: u32) -> Vec<File> {
        let files: Vec<File> = (0..photos).map(File::jpeg).collect();
        stream::iter(&files)
            .for_each_concurrent(SIDE_BY_SIDE, |file| async {
                user.upload(file).await;
            })
            .await;
        let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
        user.until_settled(&photo_ids).await;
        self.buckets.until_nothing_waits().await;
        files
    }

    /// The record of a file as it now stands.
    pub async fn record(&self, user: &User, file: &File) -> Record {
        self.sight.catalog.get(&user.id, &file.photo_id()).await.unwrap().expect("a record")
    }

    /// Every record of a user, by photo.
    pub async fn records(&self, user: &User) -> BTreeMap<String, Record> {
        let (mut records, mut after) = (BTreeMap::new(), None);
        loop {
            let page = self.sight.catalog.records(&user.id, after, 500).await.unwrap();
            records.extend(page.records.into_iter().map(|record| {
                let record = record.expect("a record that can be read");
                (record.photo_id.to_string(), record)
            }));
            after = page.next;
            if after.is_none() {
                return records;
            }
        }
    }

    /// Every version of every original and variant, and every record of a user, in words; reports are left out.
    pub async fn everything(&self, user: &User) -> Vec<String> {
        let (mut all, mut from) = (Vec::new(), None);
        loop {
            let page = self.sight.vault.versions("", from).await.unwrap();
            let versions = page.versions.into_iter();
            let ours = versions.filter(|version| !matches!(version.key.parse(), Ok(ObjectKey::Audit { .. })));
            all.extend(ours.map(|version| format!("{version:?}")));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        all.extend(self.buckets.uploads().await.into_keys());
        all.extend(self.records(user).await.into_values().map(|record| format!("{record:?}")));
        all
    }

    /// The same vault, its table lost: the embedded one's file is removed; other servers get a table beside the old one.
    pub async fn without_its_table(self) -> Self {
        let others = crate::services::are_others();
        let mut services = self.stack.services.clone();
        services.table += "-anew";
        let folder = self.stop().await;
        for file in fs::read_dir(folder.path().join("data")).unwrap() {
            let path = file.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("catalog.sqlite") {
                fs::remove_file(path).unwrap();
            }
        }
        Self::start_on(folder, |options| options.services = others.then_some(services)).await
    }

    /// Makes a record one that cannot be read.
    pub async fn spoil_record(&self, user: &User, file: &File) {
        let services = &self.stack.services;
        let text = |text: String| AttributeValue::S(text);
        let update = crate::buckets::clients_of(services).dynamodb.update_item().table_name(&services.table);
        let update = update.key("PK", text(format!("U#{}", user.id)));
        let update = update.key("SK", text(format!("P#{}", file.photo_id())));
        let update = update.update_expression("SET generation = :g");
        let update = update.expression_attribute_values(":g", text("nonsense".to_owned()));
        update.send().await.expect("the record is there");
    }

    /// Puts other bytes of the same size where an original lies.
    pub async fn flip(&self, record: &Record, file: &File) {
        let mut bytes = file.bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        self.buckets.put_original(&record.key, &bytes).await;
    }

    /// Changes one byte of a file on the disk, below S3: as a disk does that rots.
    pub fn rot(&self, file: &File) {
        let mut found = Vec::new();
        walk(&self.folder().join("data").join("s3"), &mut found);
        let same = |path: &PathBuf| fs::read(path).is_ok_and(|bytes| bytes == file.bytes);
        let path = found.into_iter().find(same).expect("the file is there as it was uploaded");
        let mut bytes = file.bytes.clone();
        bytes[0] ^= 1;
        fs::write(path, bytes).unwrap();
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}
