//! What storage needs to know, read once.

use std::env;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Builder as HttpBuilder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
pub use aws_smithy_runtime_api::client::http::SharedHttpClient as HttpClient;
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

/// Servers that stand in for the services, and the one pair of keys that they know.
#[derive(Debug, Clone)]
pub struct Emulators {
    /// Address of S3, one for all buckets.
    pub s3: String,
    /// Address of DynamoDB.
    pub dynamodb: String,
    /// Address of Lambda.
    pub lambda: String,
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
}

/// The region that emulators are told; it is part of every signature.
pub const EMULATED_REGION: &str = "us-east-1";

impl Clients {
    /// As the environment says: in AWS, the function's own region and role. `S3_PATH_STYLE=true` is for
    /// emulators that have no DNS name a bucket.
    pub async fn from_env() -> Self {
        let https = HttpBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https)
            .retry_config(retries())
            .timeout_config(timeouts())
            .load()
            .await;
        let path_style = env::var("S3_PATH_STYLE").is_ok_and(|value| value == "true");
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(path_style).build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
        }
    }

    /// To emulators on this machine, over `http`: plain HTTP unless a test brings a connector of its own.
    pub fn emulated(emulators: &Emulators, http: Option<HttpClient>) -> Self {
        let keys = Credentials::from_keys(&emulators.access_key, &emulators.secret_key, None);
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(EMULATED_REGION))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(http.unwrap_or_else(|| HttpBuilder::new().build_http()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(retries())
            .timeout_config(timeouts())
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).endpoint_url(&emulators.s3);
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&sdk).endpoint_url(&emulators.dynamodb);
        let lambda = aws_sdk_lambda::config::Builder::from(&sdk).endpoint_url(&emulators.lambda);
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            lambda: aws_sdk_lambda::Client::from_conf(lambda.build()),
        }
    }
}

/// Four attempts: enough for a hiccup, few enough that a function ends before its time and is invoked again.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4).with_max_backoff(Duration::from_secs(5))
}

/// A call that hangs must not take the function's whole time.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(Duration::from_mins(1))
        .build()
}
