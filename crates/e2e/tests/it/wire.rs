//! HTTP/1.1 by hand, on both sides of a proxy: a client that sends exactly the bytes of a row, and a
//! server that records exactly what it received. A library would tidy up what these tests are about.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// No answer takes longer than this, or the row fails.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A message's header lines, as they stood on the wire.
pub(crate) type Headers = Vec<(String, String)>;

/// A request as a server received it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Headers,
}

/// A response as a client received it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: String,
}

/// The first value of a header, its name compared without case.
pub(crate) fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The bytes of a request without body that ends its connection.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if method == "POST" || method == "PUT" {
        text.push_str("Content-Length: 0\r\n");
    }
    text.push_str("Connection: close\r\n\r\n");
    text.into_bytes()
}

/// Sends a request and reads the response to its end.
pub(crate) fn exchange(to: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let stream = TcpStream::connect_timeout(&to, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    // A server may refuse a large request before it has read all of it.
    let sent = (&stream).write_all(request);
    let answer = read_answer(&mut BufReader::new(&stream));
    match (answer, sent) {
        (Err(_), Err(error)) => Err(error),
        (answer, _) => answer,
    }
}

fn read_answer(from: &mut impl BufRead) -> io::Result<Answer> {
    loop {
        let (line, headers) = read_head(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or(io::ErrorKind::InvalidData)?;
        if status < 200 {
            continue;
        }
        let mut body = Vec::new();
        match header(&headers, "content-length").and_then(|length| length.parse().ok()) {
            Some(length) => from.take(length).read_to_end(&mut body)?,
            None => from.read_to_end(&mut body)?,
        };
        return Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() });
    }
}

/// The first line and the header lines of a message; nothing at the end of the connection.
fn read_head(from: &mut impl BufRead) -> io::Result<Option<(String, Headers)>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        from.by_ref().take(1 << 20).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let line: String = line.iter().map(|byte| char::from(*byte)).collect();
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        if line.is_empty() && !lines.is_empty() {
            break;
        }
        lines.push(line);
    }
    let first = lines.remove(0);
    let headers = lines
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    Ok(Some((first, headers)))
}

/// A server on a free loopback port whose connections stay open; it lives as long as the test run.
pub(crate) fn serve(answer: impl Fn(Received) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || serve_connection(&stream, &*answer));
        }
    });
    address
}

fn serve_connection(stream: &TcpStream, answer: &impl Fn(Received) -> Vec<u8>) {
    let mut from = BufReader::new(stream);
    while let Ok(Some((line, headers))) = read_head(&mut from) {
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default().to_owned();
        let length = header(&headers, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if io::copy(&mut from.by_ref().take(length), &mut io::sink()).is_err() {
            return;
        }
        if (&mut &*stream).write_all(&answer(Received { method, target, headers })).is_err() {
            return;
        }
    }
}

/// The bytes of a response with a body of known length.
pub(crate) fn response(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// The application behind the gate: answers 200 to everything and keeps what it received.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Upstream {
    pub(crate) fn start() -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&received);
        let address = serve(move |request| {
            record.lock().unwrap().push(request);
            response("200 OK", "text/plain", UPSTREAM_BODY)
        });
        Self { address, received }
    }

    /// What has come in since the last call.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

/// What the application answers, so that its 200 differs from any other.
pub(crate) const UPSTREAM_BODY: &str = "the application";
