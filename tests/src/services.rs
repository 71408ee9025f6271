//! S3 and DynamoDB that are not the embedded ones: a second opinion on what the tests claim (`make conformance`).

use std::env;

use serde::Deserialize;
use tintype_local::stack::Services;
use tintype_storage::{buckets, mint};

use crate::buckets::clients_of;

/// What `TINTYPE_SERVICES` says, as JSON.
#[derive(Debug, Deserialize)]
struct Named {
    s3: String,
    dynamodb: String,
    access_key: String,
    secret_key: String,
}

/// Whether the tests run over other servers.
pub(crate) fn are_others() -> bool {
    env::var("TINTYPE_SERVICES").is_ok_and(|text| !text.is_empty())
}

/// The servers that `TINTYPE_SERVICES` names, with buckets and a table of this test's own; `None` if it is not set.
pub(crate) async fn other() -> Option<Services> {
    if !are_others() {
        return None;
    }
    let named = env::var("TINTYPE_SERVICES").unwrap_or_default();
    let named: Named = serde_json::from_str(&named)
        .expect("TINTYPE_SERVICES is a JSON object: s3, dynamodb, access_key, secret_key");
    let own = mint::generation(mint::now()).to_string().to_lowercase();
    let services = Services {
        s3: named.s3,
        dynamodb: named.dynamodb,
        access_key: named.access_key,
        secret_key: named.secret_key,
        uploads_bucket: format!("uploads-{own}"),
        vault_bucket: format!("vault-{own}"),
        table: format!("tintype-{own}"),
    };
    buckets::create(&clients_of(&services), &services.config()).await.expect("the buckets are made");
    Some(services)
}
