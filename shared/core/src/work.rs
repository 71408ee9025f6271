//! What the processor is asked to do: S3's events, and the keeper's two requests, in one reading.
//!
//! S3's event: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>. Keys in
//! it are URL-encoded as in a form, a blank being `+`.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{Generation, PhotoId, UserId};
use crate::key::ObjectKey;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// An upload waits under this key.
    Upload(ObjectKey),
    /// A safe photo has no variants yet.
    Render(Render),
    /// Something that no part of Tintype sends; said in the log, since trying again would not help.
    Unknown(String),
}

/// A safe photo that has no variants yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Render {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub photo_id: PhotoId,
    /// Which of its lives.
    pub generation: Generation,
}

#[derive(Serialize, Deserialize)]
struct RenderEvent {
    render: Render,
}

/// What an event asks to do. Never fails: what it does not understand becomes [`Work::Unknown`].
pub fn parse(event: &Value) -> Vec<Work> {
    if let Some(records) = event.get("Records").and_then(Value::as_array) {
        return records.iter().map(upload).collect();
    }
    // S3 sends this once when a notification is configured.
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Vec::new();
    }
    match serde_json::from_value::<RenderEvent>(event.clone()) {
        Ok(event) => vec![Work::Render(event.render)],
        Err(error) => vec![Work::Unknown(format!("an event that is neither S3's nor the keeper's: {error}"))],
    }
}

fn upload(record: &Value) -> Work {
    let Some(encoded) = record.pointer("/s3/object/key").and_then(Value::as_str) else {
        return Work::Unknown("a record without an object key".to_owned());
    };
    let form = encoded.replace('+', " ");
    match percent_decode_str(&form).decode_utf8_lossy().parse() {
        Ok(key @ ObjectKey::Upload { .. }) => Work::Upload(key),
        Ok(_) | Err(_) => Work::Unknown("an object that is no upload".to_owned()),
    }
}

/// The event that asks to look at uploads again, in S3's own shape.
pub fn uploads_event(bucket: &str, keys: &[ObjectKey]) -> Value {
    let record = |key: &ObjectKey| {
        let encoded = utf8_percent_encode(&key.to_string(), NON_ALPHANUMERIC).to_string();
        serde_json::json!({
            "eventVersion": "2.1",
            "eventSource": "tintype:keeper",
            "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": bucket }, "object": { "key": encoded } },
        })
    };
    serde_json::json!({ "Records": keys.iter().map(record).collect::<Vec<_>>() })
}

/// The event that asks for variants.
pub fn render_event(render: &Render) -> Value {
    serde_json::json!({ "render": render })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UploadId;
    use proptest::prelude::*;
    use serde_json::json;

    fn key() -> ObjectKey {
        ObjectKey::Upload {
            user: "ada".parse().unwrap(),
            photo_id: PhotoId::from_digest([1; 32]),
            upload_id: UploadId::from_parts(1, 2),
        }
    }

    #[test]
    fn several_records_are_several_uploads_and_a_strange_one_spoils_none() {
        let encoded = key().to_string().replace('/', "%2F");
        let event = json!({"Records": [
            {"s3": {"bucket": {"name": "b"}, "object": {"key": encoded, "size": 1, "new": true}}},
            {"s3": {"object": {"key": "some+thing%20else"}}},
            {"s3": {}},
            7,
        ]});
        let work = parse(&event);
        assert_eq!(work.len(), 4);
        assert_eq!(work[0], Work::Upload(key()));
        assert!(work[1..].iter().all(|work| matches!(work, Work::Unknown(_))));
    }

    #[test]
    fn a_test_event_asks_for_nothing() {
        assert_eq!(parse(&json!({"Service": "Amazon S3", "Event": "s3:TestEvent"})), []);
    }

    #[test]
    fn what_the_keeper_sends_reads_back() {
        assert_eq!(parse(&uploads_event("b", &[key(), key()])), [Work::Upload(key()), Work::Upload(key())]);
        let render = Render {
            user: "ada".parse().unwrap(),
            photo_id: PhotoId::from_digest([1; 32]),
            generation: Generation::from_parts(1, 2),
        };
        assert_eq!(parse(&render_event(&render)), [Work::Render(render)]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), key in any::<String>()) {
            parse(&serde_json::from_str(&text).unwrap_or(Value::String(text)));
            parse(&json!({"Records": [{"s3": {"object": {"key": key}}}]}));
        }
    }
}
