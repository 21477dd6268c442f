use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use claimgate_oidc::{IssuerStatus, KeyState};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
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
    loaded_at: Time,
    routes: usize,
    /// Why a later version of the file is not in force.
    refused: Option<Refused>,
    /// The keys whose change waits for the next start.
    restart_needed: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    at: Time,
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
    last_success: Option<Time>,
    last_error: Option<LastError>,
    stale_since: Option<Time>,
    next_refresh: Option<Time>,
    fetches: u64,
    failed_fetches: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastError {
    at: Time,
    message: String,
}

/// A time: exact for programs, and as people read it.
struct Time {
    exact: String,
    shown: String,
    relative: String,
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.exact)
    }
}

impl Time {
    fn of(at: Timestamp, now: Timestamp) -> Self {
        Self {
            exact: DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&at),
            shown: at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            relative: relative(at.as_second() - now.as_second()),
        }
    }
}

/// How far away a time is, in its largest unit.
fn relative(seconds: i64) -> String {
    let (count, unit) = match seconds.unsigned_abs() {
        0 => return "now".to_owned(),
        s @ ..60 => (s, "s"),
        s @ 60..3600 => (s / 60, "min"),
        s @ 3600..86_400 => (s / 3600, "h"),
        s => (s / 86_400, "d"),
    };
    if seconds < 0 { format!("{count} {unit} ago") } else { format!("in {count} {unit}") }
}

/// The rank of a state: what somebody should look at comes first.
fn urgency(state: &str) -> u8 {
    match state {
        "unavailable" => 0,
        "stale" => 1,
        "pending" => 2,
        "fresh" => 3,
        _ => 4,
    }
}

fn from_core(at: claimgate_core::time::Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_milliseconds()).unwrap_or_default()
}

impl Status {
    /// How many issuers are in which state: `1 unavailable, 2 fresh`.
    fn totals(&self) -> String {
        let mut states = BTreeMap::new();
        for issuer in &self.issuers {
            states.entry((urgency(issuer.state), issuer.state)).and_modify(|count| *count += 1).or_insert(1);
        }
        let states: Vec<_> = states.iter().map(|((_, state), count)| format!("{count} {state}")).collect();
        states.join(", ")
    }

    /// The issuers, those in trouble first.
    fn by_urgency(&self) -> Vec<&Issuer> {
        let mut issuers: Vec<_> = self.issuers.iter().collect();
        issuers.sort_by_key(|issuer| urgency(issuer.state));
        issuers
    }

    fn of(state: &AdminState) -> Self {
        let (runtime, last) = state.reload.in_force();
        let now = from_core(state.app.now());
        let time = |at| Time::of(from_core(at), now);
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
                .map(|status| Issuer::of(status, runtime.entries_of(status.id.as_str()), now))
                .collect(),
        }
    }
}

impl Issuer {
    fn of(status: &IssuerStatus, entries: &[Arc<str>], now: Timestamp) -> Self {
        let time = |at: Option<Timestamp>| at.map(|at| Time::of(at, now));
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
                .map(|error| LastError { at: Time::of(error.at, now), message: error.message.clone() }),
            stale_since: time(status.stale_since),
            next_refresh: time(status.next_refresh),
            fetches: status.fetches,
            failed_fetches: status.failed_fetches,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_for_programs_and_near_for_people() {
        let now = Timestamp::from_millisecond(1_800_000_000_000).unwrap();
        for (seconds, relative) in [
            (0, "now"),
            (-1, "1 s ago"),
            (59, "in 59 s"),
            (-60, "1 min ago"),
            (7200, "in 2 h"),
            (-172_800, "2 d ago"),
        ] {
            let time = Time::of(Timestamp::from_second(1_800_000_000 + seconds).unwrap(), now);
            assert_eq!(time.relative, relative);
        }
        let time = Time::of(now, now);
        assert_eq!(
            (time.exact.as_str(), time.shown.as_str()),
            ("2027-01-15T08:00:00.000Z", "2027-01-15 08:00:00 UTC")
        );
    }
}
