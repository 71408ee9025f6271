//! `ListObjectsV2` and the older `ListObjects`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use s3s::{S3Response, S3Result, dto, s3_error};

use super::{Decorator, request};
use crate::store::{Entry, Page, Query, Record, StoreError};

/// Most lines of a page.
const MAX_KEYS: i32 = 1000;

/// Begins a continuation token, so that nobody takes it for a key.
const TOKEN: &str = "1.";

pub(super) async fn list_objects_v2(
    decorator: &Decorator,
    input: dto::ListObjectsV2Input,
) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
    let max_keys = max_keys(input.max_keys)?;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let token = input.continuation_token.as_deref().map(read_token).transpose()?;
    // "StartAfter is where you want Amazon S3 to start listing from"; a token comes later and goes further.
    let after = token.or_else(|| input.start_after.clone()).unwrap_or_default();
    let page =
        list(decorator, &input.bucket, input.prefix.as_deref(), input.delimiter.as_deref(), after, max_keys)
            .await?;
    let key_count = i32::try_from(page.entries.len()).ok();
    let next_continuation_token = page.next.as_deref().map(write_token);
    let (contents, common_prefixes) = encoding.lines(page.entries);
    Ok(S3Response::new(dto::ListObjectsV2Output {
        is_truncated: Some(next_continuation_token.is_some()),
        next_continuation_token,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        key_count,
        max_keys: Some(max_keys),
        name: Some(input.bucket),
        prefix: Some(encoding.text(&input.prefix.unwrap_or_default())),
        delimiter: input.delimiter.map(|delimiter| encoding.text(&delimiter)),
        start_after: input.start_after.map(|after| encoding.text(&after)),
        continuation_token: input.continuation_token,
        encoding_type: input.encoding_type,
        ..Default::default()
    }))
}

pub(super) async fn list_objects(
    decorator: &Decorator,
    input: dto::ListObjectsInput,
) -> S3Result<S3Response<dto::ListObjectsOutput>> {
    let max_keys = max_keys(input.max_keys)?;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let after = input.marker.clone().unwrap_or_default();
    let page =
        list(decorator, &input.bucket, input.prefix.as_deref(), input.delimiter.as_deref(), after, max_keys)
            .await?;
    let is_truncated = page.next.is_some();
    // "This element is returned only if you have the delimiter request parameter specified."
    let next_marker = page.next.filter(|_| input.delimiter.is_some()).map(|next| encoding.text(&next));
    let (contents, common_prefixes) = encoding.lines(page.entries);
    Ok(S3Response::new(dto::ListObjectsOutput {
        is_truncated: Some(is_truncated),
        next_marker,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        max_keys: Some(max_keys),
        name: Some(input.bucket),
        prefix: Some(encoding.text(&input.prefix.unwrap_or_default())),
        delimiter: input.delimiter.map(|delimiter| encoding.text(&delimiter)),
        marker: Some(encoding.text(&input.marker.unwrap_or_default())),
        encoding_type: input.encoding_type,
        ..Default::default()
    }))
}

async fn list(
    decorator: &Decorator,
    bucket: &str,
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: String,
    max_keys: i32,
) -> S3Result<Page> {
    let bucket = bucket.to_owned();
    let query = Query {
        prefix: prefix.unwrap_or_default().to_owned(),
        delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()).map(str::to_owned),
        after,
        limit: usize::try_from(max_keys).unwrap_or_default(),
    };
    decorator
        .blocking(move |decorator| {
            let bucket = decorator.store.bucket(&bucket)?;
            Ok(bucket.list(&query).map_err(StoreError::from)?)
        })
        .await
}

/// How many lines are asked for; S3 never gives more than 1,000.
pub(super) fn max_keys(asked: Option<i32>) -> S3Result<i32> {
    match asked {
        Some(asked) if asked < 0 => {
            Err(s3_error!(InvalidArgument, "Argument maxKeys must be an integer >= 0"))
        }
        Some(asked) => Ok(asked.min(MAX_KEYS)),
        None => Ok(MAX_KEYS),
    }
}

fn write_token(last: &str) -> String {
    format!("{TOKEN}{}", BASE64_URL_SAFE_NO_PAD.encode(last))
}

fn read_token(token: &str) -> S3Result<String> {
    token
        .strip_prefix(TOKEN)
        .and_then(|encoded| BASE64_URL_SAFE_NO_PAD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

/// How names are written: as they are, or URL-encoded, since XML 1.0 has no way to write some characters.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    pub(super) fn of(asked: Option<&dto::EncodingType>) -> S3Result<Self> {
        match asked.map(dto::EncodingType::as_str) {
            None => Ok(Encoding::Plain),
            Some("url") => Ok(Encoding::Url),
            Some(_) => Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request")),
        }
    }

    pub(super) fn text(self, plain: &str) -> String {
        match self {
            Encoding::Plain => plain.to_owned(),
            Encoding::Url => url_encode(plain),
        }
    }

    fn lines(self, entries: Vec<Entry>) -> (Vec<dto::Object>, Vec<dto::CommonPrefix>) {
        let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::Object(record) => objects.push(self.object(*record)),
                Entry::Prefix(prefix) => {
                    prefixes.push(dto::CommonPrefix { prefix: Some(self.text(&prefix)) });
                }
            }
        }
        (objects, prefixes)
    }

    fn object(self, record: Record) -> dto::Object {
        dto::Object {
            key: Some(self.text(&record.key)),
            size: i64::try_from(record.size).ok(),
            e_tag: Some(dto::ETag::Strong(record.etag)),
            last_modified: Some(request::timestamp(record.last_modified)),
            storage_class: Some(record.storage_class.unwrap_or_else(|| "STANDARD".to_owned()).into()),
            checksum_algorithm: record.checksum.map(|checksum| vec![checksum.algorithm.into()]),
            checksum_type: Some(dto::ChecksumType::from_static(dto::ChecksumType::FULL_OBJECT)),
            ..Default::default()
        }
    }
}

/// As S3 does it: slashes stay, a space is a plus.
fn url_encode(plain: &str) -> String {
    let mut encoded = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'/' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            // Writing to a string cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
