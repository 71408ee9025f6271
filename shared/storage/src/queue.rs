//! Work for a function: the processor's is handed over, the keeper's can be waited for.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

use crate::error::{StorageError, unavailable};

/// Sends work to one function.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    function: String,
}

impl Queue {
    /// To the function of this name.
    pub fn new(client: Client, function: String) -> Self {
        Self { client, function }
    }

    /// Hands over an event; Lambda answers before it has run, and retries it twice if it fails.
    pub async fn send(&self, event: Vec<u8>) -> Result<(), StorageError> {
        self.client
            .invoke()
            .function_name(&self.function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(event))
            .send()
            .await
            .map_err(unavailable("Invoke"))?;
        Ok(())
    }

    /// Hands over an event and waits for the answer; `Err` with what the function said if it failed.
    pub async fn call(&self, event: Vec<u8>) -> Result<Result<Vec<u8>, Vec<u8>>, StorageError> {
        let answer = self
            .client
            .invoke()
            .function_name(&self.function)
            .invocation_type(InvocationType::RequestResponse)
            .payload(Blob::new(event))
            .send()
            .await
            .map_err(unavailable("Invoke"))?;
        let failed = answer.function_error.is_some();
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        Ok(if failed { Err(payload) } else { Ok(payload) })
    }
}
