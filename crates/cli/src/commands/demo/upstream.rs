//! The demo's application. It shows what it received, and stands behind the gate as it would behind a
//! proxy: each request is asked about first, and identity headers are the gate's or none.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::net::TcpListener;

type Gate = Client<HttpConnector, Empty<Bytes>>;

/// The prefix of the headers that only the gate may set, in the spelling of [`fold`].
const OWNED: &str = "x-claimgate-";

/// Serves the application, asking the gate at `gate` about each request.
pub(super) async fn serve(socket: TcpListener, gate: SocketAddr) {
    let client: Gate = Client::builder(TokioExecutor::new()).build_http();
    loop {
        let Ok((stream, _)) = socket.accept().await else { continue };
        let client = client.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&client, gate, request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that goes away is no concern of the demo's.
            let _ = connection.await;
        });
    }
}

async fn answer(
    client: &Gate,
    gate: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let Some(answered) = ask(client, gate, &request).await else {
        return Ok(plain(StatusCode::BAD_GATEWAY, "the gate did not answer\n"));
    };
    let (parts, body) = answered.into_parts();
    if parts.status != StatusCode::OK {
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let mut refusal = Response::new(Full::new(body));
        *refusal.status_mut() = parts.status;
        *refusal.headers_mut() = parts.headers;
        return Ok(refusal);
    }
    let mut headers = request.headers().clone();
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| fold(name).starts_with(OWNED)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
    for (name, value) in parts.headers.iter().filter(|(name, _)| fold(name).starts_with(OWNED)) {
        headers.append(name.clone(), value.clone());
    }
    Ok(show(&request, &headers))
}

/// Asks the gate as Caddy or Traefik do.
async fn ask(client: &Gate, gate: SocketAddr, request: &Request<Incoming>) -> Option<Response<Incoming>> {
    let mut question = Request::get(format!("http://{gate}/_claimgate/check"));
    for (name, value) in request.headers() {
        if !name.as_str().starts_with("x-forwarded-") && name != http::header::CONTENT_LENGTH {
            question = question.header(name, value);
        }
    }
    let host = request.headers().get(http::header::HOST)?.clone();
    let question = question
        .header("x-forwarded-method", request.method().as_str())
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-host", host)
        .header("x-forwarded-uri", request.uri().path_and_query()?.as_str());
    client.request(question.body(Empty::new()).ok()?).await.ok()
}

/// What the application received. A credential is shown as what it is, not itself.
fn show(request: &Request<Incoming>, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let mut shown: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let secret = *name == http::header::AUTHORIZATION || *name == http::header::COOKIE;
        let value =
            if secret { "…".to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
        shown.entry(name.as_str()).or_default().push(value);
    }
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let body = json!({ "method": request.method().as_str(), "target": target, "headers": shown });
    let mut response = plain(StatusCode::OK, format!("{body:#}\n"));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response
}

/// A name as CGI and WSGI read it: `_` is `-`.
fn fold(name: &HeaderName) -> String {
    name.as_str().replace('_', "-")
}
