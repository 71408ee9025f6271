//! The stack in the test's own process.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use tempfile::TempDir;
use tintype_core::wire::Lookup;
use tintype_imaging::Budget;
use tintype_local::stack::{Options, Stack};
use tintype_local_s3::Durability;
use tintype_processor::Processor;
use tintype_storage::{Storage, mint};

use crate::{Buckets, Faults, File, User, secrets};

/// A running Tintype on a folder of its own, gone with the test.
pub struct TestApp {
    /// What runs: storage and keeper are within reach.
    pub stack: Stack,
    /// What lies in the buckets.
    pub buckets: Buckets,
    /// What a test looks with: no fault strikes it.
    pub sight: Storage,
    http: reqwest::Client,
    folder: Option<TempDir>,
}

/// Files that take a while to make and serve all tests: the two RSA keys.
const KEYS: [&str; 2] = ["media-key.pem", "issuer/signing-key.pem"];

/// A folder whose keys were made by a first start.
static MADE: LazyLock<tokio::sync::OnceCell<TempDir>> = LazyLock::new(tokio::sync::OnceCell::new);

/// As `make run` has it, but on any port, with a keeper that waits to be called and retries that come at once.
pub fn options(folder: &Path) -> Options {
    let page_dir = folder.join("page");
    fs::create_dir_all(&page_dir).unwrap();
    fs::write(page_dir.join("index.html"), "<!doctype html><title>Tintype</title>").unwrap();
    let mut options = Options::new(folder.join("data"));
    options.port = 0;
    options.page_dir = page_dir;
    options.keeper_every = Duration::from_hours(24);
    options.keeper_first = Duration::from_hours(24);
    options.lambda.retry_after = [Duration::from_millis(50), Duration::from_millis(100)];
    options
}

impl TestApp {
    /// Starts one as [`options`] has it.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts one with options of the test's own.
    pub async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        Self::start_on(tempfile::tempdir().unwrap(), change).await
    }

    /// Starts one whose functions reach the services through these faults. Events of S3 are lost: the test delivers
    /// them itself.
    pub async fn start_faulty(faults: &Faults) -> Self {
        let http = Some(faults.client());
        Self::start_with(|options| {
            options.http = http;
            options.lose_events = true;
            options.durability = Durability::Process;
        })
        .await
    }

    /// Starts one on a folder in which another one may have ended; it is gone with this one.
    pub async fn start_on(folder: TempDir, change: impl FnOnce(&mut Options)) -> Self {
        let app = Self::start_in(folder.path(), change).await;
        Self { folder: Some(folder), ..app }
    }

    /// Starts one in a folder that stays.
    pub async fn start_in(folder: &Path, change: impl FnOnce(&mut Options)) -> Self {
        secrets::search_logs();
        let mut options = options(folder);
        change(&mut options);
        if options.services.is_none() {
            options.services = crate::services::other().await;
        }
        for key in KEYS {
            let to = options.data_dir.join(key);
            if to.exists() {
                continue;
            }
            let made = MADE.get_or_init(make_keys).await;
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(made.path().join("data").join(key), to).unwrap();
        }
        let stack = Stack::start(options).await.expect("the stack starts");
        let buckets = Buckets::of(&stack.services);
        let sight = Storage::new(&crate::buckets::clients_of(&stack.services), &stack.services.config());
        Self { stack, buckets, sight, http: reqwest::Client::new(), folder: None }
    }

    /// Stops it; its folder stays, for another one to start on.
    pub async fn stop(self) -> TempDir {
        self.stack.stop().await;
        self.folder.expect("a folder of its own")
    }

    /// The processor, to be invoked by hand.
    pub fn processor(&self) -> Processor {
        Processor { storage: self.stack.storage.clone(), budget: Budget::default() }
    }

    /// Where everything lies: `data/` and `page/`.
    pub fn folder(&self) -> &Path {
        let data_dir = &self.stack.addresses.data_dir;
        data_dir.parent().unwrap_or(data_dir)
    }

    /// Somebody who signed in under this name.
    pub fn user(&self, name: &str) -> User {
        let token = self.stack.issuer.access_token(name).unwrap();
        self.user_with_token(name, token)
    }

    /// Somebody who is known by this name and shows this token.
    pub fn user_with_token(&self, name: &str, token: String) -> User {
        let id = self.stack.issuer.user_id(name).unwrap();
        User::new(self.http.clone(), self.stack.addresses.page.clone(), id.parse().unwrap(), token)
    }

    /// Uploads files and waits until the processor is done with them: deleting the upload is its last step.
    pub async fn settle(&self, user: &User, files: &[File]) -> Vec<Lookup> {
        let ends = user.upload_all(files).await;
        self.buckets.until_nothing_waits().await;
        ends
    }

    /// Asks the keeper by hand, so many hours from now; what it answers.
    pub async fn ask(&self, event: serde_json::Value, hours: i64) -> serde_json::Value {
        let then = mint::now() + time::Duration::hours(hours);
        let answer = tintype_keeper::handle(&self.stack.keeper, &event, then).await;
        serde_json::to_value(answer.expect("the keeper does it")).unwrap()
    }

    /// Lets the keeper run once, so many hours from now.
    pub async fn keep(&self, hours: i64) -> tintype_keeper::Report {
        let then = mint::now() + time::Duration::hours(hours);
        tintype_keeper::run(&self.stack.keeper, then).await.expect("the keeper runs")
    }
}

async fn make_keys() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    Stack::start(options(folder.path())).await.expect("the first stack starts").stop().await;
    folder
}
