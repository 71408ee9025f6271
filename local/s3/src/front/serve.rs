//! The server: loopback only, HTTP/1.1, and a bounded goodbye.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Front;

/// How long requests in flight may take once the server is asked to stop.
const GOODBYE: Duration = Duration::from_secs(5);

/// What to wait when the system has no file descriptor for another connection.
const BREATHER: Duration = Duration::from_millis(50);

pub(crate) async fn serve(
    front: Arc<Front>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let message = format!("the local S3 serves loopback only, not {address}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let graceful = GracefulShutdown::new();
    // Dropped with this future, it ends its connections.
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the local S3 could not accept a connection");
                tokio::time::sleep(BREATHER).await;
                continue;
            }
        };
        // Answers are small and awaited. If it cannot be set, they are a little late.
        let _ = stream.set_nodelay(true);
        let front = Arc::clone(&front);
        let service = service_fn(move |request| {
            let front = Arc::clone(&front);
            async move { front.answer(request).await }
        });
        let connection =
            http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            // A client that goes away in the middle is no news.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the local S3 ended early");
            }
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    if tokio::time::timeout(GOODBYE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests to the local S3 did not finish in time and were cut off");
    }
    Ok(())
}
