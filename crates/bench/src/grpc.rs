//! Load over gRPC: one check request over and over, on a few connections with many streams, as a proxy with
//! several workers sends it.

pub(crate) mod messages;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::{BufMut as _, Bytes, BytesMut};
use claimgate_testkit::envoy::CheckResponse;
use http::header::{CONTENT_TYPE, TE};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::error::{BenchError, Context as _};
use messages::is_allow;

/// Connections of a load.
const CONNECTIONS: usize = 2;
/// Checks that are under way at once on each.
const STREAMS: usize = 8;

/// What came of a load.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Counts {
    /// Checks that were answered.
    pub(crate) answered: u64,
    /// Those of them that were allowed.
    pub(crate) allowed: u64,
}

/// Sends checks with the token of a file for `time`.
pub(crate) async fn load(address: SocketAddr, token: &Path, time: Duration) -> Result<Counts, BenchError> {
    let body = check_request(std::fs::read_to_string(token)?.trim());
    let end = Instant::now() + time;
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let sender = connect(address).await?;
        for _ in 0..STREAMS {
            workers.spawn(worker(sender.clone(), address, body.clone(), end));
        }
    }
    let mut sum = Counts::default();
    while let Some(counts) = workers.join_next().await {
        let counts = counts.context("a worker broke off")??;
        sum.answered += counts.answered;
        sum.allowed += counts.allowed;
    }
    Ok(sum)
}

/// One length-prefixed message.
fn check_request(token: &str) -> Bytes {
    let request = messages::check_request(token);
    let mut body = BytesMut::new();
    body.put_u8(0);
    body.put_u32(u32::try_from(request.encoded_len()).unwrap_or(u32::MAX));
    request.encode_raw(&mut body);
    body.freeze()
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, BenchError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.context("no HTTP/2")?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn worker(
    mut sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
    body: Bytes,
    end: Instant,
) -> Result<Counts, BenchError> {
    let mut counts = Counts::default();
    while Instant::now() < end {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{address}/envoy.service.auth.v3.Authorization/Check"))
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .body(Full::new(body.clone()))
            .context("the check request cannot be made")?;
        sender.ready().await.context("the connection ended")?;
        let response = sender.send_request(request).await.context("a check was not answered")?;
        let answer = response.into_body().collect().await.context("an answer ended early")?.to_bytes();
        counts.answered += 1;
        let allowed = CheckResponse::decode(answer.get(5..).unwrap_or_default());
        counts.allowed += u64::from(!answer.is_empty() && allowed.is_ok_and(|response| is_allow(&response)));
    }
    Ok(counts)
}
