use std::sync::Arc;
use std::time::Duration;

use claimgate_core::audit::AuditOutcome;
use claimgate_core::policy::ShadowMatch;
use claimgate_gate::Decided;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// One metric, for the reference page.
#[derive(Clone, Copy, Debug)]
pub struct MetricInfo {
    /// The name as scraped.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// The labels.
    pub labels: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
}

/// Every metric.
pub const METRICS: &[MetricInfo] = &[
    MetricInfo {
        name: "claimgate_gate_decisions_total",
        kind: "counter",
        labels: "`adapter`, `route`, `issuer` (the name of the trust entry that took the token; of a refused token the one that it says it is meant for), `outcome` (allow, challenge, deny), `code`",
        help: "Number of decisions, by the door that asked, the route, the issuer, the outcome and the code of the refusal.",
    },
    MetricInfo {
        name: "claimgate_gate_decision_duration_seconds",
        kind: "histogram",
        labels: "",
        help: "Time from the headers of a check request to its decision, in seconds.",
    },
    MetricInfo {
        name: "claimgate_gate_shadow_matches_total",
        kind: "counter",
        labels: "`route`, `effect` (allow, deny), `rule`, `result` (true, error)",
        help: "Number of decisions on which a rule with `shadow: true` was true, or could not be evaluated.",
    },
    MetricInfo {
        name: "claimgate_gate_cached_tokens",
        kind: "gauge",
        labels: "",
        help: "Number of verified tokens that are remembered now.",
    },
    MetricInfo {
        name: "claimgate_audit_dropped_records_total",
        kind: "counter",
        labels: "",
        help: "Number of audit records that were lost, because the queue stayed full or because they could not be written.",
    },
    MetricInfo {
        name: "claimgate_traces_exported_spans_total",
        kind: "counter",
        labels: "",
        help: "Number of spans that the collector took.",
    },
    MetricInfo {
        name: "claimgate_traces_dropped_spans_total",
        kind: "counter",
        labels: "`reason` (queueFull, exportFailed, rejected)",
        help: "Number of spans that were lost: without room in the queue, not sent, or not taken by the collector.",
    },
    MetricInfo {
        name: "claimgate_config_reloads_total",
        kind: "counter",
        labels: "`result` (success, failure)",
        help: "Number of times that a configuration was loaded or refused; the first one counts as well.",
    },
    MetricInfo {
        name: "claimgate_config_generation",
        kind: "gauge",
        labels: "",
        help: "Number of the configuration in force, counted from 1 at the start.",
    },
    MetricInfo {
        name: "claimgate_issuer_keys",
        kind: "gauge",
        labels: "`issuer` (the name of a trust entry; entries of one issuer show the same)",
        help: "Number of usable keys of an issuer, for each of its trust entries.",
    },
    MetricInfo {
        name: "claimgate_issuer_last_success_timestamp_seconds",
        kind: "gauge",
        labels: "`issuer`",
        help: "Time at which the keys of an issuer were last fetched, in seconds since 1970; 0 if they never were.",
    },
    MetricInfo {
        name: "claimgate_issuer_available",
        kind: "gauge",
        labels: "`issuer`",
        help: "Whether the tokens of an issuer can be verified: 1 if they can, else 0.",
    },
];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct DecisionLabels {
    adapter: &'static str,
    route: Arc<str>,
    issuer: Arc<str>,
    outcome: &'static str,
    code: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ShadowLabels {
    route: Arc<str>,
    effect: &'static str,
    rule: Arc<str>,
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct DropLabels {
    reason: &'static str,
}

/// What became of spans.
#[derive(Clone)]
pub(crate) struct SpanCounters {
    pub(super) exported: Counter,
    pub(super) no_room: Counter,
    pub(super) not_sent: Counter,
    pub(super) rejected: Counter,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ReloadLabels {
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct IssuerLabels {
    issuer: Arc<str>,
}

/// What one issuer looks like to the metrics.
#[derive(Clone, Debug)]
pub struct IssuerSample {
    /// The name of a trust entry of the issuer.
    pub name: Arc<str>,
    /// The number of usable keys.
    pub keys: usize,
    /// When the keys were last fetched, in seconds since 1970.
    pub last_success: Option<i64>,
    /// Whether tokens can be verified.
    pub available: bool,
}

/// The counters of the process.
pub struct Metrics {
    registry: Registry,
    decisions: Family<DecisionLabels, Counter>,
    duration: Histogram,
    shadow_matches: Family<ShadowLabels, Counter>,
    cached_tokens: Gauge,
    audit_dropped: Counter,
    spans_exported: Counter,
    spans_dropped: Family<DropLabels, Counter>,
    reloads: Family<ReloadLabels, Counter>,
    generation: Gauge,
    issuer_keys: Family<IssuerLabels, Gauge>,
    issuer_last_success: Family<IssuerLabels, Gauge>,
    issuer_available: Family<IssuerLabels, Gauge>,
    nameless: Arc<str>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            decisions: Family::default(),
            duration: Histogram::new([
                2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2, 0.1, 1.0, 5.0,
            ]),
            shadow_matches: Family::default(),
            cached_tokens: Gauge::default(),
            audit_dropped: Counter::default(),
            spans_exported: Counter::default(),
            spans_dropped: Family::default(),
            reloads: Family::default(),
            generation: Gauge::default(),
            issuer_keys: Family::default(),
            issuer_last_success: Family::default(),
            issuer_available: Family::default(),
            nameless: "".into(),
        };
        metrics.register();
        // What alerts look at exists from the start, at zero.
        drop(metrics.spans());
        drop(metrics.reloads.get_or_create(&ReloadLabels { result: "failure" }));
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        self.add("claimgate_gate_decisions_total", self.decisions.clone());
        self.add("claimgate_gate_decision_duration_seconds", self.duration.clone());
        self.add("claimgate_gate_shadow_matches_total", self.shadow_matches.clone());
        self.add("claimgate_gate_cached_tokens", self.cached_tokens.clone());
        self.add("claimgate_audit_dropped_records_total", self.audit_dropped.clone());
        self.add("claimgate_traces_exported_spans_total", self.spans_exported.clone());
        self.add("claimgate_traces_dropped_spans_total", self.spans_dropped.clone());
        self.add("claimgate_config_reloads_total", self.reloads.clone());
        self.add("claimgate_config_generation", self.generation.clone());
        self.add("claimgate_issuer_keys", self.issuer_keys.clone());
        self.add("claimgate_issuer_last_success_timestamp_seconds", self.issuer_last_success.clone());
        self.add("claimgate_issuer_available", self.issuer_available.clone());
    }

    /// Registers a metric of the list. The library itself appends `_total` to counters and a full stop to texts.
    fn add(&mut self, name: &str, metric: impl Metric) {
        let help = METRICS.iter().find(|metric| metric.name == name).map_or("", |metric| metric.help);
        self.registry.register(name.trim_end_matches("_total"), help.trim_end_matches('.'), metric);
    }

    pub(super) fn decided(
        &self,
        adapter: &'static str,
        decided: &Decided,
        outcome: AuditOutcome,
        code: &'static str,
        elapsed: Duration,
    ) {
        let route = decided.route.as_ref().map_or(&self.nameless, |route| &route.name).clone();
        let entry = decided.credential.as_ref().and_then(|credential| credential.entry.as_ref());
        let issuer = entry.unwrap_or(&self.nameless).clone();
        let labels = DecisionLabels { adapter, route, issuer, outcome: outcome.as_str(), code };
        self.decisions.get_or_create(&labels).inc();
        self.duration.observe(elapsed.as_secs_f64());
    }

    /// Counts what the shadow rules of `route` would have done.
    pub(super) fn watched(&self, route: Option<&Arc<str>>, matches: &[ShadowMatch]) {
        for found in matches {
            let route = route.unwrap_or(&self.nameless).clone();
            let result = if found.error.is_some() { "error" } else { "true" };
            let (effect, rule) = (found.effect.as_str(), found.rule.clone());
            self.shadow_matches.get_or_create(&ShadowLabels { route, effect, rule, result }).inc();
        }
    }

    /// The counters of spans.
    pub(crate) fn spans(&self) -> SpanCounters {
        let dropped = |reason| self.spans_dropped.get_or_create(&DropLabels { reason }).clone();
        SpanCounters {
            exported: self.spans_exported.clone(),
            no_room: dropped("queueFull"),
            not_sent: dropped("exportFailed"),
            rejected: dropped("rejected"),
        }
    }

    /// The counter of lost audit records.
    pub(crate) fn lost_records(&self) -> Counter {
        self.audit_dropped.clone()
    }

    /// Counts a reload that went through, to configuration number `generation`.
    pub fn reloaded(&self, generation: u64) {
        self.reloads.get_or_create(&ReloadLabels { result: "success" }).inc();
        self.generation.set(i64::try_from(generation).unwrap_or(i64::MAX));
    }

    /// Counts a reload that was refused.
    pub fn reload_refused(&self) {
        self.reloads.get_or_create(&ReloadLabels { result: "failure" }).inc();
    }

    /// The text that Prometheus scrapes (`OpenMetrics`), with the present state of cache and issuers.
    pub fn render(&self, cached_tokens: usize, issuers: &[IssuerSample]) -> String {
        self.cached_tokens.set(i64::try_from(cached_tokens).unwrap_or(i64::MAX));
        self.issuer_keys.clear();
        self.issuer_last_success.clear();
        self.issuer_available.clear();
        for issuer in issuers {
            let labels = IssuerLabels { issuer: issuer.name.clone() };
            let keys: &Gauge<i64, std::sync::atomic::AtomicI64> = &self.issuer_keys.get_or_create(&labels);
            keys.set(i64::try_from(issuer.keys).unwrap_or(i64::MAX));
            self.issuer_last_success.get_or_create(&labels).set(issuer.last_success.unwrap_or(0));
            self.issuer_available.get_or_create(&labels).set(i64::from(issuer.available));
        }
        let mut text = String::new();
        // Writing into a `String` does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
