//! What the keeper remembers of itself, and what it tells each user: small items of JSON.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tintype_core::id::UserId;

use super::{Catalog, Item, item, walk};
use crate::error::{StorageError, unavailable};
use crate::mint;

/// Which note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteKey {
    /// The keeper's last run.
    KeeperRun,
    /// The audit that runs, or ran last.
    KeeperAudit,
    /// The restore drill that ran last.
    KeeperDrill,
    /// What the last audit says of a user's photos.
    Audit(UserId),
    /// What the last restore drill says of them.
    Drill(UserId),
    /// Which of them were read back and were not whole.
    Doubted(UserId),
    /// What of them waits longer than it should.
    Stuck(UserId),
}

/// A note as it was read.
#[derive(Debug, Clone)]
pub struct Note<T> {
    /// What it says.
    pub says: T,
    /// Which write it is of.
    write_id: Option<String>,
}

const JSON: &str = "json";

impl NoteKey {
    fn key(&self) -> Item {
        let (pk, sk) = match self {
            Self::KeeperRun => (AttributeValue::S(item::KEEPER.to_owned()), "run"),
            Self::KeeperAudit => (AttributeValue::S(item::KEEPER.to_owned()), "audit"),
            Self::KeeperDrill => (AttributeValue::S(item::KEEPER.to_owned()), "drill"),
            Self::Audit(user) => (item::user_partition(user), "S#audit"),
            Self::Drill(user) => (item::user_partition(user), "S#drill"),
            Self::Doubted(user) => (item::user_partition(user), "S#doubted"),
            Self::Stuck(user) => (item::user_partition(user), "S#stuck"),
        };
        HashMap::from([("PK".to_owned(), pk), ("SK".to_owned(), AttributeValue::S(sk.to_owned()))])
    }
}

impl Catalog {
    /// What a note says, as it now stands.
    pub async fn note<T: DeserializeOwned>(&self, key: &NoteKey) -> Result<Option<Note<T>>, StorageError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.key()))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable("GetItem"))?;
        let Some(found) = answer.item else { return Ok(None) };
        let json = walk::text_of(&found, JSON).ok_or_else(|| item::corrupt("a note", JSON))?;
        let says = serde_json::from_str(json).map_err(|error| item::corrupt("a note", error))?;
        Ok(Some(Note { says, write_id: walk::text_of(&found, item::WRITE_ID).map(ToOwned::to_owned) }))
    }

    /// Writes a note where `before` was read; [`StorageError::Changed`] if somebody else wrote since.
    pub async fn put_note<T: Serialize, B>(
        &self,
        key: &NoteKey,
        before: Option<&Note<B>>,
        says: T,
    ) -> Result<Note<T>, StorageError> {
        let (condition, read) = match before.map(|note| note.write_id.clone()) {
            None => ("attribute_not_exists(PK)", None),
            Some(None) => ("attribute_not_exists(write_id)", None),
            Some(Some(write_id)) => ("write_id = :read", Some(AttributeValue::S(write_id))),
        };
        let read = read.map(|read| HashMap::from([(":read".to_owned(), read)]));
        let write_id = Some(self.put_if(note_item(key, &says)?, condition, read).await?);
        Ok(Note { says, write_id })
    }

    /// Writes a note, whatever it said: the last one counts.
    pub async fn tell<T: Serialize>(&self, key: &NoteKey, says: &T) -> Result<(), StorageError> {
        let mut item = note_item(key, says)?;
        item.insert(item::WRITE_ID.to_owned(), AttributeValue::S(mint::write_id()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable("PutItem"))?;
        Ok(())
    }
}

fn note_item<T: Serialize>(key: &NoteKey, says: &T) -> Result<Item, StorageError> {
    let json = serde_json::to_string(says).map_err(|error| item::corrupt("a note", error))?;
    let mut found = key.key();
    found.insert(JSON.to_owned(), AttributeValue::S(json));
    Ok(found)
}
