//! Every record of a user, in the order of photo ids, and every user: for the audit, never for a request of the API.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::Record;

use super::{Catalog, item};
use crate::error::{StorageError, unavailable};

/// A page of a user's records, whatever their state.
#[derive(Debug)]
pub struct RecordsPage {
    /// In the order of photo ids.
    pub records: Vec<Result<Record, Unreadable>>,
    /// Which of these the indexes do not have where they should.
    pub unlisted: BTreeSet<PhotoId>,
    /// Sort keys of what is of no photo, in their order. The next page may tell some of them once more.
    pub strange: Vec<String>,
    /// Behind which photo the next page starts; `None` on the last one.
    pub next: Option<PhotoId>,
}

/// A record that none of our functions wrote so.
#[derive(Debug)]
pub struct Unreadable {
    /// Which photo it is about.
    pub photo_id: PhotoId,
    /// What is wrong with it.
    pub error: StorageError,
}

impl Catalog {
    /// A page of at most `most` records behind this photo id. Not strongly consistent, at half the price: whoever acts
    /// on one reads it again.
    pub async fn records(
        &self,
        user: &UserId,
        after: Option<PhotoId>,
        most: i32,
    ) -> Result<RecordsPage, StorageError> {
        let mut start = after.map(|photo_id| item::photo_key(user, &photo_id));
        let (mut unlisted, mut strange) = (BTreeSet::new(), Vec::new());
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
                .expression_attribute_values(":pk", item::user_partition(user))
                .expression_attribute_values(":sk", item::photo_prefix())
                .set_exclusive_start_key(start)
                .limit(most)
                .send()
                .await
                .map_err(unavailable("Query"))?;
            let mut records = Vec::new();
            for found in page.items() {
                match record_of(user, found) {
                    Some(record) => {
                        let record = record.inspect(|record| {
                            if !item::is_indexed(found, record) {
                                unlisted.insert(record.photo_id);
                            }
                        });
                        records.push(record);
                    }
                    None => strange.push(item::sort_key(found)),
                }
            }
            let Some(last) = page.last_evaluated_key else {
                return Ok(RecordsPage { records, unlisted, strange, next: None });
            };
            // A page may end with what is of no photo: from the last photo on, that is passed over again.
            let next = item::photo_id_of(&last).ok().or_else(|| records.last().map(photo_of));
            if next.is_some() {
                return Ok(RecordsPage { records, unlisted, strange, next });
            }
            start = Some(last);
        }
    }

    /// Everybody who ever began an upload; who cannot be read is logged and left out.
    pub async fn users(&self) -> Result<Vec<UserId>, StorageError> {
        Ok(self.everybody().await?.0)
    }

    /// The same, and the sort keys of those who cannot be read.
    pub async fn everybody(&self) -> Result<(Vec<UserId>, Vec<String>), StorageError> {
        let (mut users, mut strange) = (Vec::new(), Vec::new());
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("PK = :pk")
                .expression_attribute_values(":pk", item::users_partition())
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable("Query"))?;
            for found in page.items() {
                // One that cannot be read keeps nobody from the others.
                match item::user_of_item(found) {
                    Ok(user) => users.push(user),
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, "a user cannot be read");
                        strange.push(item::sort_key(found));
                    }
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok((users, strange));
            }
        }
    }
}

/// What an item says of a photo; `None` if its key names none, which keeps no photo from its turn.
fn record_of(user: &UserId, found: &super::Item) -> Option<Result<Record, Unreadable>> {
    let error = match item::to_record(found) {
        Ok(record) => return Some(Ok(record)),
        Err(error) => error,
    };
    match item::photo_id_of(found) {
        Ok(photo_id) => Some(Err(Unreadable { photo_id, error })),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(%user, error, "an item of the catalog is of no photo, and is passed over");
            None
        }
    }
}

fn photo_of(record: &Result<Record, Unreadable>) -> PhotoId {
    record.as_ref().map_or_else(|unreadable| unreadable.photo_id, |record| record.photo_id)
}

/// The text of an attribute that holds JSON.
pub(super) fn text_of<'a>(found: &'a super::Item, name: &str) -> Option<&'a str> {
    found.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).map(String::as_str)
}
