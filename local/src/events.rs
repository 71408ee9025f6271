//! S3's events, in AWS's own shape.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tintype_local_s3::ObjectCreated;
use tintype_storage::config::EMULATED_REGION;
use tintype_storage::{StorageError, Uploads, Waiting};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;

use crate::lambda::Lambda;

/// What stays as it is in a key of an event; a blank becomes `+`.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');

/// How long to wait between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// After how long what still waits is sent once more.
const AGAIN: Duration = Duration::from_secs(2);

/// Hands each new object to the function that waits for it.
pub(crate) async fn deliver(mut created: UnboundedReceiver<ObjectCreated>, lambda: Lambda) {
    while let Some(object) = created.recv().await {
        lambda.invoke(event(&object));
    }
}

/// Events that a stopped or killed process did not deliver: S3 would still have them, and delivers at least once.
pub(crate) async fn deliver_waiting(
    uploads: &Uploads,
    bucket: &str,
    lambda: &Lambda,
) -> Result<(), StorageError> {
    for upload in all_waiting(uploads).await?.into_values() {
        lambda.invoke(event_of(bucket, upload));
    }
    Ok(())
}

/// Hands each new object to the function, where S3 is a server that sends its events nowhere: by looking, again and
/// again. What still waits after [`AGAIN`] is sent once more, as an event that comes twice.
pub(crate) async fn look_for(
    uploads: Uploads,
    bucket: String,
    lambda: Lambda,
    stopping: watch::Receiver<bool>,
) {
    let mut sent = BTreeMap::new();
    while !*stopping.borrow() {
        match all_waiting(&uploads).await {
            Ok(waiting) => {
                let now = Instant::now();
                sent.retain(|key, at| waiting.contains_key(key) && now - *at < AGAIN);
                for (key, upload) in waiting {
                    sent.entry(key).or_insert_with(|| {
                        lambda.invoke(event_of(&bucket, upload));
                        now
                    });
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "uploads cannot be listed");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn all_waiting(uploads: &Uploads) -> Result<BTreeMap<String, Waiting>, StorageError> {
    let mut waiting = BTreeMap::new();
    let mut next = None;
    loop {
        let page = uploads.waiting(next).await?;
        waiting.extend(page.uploads.into_iter().map(|upload| (upload.key.clone(), upload)));
        next = page.next;
        if next.is_none() {
            return Ok(waiting);
        }
    }
}

fn event_of(bucket: &str, upload: Waiting) -> Value {
    event(&ObjectCreated {
        bucket: bucket.to_owned(),
        key: upload.key,
        size: upload.size,
        etag: String::new(),
        version_id: None,
        event_time: upload.received_at,
        sequencer: String::new(),
        event_name: "ObjectCreated:Put",
    })
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
fn event(object: &ObjectCreated) -> Value {
    let key = utf8_percent_encode(&object.key, KEPT).to_string().replace(' ', "+");
    let mut described = json!({
        "key": key,
        "size": object.size,
        "eTag": object.etag,
        "sequencer": object.sequencer,
    });
    if let Some(version_id) = &object.version_id {
        described["versionId"] = json!(version_id);
    }
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": EMULATED_REGION,
        "eventTime": time_text(object.event_time),
        "eventName": object.event_name,
        "userIdentity": { "principalId": "LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "uploads",
            "bucket": {
                "name": object.bucket,
                "ownerIdentity": { "principalId": "LOCAL" },
                "arn": format!("arn:aws:s3:::{}", object.bucket),
            },
            "object": described,
        },
    }] })
}

fn time_text(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_as_in_a_form() {
        let object = ObjectCreated {
            bucket: "b".to_owned(),
            key: "in/a b+ü".to_owned(),
            size: 1,
            etag: "e".to_owned(),
            version_id: None,
            event_time: OffsetDateTime::UNIX_EPOCH,
            sequencer: "0".to_owned(),
            event_name: "ObjectCreated:Put",
        };
        assert_eq!(event(&object)["Records"][0]["s3"]["object"]["key"], "in/a+b%2B%C3%BC");
    }
}
