//! Lambda's asynchronous invocation without Lambda: the event is accepted, and a test delivers it when it likes.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

use super::answer;

/// Accepts every event as [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html) does: with a 202.
#[derive(Debug)]
pub(super) struct Kept(pub(super) Arc<Mutex<Vec<Value>>>);

impl HttpConnector for Kept {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let event = serde_json::from_slice(request.body().bytes().unwrap_or_default()).expect("an event");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        HttpConnectorFuture::ready(Ok(answer(202, "")))
    }
}
