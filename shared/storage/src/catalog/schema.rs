//! The table's keys and indexes, for servers that have no template to make it from.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

use super::{Catalog, item};
use crate::error::{StorageError, failure, unavailable};

pub(super) const TIMELINE_INDEX: &str = "timeline";
pub(super) const WORK_INDEX: &str = "work";

impl Catalog {
    /// Creates the table as `template.yaml` does, unless it is there.
    pub async fn create_table(&self) -> Result<(), StorageError> {
        let broken = |error: BuildError| item::corrupt("the table's schema", error);
        let projection = Projection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(item::SUMMARY_ATTRIBUTES.map(ToOwned::to_owned).to_vec()))
            .build();
        let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
        let mut request = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys("PK", "SK").map_err(broken)?))
            .global_secondary_indexes(
                index(TIMELINE_INDEX, "timeline_pk", "timeline_sk", projection).map_err(broken)?,
            )
            .global_secondary_indexes(index(WORK_INDEX, "work_pk", "work_sk", keys_only).map_err(broken)?);
        for name in ["PK", "SK", "timeline_pk", "timeline_sk", "work_pk", "work_sk"] {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(broken)?;
            request = request.attribute_definitions(attribute);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if failure(&error).code == "ResourceInUseException" => Ok(()),
            Err(error) => Err(unavailable("CreateTable")(error)),
        }
    }
}

fn keys(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .into_iter()
        .map(|(name, key_type)| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build())
        .collect()
}

fn index(
    name: &str,
    hash: &str,
    range: &str,
    projection: Projection,
) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(keys(hash, range)?))
        .projection(projection)
        .build()
}
