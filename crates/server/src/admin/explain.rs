use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use claimgate_core::decision::{Decision, Denial, DenyReason};
use claimgate_core::request::{CanonicalRequest, RequestError};
use claimgate_core::time::Timestamp;
use claimgate_core::trace::{Stage, Step, StepOutcome, Trace};
use claimgate_gate::{Decided, RequestFacts};
use claimgate_json::{Json, Limits, ParseError, parse};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::AdminState;
use crate::decide::undecided;
use crate::runtime::Runtime;

/// A question to `explain`: which request, with which credential.
pub struct Hypothesis {
    /// The method.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// Further headers of the client.
    pub headers: Vec<(String, String)>,
    /// A bearer token, to be verified for real.
    pub token: Option<String>,
    /// Claims, to be taken as if they were signed. Instead of a token.
    pub claims: Option<Json>,
    /// The trust entry that the claims belong to, where they have no `iss`.
    pub entry: Option<String>,
}

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The request's URL is none.
    #[error("`{0}` is not an absolute URL")]
    Url(String),
    /// A header that no request can have.
    #[error("`{0}` is not a header")]
    Header(String),
    /// The question is not JSON.
    #[error("the question is not JSON: {0}")]
    Json(#[from] ParseError),
    /// A member of the question is missing or of the wrong type.
    #[error("`{0}` is missing or of the wrong type")]
    Member(&'static str),
}

/// The steps of a decision and its end. It never holds the token.
pub struct Explanation {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The decision.
    pub decided: Decided,
}

impl Explanation {
    /// Whether the request is allowed.
    pub fn is_allowed(&self) -> bool {
        matches!(self.decided.decision, Decision::Allow(_))
    }

    /// The reason of a refusal.
    pub fn reason(&self) -> Option<DenyReason> {
        match &self.decided.decision {
            Decision::Allow(_) => None,
            Decision::Challenge(_) => Some(DenyReason::MissingCredential),
            Decision::Deny(denial) => Some(denial.reason),
        }
    }

    /// `{ steps: [{step, name, outcome, detail}], decision: {…} }`
    pub fn to_json(&self) -> serde_json::Value {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| {
                json!({
                    "step": step.stage.as_str(),
                    "name": step.name,
                    "outcome": step.outcome.as_str(),
                    "detail": step.detail,
                })
            })
            .collect();
        let identity = self.decided.identity.as_ref().map(|identity| {
            json!({
                "username": identity.username(),
                "uid": identity.uid(),
                "groups": identity.groups(),
                "extra": identity.extra(),
            })
        });
        let detail = match &self.decided.decision {
            Decision::Deny(denial) => Some(&*denial.detail),
            _ => None,
        };
        let headers: Vec<_> = match &self.decided.decision {
            Decision::Allow(grant) => grant
                .headers()
                .set()
                .iter()
                .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
                .collect(),
            _ => Vec::new(),
        };
        json!({
            "steps": steps,
            "decision": {
                "outcome": if self.is_allowed() { "allow" } else { "refuse" },
                "status": self.reason().map_or(200, DenyReason::status),
                "code": self.reason().map(DenyReason::code),
                "detail": detail,
                "route": self.decided.route.as_ref().map(|route| &*route.name),
                "exempt": self.decided.exempt,
                "identity": identity,
                "headers": headers,
            },
        })
    }
}

/// Runs a question through the gate with its recorder on.
///
/// # Errors
/// [`ExplainError`] if the request itself is impossible.
pub async fn explain(
    runtime: &Runtime,
    hypothesis: Hypothesis,
    now: Timestamp,
) -> Result<Explanation, ExplainError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &hypothesis.headers {
        let bad = || ExplainError::Header(name.clone());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        headers.append(header, HeaderValue::from_str(value).map_err(|_| bad())?);
    }
    if let Some(token) = &hypothesis.token {
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        headers.append(AUTHORIZATION, value.map_err(|_| ExplainError::Header("authorization".to_owned()))?);
    }
    let request = match CanonicalRequest::parse_url(&hypothesis.method, &hypothesis.url) {
        Ok(request) => request,
        Err(RequestError::NotAbsolute) => return Err(ExplainError::Url(hypothesis.url)),
        Err(error) => return Ok(unreadable(error)),
    };
    let facts = RequestFacts { request: &request, headers: &headers, client: None, route: None };
    let mut trace = Trace::on();
    let decided = match hypothesis.claims {
        Some(claims) => runtime.gate.suppose(facts, claims, hypothesis.entry.as_deref(), now, &mut trace),
        None => runtime.gate.decide(facts, now, &mut trace).await,
    };
    Ok(Explanation { steps: trace.steps().to_vec(), decided })
}

/// The refusal of a request that has no canonical form, as every door answers it.
fn unreadable(error: RequestError) -> Explanation {
    let detail = error.to_string();
    let step = Step {
        stage: Stage::Request,
        name: String::new(),
        outcome: StepOutcome::Refused,
        detail: detail.clone(),
    };
    Explanation { steps: vec![step], decided: undecided(Denial::new(DenyReason::BadRequest, detail)) }
}

/// `POST /explain` with `{method, url, headers, token | claims, entry}`. Off unless
/// `listeners.admin.explain` is on: its answers hold claims.
pub(super) async fn endpoint(State(state): State<AdminState>, body: Bytes) -> Response {
    let runtime = state.app.runtime.load_full();
    if !runtime.explain {
        return (StatusCode::NOT_FOUND, "explain is off (`listeners.admin.explain`)\n").into_response();
    }
    let answer = match question(&body) {
        Ok(hypothesis) => explain(&runtime, hypothesis, state.app.now()).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(explanation) => {
            ([(CONTENT_TYPE, "application/json")], format!("{:#}\n", explanation.to_json())).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
}

fn question(body: &[u8]) -> Result<Hypothesis, ExplainError> {
    let json = parse(body, Limits { depth: 40 })?;
    let text = |name: &'static str| match json.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.to_string())),
        Some(_) => Err(ExplainError::Member(name)),
    };
    let headers = match json.get("headers") {
        None => Vec::new(),
        Some(Json::Object(headers)) => {
            let one = |(name, value): (&str, &Json)| {
                value
                    .as_str()
                    .map(|value| (name.to_owned(), value.to_owned()))
                    .ok_or(ExplainError::Member("headers"))
            };
            headers.iter().map(one).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(ExplainError::Member("headers")),
    };
    Ok(Hypothesis {
        method: text("method")?.unwrap_or_else(|| "GET".to_owned()),
        url: text("url")?.ok_or(ExplainError::Member("url"))?,
        headers,
        token: text("token")?,
        claims: json.get("claims").cloned(),
        entry: text("entry")?,
    })
}
