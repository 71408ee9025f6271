//! A store of its own for each test, and what tests say often.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tintype_local_s3::{BucketSpec, Durability, LocalS3};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ACCESS_KEY: &str = "local";
pub(crate) const SECRET_KEY: &str = "not-a-secret";
pub(crate) const ORIGIN: &str = "http://localhost:8460";

/// Tells of new objects and answers pages.
pub(crate) const UPLOADS: &str = "uploads";
/// Versioned.
pub(crate) const VAULT: &str = "vault";

/// A running server and a client for it.
pub(crate) struct TestS3 {
    pub(crate) s3: LocalS3,
    pub(crate) client: Client,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl TestS3 {
    pub(crate) async fn start() -> Self {
        Self::on(TempDir::new().unwrap()).await
    }

    /// Starts on a folder that may have been used before.
    pub(crate) async fn on(folder: TempDir) -> Self {
        // Tests of what a kill leaves behind have a process and a store of their own.
        let s3 = open(folder.path(), Durability::Process).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(s3.clone().serve(listener, async move {
            let _ = stopped.await;
        }));
        let client = client(address, ACCESS_KEY, SECRET_KEY, REGION);
        Self { s3, client, address, folder, stop, server }
    }

    /// Stops politely, and gives back the folder.
    pub(crate) async fn stop(self) -> TempDir {
        let Self { s3, folder, stop, server, .. } = self;
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        drop(s3);
        folder
    }

    /// Whether nothing is left of requests that failed.
    pub(crate) fn nothing_half_done(&self) -> bool {
        std::fs::read_dir(self.folder.path().join("incoming")).unwrap().next().is_none()
    }

    pub(crate) async fn put(&self, bucket: &str, key: &str, body: &[u8]) {
        self.client.put_object().bucket(bucket).key(key).body(body.to_vec().into()).send().await.unwrap();
    }

    pub(crate) async fn get(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        match self.client.get_object().bucket(bucket).key(key).send().await {
            Ok(found) => Some(found.body.collect().await.unwrap().to_vec()),
            Err(error) if code(&error) == "NoSuchKey" => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Keys and common prefixes, in the order of a listing without pages.
    pub(crate) async fn keys(&self, bucket: &str) -> Vec<String> {
        let listed = self.client.list_objects_v2().bucket(bucket).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    pub(crate) fn url(&self, bucket: &str, key: &str) -> String {
        format!("http://{}/{bucket}/{key}", self.address)
    }
}

pub(crate) async fn open(folder: &Path, durability: Durability) -> LocalS3 {
    let buckets = vec![
        BucketSpec::new(UPLOADS).notify().cors_origin(ORIGIN),
        BucketSpec::new(VAULT).versioned(),
        BucketSpec::new("site"),
    ];
    LocalS3::open_with(folder, REGION, ACCESS_KEY, SECRET_KEY, buckets, durability).await.unwrap()
}

pub(crate) fn client(address: SocketAddr, access_key: &str, secret_key: &str, region: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// S3's error code, or the status where an answer has no body.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    match error.code() {
        Some(code) => code.to_owned(),
        None => {
            error.raw_response().map_or_else(String::new, |response| response.status().as_u16().to_string())
        }
    }
}

pub(crate) fn status<E>(error: &SdkError<E, HttpResponse>) -> u16 {
    error.raw_response().unwrap().status().as_u16()
}

pub(crate) fn for_five_minutes() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(5)).unwrap()
}

/// What must come comes in time.
pub(crate) async fn soon<T>(awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), awaited).await.unwrap()
}

/// SHA-256 as S3's headers have it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(Sha256::digest(bytes))
}

/// A request with everything that was signed, for a test to spoil.
pub(crate) fn raw(presigned: &PresignedRequest) -> reqwest::RequestBuilder {
    let method = presigned.method().parse().unwrap();
    presigned
        .headers()
        .fold(reqwest::Client::new().request(method, presigned.uri()), |request, (name, value)| {
            request.header(name, value)
        })
}

/// Status and error code of an answer.
pub(crate) async fn verdict(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (status, code.map_or_else(String::new, |(code, _)| code.to_owned()))
}
