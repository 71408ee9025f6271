//! The keeper as a Lambda function.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tintype_keeper::{Answer, Keeper, handle};
use tintype_storage::config::variable;
use tintype_storage::{Clients, Queue, Storage, StorageConfig, mint};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).without_time().init();
    let config = StorageConfig::from_env()?;
    let clients = Clients::from_env().await;
    let keeper = Keeper {
        storage: Storage::new(&clients, &config),
        queue: Queue::new(clients.lambda.clone(), variable("PROCESSOR")?),
        uploads_bucket: config.uploads_bucket.clone(),
    };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| -> Result<Answer, Error> {
        handle(&keeper, &event.payload, mint::now()).await.map_err(Error::from)
    }))
    .await
}
