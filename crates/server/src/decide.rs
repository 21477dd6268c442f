//! The one call into the gate, with its deadline, the audit record and the metrics around it.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use claimgate_core::audit::{AuditOutcome, AuditRecord, AuditedRequest, DecisionId};
use claimgate_core::decision::{Decision, Denial, DenyReason};
use claimgate_core::time::Timestamp;
use claimgate_core::trace::Trace;
use claimgate_gate::{Decided, RequestFacts};
use http::{HeaderMap, HeaderName};
use tokio::time::Instant;

use crate::adapters::Asked;
use crate::app::App;
use crate::runtime::Runtime;
use crate::telemetry::{TraceId, TraceParent};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A question, as an adapter puts it.
pub struct Question<'a> {
    /// The adapter's name.
    pub adapter: &'static str,
    /// The client's request; or why there is none.
    pub asked: Result<Asked, Denial>,
    /// The client's headers.
    pub headers: &'a HeaderMap,
    /// The route that the caller names.
    pub route: Option<&'a str>,
    /// The address of the peer, for the audit log where the client's is not known.
    pub peer: IpAddr,
}

/// The answer to a question: the decision and its id.
pub struct Answer {
    /// The id.
    pub id: DecisionId,
    /// The decision and what led to it.
    pub decided: Decided,
}

impl Answer {
    /// Why the request is not allowed, if it is not.
    pub fn reason(&self) -> Option<DenyReason> {
        match &self.decided.decision {
            Decision::Allow(_) => None,
            Decision::Challenge(_) => Some(DenyReason::MissingCredential),
            Decision::Deny(denial) => Some(denial.reason),
        }
    }
}

/// Decides, counts and records. `status` turns a refusal into the status that the adapter answers.
#[expect(clippy::disallowed_methods, reason = "how long a decision took, for its record")]
pub async fn decide(app: &App, runtime: &Runtime, question: Question<'_>, status: fn(u16) -> u16) -> Answer {
    let (now, began) = (app.now(), Instant::now());
    let id = app.decision_id();
    let mut waited = None;
    let mut decided = match &question.asked {
        Err(denial) => undecided(denial.clone()),
        Ok(asked) => {
            let facts = RequestFacts {
                request: &asked.request,
                headers: question.headers,
                client: asked.client,
                route: question.route,
            };
            within_deadline(runtime, facts, now, &mut waited).await
        }
    };
    bound_failures(runtime, &question, &mut decided);
    let answer = Answer { id, decided };
    let outcome = outcome(&answer.decided.decision);
    let elapsed = began.elapsed();
    app.telemetry.observe(&question, &answer, outcome, elapsed);
    let waited = waited.map(|began: Instant| began.elapsed());
    let traced = app.telemetry.trace(&question, &answer, outcome, status, elapsed, waited);
    if app.telemetry.audits(outcome) {
        let trace_id = traced.or_else(|| parent(&question)).map(|id| id.to_string());
        let record = AuditRecord {
            trace_id: trace_id.as_deref(),
            ..record(&question, &answer, outcome, status, now, elapsed)
        };
        app.telemetry.audit(&record).await;
    }
    answer
}

/// Tells a source that has failed too often so, in place of the reason of one more failure.
fn bound_failures(runtime: &Runtime, question: &Question<'_>, decided: &mut Decided) {
    let (Decision::Deny(denial), Ok(asked)) = (&mut decided.decision, &question.asked) else { return };
    let Some(source) = asked.client else { return };
    if !runtime.failed_attempts.count(source, denial.reason) {
        denial.detail = format!("{}: {}", denial.reason.code(), denial.detail).into();
        denial.reason = DenyReason::TooManyFailures;
    }
}

/// Decides, noting in `waited` since when the decision waits for an issuer's keys, if it does.
#[expect(clippy::disallowed_methods, reason = "how long a decision waited, for its trace")]
async fn within_deadline(
    runtime: &Runtime,
    facts: RequestFacts<'_>,
    now: Timestamp,
    waited: &mut Option<Instant>,
) -> Decided {
    let mut trace = Trace::off();
    let deciding = pin!(runtime.gate.decide(facts, now, &mut trace));
    let decided = within(runtime.decision_deadline, deciding, || *waited = Some(Instant::now())).await;
    decided.unwrap_or_else(|| {
        // The only thing waited for is an issuer's keys.
        undecided(Denial::new(DenyReason::IssuerUnavailable, "the decision took longer than its deadline"))
    })
}

/// What `future` yields, unless it takes longer than `longest`. Nearly everything is ready at once, and so
/// needs no timer; `waits` is called if it is not. It stays where it is: a decision is too large to be moved about.
pub(crate) async fn within<F: Future>(
    longest: Duration,
    mut future: Pin<&mut F>,
    waits: impl FnOnce(),
) -> Option<F::Output> {
    if let Poll::Ready(ready) = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        return Some(ready);
    }
    waits();
    tokio::time::timeout(longest, future).await.ok()
}

/// The refusal of a request that never came to a route.
pub(crate) fn undecided(denial: Denial) -> Decided {
    Decided { decision: Decision::Deny(denial), route: None, credential: None, identity: None, exempt: false }
}

fn outcome(decision: &Decision) -> AuditOutcome {
    match decision {
        Decision::Allow(_) => AuditOutcome::Allow,
        Decision::Challenge(_) => AuditOutcome::Challenge,
        Decision::Deny(_) => AuditOutcome::Deny,
    }
}

fn record<'a>(
    question: &'a Question<'_>,
    answer: &'a Answer,
    outcome: AuditOutcome,
    status: fn(u16) -> u16,
    now: Timestamp,
    elapsed: Duration,
) -> AuditRecord<'a> {
    let decided = &answer.decided;
    let (detail, rule) = match &decided.decision {
        Decision::Allow(grant) => (None, grant.rule()),
        Decision::Challenge(_) => (None, None),
        Decision::Deny(denial) => (Some(&*denial.detail), denial.rule.as_deref()),
    };
    let asked = question.asked.as_ref().ok();
    let request = asked.map(|asked| AuditedRequest {
        method: asked.request.method(),
        host: asked.request.host().as_str(),
        path: asked.request.path().as_str(),
        client: asked.client,
    });
    AuditRecord {
        time: now,
        decision_id: answer.id,
        request_id: request_id(question.headers),
        trace_id: None,
        adapter: question.adapter,
        route: decided.route.as_ref().map(|route| &*route.name),
        outcome,
        status: status(answer.reason().map_or(200, DenyReason::status)),
        reason: answer.reason(),
        detail,
        request: request
            .unwrap_or(AuditedRequest { client: Some(question.peer), ..AuditedRequest::default() }),
        credential: decided.credential.as_ref(),
        identity: decided.identity.as_deref(),
        rule,
        shadow: decided.decision.shadow().as_deref(),
        exempt: decided.exempt,
        duration_microseconds: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
    }
}

/// The trace that the request says it is part of.
fn parent(question: &Question<'_>) -> Option<TraceId> {
    TraceParent::of(question.headers).map(|parent| parent.trace_id)
}

/// The id that the caller gave the request, of at most 128 characters.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    (id.len() <= 128).then_some(id)
}
