//! Single requests of the bench itself, over blocking sockets: readiness, held connections, probes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::BenchError;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A GET request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// What is kept of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
}

impl Request {
    /// A request for `path`.
    pub(crate) fn get(address: SocketAddr, path: &str) -> Self {
        Self { address, path: path.to_owned(), headers: Vec::new() }
    }

    /// A check as proxies send it: about a GET of `uri` on `host`.
    pub(crate) fn check(address: SocketAddr, host: &str, uri: &str) -> Self {
        Self::get(address, "/_claimgate/check")
            .with("X-Forwarded-Method", "GET")
            .with("X-Forwarded-Proto", "https")
            .with("X-Forwarded-Host", host)
            .with("X-Forwarded-Uri", uri)
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// Sends the request over a connection of its own.
    pub(crate) fn send(&self) -> Result<Answer, BenchError> {
        self.send_over(&mut self.connect()?)
    }

    /// A connection for requests like this one.
    pub(crate) fn connect(&self) -> Result<TcpStream, BenchError> {
        let connection = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        connection.set_read_timeout(Some(TIMEOUT))?;
        connection.set_nodelay(true)?;
        Ok(connection)
    }

    /// Sends the request and reads the head of its answer. A body is left where it is, so only bodiless
    /// answers leave the connection fit for more.
    pub(crate) fn send_over(&self, connection: &mut TcpStream) -> Result<Answer, BenchError> {
        let lines: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let text = format!("GET {} HTTP/1.1\r\nHost: bench.test\r\n{lines}\r\n", self.path);
        connection.write_all(text.as_bytes())?;
        let mut head = Vec::new();
        let mut buffer = [0; 4096];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = connection.read(&mut buffer)?;
            head.extend_from_slice(
                buffer
                    .get(..read)
                    .filter(|part| !part.is_empty())
                    .ok_or_else(|| BenchError::new("the server closed the connection"))?,
            );
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok(Answer { status })
    }
}

impl Answer {
    /// Whether an authorizer's client would let its request pass.
    pub(crate) fn is_allowed(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
