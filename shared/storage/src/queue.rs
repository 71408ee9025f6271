//! Work for the processor: an asynchronous invocation of its Lambda function.

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
}
