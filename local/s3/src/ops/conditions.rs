//! Conditional reads.
//!
//! Which of several conditions wins:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html> ("Overriding response header values" and below).

use http::{HeaderMap, HeaderValue};
use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Error, s3_error};

use super::errors::failed_condition;
use super::request;
use crate::store::Record;

/// The conditions of a GET, a HEAD, or the source of a copy: `If-Match` and so on.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) matches: Option<ETagCondition>,
    pub(super) none_match: Option<ETagCondition>,
    pub(super) modified_since: Option<Timestamp>,
    pub(super) unmodified_since: Option<Timestamp>,
}

/// What conditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Proceed,
    NotModified,
    Failed(&'static str),
}

impl Conditions {
    pub(super) fn judge(self, record: &Record) -> Verdict {
        let etag = ETag::Strong(record.etag.clone());
        let is_current = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(asked) => asked.weak_cmp(&etag),
        };
        // If-Match that holds overrides If-Unmodified-Since; If-None-Match that does not hold overrides
        // If-Modified-Since.
        match (&self.matches, self.unmodified_since) {
            (Some(condition), _) if !is_current(condition) => return Verdict::Failed("If-Match"),
            (None, Some(time)) if record.last_modified > request::seconds(time.clone()) => {
                return Verdict::Failed("If-Unmodified-Since");
            }
            _ => {}
        }
        match (&self.none_match, self.modified_since) {
            (Some(condition), _) if is_current(condition) => Verdict::NotModified,
            (None, Some(time)) if record.last_modified <= request::seconds(time.clone()) => {
                Verdict::NotModified
            }
            _ => Verdict::Proceed,
        }
    }

    /// The answer to a read whose conditions do not hold.
    pub(super) fn refuse_read(self, record: &Record, version_id: Option<&str>) -> Result<(), S3Error> {
        match self.judge(record) {
            Verdict::Proceed => Ok(()),
            Verdict::Failed(condition) => Err(failed_condition(condition)),
            Verdict::NotModified => {
                let mut error = s3_error!(NotModified);
                error.set_headers(validators(record, version_id));
                Err(error)
            }
        }
    }

    /// The same for the source of a copy, where 304 would make no sense: S3 says 412.
    pub(super) fn refuse_copy(self, record: &Record) -> Result<(), S3Error> {
        match self.judge(record) {
            Verdict::Proceed => Ok(()),
            Verdict::Failed(condition) => Err(failed_condition(&format!("x-amz-copy-source-{condition}"))),
            Verdict::NotModified => Err(failed_condition("x-amz-copy-source-If-None-Match")),
        }
    }
}

/// What a 304 says of the object, so that a cache can go on with what it has.
fn validators(record: &Record, version_id: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::try_from(format!("\"{}\"", record.etag)) {
        headers.insert(http::header::ETAG, etag);
    }
    let mut date = Vec::new();
    let modified = request::timestamp(record.last_modified);
    if modified.format(s3s::dto::TimestampFormat::HttpDate, &mut date).is_ok()
        && let Ok(date) = HeaderValue::from_bytes(&date)
    {
        headers.insert(http::header::LAST_MODIFIED, date);
    }
    if let Some(id) = version_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert("x-amz-version-id", id);
    }
    if let Some(cache) =
        record.headers.cache_control.as_deref().and_then(|cache| HeaderValue::from_str(cache).ok())
    {
        headers.insert(http::header::CACHE_CONTROL, cache);
    }
    headers
}
