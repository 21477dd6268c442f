use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use claimgate_oidc::{IssuerStatus, KeyState};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::{AdminState, wants_html};

/// `GET /status`: JSON, or a page for a browser.
pub(super) async fn status(State(state): State<AdminState>, headers: HeaderMap) -> Response {
    let status = Status::of(&state);
    if wants_html(&headers) {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        return match status.render() {
            Ok(page) => ([(CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
    }
    match serde_json::to_string_pretty(&status) {
        Ok(text) => ([(CONTENT_TYPE, "application/json")], text + "\n").into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether tokens of the issuer can be verified.
pub(super) fn is_available(status: &IssuerStatus) -> bool {
    matches!(status.state, KeyState::Fresh | KeyState::Stale)
}

#[derive(Template, Serialize)]
#[template(path = "status.html")]
#[serde(rename_all = "camelCase")]
struct Status {
    version: &'static str,
    configuration: Configuration,
    cached_tokens: usize,
    issuers: Vec<Issuer>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    file: String,
    generation: u64,
    loaded_at: String,
    routes: usize,
    /// Why a later version of the file is not in force.
    refused: Option<Refused>,
    /// The keys whose change waits for the next start.
    restart_needed: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    at: String,
    cause: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the members of the JSON document")]
struct Issuer {
    issuer: String,
    /// The names of its trust entries.
    entries: Vec<String>,
    state: &'static str,
    key_ids: Vec<String>,
    keys: usize,
    keys_sha256: Option<String>,
    skipped_keys: Vec<String>,
    warnings: Vec<String>,
    last_success: Option<String>,
    last_error: Option<LastError>,
    stale_since: Option<String>,
    next_refresh: Option<String>,
    fetches: u64,
    failed_fetches: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastError {
    at: String,
    message: String,
}

impl Status {
    fn of(state: &AdminState) -> Self {
        let (runtime, last) = state.reload.in_force();
        let time = |at: claimgate_core::time::Timestamp| {
            jiff::Timestamp::from_millisecond(at.as_milliseconds())
                .map(|at| at.to_string())
                .unwrap_or_default()
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            configuration: Configuration {
                file: state.reload.path().display().to_string(),
                generation: runtime.generation,
                loaded_at: time(last.loaded_at),
                routes: runtime.gate.routes().iter().count(),
                refused: last.refused.map(|(at, cause)| Refused { at: time(at), cause }),
                restart_needed: last.restart_needed.iter().map(ToString::to_string).collect(),
            },
            cached_tokens: runtime.gate.cached_tokens(),
            issuers: state
                .issuers
                .statuses()
                .iter()
                .map(|status| Issuer::of(status, runtime.entries_of(status.id.as_str())))
                .collect(),
        }
    }
}

impl Issuer {
    fn of(status: &IssuerStatus, entries: &[Arc<str>]) -> Self {
        let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        let plain = status.id.as_str().starts_with("http://").then(|| "the issuer is not https".to_owned());
        let private = status
            .published_private_keys
            .iter()
            .map(|key| format!("key `{key}` is published with its private part"));
        Self {
            issuer: status.id.as_str().to_owned(),
            entries: entries.iter().map(ToString::to_string).collect(),
            state: status.state.name(),
            key_ids: status.key_ids.clone(),
            keys: status.key_count,
            keys_sha256: status.keys_sha256.clone(),
            skipped_keys: status.skipped_keys.clone(),
            warnings: plain.into_iter().chain(private).collect(),
            last_success: time(status.last_success),
            last_error: status
                .last_error
                .as_ref()
                .map(|error| LastError { at: error.at.to_string(), message: error.message.clone() }),
            stale_since: time(status.stale_since),
            next_refresh: time(status.next_refresh),
            fetches: status.fetches,
            failed_fetches: status.failed_fetches,
        }
    }
}
