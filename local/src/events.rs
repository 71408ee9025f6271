//! S3's events, in AWS's own shape.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tintype_local_s3::ObjectCreated;
use tintype_storage::StorageError;
use tintype_storage::Uploads;
use tintype_storage::config::EMULATED_REGION;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::lambda::Lambda;

/// What stays as it is in a key of an event; a blank becomes `+`.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');

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
    let mut next = None;
    loop {
        let page = uploads.waiting(next).await?;
        for upload in page.uploads {
            lambda.invoke(event(&ObjectCreated {
                bucket: bucket.to_owned(),
                key: upload.key,
                size: upload.size,
                etag: String::new(),
                version_id: None,
                event_time: upload.received_at,
                sequencer: String::new(),
                event_name: "ObjectCreated:Put",
            }));
        }
        next = page.next;
        if next.is_none() {
            return Ok(());
        }
    }
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
