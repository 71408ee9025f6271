//! Items of the catalog that none of our functions wrote.

use aws_sdk_dynamodb::types::AttributeValue;

use tintype_core::id::PhotoId;

use crate::{TestApp, User};

impl TestApp {
    /// Puts an item of this sort key among those of a user; its attributes are no record's and no counter's.
    pub async fn put_strange_item(&self, user: &User, sort_key: &str) {
        self.put_strange(&format!("U#{}", user.id), sort_key).await;
    }

    /// Puts such an item under these two keys.
    pub async fn put_strange(&self, partition: &str, sort_key: &str) {
        let services = &self.stack.services;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = crate::buckets::clients_of(services).dynamodb.put_item().table_name(&services.table);
        let put = put.item("PK", text(partition)).item("SK", text(sort_key));
        put.item("count", text("many")).send().await.expect("an item");
    }

    /// Takes an attribute from the record of a photo.
    pub async fn take_attribute(&self, user: &User, photo_id: PhotoId, name: &str) {
        let services = &self.stack.services;
        let text = |text: String| AttributeValue::S(text);
        let update = crate::buckets::clients_of(services).dynamodb.update_item().table_name(&services.table);
        let update =
            update.key("PK", text(format!("U#{}", user.id))).key("SK", text(format!("P#{photo_id}")));
        update.update_expression(format!("REMOVE {name}")).send().await.expect("an update");
    }
}
