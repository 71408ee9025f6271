//! The whole of Tintype in one process: the functions, and what stands around them in AWS.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tintype_api::config::{AuthConfig, S3_LIMIT};
use tintype_api::{Api, ApiConfig, MediaSigner, UnusableKey, Verifier};
use tintype_core::key::{ObjectKey, Variant};
use tintype_imaging::Budget;
use tintype_keeper::Keeper;
use tintype_local_s3::{BucketSpec, Durability, LocalS3, OpenError};
use tintype_processor::Processor;
use tintype_storage::config::{EMULATED_REGION, Emulators, HttpClient};
use tintype_storage::{Clients, Queue, Storage, StorageConfig, StorageError, Vault, mint};
use tokio::sync::watch;

use crate::data_dir::{self, DataDir, DataDirError, Keys};
use crate::dynamodb::{CatalogError, Dynamo};
use crate::edge::{self, Csp, EdgeConfig, MediaOrigin, MediaRequest, SignedCookies};
use crate::events;
use crate::host;
use crate::lambda::{Lambda, LambdaOptions, PROCESSOR};
use crate::listen::{ListenError, Listener, stopped};
use crate::oidc::{self, Client, Issuer, IssuerConfig, IssuerError};

/// Client id of the page.
pub const PAGE_CLIENT: &str = "tintype-page";
/// Name of the embedded uploads bucket.
pub const UPLOADS: &str = "tintype-uploads";
/// Name of the embedded vault.
pub const VAULT: &str = "tintype-vault";
const TABLE: &str = "tintype";
const MEDIA_KEY_ID: &str = "LOCALMEDIAKEY";

/// How one process runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds everything.
    pub data_dir: PathBuf,
    /// Whether an acknowledged upload survives the loss of power, or of the process alone.
    pub durability: Durability,
    /// The page's port; S3 and the issuer have the two after it. 0: any three.
    pub port: u16,
    /// The built page.
    pub page_dir: PathBuf,
    /// The largest file taken, in bytes.
    pub max_file_bytes: u64,
    /// How often the keeper runs.
    pub keeper_every: Duration,
    /// When it runs for the first time: soon, since the machine may have been off for long.
    pub keeper_first: Duration,
    /// How long an access token is good.
    pub access_token_lifetime: Duration,
    /// How the processor runs.
    pub lambda: LambdaOptions,
    /// Lose every event of S3: for tests of what the keeper finds.
    pub lose_events: bool,
    /// What carries the functions' calls to S3, DynamoDB and Lambda: plain HTTP, or a bad network.
    pub http: Option<HttpClient>,
    /// S3 and DynamoDB that run already, the buckets made; `None`: the embedded ones, in the folder.
    pub services: Option<Services>,
}

/// S3 and DynamoDB, and what is used of them.
#[derive(Debug, Clone)]
pub struct Services {
    /// Address of S3, one for all buckets.
    pub s3: String,
    /// Address of DynamoDB.
    pub dynamodb: String,
    /// Access key id, the same for both.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
    /// Name of the uploads bucket.
    pub uploads_bucket: String,
    /// Name of the vault, which is versioned.
    pub vault_bucket: String,
    /// Name of the table, made at the start if it is not there.
    pub table: String,
}

impl Services {
    /// The embedded ones.
    pub fn embedded(s3: String, dynamodb: String, access_key: String, secret_key: String) -> Self {
        Self {
            s3,
            dynamodb,
            access_key,
            secret_key,
            uploads_bucket: UPLOADS.to_owned(),
            vault_bucket: VAULT.to_owned(),
            table: TABLE.to_owned(),
        }
    }

    /// Their addresses and keys, beside that of the functions.
    pub fn emulators(&self, lambda: String) -> Emulators {
        Emulators {
            s3: self.s3.clone(),
            dynamodb: self.dynamodb.clone(),
            lambda,
            access_key: self.access_key.clone(),
            secret_key: self.secret_key.clone(),
        }
    }

    /// What storage needs to know of them.
    pub fn config(&self) -> StorageConfig {
        StorageConfig {
            uploads_bucket: self.uploads_bucket.clone(),
            vault_bucket: self.vault_bucket.clone(),
            table: self.table.clone(),
            originals_class: "STANDARD".to_owned(),
        }
    }
}

impl Options {
    /// As `make run` has it, in this folder.
    pub fn new(data_dir: PathBuf) -> Self {
        // Each may take a function's memory.
        let concurrency = std::thread::available_parallelism().map_or(2, usize::from).min(4);
        Self {
            data_dir,
            durability: Durability::Machine,
            port: 8470,
            page_dir: PathBuf::from("frontend-static/dist"),
            max_file_bytes: 1 << 30,
            keeper_every: Duration::from_mins(15),
            keeper_first: Duration::from_mins(1),
            access_token_lifetime: Duration::from_hours(1),
            lambda: LambdaOptions {
                concurrency,
                retry_after: [Duration::from_mins(1), Duration::from_mins(2)],
            },
            lose_events: false,
            http: None,
            services: None,
        }
    }
}

/// It cannot start. Each in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The vault and the uploads.
    #[error(transparent)]
    S3(#[from] OpenError),
    /// The catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The key of the image cookies.
    #[error(transparent)]
    MediaKey(#[from] UnusableKey),
    /// Its public half.
    #[error("the media key cannot be used: {0}")]
    MediaPublicKey(String),
    /// A limit that S3 does not allow.
    #[error("--max-file-bytes must be from 1 to {S3_LIMIT} (5 GiB)")]
    FileLimit,
    /// The client for the issuer's keys.
    #[error("no HTTP client: {0}")]
    Http(String),
    /// S3 or DynamoDB, just started, did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Where everything is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Addresses {
    /// The page, with `/api` and `/media`.
    pub page: String,
    /// S3.
    pub s3: String,
    /// The issuer.
    pub issuer: String,
    /// Lambda, for what is asked by hand.
    #[serde(default)]
    pub lambda: String,
    /// DynamoDB.
    #[serde(default)]
    pub dynamodb: String,
    /// The folder that holds everything.
    pub data_dir: PathBuf,
}

/// A running Tintype.
pub struct Stack {
    /// Where everything is.
    pub addresses: Addresses,
    /// S3 and DynamoDB.
    pub services: Services,
    /// Makes tokens.
    pub issuer: Issuer,
    /// Buckets and catalog, for tests that look behind the API.
    pub storage: Storage,
    /// The keeper, for tests that do not wait for its schedule.
    pub keeper: Keeper,
    lambda: Lambda,
    concurrency: usize,
    stop: watch::Sender<bool>,
    close: watch::Sender<bool>,
    // Held until the end: released, another process may take the folder.
    _data_dir: DataDir,
}

impl Stack {
    /// Starts everything; when this returns, the page can be opened.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        if !(1..=S3_LIMIT).contains(&options.max_file_bytes) {
            return Err(StartError::FileLimit);
        }
        let data_dir = DataDir::open(&options.data_dir)?;
        let keys = data_dir.keys()?;
        let media_key = data_dir.media_key()?;
        let after = |by| if options.port == 0 { 0 } else { options.port.saturating_add(by) };
        let page = Listener::bind(options.port).await?;
        let s3_port = Listener::bind(after(1)).await?;
        let issuer_port = Listener::bind(after(2)).await?;
        let dynamodb_port = Listener::bind(0).await?;
        let lambda_port = Listener::bind(0).await?;
        let (embedded, own_dynamodb) = (host::origin(s3_port.port), host::origin(dynamodb_port.port));
        let addresses = Addresses {
            page: host::origin(page.port),
            s3: options.services.as_ref().map_or(embedded, |services| services.s3.clone()),
            issuer: host::origin(issuer_port.port),
            lambda: host::origin(lambda_port.port),
            dynamodb: options.services.as_ref().map_or(own_dynamodb, |services| services.dynamodb.clone()),
            data_dir: options.data_dir.clone(),
        };
        data_dir.write_addresses(&addresses)?;
        let (stop, stopping) = watch::channel(false);
        let (close, closing) = watch::channel(false);

        let (services, created, dynamo) = if let Some(services) = options.services {
            (services, None, None)
        } else {
            let s3 = open_s3(&data_dir, &keys, &addresses.page, options.durability).await?;
            let created = s3.subscribe();
            serve_s3(&s3, s3_port, &closing);
            let dynamo = Dynamo::open(&options.data_dir, keys.access_key.clone())?;
            dynamodb_port.serve(&dynamo.router(), &closing);
            (embedded_at(&addresses, keys), Some(created), Some(dynamo))
        };
        let emulators = services.emulators(addresses.lambda.clone());
        let clients = Clients::emulated(&emulators, options.http.clone());
        let storage_config = services.config();
        let storage = Storage::new(&clients, &storage_config);
        make_ready(&storage, dynamo.as_ref()).await?;

        let processor = Processor { storage: storage.clone(), budget: Budget::default() };
        let lambda = Lambda::new(processor, &options.lambda, stopping.clone());
        let keeper = Keeper {
            storage: storage.clone(),
            queue: Queue::new(clients.lambda.clone(), PROCESSOR.to_owned()),
            uploads_bucket: services.uploads_bucket.clone(),
        };
        lambda_port.serve(&lambda.router(keeper.clone(), services.access_key.clone()), &stopping);
        if !options.lose_events {
            let (uploads, bucket) = (storage.uploads.clone(), services.uploads_bucket.clone());
            if let Some(created) = created {
                tokio::spawn(events::deliver(created, lambda.clone()));
                events::deliver_waiting(&uploads, &bucket, &lambda).await?;
            } else {
                tokio::spawn(events::look_for(uploads, bucket, lambda.clone(), stopping.clone()));
            }
        }

        let issuer = issuer(&options.data_dir, &addresses, options.access_token_lifetime)?;
        issuer_port.serve(&issuer.router(), &stopping);

        let signer = MediaSigner::from_pem(&media_key.private_pem, MEDIA_KEY_ID.to_owned())?;
        let api = Api {
            storage: storage.clone(),
            verifier: Arc::new(verifier(&addresses)?),
            media: Arc::new(signer),
            config: Arc::new(ApiConfig {
                max_file_bytes: options.max_file_bytes,
                originals_class: storage_config.originals_class.clone(),
                originals_usd_gb_month: 0.0,
                page_origin: addresses.page.clone(),
            }),
        };
        let cookies = SignedCookies::from_pem(MEDIA_KEY_ID.to_owned(), &media_key.public_pem)
            .map_err(|error| StartError::MediaPublicKey(error.to_string()))?;
        let vault = storage.vault.clone();
        let edge = edge::router(EdgeConfig {
            port: page.port,
            page_dir: options.page_dir.clone(),
            config_json: page_config(&addresses),
            csp: csp(&addresses),
            cookies,
            media: MediaOrigin::new(move |request| variant(vault.clone(), request)),
            api: tintype_api::router(api),
        });
        page.serve(&edge, &stopping);

        tokio::spawn(keep(keeper.clone(), [options.keeper_first, options.keeper_every], stopping));

        let concurrency = options.lambda.concurrency;
        Ok(Self {
            addresses,
            services,
            issuer,
            storage,
            keeper,
            lambda,
            concurrency,
            stop,
            close,
            _data_dir: data_dir,
        })
    }

    /// How many pieces of the processor's work are not done.
    pub fn open(&self) -> usize {
        self.lambda.open()
    }

    /// Stops taking requests and lets what runs finish, for a few seconds at most. What is interrupted all the same
    /// goes on at the next start.
    pub async fn stop(self) {
        // Nobody listens only when everything has ended already.
        let _ = self.stop.send(true);
        let patience = Duration::from_secs(5);
        if tokio::time::timeout(patience, self.lambda.idle(self.concurrency)).await.is_err() {
            tracing::warn!("stopped in the middle of a photo; it goes on at the next start");
        }
        // S3 and DynamoDB last: what still ran needed them. The next stack of this process opens the same files.
        let _ = self.close.send(true);
        if tokio::time::timeout(patience, self.close.closed()).await.is_err() {
            tracing::warn!("S3 or DynamoDB did not end in time");
        }
    }
}

fn embedded_at(addresses: &Addresses, keys: Keys) -> Services {
    let (s3, dynamodb) = (addresses.s3.clone(), addresses.dynamodb.clone());
    Services::embedded(s3, dynamodb, keys.access_key, keys.secret_key)
}

/// The table, and what a keeper left that was killed: the folder is held, so that no other one runs.
async fn make_ready(storage: &Storage, dynamo: Option<&Dynamo>) -> Result<(), StartError> {
    let ready = async {
        storage.catalog.create_table().await?;
        tintype_keeper::begin(storage, mint::now()).await
    };
    let damage = || dynamo.and_then(Dynamo::damage);
    ready.await.map_err(|error| damage().map_or(error.into(), StartError::from))
}

/// How long the S3 of an earlier stack in this process may take to end: the data folder is held, so it can be no other's.
const STILL_ENDING: Duration = Duration::from_secs(10);

async fn open_s3(
    data_dir: &DataDir,
    keys: &Keys,
    page: &str,
    durability: Durability,
) -> Result<LocalS3, OpenError> {
    let buckets = vec![
        BucketSpec::new(UPLOADS).notify().cors_origin(page),
        BucketSpec::new(VAULT).versioned().cors_origin(page),
    ];
    let (access_key, secret_key) = (&keys.access_key, &keys.secret_key);
    let given_up = Instant::now() + STILL_ENDING;
    loop {
        let (folder, buckets) = (data_dir.s3(), buckets.clone());
        let opened =
            LocalS3::open_with(&folder, EMULATED_REGION, access_key, secret_key, buckets, durability).await;
        match opened {
            Err(OpenError::InUse(_)) if Instant::now() < given_up => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

fn serve_s3(s3: &LocalS3, port: Listener, closing: &watch::Receiver<bool>) {
    for socket in port.into_sockets() {
        let serving = s3.clone().serve(socket, stopped(closing.clone()));
        let held = closing.clone();
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "S3 ended");
            }
            drop(held);
        });
    }
}

/// An access token for scripts, made without a server: whoever can read the folder may.
pub fn access_token(data_dir: &Path, user: &str) -> Result<String, TokenError> {
    let addresses = data_dir::read_addresses(data_dir)?;
    Ok(issuer(data_dir, &addresses, Duration::from_hours(1))?.access_token(user)?)
}

/// No token can be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The folder.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The name, or the issuer's key.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

fn issuer(data_dir: &Path, addresses: &Addresses, lifetime: Duration) -> Result<Issuer, IssuerError> {
    let page = &addresses.page;
    let client = Client {
        client_id: PAGE_CLIENT.to_owned(),
        redirect_uris: vec![format!("{page}/callback")],
        logout_uris: vec![format!("{page}/")],
        allowed_origins: vec![page.clone()],
    };
    let issuer_url = addresses.issuer.clone();
    let config = IssuerConfig { issuer_url, clients: vec![client], access_token_lifetime: lifetime };
    Issuer::open(&data_dir::issuer(data_dir), config)
}

fn verifier(addresses: &Addresses) -> Result<Verifier, StartError> {
    let config = AuthConfig {
        issuer: addresses.issuer.clone(),
        jwks_url: format!("{}/.well-known/jwks.json", addresses.issuer),
        client_ids: vec![PAGE_CLIENT.to_owned()],
        expelled: HashMap::new(),
    };
    Verifier::new(config).map_err(|error| StartError::Http(error.to_string()))
}

fn csp(addresses: &Addresses) -> Csp {
    Csp {
        uploads: addresses.s3.clone(),
        vault: addresses.s3.clone(),
        issuer: addresses.issuer.clone(),
        auth: addresses.issuer.clone(),
    }
}

/// What the page reads as `/config.json`; `make deploy` writes the same names for the cloud.
fn page_config(addresses: &Addresses) -> serde_json::Value {
    serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "issuer": addresses.issuer,
        "client_id": PAGE_CLIENT,
        "scope": oidc::SCOPE,
        "uploads_origin": addresses.s3,
        "vault_origin": addresses.s3,
        "storage_class": "STANDARD",
    })
}

/// A variant, as S3 answers CloudFront.
async fn variant(vault: Vault, request: MediaRequest) -> Response {
    let Ok(key @ ObjectKey::Variant { .. }) = request.key.parse() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match vault.variant(&key).await {
        Ok(Some(found)) => {
            let known = request.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
            let same = known.is_some_and(|known| known.split(',').any(|etag| etag.trim() == found.etag));
            let headers =
                [(header::CONTENT_TYPE, Variant::CONTENT_TYPE.to_owned()), (header::ETAG, found.etag)];
            if same {
                (StatusCode::NOT_MODIFIED, headers).into_response()
            } else {
                (headers, found.bytes).into_response()
            }
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "an image could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The keeper's schedule.
async fn keep(keeper: Keeper, [first, every]: [Duration; 2], stopping: watch::Receiver<bool>) {
    let mut wait = first.min(every);
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopped(stopping.clone()) => return,
        }
        wait = every;
        // What EventBridge sends. A task of its own: a run that panics is not the end of all runs.
        let keeper = keeper.clone();
        let run = async move { tintype_keeper::handle(&keeper, &serde_json::json!({}), mint::now()).await };
        let error: Box<dyn std::error::Error> = match tokio::spawn(run).await {
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => error.into(),
            Err(panicked) => panicked.into(),
        };
        tracing::error!(error, "the keeper failed; it runs again on schedule");
    }
}
