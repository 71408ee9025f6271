//! What the keeper remembers of itself, and what it tells each user: small items of JSON.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tintype_core::id::UserId;

use super::{Catalog, Item, item, walk};
use crate::error::{StorageError, failure, unavailable};

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
    /// Counts its writes.
    revision: u64,
}

const JSON: &str = "json";
const REVISION: &str = "revision";

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
        let revision = found.get(REVISION).and_then(|value| value.as_n().ok()?.parse().ok());
        Ok(Some(Note { says, revision: revision.ok_or_else(|| item::corrupt("a note", REVISION))? }))
    }

    /// Writes a note where `before` was read; [`StorageError::Changed`] if somebody else wrote since. That is also the
    /// answer when our own write went through and its reply was lost.
    pub async fn put_note<T: Serialize, B>(
        &self,
        key: &NoteKey,
        before: Option<&Note<B>>,
        says: T,
    ) -> Result<Note<T>, StorageError> {
        let revision = before.map_or(1, |note| note.revision + 1);
        let mut put = self.client.put_item().table_name(&self.table);
        put = put.set_item(Some(note_item(key, &says, revision)?));
        put = match before {
            None => put.condition_expression("attribute_not_exists(PK)"),
            Some(note) => put
                .condition_expression("revision = :revision")
                .expression_attribute_values(":revision", AttributeValue::N(note.revision.to_string())),
        };
        match put.send().await {
            Ok(_) => Ok(Note { says, revision }),
            Err(error) if failure(&error).code == "ConditionalCheckFailedException" => {
                Err(StorageError::Changed)
            }
            Err(error) => Err(unavailable("PutItem")(error)),
        }
    }

    /// Writes a note, whatever it said: the last one counts.
    pub async fn tell<T: Serialize>(&self, key: &NoteKey, says: &T) -> Result<(), StorageError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(note_item(key, says, 0)?));
        put.send().await.map_err(unavailable("PutItem"))?;
        Ok(())
    }
}

fn note_item<T: Serialize>(key: &NoteKey, says: &T, revision: u64) -> Result<Item, StorageError> {
    let json = serde_json::to_string(says).map_err(|error| item::corrupt("a note", error))?;
    let mut found = key.key();
    found.insert(JSON.to_owned(), AttributeValue::S(json));
    found.insert(REVISION.to_owned(), AttributeValue::N(revision.to_string()));
    Ok(found)
}
