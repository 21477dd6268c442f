//! A decision's span, from the moment it is known to the message that is sent.

use std::sync::Arc;
use std::time::Duration;

use claimgate_core::audit::DecisionId;

use super::context::{TraceId, TraceParent};
use super::messages::{self, KeyValue, Status, Value};

/// A decision as its trace tells it. It holds no credential, no query and nothing of the identity.
pub(super) struct DecisionSpan {
    pub(super) trace_id: TraceId,
    pub(super) span_id: [u8; 8],
    pub(super) parent: Option<TraceParent>,
    pub(super) state: Option<String>,
    /// Nanoseconds since 1970.
    pub(super) end: u64,
    pub(super) elapsed: Duration,
    /// The time from the first wait for keys to the end, and the id of that span.
    pub(super) waited: Option<(Duration, [u8; 8])>,
    pub(super) decision_id: DecisionId,
    pub(super) adapter: &'static str,
    pub(super) route: Option<Arc<str>>,
    pub(super) outcome: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) status: u16,
    pub(super) entry: Option<Arc<str>>,
    pub(super) exempt: bool,
    pub(super) request_id: Option<String>,
}

impl DecisionSpan {
    /// How many spans it is sent as.
    pub(super) const fn count(&self) -> u64 {
        if self.waited.is_some() { 2 } else { 1 }
    }

    /// The spans: that of the decision, and that of a wait within it.
    pub(super) fn messages(&self) -> impl Iterator<Item = messages::Span> {
        let waited = self.waited.map(|(waited, id)| messages::Span {
            span_id: id.to_vec(),
            parent_span_id: self.span_id.to_vec(),
            name: "keys.wait".to_owned(),
            kind: messages::KIND_INTERNAL,
            start: self.end.saturating_sub(nanoseconds(waited)),
            flags: 1 | messages::FLAG_HAS_IS_REMOTE,
            ..self.part()
        });
        [self.decision()].into_iter().chain(waited)
    }

    fn decision(&self) -> messages::Span {
        let remote = if self.parent.is_some() { messages::FLAG_IS_REMOTE } else { 0 };
        let flags = self.parent.map_or(1, |parent| u32::from(parent.flags));
        messages::Span {
            span_id: self.span_id.to_vec(),
            parent_span_id: self.parent.map(|parent| parent.span_id.to_vec()).unwrap_or_default(),
            name: "gate.decide".to_owned(),
            kind: messages::KIND_SERVER,
            start: self.end.saturating_sub(nanoseconds(self.elapsed)),
            attributes: self.attributes(),
            // A refusal is what a gate is there for; an error is what keeps it from deciding.
            status: (self.status >= 500).then_some(Status { code: messages::STATUS_ERROR }),
            flags: flags | messages::FLAG_HAS_IS_REMOTE | remote,
            ..self.part()
        }
    }

    /// What the spans have in common.
    fn part(&self) -> messages::Span {
        messages::Span {
            trace_id: self.trace_id.0.to_vec(),
            trace_state: self.state.clone().unwrap_or_default(),
            end: self.end,
            ..messages::Span::default()
        }
    }

    fn attributes(&self) -> Vec<KeyValue> {
        let text = |key: &str, value: Option<&str>| value.map(|value| KeyValue::text(key, value));
        let texts = [
            text("claimgate.adapter", Some(self.adapter)),
            text("claimgate.route", self.route.as_deref()),
            text("claimgate.outcome", Some(self.outcome)),
            text("claimgate.code", self.code),
            text("claimgate.entry", self.entry.as_deref()),
            text("claimgate.request.id", self.request_id.as_deref()),
        ];
        let others = [
            KeyValue::text("claimgate.decision.id", self.decision_id.to_string()),
            KeyValue::new("claimgate.exempt", Value::Bool(self.exempt)),
            KeyValue::new("http.response.status_code", Value::Integer(self.status.into())),
        ];
        texts.into_iter().flatten().chain(others).collect()
    }
}

/// The nanoseconds of a duration; 584 years are the most.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
