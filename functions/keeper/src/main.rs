//! The keeper as a Lambda function.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tintype_function::{Environment, init_logs};
use tintype_keeper::config::Config;
use tintype_keeper::{Answer, Keeper, handle};
use tintype_storage::{Clients, Queue, Storage, mint};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = Config::read(&Environment::of_process())?;
    init_logs(&config.stack);
    let clients = Clients::from_env().await;
    let keeper = Keeper {
        storage: Storage::new(&clients, &config.storage),
        queue: Queue::new(clients.lambda.clone(), config.processor),
        uploads_bucket: config.storage.uploads_bucket,
    };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| -> Result<Answer, Error> {
        handle(&keeper, &event.payload, mint::now()).await.map_err(Error::from)
    }))
    .await
}
