//! The gatekeeper as a Lambda function.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tintype_function::{Environment, init_logs};
use tintype_gatekeeper::{AllowedEmails, admit};

#[tokio::main]
async fn main() -> Result<(), Error> {
    init_logs();
    let allowed = AllowedEmails::read(&Environment::of_process())?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        admit(&allowed, event.payload).map_err(Error::from)
    }))
    .await
}
