//! The catalog: one DynamoDB table of records and counters.
//!
//! Every write of a record goes through [`Catalog::replace`]: it is refused if somebody else wrote since the record
//! was read, and in the same transaction it changes the counters by what [`tally::changes`] says. So counters and
//! indexes are functions of the record, and nobody updates them by hand.

mod item;
mod listing;
mod notes;
mod schema;
mod walk;
mod write;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use time::OffsetDateTime;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::Record;
use tintype_core::tally::{Counter, Tally};

use crate::error::{StorageError, unavailable};

pub use item::{SUMMARY_ATTRIBUTES, name_of_item, name_of_user_item, sort_key_of};
pub use listing::ListingPage;
pub use notes::{Note, NoteKey};
pub use walk::{RecordsPage, Unreadable};
pub(crate) use write::pause;

/// DynamoDB's limit for one `BatchGetItem`.
const BATCH: usize = 100;
/// How often a batch is asked for what DynamoDB left out.
const BATCH_TRIES: u32 = 12;
/// How many partitions the work index is spread over.
pub const WORK_SHARDS: u8 = 8;

type Item = HashMap<String, AttributeValue>;
/// A counter by its sort key.
type CounterItem = (String, Result<(Counter, Tally), StorageError>);

/// The catalog.
#[derive(Debug, Clone)]
pub struct Catalog {
    client: Client,
    table: String,
}

impl Catalog {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// One record, as it stands now.
    pub async fn get(&self, user: &UserId, photo_id: &PhotoId) -> Result<Option<Record>, StorageError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::photo_key(user, photo_id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable("GetItem"))?;
        answer.item.as_ref().map(item::to_record).transpose()
    }

    /// Many records, as they stand now; what is unknown is missing. One that cannot be read is answered as such: the
    /// others do not wait for it.
    pub async fn get_many(
        &self,
        user: &UserId,
        photo_ids: &[PhotoId],
    ) -> Result<HashMap<PhotoId, Result<Record, StorageError>>, StorageError> {
        let mut distinct = photo_ids.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let mut records = HashMap::new();
        for batch in distinct.chunks(BATCH) {
            let mut keys: Vec<Item> = batch.iter().map(|photo_id| item::photo_key(user, photo_id)).collect();
            let mut tried = 0;
            while !keys.is_empty() {
                if tried == BATCH_TRIES {
                    return Err(StorageError::Busy("BatchGetItem"));
                }
                let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
                let wanted = wanted.map_err(|error| item::corrupt("a batch of keys", error))?;
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&self.table, wanted)
                    .send()
                    .await
                    .map_err(unavailable("BatchGetItem"))?;
                for found in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                    records.insert(item::photo_id_of(&found)?, item::to_record(&found));
                }
                // What DynamoDB leaves out it wants to be asked again, a little later.
                keys = answer
                    .unprocessed_keys
                    .into_iter()
                    .flat_map(HashMap::into_values)
                    .flat_map(|left| left.keys)
                    .collect();
                if !keys.is_empty() {
                    pause(tried).await;
                    tried += 1;
                }
            }
        }
        Ok(records)
    }

    /// All counters of a user.
    pub async fn counters(&self, user: &UserId) -> Result<BTreeMap<Counter, Tally>, StorageError> {
        let mut counters = BTreeMap::new();
        for (_, counter) in self.counter_items(user).await? {
            match counter {
                Ok((_, tally)) if tally.is_zero() => {}
                Ok((counter, tally)) => drop(counters.insert(counter, tally)),
                // One that cannot be read hides no other.
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(%user, error, "a counter cannot be read, and is passed over");
                }
            }
        }
        Ok(counters)
    }

    /// The sort keys of those that cannot be read.
    pub async fn strange_counters(&self, user: &UserId) -> Result<Vec<String>, StorageError> {
        let all = self.counter_items(user).await?;
        Ok(all.into_iter().filter(|(_, counter)| counter.is_err()).map(|(sort_key, _)| sort_key).collect())
    }

    async fn counter_items(&self, user: &UserId) -> Result<Vec<CounterItem>, StorageError> {
        let mut counters = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
                .expression_attribute_values(":pk", item::user_partition(user))
                .expression_attribute_values(":sk", AttributeValue::S(item::COUNTER_PREFIX.to_owned()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable("Query"))?;
            counters.extend(page.items().iter().map(|found| (item::sort_key(found), item::to_tally(found))));
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(counters);
            }
        }
    }

    /// Writes that a user exists, so that an audit knows whom to look for. Writing it again does no harm.
    pub async fn put_user(&self, user: &UserId) -> Result<(), StorageError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::user_item(user)))
            .send()
            .await
            .map_err(unavailable("PutItem"))?;
        Ok(())
    }

    /// Keys of at most `most` records of one shard of the work index that are due at `now`, oldest first.
    pub async fn due(
        &self,
        shard: u8,
        now: OffsetDateTime,
        most: i32,
    ) -> Result<Vec<(UserId, PhotoId)>, StorageError> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(schema::WORK_INDEX)
            .key_condition_expression("work_pk = :pk AND work_sk < :now")
            .expression_attribute_values(":pk", item::work_partition(shard))
            .expression_attribute_values(":now", AttributeValue::S(item::due_text(now)?))
            .limit(most)
            .send()
            .await
            .map_err(unavailable("Query"))?;
        page.items().iter().map(item::photo_of_key).collect()
    }
}
