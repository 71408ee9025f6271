//! What the gatekeeper needs to know, read once.

use tintype_function::{ConfigError, Environment};

use crate::AllowedEmails;

/// All that the gatekeeper is configured with.
#[derive(Debug, Clone)]
pub struct Config {
    /// `ALLOWED_EMAILS`: who may come in by way of another provider.
    pub allowed: AllowedEmails,
    /// `STACK`: name of the stack, a dimension of its metrics.
    pub stack: String,
}

impl Config {
    /// From the function's environment.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self { allowed: AllowedEmails::read(environment)?, stack: environment.required("STACK")? })
    }
}
