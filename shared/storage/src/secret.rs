//! Secrets of ours: SSM parameters, encrypted, which cost nothing to keep.

use aws_sdk_ssm::Client;

use crate::config::sdk_config;
use crate::error::{StorageError, unavailable};

/// The value of a `SecureString` parameter. Whoever needs it asks once and keeps it.
pub async fn secret(name: &str) -> Result<String, StorageError> {
    let client = Client::new(&sdk_config().await);
    let answer = client.get_parameter().name(name).with_decryption(true).send().await;
    let answer = answer.map_err(unavailable("GetParameter"))?;
    let value = answer.parameter.and_then(|parameter| parameter.value);
    value.ok_or_else(|| StorageError::Corrupt { what: name.to_owned(), why: "it has no value".to_owned() })
}
