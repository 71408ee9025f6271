//! What the keeper needs to know, read once.

use tintype_function::{ConfigError, Environment};
use tintype_storage::StorageConfig;

/// All that the keeper is configured with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Buckets and catalog.
    pub storage: StorageConfig,
    /// `PROCESSOR`: the name of the processor's function, which work is sent to.
    pub processor: String,
    /// `STACK`: name of the stack, a dimension of its metrics.
    pub stack: String,
}

impl Config {
    /// From the function's environment.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            storage: StorageConfig::read(environment)?,
            processor: environment.required("PROCESSOR")?,
            stack: environment.required("STACK")?,
        })
    }
}
