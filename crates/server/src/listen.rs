//! Sockets: accepting, TLS, HTTP/1.1 and HTTP/2 on one port, and an end that drops no request.

mod begun;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::adapters::Caller;
use crate::body::AnswerBody;
use begun::Begun;

/// How long a client may take for a TLS handshake, and until it begins to speak HTTP.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an HTTP/1.1 connection may wait for the next request and its headers. Longer than the two minutes
/// at most that proxies keep idle connections for use: who closes first must be the proxy, or its next check
/// meets a closed connection.
const KEEP_ALIVE: Duration = Duration::from_mins(3);
/// The most streams that one HTTP/2 connection may have open at once.
const MAX_STREAMS: u32 = 1024;

/// The bounds of a listener.
#[derive(Clone, Copy, Debug)]
pub struct ListenerLimits {
    /// The most bytes of a request's headers.
    pub header_bytes: usize,
    /// How long running requests may go on after the end was asked for.
    pub drain: Duration,
}

/// A socket that is bound and not yet served.
pub struct Listener {
    socket: TcpListener,
    /// The certificate in force; none for plain HTTP. Replaced on reload.
    tls: Option<Arc<ArcSwapOption<ServerConfig>>>,
    limits: ListenerLimits,
}

impl Listener {
    /// Binds `address`. Port 0 takes any free one.
    ///
    /// # Errors
    /// The address is taken or not one of this machine's.
    pub async fn bind(
        address: SocketAddr,
        tls: Option<Arc<ArcSwapOption<ServerConfig>>>,
        limits: ListenerLimits,
    ) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, tls, limits })
    }

    /// The address that was bound.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves connections until `stop` changes, then lets running requests end.
    pub async fn serve<S, F>(self, service: S, mut stop: watch::Receiver<bool>)
    where
        S: Fn(Caller, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<AnswerBody>> + Send + 'static,
    {
        let graceful = GracefulShutdown::new();
        let server = server(self.limits.header_bytes);
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = stop.changed() => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "A connection could not be accepted");
                    // Out of file descriptors: give connections time to end.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let tls = self.tls.as_ref().map(|tls| tls.load_full());
            let connection =
                Connection { server: server.clone(), watcher: graceful.watcher(), service: service.clone() };
            tokio::spawn(connection.run(stream, peer, tls));
        }
        drop(self.socket);
        if tokio::time::timeout(self.limits.drain, graceful.shutdown()).await.is_err() {
            tracing::warn!("Some requests did not end in time");
        }
    }
}

fn server(header_bytes: usize) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .max_buf_size(header_bytes.max(8192))
        .half_close(false);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(Duration::from_secs(30)));
    server
}

struct Connection<S> {
    server: auto::Builder<TokioExecutor>,
    watcher: hyper_util::server::graceful::Watcher,
    service: S,
}

impl<S, F> Connection<S>
where
    S: Fn(Caller, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    async fn run(self, stream: TcpStream, peer: SocketAddr, tls: Option<Option<Arc<ServerConfig>>>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "Nagle's algorithm could not be turned off");
        }
        let address = peer.ip().to_canonical();
        match tls {
            None => self.serve(stream, Caller { address, trusted: false, tls: false }).await,
            Some(None) => tracing::warn!("A TLS listener has no certificate"),
            Some(Some(config)) => {
                let handshake = TlsAcceptor::from(config).accept(stream);
                match tokio::time::timeout(BEGIN_TIMEOUT, handshake).await {
                    Ok(Ok(stream)) => {
                        // Only a certificate that rustls has verified is listed.
                        let trusted =
                            stream.get_ref().1.peer_certificates().is_some_and(|chain| !chain.is_empty());
                        self.serve(stream, Caller { address, trusted, tls: true }).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "A TLS handshake failed"),
                    Err(_) => tracing::debug!("A TLS handshake took too long"),
                }
            }
        }
    }

    async fn serve<I>(self, stream: I, caller: Caller)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(Begun::within(BEGIN_TIMEOUT, stream));
        let service = self.service;
        let service = service_fn(move |request| {
            let answer = service(caller, request);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        let connection = self.server.serve_connection(io, service);
        if let Err(error) = self.watcher.watch(connection.into_owned()).await {
            tracing::debug!(%error, "A connection ended early");
        }
    }
}

#[cfg(test)]
mod tests;
