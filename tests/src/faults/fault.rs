//! What can become of a call.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::call::{Call, Service};

pub(super) type Outcome = Result<HttpResponse, ConnectorError>;
/// Does what it likes with a request.
pub type Instead = Arc<
    dyn Fn(HttpRequest, SharedHttpConnector) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync,
>;

/// What becomes of a call, or of one try of it.
#[derive(Clone)]
pub enum Fault {
    /// F1: it never leaves.
    Unsent,
    /// F2: it is performed, and the reply is lost.
    LostReply,
    /// F3: the service puts it off, in its own words.
    Throttled,
    /// F4: no answer in time, and it was not performed.
    TimedOut,
    /// F4: no answer in time, and it was performed all the same.
    TimedOutLate,
    /// F5: it is performed, and half of the reply's body arrives.
    Truncated,
    /// F6: the process ends, before or after the call.
    Abort {
        /// Whether the call is performed first.
        after: bool,
    },
    /// F6 for one invocation alone: it stops for ever, before or after the call.
    Halt {
        /// Whether the call is performed first.
        after: bool,
    },
    /// The service answers this and performs nothing.
    Answer(u16, &'static str),
    /// Anything else.
    Instead(Instead),
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsent => "F1",
            Self::LostReply => "F2",
            Self::Throttled => "F3",
            Self::TimedOut => "F4",
            Self::TimedOutLate => "F4 late",
            Self::Truncated => "F5",
            Self::Abort { after: false } | Self::Halt { after: false } => "F6 before",
            Self::Abort { after: true } | Self::Halt { after: true } => "F6 after",
            Self::Answer(..) => "answer",
            Self::Instead(_) => "instead",
        })
    }
}

impl Fault {
    /// Every fault after which the caller goes on.
    pub const SURVIVED: [Self; 6] =
        [Self::Unsent, Self::LostReply, Self::Throttled, Self::TimedOut, Self::TimedOutLate, Self::Truncated];

    /// Both ways to die at a call, as one invocation does.
    pub const HALTS: [Self; 2] = [Self::Halt { after: false }, Self::Halt { after: true }];

    pub(super) async fn strike(
        self,
        call: &Call,
        request: HttpRequest,
        real: SharedHttpConnector,
    ) -> Outcome {
        use aws_smithy_runtime_api::client::http::HttpConnector;
        let broken = || ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into());
        let late = || ConnectorError::timeout(io::Error::from(io::ErrorKind::TimedOut).into());
        match self {
            Self::Unsent => Err(broken()),
            Self::LostReply => {
                whole(real.call(request).await?).await;
                Err(broken())
            }
            Self::Throttled => Ok(throttled(call)),
            Self::TimedOut => Err(late()),
            Self::TimedOutLate => {
                whole(real.call(request).await?).await;
                Err(late())
            }
            Self::Truncated => Ok(truncated(real.call(request).await?).await),
            Self::Abort { after } => {
                if after {
                    whole(real.call(request).await?).await;
                }
                std::process::abort()
            }
            Self::Halt { .. } => std::future::pending().await,
            Self::Answer(status, body) => Ok(answer(status, body)),
            Self::Instead(instead) => instead(request, real).await,
        }
    }
}

/// An answer of a service.
pub fn answer(status: u16, body: &str) -> HttpResponse {
    let status = status.try_into().expect("a status code");
    HttpResponse::new(status, SdkBody::from(body))
}

/// How each service says that it is too busy.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
fn throttled(call: &Call) -> HttpResponse {
    match (call.service, call.operation.as_str()) {
        // A HEAD has no body to say more in.
        (Service::S3, "HeadObject") => answer(503, ""),
        (Service::S3, _) => answer(
            503,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your \
             request rate.</Message><RequestId>0</RequestId><HostId>0</HostId></Error>",
        ),
        // Half of them are another transaction that was faster: that one is ours to try again, not the SDK's.
        (Service::DynamoDb, "TransactWriteItems") if call.ordinal.is_multiple_of(2) => answer(
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message":"Transaction cancelled [TransactionConflict]",
                "CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing"}]}"#,
        ),
        (Service::DynamoDb, "PutItem") if call.ordinal.is_multiple_of(2) => answer(
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException",
                "message":"Transaction is ongoing for the item"}"#,
        ),
        (Service::DynamoDb, _) => answer(
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException",
                "message":"Throughput exceeds the current capacity of your table or index"}"#,
        ),
        (Service::Lambda, _) => {
            let mut slow = answer(429, r#"{"Reason":"CallerRateLimitExceeded","Type":"User"}"#);
            slow.headers_mut().insert("x-amzn-errortype", "TooManyRequestsException");
            slow
        }
    }
}

/// Reads a reply to its end: then it is performed for sure.
pub async fn whole(mut reply: HttpResponse) -> (HttpResponse, Vec<u8>) {
    use http_body_util::BodyExt;
    let bytes = match reply.take_body().collect().await {
        Ok(bytes) => bytes.to_bytes().to_vec(),
        Err(_) => Vec::new(),
    };
    *reply.body_mut() = SdkBody::from(bytes.clone());
    (reply, bytes)
}

/// The same reply, whose connection breaks in the middle of the body.
async fn truncated(reply: HttpResponse) -> HttpResponse {
    let (mut reply, bytes) = whole(reply).await;
    let half = bytes::Bytes::from(bytes[..bytes.len() / 2].to_vec());
    let frames = futures::stream::iter([
        Ok(http_body::Frame::data(half)),
        Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
    ]);
    *reply.body_mut() = SdkBody::from_body_1_x(http_body_util::StreamBody::new(frames));
    reply
}
