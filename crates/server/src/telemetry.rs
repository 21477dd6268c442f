//! Telemetry: audit log, metrics and traces.

mod audit;
mod metrics;
mod traces;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use claimgate_core::audit::{AuditOutcome, AuditRecord};

use crate::decide::{Answer, Question};

pub use audit::{AuditLog, AuditTarget};
pub use metrics::{IssuerSample, METRICS, MetricInfo, Metrics};
pub use traces::{TraceId, TracesError};
pub(crate) use traces::{TraceParent, TraceSettings, Traces};

/// What is counted and written about decisions.
pub struct Telemetry {
    metrics: Metrics,
    audit: Option<AuditLog>,
    allowed: AtomicBool,
    traces: ArcSwapOption<Traces>,
}

impl Telemetry {
    /// Telemetry that writes to `audit`: refusals always, what was allowed if `allowed` says so.
    pub fn new(metrics: Metrics, audit: Option<AuditLog>, allowed: bool) -> Self {
        Self { metrics, audit, allowed: AtomicBool::new(allowed), traces: ArcSwapOption::empty() }
    }

    /// Does from now on as a changed configuration says. Former traces are sent first, in the background.
    pub(crate) fn change(&self, allowed: bool, traces: Option<Traces>) {
        self.allowed.store(allowed, Ordering::Relaxed);
        if let Some(former) = self.traces.swap(traces.map(Arc::new)) {
            tokio::spawn(async move { former.close().await });
        }
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Counts a decision and the time it took.
    pub fn observe(
        &self,
        question: &Question<'_>,
        answer: &Answer,
        outcome: AuditOutcome,
        elapsed: Duration,
    ) {
        let route = answer.decided.route.as_ref();
        let code = answer.reason().map_or("", claimgate_core::decision::DenyReason::code);
        self.metrics.decided(question.adapter, &answer.decided, outcome, code, elapsed);
        if let Some(matches) = answer.decided.decision.shadow() {
            self.metrics.watched(route.map(|route| &route.name), matches);
        }
    }

    /// Makes the decision's span. The id of its trace, if it is recorded.
    pub(crate) fn trace(
        &self,
        question: &Question<'_>,
        answer: &Answer,
        outcome: AuditOutcome,
        status: fn(u16) -> u16,
        elapsed: Duration,
        waited: Option<Duration>,
    ) -> Option<TraceId> {
        let traces = self.traces.load();
        let traces = traces.as_ref()?;
        let status = status(answer.reason().map_or(200, claimgate_core::decision::DenyReason::status));
        traces.decided(question, answer, outcome, status, elapsed, waited)
    }

    /// Whether decisions with this outcome go into the audit log.
    pub fn audits(&self, outcome: AuditOutcome) -> bool {
        self.audit.is_some() && (outcome != AuditOutcome::Allow || self.allowed.load(Ordering::Relaxed))
    }

    /// Writes a record.
    pub async fn audit(&self, record: &AuditRecord<'_>) {
        if let Some(audit) = &self.audit {
            audit.write(record).await;
        }
    }

    /// Opens the audit log's file again, after it was renamed away.
    pub async fn reopen(&self) {
        if let Some(audit) = &self.audit
            && let Err(error) = audit.reopen().await
        {
            tracing::error!(%error, "The audit log cannot be opened again; the former file goes on");
        }
    }

    /// Waits, for a bounded time, until every span so far is sent and every record written.
    pub async fn close(&self) {
        if let Some(traces) = self.traces.load_full() {
            traces.close().await;
        }
        if let Some(audit) = &self.audit {
            audit.flush().await;
        }
    }
}
