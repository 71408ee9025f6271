//! The processor as a Lambda function.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tintype_function::{Environment, init_logs};
use tintype_imaging::Budget;
use tintype_processor::{Processor, handle};
use tintype_storage::{Clients, Storage, StorageConfig};

#[tokio::main]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = StorageConfig::read(&Environment::of_process())?;
    let storage = Storage::new(&Clients::from_env().await, &config);
    let processor = Processor { storage, budget: Budget::default() };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        handle(&event.payload, &processor).await.map_err(Error::from)
    }))
    .await
}
