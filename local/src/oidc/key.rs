//! The key that signs tokens: made once, kept in the data folder.

use super::{IssuerError, files};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
    rand_core::OsRng,
};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// The size of Cognito's keys.
const BITS: usize = 2048;

/// An RS256 key with its public half as it is published.
pub(super) struct SigningKey {
    signer: EncodingKey,
    verifier: DecodingKey,
    header: Header,
    published: JwkSet,
}

impl SigningKey {
    /// Reads the key at `path`, or makes it. Two processes may do this at once: both end with the same key.
    pub(super) fn open(path: &Path) -> Result<Self, IssuerError> {
        let broken = |error: rsa::pkcs8::Error| IssuerError::key(path, error);
        let pem = match files::read(path).map_err(|error| IssuerError::file(path, error))? {
            Some(pem) => pem,
            None => Self::make(path)?,
        };
        Self::new(&RsaPrivateKey::from_pkcs8_pem(&pem).map_err(broken)?)
            .map_err(|error| IssuerError::key(path, error))
    }

    fn make(path: &Path) -> Result<String, IssuerError> {
        let key = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|error| IssuerError::key(path, error))?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| IssuerError::key(path, error))?;
        files::create(path, pem.as_bytes()).map_err(|error| IssuerError::file(path, error))?;
        // Read again, since another process may have been first.
        files::read(path)
            .and_then(|pem| pem.ok_or_else(|| std::io::ErrorKind::NotFound.into()))
            .map_err(|error| IssuerError::file(path, error))
    }

    fn new(key: &RsaPrivateKey) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let signer = EncodingKey::from_rsa_der(key.to_pkcs1_der()?.as_bytes());
        let verifier = DecodingKey::from_rsa_der(key.to_public_key().to_pkcs1_der()?.as_bytes());
        let mut published = Jwk::from_encoding_key(&signer, Algorithm::RS256)?;
        // RFC 7638: the name of a key follows from the key, so it needs no file of its own.
        let key_id = published.thumbprint(ThumbprintHash::SHA256)?;
        published.common.key_id = Some(key_id.clone());
        published.common.public_key_use = Some(PublicKeyUse::Signature);
        let header = Header { typ: None, kid: Some(key_id), ..Header::new(Algorithm::RS256) };
        Ok(Self { signer, verifier, header, published: JwkSet { keys: vec![published] } })
    }

    /// A signed token that says `claims`.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&self.header, claims, &self.signer)
    }

    /// What `token` says, if this key signed it, it is of `issuer` and it has not expired.
    pub(super) fn verify<C: DeserializeOwned + Clone>(&self, token: &str, issuer: &str) -> Option<C> {
        let mut rules = jsonwebtoken::Validation::new(Algorithm::RS256);
        rules.set_issuer(&[issuer]);
        rules.set_required_spec_claims(&["exp", "iss"]);
        rules.validate_aud = false;
        rules.leeway = 0;
        jsonwebtoken::decode(token, &self.verifier, &rules).ok().map(|token| token.claims)
    }

    /// The public half, for `/.well-known/jwks.json`.
    pub(super) fn published(&self) -> &JwkSet {
        &self.published
    }
}
