//! The admin listener: `/healthz`, `/readyz`, `/metrics`, `/status`, `/explain`.

mod explain;
mod status;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use claimgate_oidc::Issuers;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::app::App;
use crate::body::AnswerBody;
use crate::serve::ReloadState;
use crate::telemetry::IssuerSample;

pub use explain::{ExplainError, Explanation, Hypothesis, explain};

/// How long a page may take, the request's body included.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What the admin pages look at.
#[derive(Clone)]
pub struct AdminState {
    app: Arc<App>,
    issuers: Arc<Issuers>,
    reload: Arc<ReloadState>,
}

impl AdminState {
    /// The state of a running gateway.
    pub fn new(app: Arc<App>, issuers: Arc<Issuers>, reload: Arc<ReloadState>) -> Self {
        Self { app, issuers, reload }
    }
}

/// The pages.
pub fn router(state: AdminState) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(status::status))
        .route("/explain", axum::routing::post(explain::endpoint))
        .with_state(state)
}

/// Answers one request of the admin listener.
pub async fn answer(mut router: Router, request: Request<Incoming>) -> http::Response<AnswerBody> {
    use tower::Service as _;
    let answering = router.call(request.map(axum::body::Body::new));
    let response = match tokio::time::timeout(ANSWER_TIMEOUT, answering).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        // Nobody here asks for long: it is the request's body that does not end, or an issuer that is slow.
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let (mut parts, body) = response.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            parts.status = StatusCode::INTERNAL_SERVER_ERROR;
            Bytes::new()
        }
    };
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    parts.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    http::Response::from_parts(parts, AnswerBody::from(body))
}

/// Ready from the first answer until the end was asked for: an issuer that is down concerns its own tokens
/// only.
async fn ready(State(state): State<AdminState>) -> Response {
    if state.reload.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    "ready\n".into_response()
}

async fn metrics(State(state): State<AdminState>) -> Response {
    let runtime = state.app.runtime.load();
    let mut samples = Vec::new();
    for status in state.issuers.statuses() {
        samples.extend(runtime.entries_of(status.id.as_str()).iter().map(|name| IssuerSample {
            name: name.clone(),
            keys: status.key_count,
            last_success: status.last_success.map(jiff::Timestamp::as_second),
            available: status::is_available(&status),
        }));
    }
    let cached = runtime.gate.cached_tokens();
    let text = state.app.telemetry.metrics().render(cached, &samples);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, content_type)], text).into_response()
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
