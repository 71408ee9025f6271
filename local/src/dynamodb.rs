//! DynamoDB on one machine: dynoxide's engine on `SQLite`, behind the wire protocol that the SDK speaks.
//!
//! dynoxide's own HTTP server answers any web page (it sends `access-control-allow-origin: *`), so requests are
//! taken in here and only the operations that Tintype uses are passed on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{access, data_dir, next};

/// The catalog cannot be used. Each in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be opened.
    #[error("the catalog {path} cannot be opened: {why}")]
    Unopened {
        /// Its file.
        path: String,
        /// What the engine says.
        why: String,
    },
    /// It is no database any more, or not a whole one.
    #[error(
        "the catalog {path} is damaged and cannot be read. The photos are in the vault: stop Tintype if it runs, move \
         {path} away (and {path}-wal and {path}-shm, if they are there), then {rebuild} makes a new one; \
         docs/RESTORE.md says more"
    )]
    Damaged {
        /// Its file.
        path: String,
        /// The command to type.
        rebuild: String,
    },
}

impl CatalogError {
    /// Of the catalog in this folder.
    pub(crate) fn damaged(data_dir: &Path) -> Self {
        let path = data_dir::catalog(data_dir).display().to_string();
        Self::Damaged { path, rebuild: next::command(data_dir, "rebuild", None, &[]) }
    }
}

/// The database in a folder.
#[derive(Clone)]
pub(crate) struct Dynamo(Arc<Inner>);

struct Inner {
    database: Database,
    access_key: String,
    data_dir: PathBuf,
    /// Whether a call met damage.
    damaged: AtomicBool,
}

impl Dynamo {
    pub(crate) fn open(data_dir: &Path, access_key: String) -> Result<Self, CatalogError> {
        let file = data_dir::catalog(data_dir);
        let path = file.display().to_string();
        let database = match file.to_str().map(Database::new) {
            Some(Ok(database)) => database,
            Some(Err(error)) if is_damage(&error) => return Err(CatalogError::damaged(data_dir)),
            Some(Err(error)) => return Err(CatalogError::Unopened { path, why: error.to_string() }),
            None => return Err(CatalogError::Unopened { path, why: "its name is not Unicode".to_owned() }),
        };
        let (data_dir, damaged) = (data_dir.to_owned(), AtomicBool::new(false));
        Ok(Self(Arc::new(Inner { database, access_key, data_dir, damaged })))
    }

    /// The service, for whoever knows the access key.
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/", post(answer)).with_state(self.clone())
    }

    /// What a call met, if the file is damaged.
    pub(crate) fn damage(&self) -> Option<CatalogError> {
        self.0.damaged.load(Ordering::Relaxed).then(|| CatalogError::damaged(&self.0.data_dir))
    }

    fn met_damage(&self) {
        if !self.0.damaged.swap(true, Ordering::Relaxed) {
            tracing::error!("{}", CatalogError::damaged(&self.0.data_dir));
        }
    }
}

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];

/// DynamoDB is never full: this status is HTTP's. <https://www.rfc-editor.org/rfc/rfc4918#section-11.5>
const FULL: &str = r#"{"__type":"tintype#StorageFull","message":"The disk is full. Free some space on it, then try again."}"#;

/// Whether there was no room for it. The engine keeps `SQLite`'s code to itself in some of its errors, but always its
/// words. <https://www.sqlite.org/rescode.html#full>
fn is_full(error: &DynoxideError) -> bool {
    error.status_code() >= 500 && error.to_string().contains("database or disk is full")
}

/// The code under which damage is told; DynamoDB has none.
pub(crate) const DAMAGED: &str = "CatalogDamaged";

/// Whether the file is no database, or not a whole one: by words too, for the same reason.
/// <https://www.sqlite.org/rescode.html#corrupt> and `#notadb`
fn is_damage(error: &DynoxideError) -> bool {
    let says = error.to_string();
    let words = ["malformed", "file is not a database", "not a valid SQLite database"];
    error.status_code() >= 500 && words.iter().any(|words| says.contains(words))
}

async fn answer(State(dynamo): State<Dynamo>, headers: HeaderMap, body: Bytes) -> Response {
    if !access::is_ours(&headers, &dynamo.0.access_key) {
        let refused =
            r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"unknown key"}"#;
        return (StatusCode::BAD_REQUEST, JSON, refused).into_response();
    }
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("DynamoDB_20120810.").unwrap_or_default().to_owned();
    // SQLite waits for the disk; the runtime's threads must not.
    let inner = Arc::clone(&dynamo.0);
    let done = tokio::task::spawn_blocking(move || run(&inner.database, &operation, &body)).await;
    match done {
        Ok(Ok(json)) => (StatusCode::OK, JSON, json).into_response(),
        Ok(Err(error)) if is_full(&error) => {
            tracing::warn!(%error, "the disk is full: free some space on it");
            (StatusCode::INSUFFICIENT_STORAGE, JSON, FULL).into_response()
        }
        Ok(Err(error)) if is_damage(&error) => {
            dynamo.met_damage();
            let says = json!({"__type": format!("tintype#{DAMAGED}"), "message": "The catalog is damaged."});
            (StatusCode::INTERNAL_SERVER_ERROR, JSON, says.to_string()).into_response()
        }
        Ok(Err(error)) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, JSON, error.to_json()).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn run(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        other => Err(DynoxideError::ValidationException(format!("{other} is not used by Tintype"))),
    }
}

fn call<Request: DeserializeOwned, Answer: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Request) -> Result<Answer, DynoxideError>,
) -> Result<String, DynoxideError> {
    let broken = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let answer = operation(serde_json::from_slice(body).map_err(broken)?)?;
    serde_json::to_string(&answer).map_err(broken)
}
