//! The processor as a Lambda function.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tintype_function::{Environment, init_logs};
use tintype_imaging::Budget;
use tintype_processor::config::Config;
use tintype_processor::{Processor, handle};
use tintype_storage::{Clients, Storage};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = Config::read(&Environment::of_process())?;
    init_logs(&config.stack);
    let storage = Storage::new(&Clients::from_env().await, &config.storage);
    let processor = Processor { storage, budget: Budget::default() };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        handle(&event.payload, &processor).await.map_err(Error::from)
    }))
    .await
}
