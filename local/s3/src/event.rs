//! Notifications: what S3 tells a function about a new object.

use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// One record of an S3 event, before anyone writes it as JSON.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCreated {
    /// Where it was written.
    pub bucket: String,
    /// Its key as the client gave it; S3's JSON has it URL-encoded.
    pub key: String,
    /// Length of the object in bytes.
    pub size: u64,
    /// The etag without its quotes, as S3's events carry it.
    pub etag: String,
    /// The new version, in a versioned bucket.
    pub version_id: Option<String>,
    /// When it was written.
    pub event_time: OffsetDateTime,
    /// Orders the events of one key: of two, the one that compares greater is later.
    pub sequencer: String,
    /// `ObjectCreated:Put` or `ObjectCreated:Copy`.
    pub event_name: &'static str,
}

/// Everyone who listens.
#[derive(Default)]
pub(crate) struct Notifier {
    listeners: Mutex<Vec<UnboundedSender<ObjectCreated>>>,
}

impl Notifier {
    pub(crate) fn subscribe(&self) -> UnboundedReceiver<ObjectCreated> {
        let (sender, receiver) = unbounded_channel();
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Tells all who still listen.
    pub(crate) fn tell(&self, event: &ObjectCreated) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.send(event.clone()).is_ok());
    }
}
