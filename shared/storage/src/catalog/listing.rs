//! Pages of the timeline and of the trash.

use aws_sdk_dynamodb::types::AttributeValue;
use tintype_core::cursor::{Cursor, Listing};
use tintype_core::id::UserId;
use tintype_core::wire::{Order, PhotoSummary};

use super::{Catalog, item, schema};
use crate::error::{StorageError, unavailable};

/// A page of a listing.
#[derive(Debug, Clone)]
pub struct ListingPage {
    /// In the order asked.
    pub photos: Vec<PhotoSummary>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Cursor>,
}

impl ListingPage {
    fn end() -> Self {
        Self { photos: Vec::new(), next: None }
    }
}

/// Sorts behind every wall time.
const END: &str = "~";

impl Catalog {
    /// A page of a user's listing: wall times from `from`, inclusive, to `to`, exclusive, behind `after`.
    ///
    /// Wall times may be cut short (`2024-05`): text sorts as time does, and the photo id behind the time makes
    /// the order total and `to` exclusive.
    pub async fn page(
        &self,
        user: &UserId,
        listing: Listing,
        (from, to): (Option<&str>, Option<&str>),
        order: Order,
        limit: u16,
        after: Option<&Cursor>,
    ) -> Result<ListingPage, StorageError> {
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or(END));
        if from >= to {
            return Ok(ListingPage::end());
        }
        let limit = usize::from(limit);
        let mut photos: Vec<PhotoSummary> = Vec::new();
        let mut start = match after.map(|cursor| (cursor, item::listing_position(cursor))) {
            // DynamoDB refuses a start outside of the range: such a cursor comes from a page with other bounds.
            Some((_, position)) if position.as_str() < from && order == Order::Desc => {
                return Ok(ListingPage::end());
            }
            Some((_, position)) if position.as_str() > to && order == Order::Asc => {
                return Ok(ListingPage::end());
            }
            Some((cursor, position)) if (from..=to).contains(&position.as_str()) => {
                Some(item::start_key(user, cursor))
            }
            _ => None,
        };
        loop {
            // One more than asked tells whether there is a next page, so that the last page says that it is.
            let wanted = limit + 1 - photos.len();
            let condition = "timeline_pk = :pk AND timeline_sk BETWEEN :from AND :to";
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(schema::TIMELINE_INDEX)
                .key_condition_expression(condition)
                .expression_attribute_values(":pk", item::listing_partition(user, listing))
                .expression_attribute_values(":from", AttributeValue::S(from_bound(from)))
                .expression_attribute_values(":to", AttributeValue::S(to.to_owned()))
                .scan_index_forward(order == Order::Asc)
                .limit(i32::try_from(wanted).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable("Query"))?;
            for found in page.items() {
                photos.push(item::to_summary(found)?);
            }
            start = page.last_evaluated_key;
            if photos.len() > limit {
                photos.truncate(limit);
                let next = photos.last().map(|last| item::cursor_of(last, listing)).transpose()?;
                return Ok(ListingPage { photos, next });
            }
            if start.is_none() {
                return Ok(ListingPage { photos, next: None });
            }
        }
    }
}

/// DynamoDB takes no empty string as a key; nothing sorts before a digit here.
fn from_bound(from: &str) -> String {
    if from.is_empty() { "0".to_owned() } else { from.to_owned() }
}
