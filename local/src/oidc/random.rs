//! Secrets and ids. The system's random numbers come by way of `rsa`, which needs them for its key anyway.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};

/// 256 random bits for a code, a refresh token or a cookie.
pub(super) fn secret() -> String {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A random UUID, as Cognito's `jti` is.
pub(super) fn jti() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    uuid(bytes, 4)
}

/// What is kept of a secret. It is as random as the digest is long, so no salt is needed to store it.
pub(super) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// `bytes` in the shape of a UUID: version and variant set, five groups of hex.
pub(super) fn uuid(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_differ() {
        assert_eq!(secret().len(), 43);
        assert_ne!(secret(), secret());
    }

    #[test]
    fn a_uuid_tells_its_version_and_variant() {
        assert_eq!(uuid([0xff; 16], 4), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
