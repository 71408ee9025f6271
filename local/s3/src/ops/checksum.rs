//! Checksums: which one an upload promises, what the bytes have, and whether they agree.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, StatusCode};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::{S3Error, S3ErrorCode, S3Result, dto, s3_error};

use crate::store::Checksum;

/// The algorithms, and how many bytes each has.
const ALGORITHMS: [(Algorithm, &str, usize); 5] = [
    (Algorithm::Crc32, "CRC32", 4),
    (Algorithm::Crc32c, "CRC32C", 4),
    (Algorithm::Crc64Nvme, "CRC64NVME", 8),
    (Algorithm::Sha1, "SHA1", 20),
    (Algorithm::Sha256, "SHA256", 32),
];

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    /// What S3 computes when nobody asks for anything.
    #[default]
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    /// By the name that headers use, in upper case.
    pub(super) fn named(name: &str) -> S3Result<Self> {
        ALGORITHMS
            .iter()
            .find(|(_, known, _)| name.eq_ignore_ascii_case(known))
            .map(|(algorithm, ..)| *algorithm)
            .ok_or_else(|| s3_error!(InvalidRequest, "Checksum algorithm provided is unsupported."))
    }

    fn name(self) -> &'static str {
        self.row().1
    }

    fn length(self) -> usize {
        self.row().2
    }

    fn row(self) -> (Algorithm, &'static str, usize) {
        let [first, ..] = ALGORITHMS;
        ALGORITHMS.into_iter().find(|(algorithm, ..)| *algorithm == self).unwrap_or(first)
    }
}

/// What the client says about the bytes it sends.
#[derive(Debug, Default)]
pub(super) struct Promise {
    pub(super) algorithm: Algorithm,
    /// In base64, as it came. A checksum in the trailer is known only at the end.
    value: Option<String>,
    /// Whether a trailer with the checksum must come.
    announced: bool,
    md5: Option<Vec<u8>>,
}

impl Promise {
    /// Reads the headers of an upload.
    pub(super) fn of(input: &dto::PutObjectInput, headers: &HeaderMap) -> S3Result<Self> {
        let given = [
            (Algorithm::Crc32, &input.checksum_crc32),
            (Algorithm::Crc32c, &input.checksum_crc32c),
            (Algorithm::Crc64Nvme, &input.checksum_crc64nvme),
            (Algorithm::Sha1, &input.checksum_sha1),
            (Algorithm::Sha256, &input.checksum_sha256),
        ];
        let mut given = given.into_iter().filter_map(|(algorithm, value)| Some((algorithm, value.as_ref()?)));
        let md5 = input.content_md5.as_deref().map(decode_md5).transpose()?;
        match (given.next(), given.next()) {
            (Some(_), Some(_)) => Err(s3_error!(
                InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            )),
            (Some((algorithm, value)), None) => {
                check_form(algorithm, value)?;
                Ok(Self { algorithm, value: Some(value.clone()), announced: false, md5 })
            }
            (None, _) => {
                let announced = announced(headers)?;
                let algorithm = announced.unwrap_or_default();
                Ok(Self { algorithm, value: None, announced: announced.is_some(), md5 })
            }
        }
    }

    /// Takes up the checksum that came after the bytes, if it was announced.
    pub(super) fn complete(&mut self, trailers: &HeaderMap) -> S3Result<()> {
        if !self.announced {
            return Ok(());
        }
        let name = format!("x-amz-checksum-{}", self.algorithm.name().to_ascii_lowercase());
        let Some(value) = trailers.get(&name).and_then(|value| value.to_str().ok()) else {
            return Err(missing_trailer());
        };
        check_form(self.algorithm, value)?;
        self.value = Some(value.to_owned());
        Ok(())
    }

    /// Whether the bytes are what was promised; if so, what is stored of them.
    pub(super) fn keep(&self, digests: Digests) -> S3Result<(String, Checksum)> {
        let Digests { md5, checksum } = digests;
        if self.md5.as_ref().is_some_and(|promised| *promised != md5) {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
        if self.value.as_ref().is_some_and(|promised| *promised != checksum.value) {
            let name = checksum.algorithm;
            return Err(s3_error!(
                BadDigest,
                "The {name} you specified did not match the calculated checksum."
            ));
        }
        Ok((hex::encode(md5), checksum))
    }
}

/// The algorithm of a checksum that comes in the trailer.
fn announced(headers: &HeaderMap) -> S3Result<Option<Algorithm>> {
    let Some(trailer) = headers.get("x-amz-trailer") else { return Ok(None) };
    let name = trailer.to_str().ok().and_then(|name| name.trim().strip_prefix("x-amz-checksum-"));
    match name {
        Some(name) => Algorithm::named(name).map(Some),
        None => {
            Err(s3_error!(InvalidRequest, "The value specified in the x-amz-trailer header is not supported"))
        }
    }
}

/// The answer to an upload whose announced checksum did not come. s3s has no such code; S3 does.
fn missing_trailer() -> S3Error {
    let mut error = s3_error!(
        InvalidRequest,
        "The request contained trailing data that was not well-formed or did not conform to our published schema."
    );
    error.set_code(S3ErrorCode::Custom("MalformedTrailerError".into()));
    error.set_status_code(StatusCode::BAD_REQUEST);
    error
}

/// Whether a value can be a checksum at all.
fn check_form(algorithm: Algorithm, value: &str) -> S3Result<()> {
    match BASE64_STANDARD.decode(value) {
        Ok(bytes) if bytes.len() == algorithm.length() => Ok(()),
        _ => {
            let name = algorithm.name().to_ascii_lowercase();
            Err(s3_error!(InvalidRequest, "Value for x-amz-checksum-{name} header is invalid."))
        }
    }
}

fn decode_md5(value: &str) -> S3Result<Vec<u8>> {
    match BASE64_STANDARD.decode(value) {
        Ok(bytes) if bytes.len() == 16 => Ok(bytes),
        _ => Err(s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid.")),
    }
}

/// Digests in the making.
pub(super) struct Hasher {
    algorithm: Algorithm,
    md5: Md5,
    checksum: ChecksumHasher,
}

/// What bytes have.
pub(super) struct Digests {
    md5: Vec<u8>,
    checksum: Checksum,
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let mut checksum = ChecksumHasher::default();
        match algorithm {
            Algorithm::Crc32 => checksum.crc32 = Some(s3s::crypto::Crc32::default()),
            Algorithm::Crc32c => checksum.crc32c = Some(s3s::crypto::Crc32c::default()),
            Algorithm::Crc64Nvme => checksum.crc64nvme = Some(s3s::crypto::Crc64Nvme::default()),
            Algorithm::Sha1 => checksum.sha1 = Some(s3s::crypto::Sha1::default()),
            Algorithm::Sha256 => checksum.sha256 = Some(s3s::crypto::Sha256::default()),
        }
        Self { algorithm, md5: Md5::new(), checksum }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksum.update(bytes);
    }

    pub(super) fn finish(self) -> Digests {
        let sums = self.checksum.finalize();
        let value = match self.algorithm {
            Algorithm::Crc32 => sums.checksum_crc32,
            Algorithm::Crc32c => sums.checksum_crc32c,
            Algorithm::Crc64Nvme => sums.checksum_crc64nvme,
            Algorithm::Sha1 => sums.checksum_sha1,
            Algorithm::Sha256 => sums.checksum_sha256,
        };
        let checksum =
            Checksum { algorithm: self.algorithm.name().to_owned(), value: value.unwrap_or_default() };
        Digests { md5: self.md5.finalize().to_vec(), checksum }
    }
}

/// A stored checksum in the fields of an answer.
pub(super) fn fields(checksum: Option<&Checksum>) -> dto::Checksum {
    let mut fields = dto::Checksum::default();
    let Some(Checksum { algorithm, value }) = checksum else { return fields };
    let field = match algorithm.as_str() {
        "CRC32" => &mut fields.checksum_crc32,
        "CRC32C" => &mut fields.checksum_crc32c,
        "CRC64NVME" => &mut fields.checksum_crc64nvme,
        "SHA1" => &mut fields.checksum_sha1,
        "SHA256" => &mut fields.checksum_sha256,
        _ => return fields,
    };
    *field = Some(value.clone());
    fields.checksum_type = Some(dto::ChecksumType::from_static(dto::ChecksumType::FULL_OBJECT));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announced_checksum_must_come_and_be_right() {
        let mut promise = Promise { algorithm: Algorithm::Crc32, announced: true, ..Promise::default() };
        let error = promise.complete(&HeaderMap::new()).unwrap_err();
        assert_eq!(error.code().as_str(), "MalformedTrailerError");
        assert_eq!(error.status_code(), Some(StatusCode::BAD_REQUEST));

        let mut trailers = HeaderMap::new();
        trailers.insert("x-amz-checksum-crc32", "AAAAAA==".parse().unwrap());
        promise.complete(&trailers).unwrap();
        let mut other = Hasher::new(Algorithm::Crc32);
        other.update(b"x");
        assert_eq!(promise.keep(other.finish()).unwrap_err().code().as_str(), "BadDigest");
        // The CRC of nothing is zero.
        let (_, kept) = promise.keep(Hasher::new(Algorithm::Crc32).finish()).unwrap();
        assert_eq!(kept.value, "AAAAAA==");
    }
}
