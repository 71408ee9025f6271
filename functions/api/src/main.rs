//! The API as a Lambda function.

use std::sync::Arc;

use lambda_http::Error;
use tintype_api::config::AuthConfig;
use tintype_api::{Api, ApiConfig, MediaSigner, Verifier, router};
use tintype_storage::config::variable;
use tintype_storage::{Clients, Storage, StorageConfig};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).without_time().init();
    let media = MediaSigner::from_pem(&variable("MEDIA_KEY_PEM")?, variable("MEDIA_KEY_PAIR_ID")?)?;
    let api = Api {
        storage: Storage::new(&Clients::from_env().await, &StorageConfig::from_env()?),
        verifier: Arc::new(Verifier::new(AuthConfig::from_env()?)?),
        media: Arc::new(media),
        config: Arc::new(ApiConfig::from_env()?),
    };
    lambda_http::run(router(api)).await
}
