//! Ports on loopback.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another process has it.
    #[error("port {0} is taken; choose another with --port (Tintype takes that one and the two after it)")]
    Taken(u16),
    /// Something else.
    #[error("cannot listen on port {port}: {source}")]
    Other {
        /// Which.
        port: u16,
        /// Why.
        source: io::Error,
    },
}

/// One port, on every address that `localhost` means here: some systems look at `::1` first.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) port: u16,
    sockets: Vec<TcpListener>,
}

impl Listener {
    /// This port, or any free one for 0.
    pub(crate) async fn bind(port: u16) -> Result<Self, ListenError> {
        let mut last = None;
        for _ in 0..16 {
            match Self::bind_once(port).await {
                // Any port was free on the one address and taken on the other: another one, then.
                Err(ListenError::Taken(taken)) if port == 0 => last = Some(ListenError::Taken(taken)),
                bound => return bound,
            }
        }
        Err(last.unwrap_or(ListenError::Taken(port)))
    }

    async fn bind_once(port: u16) -> Result<Self, ListenError> {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| wrong(port, error))?;
        let port = v4.local_addr().map_err(|error| wrong(port, error))?.port();
        let v6 = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await;
        match v6 {
            Ok(v6) => Ok(Self { port, sockets: vec![v4, v6] }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(ListenError::Taken(port)),
            // A machine without IPv6.
            Err(_) => Ok(Self { port, sockets: vec![v4] }),
        }
    }

    pub(crate) fn into_sockets(self) -> Vec<TcpListener> {
        self.sockets
    }

    /// Serves until the process stops.
    pub(crate) fn serve(self, router: &Router, stopping: &watch::Receiver<bool>) {
        for socket in self.sockets {
            let (stop, held) = (stopped(stopping.clone()), stopping.clone());
            let serving = axum::serve(socket, router.clone()).with_graceful_shutdown(stop);
            tokio::spawn(async move {
                if let Err(error) = serving.await {
                    tracing::error!(%error, "a server ended");
                }
                // Until here the sender knows that somebody listens.
                drop(held);
            });
        }
    }
}

/// Until the process stops.
pub(crate) async fn stopped(mut stopping: watch::Receiver<bool>) {
    // The sender gone means the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn wrong(port: u16, source: io::Error) -> ListenError {
    if source.kind() == io::ErrorKind::AddrInUse {
        ListenError::Taken(port)
    } else {
        ListenError::Other { port, source }
    }
}
