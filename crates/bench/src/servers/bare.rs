//! A bare hyper server: it reads a request and answers two headers. With a key, it also verifies the bearer
//! token's signature by one call of aws-lc-rs, which is what no gate can do without.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::error::{BenchError, Context as _};

/// The exponent of every RSA key of the run.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Serves until the process ends.
pub(crate) async fn serve(address: SocketAddr, modulus: Option<&Path>) -> Result<(), BenchError> {
    let key = modulus.map(read_key).transpose()?.map(Arc::new);
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let key = key.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let response = answer(&request, key.as_deref());
                async move { Ok::<_, Infallible>(response) }
            });
            // A client that goes away is no failure.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn read_key(modulus: &Path) -> Result<ParsedPublicKey, BenchError> {
    let text = std::fs::read_to_string(modulus)?;
    let modulus = URL_SAFE_NO_PAD.decode(text.trim()).context("the modulus is not base64url")?;
    let numbers = RsaPublicKeyComponents { n: &modulus[..], e: &EXPONENT[..] };
    numbers.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).context("the modulus is no key")
}

fn answer(request: &Request<Incoming>, key: Option<&ParsedPublicKey>) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    if key.is_some_and(|key| !is_signed(request, key)) {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-claimgate-user"), HeaderValue::from_static("jane"));
    headers
        .insert(HeaderName::from_static("x-claimgate-groups"), HeaderValue::from_static("team-00,team-01"));
    response
}

fn is_signed(request: &Request<Incoming>, key: &ParsedPublicKey) -> bool {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let Some((input, signature)) = token.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    key.verify_sig(input.as_bytes(), &signature).is_ok()
}
