//! Doors: which path of a listener is answered by which adapter.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use claimgate_core::decision::{Decision, Denial, DenyReason};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use crate::adapters::envoy_grpc::Check;
use crate::adapters::{Asked, Caller, envoy_grpc, envoy_http, forwarded, nginx};
use crate::answer;
use crate::app::App;
use crate::body::AnswerBody;
use crate::decide::{Answer, Question, decide, within};
use crate::runtime::Runtime;

/// The largest body of a gRPC check request, in bytes: the headers' limit with room for a request body that
/// Envoy was told to send along.
const CHECK_REQUEST_BYTES: usize = 1 << 20;

/// What a listener answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doors {
    /// The public listener: every door under its own path.
    Public,
    /// A socket of its own for Envoy's HTTP checks: every path outside `/_claimgate/` is one.
    EnvoyHttp,
    /// A socket of its own for Envoy's gRPC checks: nothing else is answered there.
    EnvoyGrpc,
}

/// Answers one request of a listener.
pub async fn answer(
    app: Arc<App>,
    doors: Doors,
    caller: Caller,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let runtime = app.runtime.load_full();
    let caller = Caller { trusted: caller.trusted || runtime.trusts(caller.address), ..caller };
    let path = request.uri().path();
    if path == envoy_grpc::INFO.path {
        return grpc(&app, &runtime, caller, request).await;
    }
    let (parts, _) = request.into_parts();
    if doors == Doors::EnvoyGrpc {
        return nothing_here(&app, &parts);
    }
    let path = parts.uri.path();
    let trusted = &runtime.trusted_proxies;
    if path == forwarded::INFO.path {
        let asked = forwarded::facts(&parts, caller, trusted);
        http(&app, &runtime, forwarded::INFO.name, asked, &parts, caller, |status| status).await
    } else if path == nginx::INFO.path {
        let asked = nginx::facts(&parts, caller);
        http(&app, &runtime, nginx::INFO.name, asked, &parts, caller, nginx_status).await
    } else if let Some(prefix) = envoy_prefix(doors, path) {
        let asked = envoy_http::facts(&parts, prefix, caller, trusted);
        http(&app, &runtime, envoy_http::INFO.name, asked, &parts, caller, |status| status).await
    } else {
        nothing_here(&app, &parts)
    }
}

/// The prefix of an Envoy check's path, if `path` is one.
fn envoy_prefix(doors: Doors, path: &str) -> Option<&'static str> {
    let rest = path.strip_prefix(envoy_http::PREFIX);
    match (doors, rest) {
        (_, Some(rest)) if rest.is_empty() || rest.starts_with('/') => Some(envoy_http::PREFIX),
        (Doors::EnvoyHttp, _) if !path.starts_with("/_claimgate/") => Some(""),
        _ => None,
    }
}

async fn http(
    app: &App,
    runtime: &Runtime,
    adapter: &'static str,
    asked: Result<Asked, Denial>,
    parts: &Parts,
    caller: Caller,
    status: fn(u16) -> u16,
) -> Response<AnswerBody> {
    let question = Question { adapter, asked, headers: &parts.headers, route: None, peer: caller.address };
    let answer = decide(app, runtime, question, status).await;
    let mut response = render(app, &answer, &parts.headers);
    let code = status(response.status().as_u16());
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::FORBIDDEN);
    response
}

fn nginx_status(status: u16) -> u16 {
    nginx::status(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN)).as_u16()
}

fn render(app: &App, answer: &Answer, client: &HeaderMap) -> Response<AnswerBody> {
    match (&answer.decided.decision, answer.reason()) {
        (Decision::Allow(grant), _) => answer::allowed(grant, answer.id),
        (_, reason) => app.refusals.answer(reason.unwrap_or(DenyReason::NotAllowed), answer.id, client),
    }
}

async fn grpc(
    app: &App,
    runtime: &Runtime,
    caller: Caller,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (parts, body) = request.into_parts();
    let is_grpc = parts
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    if parts.version != Version::HTTP_2 || parts.method != Method::POST || !is_grpc {
        let mut response = nothing_here(app, &parts);
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    // Nothing is read of what a stranger sends.
    let check = match caller.require_trust() {
        Ok(()) => check_request(runtime, caller, body).await,
        Err(denial) => Err(denial),
    };
    let (asked, headers, route) = match check {
        Ok(check) => (Ok(check.asked), check.headers, check.route),
        Err(denial) => (Err(denial), HeaderMap::new(), None),
    };
    let adapter = envoy_grpc::INFO.name;
    let question =
        Question { adapter, asked, headers: &headers, route: route.as_deref(), peer: caller.address };
    let answer = decide(app, runtime, question, |status| status).await;
    grpc_response(check_response(app, &answer, &headers).await)
}

/// The check request in a body, which must end before a decision would.
async fn check_request(runtime: &Runtime, caller: Caller, body: Incoming) -> Result<Check, Denial> {
    let bad_request = |detail| Err(Denial::new(DenyReason::BadRequest, detail));
    let body = pin!(Limited::new(body, CHECK_REQUEST_BYTES).collect());
    match within(runtime.decision_deadline, body, || ()).await {
        Some(Ok(body)) => envoy_grpc::facts(&body.to_bytes(), caller),
        Some(Err(_)) => bad_request("the check request is too large or ended early"),
        None => bad_request("the check request did not end in time"),
    }
}

async fn check_response(app: &App, answer: &Answer, client: &HeaderMap) -> Bytes {
    if let Decision::Allow(grant) = &answer.decided.decision {
        let decided = &answer.decided;
        let metadata = grant.identity().map(|identity| envoy_grpc::Metadata {
            user: identity.username(),
            groups: identity.groups(),
            route: decided.route.as_ref().map_or("", |route| &route.name),
            entry: decided
                .credential
                .as_ref()
                .and_then(|credential| credential.entry.as_deref())
                .unwrap_or_default(),
        });
        return envoy_grpc::allow(grant.headers(), answer.id, client, metadata.as_ref());
    }
    let (parts, body) = render(app, answer, client).into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    envoy_grpc::deny(parts.status.as_u16(), &parts.headers, &body)
}

fn grpc_response(message: Bytes) -> Response<AnswerBody> {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let mut response = Response::new(AnswerBody::with_trailers(message, trailers));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// A path that is no door.
fn nothing_here(app: &App, parts: &Parts) -> Response<AnswerBody> {
    let mut response = app.refusals.answer(DenyReason::NoRoute, app.decision_id(), &parts.headers);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
