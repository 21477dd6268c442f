use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::world::PATIENCE;

/// The version of HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Via {
    Http1,
    /// Without asking first, unless TLS settles it.
    Http2,
}

/// Both versions.
pub(crate) const VIAS: [Via; 2] = [Via::Http1, Via::Http2];

/// A request in the making.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) host: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Ask {
    /// `GET` of `target` at `app.example.com`.
    pub(crate) fn get(target: &str) -> Self {
        let host = "app.example.com".to_owned();
        Self { method: "GET", host, target: target.to_owned(), headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn post(target: &str, body: impl Into<Bytes>) -> Self {
        Self { method: "POST", body: body.into(), ..Self::get(target) }
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn headers(mut self, headers: &[(String, String)]) -> Self {
        self.headers.extend_from_slice(headers);
        self
    }

    fn request(&self, via: Via) -> Request<Full<Bytes>> {
        let uri = match via {
            Via::Http1 => self.target.clone(),
            Via::Http2 => format!("http://{}{}", self.host, self.target),
        };
        let mut request = Request::builder().method(self.method).uri(uri);
        if via == Via::Http1 {
            request = request.header("host", &self.host);
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.header(name, HeaderValue::from_str(value).unwrap());
        }
        request.body(Full::new(self.body.clone())).unwrap()
    }

    /// The text of the request in HTTP/1.1, names spelled as they were given.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.target, self.host);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text + "Connection: close\r\n\r\n"
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// The header's one value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "`{name}` stands twice");
        Some(value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The `code` of a refusal.
    pub(crate) fn code(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        body["code"].as_str().map(str::to_owned)
    }
}

/// Who opens connections to one listener.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    via: Via,
    tls: Option<Arc<ClientConfig>>,
}

/// One connection.
pub(crate) enum Connection {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Client {
    pub(crate) fn new(address: SocketAddr, via: Via) -> Self {
        Self { address, via, tls: None }
    }

    /// Over TLS; the configuration's ALPN decides about the version.
    pub(crate) fn tls(self, config: ClientConfig) -> Self {
        Self { tls: Some(Arc::new(config)), ..self }
    }

    /// Sends one request over a connection of its own.
    pub(crate) async fn send(&self, ask: &Ask) -> Reply {
        self.connect().await.unwrap().send(ask).await.unwrap()
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send(&Ask::get(target)).await
    }

    pub(crate) async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        match &self.tls {
            None => open(stream, self.via).await,
            Some(config) => {
                let name = ServerName::try_from("gate.example.com").unwrap();
                let stream = TlsConnector::from(config.clone()).connect(name, stream).await?;
                let via = match stream.get_ref().1.alpn_protocol() {
                    Some(b"h2") => Via::Http2,
                    _ => Via::Http1,
                };
                open(stream, via).await
            }
        }
    }
}

async fn open<S>(stream: S, via: Via) -> io::Result<Connection>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    // A connection that breaks shows in the requests over it.
    Ok(match via {
        Via::Http1 => {
            let (send, connection) = http1::handshake(io).await.map_err(io::Error::other)?;
            tokio::spawn(async { drop(connection.await) });
            Connection::Http1(send)
        }
        Via::Http2 => {
            let (send, connection) =
                http2::handshake(TokioExecutor::new(), io).await.map_err(io::Error::other)?;
            tokio::spawn(async { drop(connection.await) });
            Connection::Http2(send)
        }
    })
}

impl Connection {
    pub(crate) async fn send(&mut self, ask: &Ask) -> io::Result<Reply> {
        let sent = async {
            let response = match self {
                Self::Http1(send) => {
                    send.ready().await?;
                    send.send_request(ask.request(Via::Http1)).await
                }
                Self::Http2(send) => {
                    send.ready().await?;
                    send.send_request(ask.request(Via::Http2)).await
                }
            }?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            let (status, headers) = (parts.status.as_u16(), parts.headers);
            Ok::<_, hyper::Error>(Reply { status, version: parts.version, headers, body })
        };
        timeout(PATIENCE, sent).await?.map_err(io::Error::other)
    }
}

/// Sends `text` as it is and reads until the other side closes. The answer if there was one.
pub(crate) async fn raw(address: SocketAddr, text: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other side may close before it has read everything.
    let _ = stream.write_all(text).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    });
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value);
    }
    Some(Reply { status, version: Version::HTTP_11, headers: map, body: Bytes::from(body.to_owned()) })
}
