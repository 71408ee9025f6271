//! The one way to change a record.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use rand::Rng;
use time::OffsetDateTime;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::keep;
use tintype_core::record::Record;
use tintype_core::tally::{self, Counter, Tally};

use super::{Catalog, Item, item};
use crate::error::{StorageError, unavailable};
use crate::mint;

/// How often a transaction that met another one is tried again: photos of one month share a counter.
const CONFLICT_TRIES: u32 = 12;

impl Catalog {
    /// Puts `after` where `before` was read, and moves the counters by the difference, if there is one, all or
    /// nothing. `before` is `None` where there was nothing. Answers `after` as it now stands.
    ///
    /// Fails with [`StorageError::Changed`] if somebody else wrote since `before` was read: read again and decide
    /// again. That also is the answer when our own write went through and its reply was lost; whoever reads again
    /// sees that it did.
    pub async fn replace(&self, before: Option<&Record>, after: &Record) -> Result<Record, StorageError> {
        let mut after = after.clone();
        after.revision = before.map_or(1, |record| record.revision + 1);
        let item = item::from_record(&after)?;
        let condition = if before.is_some() { UNCHANGED } else { "attribute_not_exists(PK)" };
        let changes = tally::changes(before, Some(&after));
        if changes.is_empty() {
            self.put_if(item, condition, before.map(as_read)).await?;
            return Ok(after);
        }
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(before.map(as_read))
            .build()
            .map_err(|error| item::corrupt("a write", error))?;
        let write = TransactWriteItem::builder().put(put).build();
        self.write(write, &after.user, &changes).await?;
        Ok(after)
    }

    /// Removes a record as [`Catalog::replace`] replaces one.
    pub async fn remove(&self, before: &Record) -> Result<(), StorageError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(item::photo_key(&before.user, &before.photo_id)))
            .condition_expression(UNCHANGED)
            .set_expression_attribute_values(Some(as_read(before)))
            .build()
            .map_err(|error| item::corrupt("a removal", error))?;
        let write = TransactWriteItem::builder().delete(delete).build();
        self.write(write, &before.user, &tally::changes(Some(before), None)).await
    }

    /// Has the keeper remove a photo that its owner removed for good once more, as [`keep::removed_again`] says; nothing if
    /// it is not removed. For whoever put something of it into the vault and then found its record changed.
    pub async fn remove_again(
        &self,
        user: &UserId,
        photo_id: &PhotoId,
        now: OffsetDateTime,
    ) -> Result<(), StorageError> {
        loop {
            let Some(record) = self.get(user, photo_id).await? else { return Ok(()) };
            let Some(again) = keep::removed_again(&record, now) else { return Ok(()) };
            match self.replace(Some(&record), &again).await {
                Ok(_) => return Ok(()),
                Err(StorageError::Changed) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A record whose counters stay as they are needs no transaction, which costs twice as much.
    /// <https://aws.amazon.com/dynamodb/pricing/on-demand/>
    ///
    /// Sent again by the SDK after a lost reply, it meets what it wrote itself: the item with our write's id is ours.
    /// Without that id, another writer of the very same item would be taken for us. Answers the id.
    pub(super) async fn put_if(
        &self,
        mut item: Item,
        condition: &str,
        values: Option<HashMap<String, AttributeValue>>,
    ) -> Result<String, StorageError> {
        let write_id = mint::write_id();
        item.insert(item::WRITE_ID.to_owned(), AttributeValue::S(write_id.clone()));
        for tried in 0.. {
            let sent = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item.clone()))
                .condition_expression(condition)
                .set_expression_attribute_values(values.clone())
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else { return Ok(write_id) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item().and_then(|found| found.get(item::WRITE_ID)?.as_s().ok());
                    return if found == Some(&write_id) { Ok(write_id) } else { Err(StorageError::Changed) };
                }
                // A transaction on the same record is under way.
                Some(PutItemError::TransactionConflictException(_)) if tried < CONFLICT_TRIES => {
                    pause(tried).await;
                }
                _ => return Err(unavailable("PutItem")(error)),
            }
        }
        Ok(write_id)
    }

    async fn write(
        &self,
        write: TransactWriteItem,
        user: &UserId,
        changes: &BTreeMap<Counter, Tally>,
    ) -> Result<(), StorageError> {
        let mut writes = vec![write];
        for (counter, change) in changes {
            writes.push(self.add(user, counter, change)?);
        }
        self.transact(writes).await
    }

    fn add(
        &self,
        user: &UserId,
        counter: &Counter,
        change: &Tally,
    ) -> Result<TransactWriteItem, StorageError> {
        let mut update =
            Update::builder().table_name(&self.table).set_key(Some(item::counter_key(user, counter)));
        let mut terms = Vec::new();
        for (index, (name, value)) in item::from_tally(change).into_iter().enumerate() {
            terms.push(format!("#n{index} :n{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":n{index}"), value);
        }
        let update = update.update_expression(format!("ADD {}", terms.join(", "))).build();
        let update = update.map_err(|error| item::corrupt("a counter's change", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The SDK gives each call a `ClientRequestToken` and keeps it when it sends again after a lost reply, so that
    /// a transaction that went through is not applied twice.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StorageError> {
        for tried in 0.. {
            let sent =
                self.client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
            let Err(error) = sent else { return Ok(()) };
            match cancelled(&error) {
                Cancelled::Changed => return Err(StorageError::Changed),
                Cancelled::Busy if tried < CONFLICT_TRIES => pause(tried).await,
                Cancelled::Busy | Cancelled::Otherwise => {
                    return Err(unavailable("TransactWriteItems")(error));
                }
            }
        }
        Ok(())
    }
}

/// Holds while nobody wrote since the record was read. The generation tells a record from one that was removed and
/// made again, whose revisions begin again.
const UNCHANGED: &str = "revision = :revision AND generation = :generation";

fn as_read(record: &Record) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (":revision".to_owned(), AttributeValue::N(record.revision.to_string())),
        (":generation".to_owned(), AttributeValue::S(record.generation.to_string())),
    ])
}

enum Cancelled {
    /// Our condition does not hold.
    Changed,
    /// Another transaction or too much traffic: again, a little later.
    Busy,
    Otherwise,
}

fn cancelled<R>(error: &SdkError<TransactWriteItemsError, R>) -> Cancelled {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons();
            let any = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
            if any("ConditionalCheckFailed") {
                Cancelled::Changed
            } else if any("TransactionConflict")
                || any("ThrottlingError")
                || any("ProvisionedThroughputExceeded")
            {
                Cancelled::Busy
            } else {
                Cancelled::Otherwise
            }
        }
        Some(error) if error.code() == Some("TransactionInProgressException") => Cancelled::Busy,
        _ => Cancelled::Otherwise,
    }
}

/// Full jitter: up to 20 ms, doubled with each try, at most 1 s.
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
pub(crate) async fn pause(tried: u32) {
    let most = (20_u64 << tried.min(6)).min(1_000);
    let milliseconds = rand::rng().random_range(0..=most);
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
