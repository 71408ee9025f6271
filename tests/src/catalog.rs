//! Items of the catalog that none of our functions wrote.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{TestApp, User};

impl TestApp {
    /// Puts an item of this sort key among those of a user; its attributes are no record's and no counter's.
    pub async fn put_strange_item(&self, user: &User, sort_key: &str) {
        let services = &self.stack.services;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = crate::buckets::clients_of(services).dynamodb.put_item().table_name(&services.table);
        let put = put.item("PK", text(&format!("U#{}", user.id))).item("SK", text(sort_key));
        put.item("count", text("many")).send().await.expect("an item");
    }
}
