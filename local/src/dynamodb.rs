//! DynamoDB on one machine: dynoxide's engine on `SQLite`, behind the wire protocol that the SDK speaks.
//!
//! dynoxide's own HTTP server answers any web page (it sends `access-control-allow-origin: *`), so requests are
//! taken in here and only the operations that Tintype uses are passed on.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::access;

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the catalog {path} cannot be opened: {why}")]
pub struct CatalogError {
    path: String,
    why: String,
}

struct Dynamo {
    database: Database,
    access_key: String,
}

/// The database in this file, as a service for whoever knows the access key.
pub(crate) fn router(file: &Path, access_key: String) -> Result<Router, CatalogError> {
    let path = file.display().to_string();
    let database = match file.to_str().map(Database::new) {
        Some(Ok(database)) => database,
        Some(Err(error)) => return Err(CatalogError { path, why: error.to_string() }),
        None => return Err(CatalogError { path, why: "its name is not Unicode".to_owned() }),
    };
    let dynamo = Arc::new(Dynamo { database, access_key });
    Ok(Router::new().route("/", post(answer)).with_state(dynamo))
}

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];

/// DynamoDB is never full: this status is HTTP's. <https://www.rfc-editor.org/rfc/rfc4918#section-11.5>
const FULL: &str = r#"{"__type":"tintype#StorageFull","message":"The disk is full. Free some space on it, then try again."}"#;

/// Whether there was no room for it. The engine keeps `SQLite`'s code to itself in some of its errors, but always its
/// words. <https://www.sqlite.org/rescode.html#full>
fn is_full(error: &DynoxideError) -> bool {
    error.status_code() >= 500 && error.to_string().contains("database or disk is full")
}

async fn answer(State(dynamo): State<Arc<Dynamo>>, headers: HeaderMap, body: Bytes) -> Response {
    if !access::is_ours(&headers, &dynamo.access_key) {
        let refused =
            r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"unknown key"}"#;
        return (StatusCode::BAD_REQUEST, JSON, refused).into_response();
    }
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("DynamoDB_20120810.").unwrap_or_default().to_owned();
    // SQLite waits for the disk; the runtime's threads must not.
    let done = tokio::task::spawn_blocking(move || run(&dynamo.database, &operation, &body)).await;
    match done {
        Ok(Ok(json)) => (StatusCode::OK, JSON, json).into_response(),
        Ok(Err(error)) if is_full(&error) => {
            tracing::warn!(%error, "the disk is full: free some space on it");
            (StatusCode::INSUFFICIENT_STORAGE, JSON, FULL).into_response()
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
