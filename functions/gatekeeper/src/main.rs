//! The gatekeeper as a Lambda function.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tintype_function::{Environment, init_logs};
use tintype_gatekeeper::{Config, admit};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let Config { allowed, stack } = Config::read(&Environment::of_process())?;
    init_logs(&stack);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        admit(&allowed, event.payload).map_err(Error::from)
    }))
    .await
}
