use std::sync::Arc;
use std::time::Duration;

use claimgate_core::audit::AuditOutcome;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// One metric, for the reference page.
#[derive(Clone, Copy, Debug)]
pub struct MetricInfo {
    /// The name as scraped.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// The labels.
    pub labels: &'static str,
    /// What it counts.
    pub help: &'static str,
}

/// Every metric.
pub const METRICS: &[MetricInfo] = &[
    MetricInfo {
        name: "claimgate_gate_decisions_total",
        kind: "counter",
        labels: "`adapter`, `route`, `outcome` (allow, challenge, deny), `code`",
        help: "Decisions",
    },
    MetricInfo {
        name: "claimgate_gate_decision_duration_seconds",
        kind: "histogram",
        labels: "",
        help: "Time from a check request's headers to its decision",
    },
    MetricInfo {
        name: "claimgate_gate_cached_tokens",
        kind: "gauge",
        labels: "",
        help: "Verified tokens remembered",
    },
    MetricInfo {
        name: "claimgate_audit_dropped_records_total",
        kind: "counter",
        labels: "",
        help: "Audit records lost because the queue stayed full, or because they could not be written",
    },
    MetricInfo {
        name: "claimgate_traces_exported_spans_total",
        kind: "counter",
        labels: "",
        help: "Spans that the collector took",
    },
    MetricInfo {
        name: "claimgate_traces_dropped_spans_total",
        kind: "counter",
        labels: "`reason` (queueFull, exportFailed, rejected)",
        help: "Spans lost: no room in the queue, not sent, or not taken by the collector",
    },
    MetricInfo {
        name: "claimgate_config_reloads_total",
        kind: "counter",
        labels: "`result` (success, failure)",
        help: "Reloads of the configuration",
    },
    MetricInfo {
        name: "claimgate_config_generation",
        kind: "gauge",
        labels: "",
        help: "The number of the configuration in force, counted from 1",
    },
    MetricInfo {
        name: "claimgate_issuer_keys",
        kind: "gauge",
        labels: "`issuer` (the name of a trust entry; entries of one issuer show the same)",
        help: "Usable keys of an issuer",
    },
    MetricInfo {
        name: "claimgate_issuer_last_success_timestamp_seconds",
        kind: "gauge",
        labels: "`issuer`",
        help: "When an issuer's keys were last fetched, in seconds since 1970",
    },
    MetricInfo {
        name: "claimgate_issuer_available",
        kind: "gauge",
        labels: "`issuer`",
        help: "1 if the issuer's tokens can be verified, else 0",
    },
];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct DecisionLabels {
    adapter: &'static str,
    route: Arc<str>,
    outcome: &'static str,
    code: &'static str,
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
        let help =
            |name: &str| METRICS.iter().find(|metric| metric.name == name).map_or("", |metric| metric.help);
        let registry = &mut self.registry;
        // The library appends `_total` to counters.
        let name = "claimgate_gate_decisions";
        registry.register(name, help("claimgate_gate_decisions_total"), self.decisions.clone());
        let name = "claimgate_gate_decision_duration_seconds";
        registry.register(name, help(name), self.duration.clone());
        let name = "claimgate_gate_cached_tokens";
        registry.register(name, help(name), self.cached_tokens.clone());
        let name = "claimgate_audit_dropped_records";
        registry.register(name, help("claimgate_audit_dropped_records_total"), self.audit_dropped.clone());
        let name = "claimgate_traces_exported_spans";
        registry.register(name, help("claimgate_traces_exported_spans_total"), self.spans_exported.clone());
        let name = "claimgate_traces_dropped_spans";
        registry.register(name, help("claimgate_traces_dropped_spans_total"), self.spans_dropped.clone());
        let name = "claimgate_config_reloads";
        registry.register(name, help("claimgate_config_reloads_total"), self.reloads.clone());
        let name = "claimgate_config_generation";
        registry.register(name, help(name), self.generation.clone());
        let name = "claimgate_issuer_keys";
        registry.register(name, help(name), self.issuer_keys.clone());
        let name = "claimgate_issuer_last_success_timestamp_seconds";
        registry.register(name, help(name), self.issuer_last_success.clone());
        let name = "claimgate_issuer_available";
        registry.register(name, help(name), self.issuer_available.clone());
    }

    pub(super) fn decided(
        &self,
        adapter: &'static str,
        route: Option<&Arc<str>>,
        outcome: AuditOutcome,
        code: &'static str,
        elapsed: Duration,
    ) {
        let route = route.unwrap_or(&self.nameless).clone();
        let labels = DecisionLabels { adapter, route, outcome: outcome.as_str(), code };
        self.decisions.get_or_create(&labels).inc();
        self.duration.observe(elapsed.as_secs_f64());
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
