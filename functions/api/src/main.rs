//! The API as a Lambda function.

use std::sync::Arc;

use lambda_http::Error;
use tintype_api::config::Config;
use tintype_api::{Api, MediaSigner, Verifier, router};
use tintype_function::{Environment, init_logs};
use tintype_storage::{Clients, Storage};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = Config::read(&Environment::of_process())?;
    init_logs(&config.stack);
    let api = Api {
        storage: Storage::new(&Clients::from_env().await, &config.storage),
        verifier: Arc::new(Verifier::new(config.auth)?),
        media: Arc::new(MediaSigner::from_parameter(config.media_key_parameter, config.media_key_pair_id)),
        config: Arc::new(config.api),
    };
    lambda_http::run(router(api)).await
}
