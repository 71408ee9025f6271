//! What storage needs to know, read once.

use std::env;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// What storage needs to know. Endpoints, region and credentials are the SDK's own environment variables.
#[derive(Debug, Clone)]
pub struct StorageConfig {
    /// `UPLOADS_BUCKET`: where uploads arrive.
    pub uploads_bucket: String,
    /// `VAULT_BUCKET`: where originals and variants live.
    pub vault_bucket: String,
    /// `TABLE`: the catalog.
    pub table: String,
    /// `ORIGINALS_CLASS`: storage class of originals, such as `GLACIER_IR` or `STANDARD`.
    pub originals_class: String,
}

/// A variable that must be set and is not.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set; template.yaml sets it in AWS")]
pub struct MissingVariable(pub &'static str);

/// A variable of the environment.
pub fn variable(name: &'static str) -> Result<String, MissingVariable> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(MissingVariable(name))
}

impl StorageConfig {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, MissingVariable> {
        Ok(Self {
            uploads_bucket: variable("UPLOADS_BUCKET")?,
            vault_bucket: variable("VAULT_BUCKET")?,
            table: variable("TABLE")?,
            originals_class: variable("ORIGINALS_CLASS")?,
        })
    }
}

/// Clients of the services.
#[derive(Debug, Clone)]
pub struct Clients {
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
}

impl Clients {
    /// Over a configuration of the SDK. `path_style` is for servers without a DNS name a bucket.
    pub fn new(sdk: &SdkConfig, path_style: bool) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(sdk).force_path_style(path_style).build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            lambda: aws_sdk_lambda::Client::new(sdk),
        }
    }

    /// As the environment says: in AWS, the function's own region and role. `S3_PATH_STYLE=true` is for
    /// emulators.
    pub async fn from_env() -> Self {
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https(),
            )
            .retry_config(retries())
            .timeout_config(timeouts())
            .load()
            .await;
        Self::new(&sdk, env::var("S3_PATH_STYLE").is_ok_and(|value| value == "true"))
    }
}

/// Four attempts: enough for a hiccup, few enough that a function ends before its time and is invoked again.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4).with_max_backoff(Duration::from_secs(5))
}

/// A call that hangs must not take the function's whole time.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(Duration::from_mins(1))
        .build()
}
