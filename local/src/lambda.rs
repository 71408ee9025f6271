//! Lambda on one machine: asynchronous invocations of the processor, delivered at least once and tried three times, and
//! the keeper, which answers whoever asks it by hand.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>: a failed event is tried again
//! after one minute and after two more; then Lambda gives up, and the keeper finds what is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tintype_keeper::Keeper;
use tintype_processor::{Processor, handle};
use tintype_storage::mint;
use tokio::sync::{Semaphore, watch};

use crate::access;

/// The largest asynchronous event that Lambda takes.
const MAX_EVENT: usize = 1 << 20;

/// The processor's name.
pub(crate) const PROCESSOR: &str = "tintype-processor";
/// The keeper's name.
pub(crate) const KEEPER: &str = "tintype-keeper";

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
    /// Events that are not done.
    open: AtomicUsize,
}

impl Lambda {
    pub(crate) fn new(
        processor: Processor,
        options: &LambdaOptions,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let places = Arc::new(Semaphore::new(options.concurrency.max(1)));
        let (retry_after, open) = (options.retry_after, AtomicUsize::new(0));
        Self(Arc::new(Inner { processor, places, retry_after, stopping, open }))
    }

    /// Takes an event and returns at once.
    pub(crate) fn invoke(&self, event: Value) {
        let inner = Arc::clone(&self.0);
        inner.open.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            Arc::clone(&inner).deliver(event).await;
            inner.open.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// How many events are not done, those that wait for another try included.
    pub(crate) fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Until what runs now is finished.
    pub(crate) async fn idle(&self, concurrency: usize) {
        let all = u32::try_from(concurrency.max(1)).unwrap_or(u32::MAX);
        drop(self.0.places.acquire_many(all).await);
    }

    /// The one route of Lambda's API that the SDK needs: the processor's work is taken in, the keeper's is answered.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
    pub(crate) fn router(&self, keeper: Keeper, access_key: String) -> Router {
        let path = |function: &str| format!("/2015-03-31/functions/{function}/invocations");
        let processor = post(invoke).with_state((self.clone(), access_key.clone()));
        let keeper = post(ask_keeper).with_state((keeper, access_key));
        Router::new()
            .route(&path(PROCESSOR), processor)
            .route(&path(KEEPER), keeper)
            .layer(DefaultBodyLimit::max(MAX_EVENT))
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

/// As Lambda answers a call that waits: 200 also if the function failed, which a header says.
async fn ask_keeper(
    State((keeper, access_key)): State<(Keeper, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !access::is_ours(&headers, &access_key) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(event) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    // A task of its own: it goes on if nobody waits any more, as it does in Lambda.
    let asked = tokio::spawn(async move { tintype_keeper::handle(&keeper, &event, mint::now()).await });
    let failed = match asked.await {
        Ok(Ok(answer)) => return Json(answer).into_response(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the keeper panicked".to_owned(),
    };
    ([("x-amz-function-error", "Unhandled")], Json(json!({ "errorMessage": failed }))).into_response()
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
