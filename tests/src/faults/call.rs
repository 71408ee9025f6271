//! One call to a service, named so that a plan can point at it.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// Which service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// S3.
    S3,
    /// DynamoDB.
    DynamoDb,
    /// Lambda.
    Lambda,
}

/// One try of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which service.
    pub service: Service,
    /// AWS's name of the operation, such as `CopyObject`.
    pub operation: String,
    /// Photo id that the call is about, or user id where it is about nothing smaller; empty if about many.
    pub subject: String,
    /// Which call of its subject since the plan was made, from 0; the SDK's own retries are the same call.
    pub ordinal: usize,
    /// Which try of this call, from 0.
    pub attempt: usize,
    /// Path and query of the request.
    pub path: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.ordinal, self.operation)
    }
}

/// What a request says of itself: service, operation, subject.
pub(super) fn read(request: &HttpRequest) -> (Service, String, String) {
    let uri = request.uri();
    let path =
        uri.split_once("://").map_or(uri, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    if let Some((_, operation)) = request.headers().get("x-amz-target").and_then(|it| it.split_once('.')) {
        let subject = photo_of(&body).or_else(|| user_of(&body)).unwrap_or_default();
        return (Service::DynamoDb, operation.to_owned(), subject);
    }
    if path.ends_with("/invocations") {
        return (Service::Lambda, "Invoke".to_owned(), photo_of(&body).unwrap_or_default());
    }
    let operation = match request.method() {
        "PUT" if request.headers().get("x-amz-copy-source").is_some() => "CopyObject",
        "PUT" => "PutObject",
        "HEAD" => "HeadObject",
        "DELETE" => "DeleteObject",
        _ if path.contains("list-type=2") => "ListObjectsV2",
        _ => "GetObject",
    };
    (Service::S3, operation.to_owned(), photo_of(path).unwrap_or_default())
}

/// The one photo id in a text: 64 hex digits in a row. None if there are two.
fn photo_of(text: &str) -> Option<String> {
    let mut found: Option<&str> = None;
    for run in text.split(|c: char| !matches!(c, '0'..='9' | 'a'..='f')).filter(|run| run.len() == 64) {
        if found.is_some_and(|found| found != run) {
            return None;
        }
        found = Some(run);
    }
    found.map(ToOwned::to_owned)
}

/// The user of a `PutItem` that writes that they exist.
fn user_of(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.pointer("/Item/SK/S")?.as_str()?.to_owned())
}
