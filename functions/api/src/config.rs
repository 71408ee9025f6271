//! What the API needs to know, read once.

use std::collections::HashMap;

use tintype_function::{ConfigError, Environment};
use tintype_storage::StorageConfig;

/// The largest object that one PUT and one copy can carry.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>
pub const S3_LIMIT: u64 = 5 << 30;

/// All that the API is configured with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Buckets and catalog.
    pub storage: StorageConfig,
    /// Whose token is good.
    pub auth: AuthConfig,
    /// Limits and prices.
    pub api: ApiConfig,
    /// `MEDIA_KEY_PARAMETER`: the SSM parameter that holds the private key which signs cookies for `/media`.
    pub media_key_parameter: String,
    /// `MEDIA_KEY_PAIR_ID`: the id that CloudFront gave its public half.
    pub media_key_pair_id: String,
    /// `STACK`: name of the stack, a dimension of its metrics.
    pub stack: String,
}

/// Limits and prices.
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
    /// `EXPELLED`: whose tokens ended before their time, and until when they were issued, in seconds since 1970.
    pub expelled: HashMap<String, u64>,
}

impl Config {
    /// From the function's environment.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            storage: StorageConfig::read(environment)?,
            auth: AuthConfig::read(environment)?,
            api: ApiConfig::read(environment)?,
            media_key_parameter: environment.required("MEDIA_KEY_PARAMETER")?,
            media_key_pair_id: environment.required("MEDIA_KEY_PAIR_ID")?,
            stack: environment.required("STACK")?,
        })
    }
}

impl ApiConfig {
    fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let limit = "must be a number from 1 to 5368709120 (5 GiB)";
        let price = "must be a price in US dollars, such as 0.004";
        Ok(Self {
            max_file_bytes: environment.parsed("MAX_FILE_BYTES", limit, |text| {
                text.parse().ok().filter(|bytes| (1..=S3_LIMIT).contains(bytes))
            })?,
            originals_class: environment.required("ORIGINALS_CLASS")?,
            originals_usd_gb_month: environment.parsed("ORIGINALS_USD_GB_MONTH", price, |text| {
                text.parse().ok().filter(|usd: &f64| usd.is_finite() && *usd >= 0.0)
            })?,
            page_origin: environment.required("PAGE_ORIGIN")?,
        })
    }
}

impl AuthConfig {
    fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let client_ids = environment.required("CLIENT_IDS")?;
        Ok(Self {
            issuer: environment.required("ISSUER")?,
            jwks_url: environment.required("JWKS_URL")?,
            client_ids: client_ids.split(',').map(|id| id.trim().to_owned()).collect(),
            expelled: match environment.optional("EXPELLED") {
                Some(text) => expelled(&text).ok_or(ConfigError::Wrong {
                    name: "EXPELLED",
                    expected: "must be users with the second of their expulsion, such as 1b2c@1700000000, separated by commas",
                })?,
                None => HashMap::new(),
            },
        })
    }
}

fn expelled(text: &str) -> Option<HashMap<String, u64>> {
    text.split(',')
        .map(|entry| {
            let (user, until) = entry.trim().split_once('@')?;
            Some((user.to_owned(), until.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_expelled_is_read_with_the_time() {
        let found = expelled("1b2c-3d@1700000000, 4e5f@1700000001").unwrap();
        assert_eq!(found["1b2c-3d"], 1_700_000_000);
        assert_eq!(found["4e5f"], 1_700_000_001);
        for wrong in ["1b2c", "1b2c@", "1b2c@soon", "1b2c@1700000000,", "1b2c@-1"] {
            assert!(expelled(wrong).is_none(), "{wrong}");
        }
    }
}
