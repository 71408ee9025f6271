//! Lambda on one machine: asynchronous invocations of the processor, delivered at least once and tried three times.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>: a failed event is tried again
//! after one minute and after two more; then Lambda gives up, and the keeper finds what is left.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tintype_processor::{Processor, handle};
use tokio::sync::{Semaphore, watch};

use crate::access;

/// The largest asynchronous event that Lambda takes.
const MAX_EVENT: usize = 1 << 20;

/// How the processor is run here.
#[derive(Debug, Clone)]
pub struct LambdaOptions {
    /// How many events run side by side.
    pub concurrency: usize,
    /// How long a failed event waits for its second and its third try.
    pub retry_after: [Duration; 2],
}

/// Runs the processor; cheap to clone.
#[derive(Clone)]
pub(crate) struct Lambda(Arc<Inner>);

struct Inner {
    processor: Processor,
    places: Arc<Semaphore>,
    retry_after: [Duration; 2],
    stopping: watch::Receiver<bool>,
}

impl Lambda {
    pub(crate) fn new(
        processor: Processor,
        options: &LambdaOptions,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let places = Arc::new(Semaphore::new(options.concurrency.max(1)));
        Self(Arc::new(Inner { processor, places, retry_after: options.retry_after, stopping }))
    }

    /// Takes an event and returns at once.
    pub(crate) fn invoke(&self, event: Value) {
        let inner = Arc::clone(&self.0);
        tokio::spawn(inner.deliver(event));
    }

    /// Until what runs now is finished.
    pub(crate) async fn idle(&self, concurrency: usize) {
        let all = u32::try_from(concurrency.max(1)).unwrap_or(u32::MAX);
        drop(self.0.places.acquire_many(all).await);
    }

    /// The one route of Lambda's API that the SDK needs, for the keeper.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
    pub(crate) fn router(&self, function: &str, access_key: String) -> Router {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        Router::new()
            .route(&path, post(invoke))
            .layer(DefaultBodyLimit::max(MAX_EVENT))
            .with_state((self.clone(), access_key))
    }
}

async fn invoke(
    State((lambda, access_key)): State<(Lambda, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if !access::is_ours(&headers, &access_key) {
        return StatusCode::FORBIDDEN;
    }
    match serde_json::from_slice(&body) {
        Ok(event) => {
            lambda.invoke(event);
            StatusCode::ACCEPTED
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

impl Inner {
    async fn deliver(self: Arc<Self>, event: Value) {
        for tried in 0..=self.retry_after.len() {
            if Arc::clone(&self).run(event.clone()).await {
                return;
            }
            if let Some(after) = self.retry_after.get(tried) {
                tracing::warn!(again_in = ?after, "an event failed and is tried again");
                tokio::time::sleep(*after).await;
            } else {
                tracing::error!("an event failed three times; the keeper finds what is left");
            }
        }
    }

    /// Whether the event is done. Nothing new starts while the process stops: what waits is still in the uploads
    /// bucket, and is delivered at the next start.
    async fn run(self: Arc<Self>, event: Value) -> bool {
        let Ok(_place) = self.places.acquire().await else { return true };
        if *self.stopping.borrow() {
            return true;
        }
        // A task of its own: a panic fails this try, as it does in Lambda, and the event is tried again.
        let inner = Arc::clone(&self);
        let handled = tokio::spawn(async move { handle(&event, &inner.processor).await.is_ok() });
        handled.await.unwrap_or(false)
    }
}
