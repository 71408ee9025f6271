//! What storage needs to know, read once.

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
use tintype_function::{ConfigError, Environment};

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

impl StorageConfig {
    /// From a function's environment.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            uploads_bucket: environment.required("UPLOADS_BUCKET")?,
            vault_bucket: environment.required("VAULT_BUCKET")?,
            table: environment.required("TABLE")?,
            originals_class: environment.required("ORIGINALS_CLASS")?,
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
    /// As the environment says: in AWS, the function's own region and role.
    pub async fn from_env() -> Self {
        let sdk = sdk_config().await;
        Self {
            s3: aws_sdk_s3::Client::new(&sdk),
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

/// Region, credentials and endpoints as the environment has them, over HTTPS by rustls and ring.
pub(crate) async fn sdk_config() -> SdkConfig {
    let https = HttpBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https)
        .retry_config(retries())
        .timeout_config(timeouts())
        .load()
        .await
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
