//! Headers that come twice.

use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Joins the values of headers that may be repeated, as S3 does: the SDK sends a `Content-Encoding` of its own beside the
/// caller's, which s3s refuses as a duplicate. Signatures are not disturbed, since they cover the joined form:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
pub(super) fn join(headers: &mut HeaderMap) {
    let may_repeat = |name: &HeaderName| name == CONTENT_ENCODING || name.as_str().starts_with("x-amz-meta-");
    let repeated: Vec<HeaderName> = headers
        .keys()
        .filter(|name| may_repeat(name) && headers.get_all(*name).iter().nth(1).is_some())
        .cloned()
        .collect();
    for name in repeated {
        let values: Vec<&[u8]> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        // Values that were valid are valid with a comma between them.
        if let Ok(joined) = HeaderValue::from_bytes(&values.join(&b","[..])) {
            headers.insert(name, joined);
        }
    }
}
