//! An issuer's discovery document and key set over HTTP, which counts how often it is asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::error::BenchError;

/// How long a key set takes to come: long enough for many requests to wait for it.
const DELAY: Duration = Duration::from_millis(50);

/// A running issuer; it lives as long as the process.
pub(crate) struct IssuerServer {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    url: String,
    keys: Mutex<String>,
    fetches: AtomicUsize,
}

impl IssuerServer {
    /// Starts an issuer without any keys.
    pub(crate) fn start() -> Result<Self, BenchError> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { url: format!("http://{address}"), ..State::default() });
        let listener = TcpListener::from_std(listener)?;
        tokio::spawn(accept(listener, state.clone()));
        Ok(Self { address, state })
    }

    /// The issuer's URL.
    pub(crate) fn url(&self) -> String {
        self.state.url.clone()
    }

    /// Where its key set is.
    pub(crate) fn jwks(&self) -> String {
        format!("http://{}/jwks", self.address)
    }

    /// Publishes a JWK Set in place of the one before.
    pub(crate) fn publish(&self, keys: String) {
        *self.state.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// How often the key set was fetched.
    pub(crate) fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(state.clone(), request));
            // A client that goes away is none of the issuer's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let url = &state.url;
    let body = match request.uri().path() {
        "/.well-known/openid-configuration" => format!(
            "{{\"issuer\":\"{url}\",\"jwks_uri\":\"{url}/jwks\",\"authorization_endpoint\":\"{url}/authorize\",\
             \"token_endpoint\":\"{url}/token\",\"response_types_supported\":[\"code\"],\
             \"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[\"RS256\"]}}"
        ),
        "/jwks" => {
            state.fetches.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(DELAY).await;
            state.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }
        _ => String::new(),
    };
    let status = if body.is_empty() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
