//! What the API needs to know, read once.

use tintype_storage::config::{MissingVariable, variable};

/// The largest object that one PUT and one copy can carry.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>
pub const S3_LIMIT: u64 = 5 << 30;

/// What the API needs to know.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// `MAX_FILE_BYTES`: the largest file taken, at most 5 GiB.
    pub max_file_bytes: u64,
    /// `ORIGINALS_CLASS`: storage class of originals.
    pub originals_class: String,
    /// `ORIGINALS_USD_GB_MONTH`: what a gigabyte of that class costs a month.
    pub originals_usd_gb_month: f64,
    /// `PAGE_ORIGIN`: the page's origin, which the cookies for `/media` are good for.
    pub page_origin: String,
}

/// How tokens are verified.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// `ISSUER`: who makes the tokens.
    pub issuer: String,
    /// `JWKS_URL`: where the issuer's keys are.
    pub jwks_url: String,
    /// `CLIENT_IDS`: whose tokens are taken, separated by commas.
    pub client_ids: Vec<String>,
}

/// A variable of the environment that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not set.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// It makes no sense.
    #[error("the environment variable {name} {expected}")]
    Wrong {
        /// Which.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
}

impl ApiConfig {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let name = "MAX_FILE_BYTES";
        let max_file_bytes = variable(name)?.parse().ok().filter(|bytes| (1..=S3_LIMIT).contains(bytes));
        let price = "ORIGINALS_USD_GB_MONTH";
        let usd = variable(price)?.parse().ok().filter(|usd: &f64| usd.is_finite() && *usd >= 0.0);
        Ok(Self {
            max_file_bytes: max_file_bytes.ok_or(ConfigError::Wrong {
                name,
                expected: "must be a number from 1 to 5368709120 (5 GiB)",
            })?,
            originals_class: variable("ORIGINALS_CLASS")?,
            originals_usd_gb_month: usd.ok_or(ConfigError::Wrong {
                name: price,
                expected: "must be a price in US dollars, such as 0.004",
            })?,
            page_origin: variable("PAGE_ORIGIN")?,
        })
    }
}

impl AuthConfig {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let client_ids = variable("CLIENT_IDS")?.split(',').map(|id| id.trim().to_owned()).collect();
        Ok(Self { issuer: variable("ISSUER")?, jwks_url: variable("JWKS_URL")?, client_ids })
    }
}
