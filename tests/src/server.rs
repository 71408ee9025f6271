//! The stack as a process: it can be told to stop, and killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tempfile::TempDir;
use tintype_local::stack::{Services, access_token};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Buckets, User};

/// How to start one.
pub struct Start {
    program: &'static str,
    folder: TempDir,
    arguments: Vec<String>,
    log: &'static str,
}

/// Where a process says that everything is.
#[derive(Debug, Clone, Deserialize)]
struct Addresses {
    page: String,
    s3: String,
}

/// A running process, killed when dropped.
pub struct Server {
    child: Child,
    addresses: Addresses,
    port: u16,
    data_dir: PathBuf,
    stderr: PathBuf,
    http: reqwest::Client,
    /// How long it took until the page could be opened.
    pub took: Duration,
}

impl Start {
    /// This program, on a folder of its own. In a test, `program` is `env!("CARGO_BIN_EXE_tintype-under-test")`.
    pub fn new(program: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { program, folder, arguments: Vec::new(), log: "warn,tintype=info" }
    }

    /// One more argument.
    #[must_use]
    pub fn with(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With another filter of the log.
    #[must_use]
    pub fn logging(mut self, filter: &'static str) -> Self {
        self.log = filter;
        self
    }

    /// The folder that holds everything.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it on three ports that are free.
    pub async fn start(&self) -> Server {
        for _ in 0..20 {
            if let Ok(server) = self.start_on(a_port()).await {
                return server;
            }
        }
        panic!("no three ports in a row are free; the last process said: {}", self.stderr())
    }

    /// Starts it on these three ports; fails with what it says.
    pub async fn start_on(&self, port: u16) -> Result<Server, String> {
        let begun = Instant::now();
        let mut child = self.command(port).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        if line.is_empty() {
            child.wait().await.unwrap();
            return Err(self.stderr());
        }
        Ok(Server {
            addresses: serde_json::from_str(&line).unwrap(),
            took: begun.elapsed(),
            child,
            port,
            data_dir: self.data_dir(),
            stderr: self.stderr_file(),
            http: reqwest::Client::new(),
        })
    }

    /// The process, not started yet; its stderr is added to one file.
    pub fn command(&self, port: u16) -> Command {
        let stderr = fs::OpenOptions::new().create(true).append(true).open(self.stderr_file()).unwrap();
        let mut command = Command::new(self.program);
        command
            .args(["--port", &port.to_string(), "--print-json", "--data-dir"])
            .arg(self.data_dir())
            .args(&self.arguments)
            .env("RUST_LOG", self.log)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stderr(stderr)
            .kill_on_drop(true);
        command
    }

    /// What all its processes wrote to stderr.
    pub fn stderr(&self) -> String {
        fs::read_to_string(self.stderr_file()).unwrap_or_default()
    }

    fn stderr_file(&self) -> PathBuf {
        self.folder.path().join("stderr.log")
    }
}

/// Another port for each call: below those that the system gives out by itself, and apart for each test process.
fn a_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % 100).unwrap();
    10_000 + process * 200 + NEXT.fetch_add(3, Ordering::Relaxed) % 198
}

impl Server {
    /// The first of its three ports.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Address of the page.
    pub fn page(&self) -> &str {
        &self.addresses.page
    }

    /// Somebody who signed in under this name, with a token as `make token` prints it.
    pub fn user(&self, name: &str) -> User {
        self.user_with_token(access_token(&self.data_dir, name).unwrap())
    }

    /// Somebody who shows this token.
    pub fn user_with_token(&self, token: String) -> User {
        let id = claim(&token, "sub");
        User::new(self.http.clone(), self.addresses.page.clone(), id.parse().unwrap(), token)
    }

    /// What lies in the buckets.
    pub fn buckets(&self) -> Buckets {
        let keys = fs::read(self.data_dir.join("keys.json")).unwrap();
        let keys: serde_json::Value = serde_json::from_slice(&keys).unwrap();
        let text = |name: &str| keys[name].as_str().unwrap().to_owned();
        // What lies in the buckets is in no need of the catalog.
        let dynamodb = "http://localhost:9".to_owned();
        let s3 = self.addresses.s3.clone();
        Buckets::of(&Services::embedded(s3, dynamodb, text("access_key"), text("secret_key")))
    }

    /// What it wrote to stderr.
    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Ends it in the middle of whatever it does.
    pub async fn kill(mut self) {
        self.signal(Signal::KILL);
        self.child.wait().await.unwrap();
    }

    /// Tells it to stop; how long that took.
    pub async fn stop(mut self) -> Duration {
        let begun = Instant::now();
        self.signal(Signal::TERM);
        let status = self.child.wait().await.unwrap();
        assert!(status.success(), "it stops cleanly when told to: {status}");
        begun.elapsed()
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), signal).unwrap();
    }
}

/// What a token says of itself, unverified.
fn claim(token: &str, name: &str) -> String {
    let middle = token.split('.').nth(1).unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, middle).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    claims[name].as_str().unwrap().to_owned()
}
