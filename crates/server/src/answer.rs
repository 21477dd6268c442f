//! What an answer looks like: headers of an allow, status, challenge and body of a refusal.

use askama::Template;
use bytes::Bytes;
use claimgate_core::audit::DecisionId;
use claimgate_core::decision::{DenyReason, Grant};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::body::AnswerBody;

/// The header that carries the decision's id, on every answer.
pub const DECISION_ID: HeaderName = HeaderName::from_static("x-claimgate-decision-id");

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The answer that lets a request pass: 200 with every owned header of the route.
pub fn allowed(grant: &Grant, id: DecisionId) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::empty());
    let headers = response.headers_mut();
    headers.reserve(grant.headers().set().len() + 1);
    for (name, value) in grant.headers().set() {
        headers.append(name.clone(), value.clone());
    }
    headers.insert(DECISION_ID, id_value(id));
    response
}

/// The answers to requests that are not allowed, with what can be prepared of them.
pub struct Refusals {
    /// The `WWW-Authenticate` values, in the order of [`DenyReason::ALL`].
    challenges: Box<[Option<HeaderValue>]>,
}

impl Refusals {
    /// Prepares them.
    pub fn new() -> Self {
        let challenge = |reason: &DenyReason| reason.bearer_challenge().map(HeaderValue::from_static);
        Self { challenges: DenyReason::ALL.iter().map(challenge).collect() }
    }

    /// A refusal as every HTTP door answers it, apart from statuses that a proxy cannot pass on.
    pub fn answer(&self, reason: DenyReason, id: DecisionId, client: &HeaderMap) -> Response<AnswerBody> {
        let (content_type, body) = if wants_html(client) { page(reason, id) } else { problem(reason, id) };
        let mut response = Response::new(AnswerBody::from(body));
        *response.status_mut() = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::FORBIDDEN);
        let headers = response.headers_mut();
        headers.reserve(5);
        headers.insert(CONTENT_TYPE, content_type.clone());
        headers.insert(CACHE_CONTROL, const { HeaderValue::from_static("no-store") });
        if content_type == HTML {
            let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        if let Some(challenge) = self.challenges.get(reason as usize).and_then(Option::as_ref) {
            headers.insert(WWW_AUTHENTICATE, challenge.clone());
        }
        headers.insert(DECISION_ID, id_value(id));
        response
    }
}

impl Default for Refusals {
    fn default() -> Self {
        Self::new()
    }
}

/// RFC 9457, with the decision's id.
fn problem(reason: DenyReason, id: DecisionId) -> (HeaderValue, Bytes) {
    let body = [reason.problem().as_bytes(), b",\"decisionId\":\"", &id.as_hex(), b"\"}\n"].concat();
    (PROBLEM, body.into())
}

fn page(reason: DenyReason, id: DecisionId) -> (HeaderValue, Bytes) {
    let page = RefusalPage {
        status: reason.status(),
        title: reason.title(),
        advice: advice(reason),
        code: reason.code(),
        id: id.to_string(),
    };
    match page.render() {
        Ok(text) => (HTML, text.into()),
        Err(_) => problem(reason, id),
    }
}

/// The page for people whose browser asked.
#[derive(Template)]
#[template(path = "refused.html")]
struct RefusalPage {
    status: u16,
    title: &'static str,
    advice: &'static str,
    code: &'static str,
    id: String,
}

/// What a person can do about a refusal. It tells no more than the code does.
fn advice(reason: DenyReason) -> &'static str {
    match (reason, reason.status()) {
        (DenyReason::MissingCredential, _) => "This address needs a credential, and the request had none.",
        (DenyReason::Expired, _) => "Get a new token and try again.",
        (_, 401) => "The credential that came along is not accepted here. Another one may be.",
        (DenyReason::NotAllowed | DenyReason::NoServiceAccount, _) => {
            "You are known here, but what you asked for is not allowed to you."
        }
        (DenyReason::NoRoute, _) => "Nothing is served at this address. Check it for a mistake.",
        (_, 400) => "The request could be understood in more than one way, so nobody was asked.",
        (_, 429) => "Wait a moment, then try again.",
        (_, 503) => "This does not lie with you. Try again in a moment.",
        _ => "The request was refused.",
    }
}

/// Whether the client is a browser that asks for a page: it names `text/html` and no JSON.
fn wants_html(client: &HeaderMap) -> bool {
    let accept = client.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html") && !accept.contains("json")
}

/// The id as a header value.
pub fn id_value(id: DecisionId) -> HeaderValue {
    HeaderValue::from_bytes(&id.as_hex()).unwrap_or(HeaderValue::from_static(""))
}
