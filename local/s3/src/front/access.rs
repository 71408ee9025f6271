//! Who may ask, and what their signature must cover.
//!
//! s3s checks that signatures are right. What it leaves open is checked here, once that is known.

use async_trait::async_trait;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

use http::{HeaderMap, Uri};

/// A presigned URL lives at most a week.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
const MAX_EXPIRES: u64 = 604_800;

/// The one pair of keys.
pub(super) struct Keys {
    access_key: String,
    secret_key: SecretKey,
}

impl Keys {
    pub(super) fn new(access_key: &str, secret_key: &str) -> Self {
        Self { access_key: access_key.to_owned(), secret_key: secret_key.into() }
    }
}

#[async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.access_key {
            Ok(self.secret_key.clone())
        } else {
            Err(s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            ))
        }
    }
}

/// What must hold of every signed request.
pub(super) struct Gate {
    region: String,
}

impl Gate {
    pub(super) fn new(region: &str) -> Self {
        Self { region: region.to_owned() }
    }
}

#[async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        let Some(signature) = Signature::of(context.uri(), context.headers()) else {
            // Version 2 does not cover checksums; S3 has switched it off in every region since 2014.
            return Err(s3_error!(
                InvalidRequest,
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            ));
        };
        signature.check_region(&self.region)?;
        signature.check_expiry()?;
        signature.check_coverage(context.headers())
    }
}

/// The parts of a version 4 signature that concern us.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>
#[derive(Debug, Default)]
struct Signature {
    presigned: bool,
    /// `{access key}/{date}/{region}/s3/aws4_request`
    credential: String,
    signed_headers: String,
    expires: Option<String>,
}

impl Signature {
    /// From the query of a presigned URL, or from the header.
    fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let query = uri.query().unwrap_or_default();
        if parameter(query, "X-Amz-Signature").is_some() {
            return Some(Self {
                presigned: true,
                credential: parameter(query, "X-Amz-Credential")?,
                signed_headers: parameter(query, "X-Amz-SignedHeaders")?,
                expires: parameter(query, "X-Amz-Expires"),
            });
        }
        let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let field = |name: &str| {
            let mut fields = fields.split(',').map(str::trim);
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        Some(Self {
            presigned: false,
            credential: field("Credential")?,
            signed_headers: field("SignedHeaders")?,
            expires: None,
        })
    }

    /// S3 answers only what was signed for its region.
    fn check_region(&self, expected: &str) -> S3Result<()> {
        let given = self.credential.rsplit('/').nth(2).unwrap_or_default();
        if given == expected {
            Ok(())
        } else if self.presigned {
            Err(s3_error!(
                AuthorizationQueryParametersError,
                "Error parsing the X-Amz-Credential parameter; the region '{given}' is wrong; expecting '{expected}'"
            ))
        } else {
            Err(s3_error!(
                AuthorizationHeaderMalformed,
                "The authorization header is malformed; the region '{given}' is wrong; expecting '{expected}'"
            ))
        }
    }

    fn check_expiry(&self) -> S3Result<()> {
        let Some(expires) = &self.expires else { return Ok(()) };
        match expires.parse::<u64>() {
            Ok(seconds) if seconds <= MAX_EXPIRES => Ok(()),
            _ => Err(s3_error!(
                AuthorizationQueryParametersError,
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less \
                 than 604800 seconds"
            )),
        }
    }

    /// "You must include the host header (HTTP/1.1) ... and any x-amz-* headers in the signature."
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
    ///
    /// This is what makes a presigned PUT a promise: its bearer cannot add a storage class, an ACL, metadata or another
    /// checksum.
    fn check_coverage(&self, headers: &HeaderMap) -> S3Result<()> {
        let is_signed =
            |name: &str| self.signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
        let must_be = |name: &str| name == "host" || name.starts_with("x-amz-");
        let unsigned = headers.keys().any(|name| must_be(name.as_str()) && !is_signed(name.as_str()));
        if unsigned {
            return Err(s3_error!(
                AccessDenied,
                "There were headers present in the request which were not signed"
            ));
        }
        Ok(())
    }
}

/// A query parameter, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let raw = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
