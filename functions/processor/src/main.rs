//! The processor as a Lambda function.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tintype_imaging::Budget;
use tintype_processor::{Processor, handle};
use tintype_storage::{Clients, Storage, StorageConfig};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).without_time().init();
    let config = StorageConfig::from_env()?;
    let storage = Storage::new(&Clients::from_env().await, &config);
    let processor = Processor { storage, budget: Budget::default() };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        handle(&event.payload, &processor).await.map_err(Error::from)
    }))
    .await
}
