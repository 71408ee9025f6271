//! What a refused request left unread.
//!
//! An upload can be refused before its body is read (wrong signature, 412). A server that then closes the connection
//! with bytes still on the way resets it, and the client loses the answer: it sees a broken pipe instead of "412,
//! received". So the rest is read and thrown away before answering, for a while.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::EXPECT;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use s3s::Body;
use tokio::sync::oneshot;

/// How long a client may go on sending what nobody wants.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the unread part of a body arrives once the request has been dealt with.
pub(super) struct Remains {
    left: oneshot::Receiver<Incoming>,
    wanted: bool,
}

/// Wraps the body of a request so that it comes back when it is dropped.
pub(super) fn keep_remains(request: Request<Incoming>) -> (Request<Body>, Remains) {
    // A client that waits for "100 Continue" has sent nothing, and reading would tell it to go ahead.
    let wanted = !request.headers().contains_key(EXPECT);
    let (give, left) = oneshot::channel();
    let request = request.map(|body| Body::http_body(Returning { body: Some(body), give: Some(give) }));
    (request, Remains { left, wanted })
}

impl Remains {
    pub(super) async fn read_to_end(mut self) {
        let Ok(mut body) = self.left.try_recv() else { return };
        if !self.wanted || body.is_end_stream() {
            return;
        }
        let rest = async { while let Some(Ok(_)) = body.frame().await {} };
        // Who takes longer is cut off, as on S3.
        let _ = tokio::time::timeout(PATIENCE, rest).await;
    }
}

/// A body that goes back where it came from.
struct Returning {
    body: Option<Incoming>,
    give: Option<oneshot::Sender<Incoming>>,
}

impl http_body::Body for Returning {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.get_mut().body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        if let (Some(body), Some(give)) = (self.body.take(), self.give.take()) {
            // Nobody waits for it when the client is gone.
            let _ = give.send(body);
        }
    }
}
