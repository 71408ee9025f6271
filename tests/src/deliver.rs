//! S3's events by hand: a test decides when, how often, and what becomes of the invocation.

use std::time::Duration;

use serde_json::Value;
use tintype_core::key::ObjectKey;
use tintype_core::work;
use tintype_processor::handle;

use crate::{Faults, File, TestApp, User};

/// How often Lambda tries an event.
pub const TRIES: usize = 3;

impl TestApp {
    /// Uploads a file and answers the key under which it waits.
    pub async fn receive(&self, user: &User, file: &File, restore: bool) -> ObjectKey {
        let wanted = tintype_core::wire::UploadFile { restore, ..file.wanted() };
        let request = User::request_of(user.offer(&wanted).await);
        user.put(&request, &file.bytes).await.expect(200);
        key_of(&request.url)
    }

    /// One invocation of the processor; whether it succeeded.
    pub async fn invoke(&self, event: &Value) -> bool {
        handle(event, &self.processor()).await.is_ok()
    }

    /// An event of these uploads, as Lambda delivers it: tried three times. Whether one of them succeeded. A try that
    /// [`Fault::Halt`](crate::Fault::Halt) strikes is one that ended with its process.
    pub async fn deliver(&self, keys: &[ObjectKey], faults: &Faults) -> bool {
        let event = work::uploads_event(&self.stack.services.uploads_bucket, keys);
        for _ in 0..TRIES {
            let halted = async {
                while !keys.iter().any(|key| faults.has_halted(&photo_of(key))) {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            tokio::select! {
                done = self.invoke(&event) => if done { return true },
                () = halted => {}
            }
        }
        false
    }
}

/// The key that a presigned upload is for.
pub fn key_of(url: &str) -> ObjectKey {
    let url = reqwest::Url::parse(url).unwrap();
    url.path().trim_start_matches('/').split_once('/').unwrap().1.parse().unwrap()
}

fn photo_of(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Upload { photo_id, .. } => photo_id.to_string(),
        _ => String::new(),
    }
}
