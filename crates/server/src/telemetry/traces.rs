//! Traces: one span for each decision, sent to an OpenTelemetry collector.
//!
//! Nothing here makes a decision wait. A span is made once the decision is known, goes into a bounded queue or is
//! dropped and counted, and a task of its own sends what has gathered.

mod context;
mod exporter;
mod messages;
mod span;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use claimgate_config::sections;
use claimgate_config::{Config, Files as _};
use claimgate_core::audit::AuditOutcome;
use claimgate_core::decision::DenyReason;
use claimgate_crypto::{FingerprintKey, RandomError};
use claimgate_fetch::{
    AddressError, FetchUrl, Fetcher, FetcherError, FetcherOptions, PlainHttp, Timeouts, Trust, TrustError,
};

use super::metrics::SpanCounters;
use crate::decide::{Answer, Question, request_id};
use crate::files::ConfigFiles;
use exporter::{Collector, ExtraHeaders, Queue, parse_headers};
use span::DecisionSpan;

pub use context::TraceId;
pub(crate) use context::TraceParent;

/// The longest wait for the collector when the process ends.
const LAST_FLUSH: Duration = Duration::from_secs(5);

/// Why traces cannot be kept as the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The collector's address.
    #[error("the collector's address cannot be used: {0}")]
    Address(#[from] AddressError),
    /// A file cannot be read.
    #[error("`{path}` cannot be read: {source}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The file of headers is malformed.
    #[error("`{path}`: {cause}")]
    Headers {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The authorities cannot be used.
    #[error("the authorities of the collector's certificate cannot be used: {0}")]
    Trust(#[from] TrustError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Fetcher(#[from] FetcherError),
    /// The system has no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// What a configuration says of traces, with its files read.
pub(crate) struct TraceSettings {
    collector: Collector,
    queue: usize,
    ratio: f64,
}

impl TraceSettings {
    /// The settings of `config`, if it asks for traces.
    ///
    /// # Errors
    /// [`TracesError`] for a file that cannot be used.
    pub(crate) fn read(config: &Config, files: &ConfigFiles) -> Result<Option<Self>, TracesError> {
        let Some(traces) = &config.telemetry.traces else { return Ok(None) };
        let otlp = &traces.otlp;
        let limits = &config.limits;
        let total = limits.trace_export_timeout.value;
        let fetcher = Fetcher::new(FetcherOptions {
            trust: trust(otlp, files)?,
            proxy: None,
            bearer: None,
            timeouts: Timeouts { connect: total.min(limits.fetch_connect_timeout.value), total },
        })?;
        let collector = Collector {
            fetcher,
            url: endpoint(otlp)?,
            headers: ExtraHeaders::new(headers_file(otlp, files)?),
            service: traces.service_name.value.clone(),
        };
        let queue = usize::try_from(limits.trace_queue.value).unwrap_or(usize::MAX);
        Ok(Some(Self { collector, queue, ratio: traces.sampling_ratio.value.value() }))
    }
}

/// Spans go to `/v1/traces` below the address (OTLP, "OTLP/HTTP Request"), unless it says so itself.
fn endpoint(otlp: &sections::Otlp) -> Result<FetchUrl, AddressError> {
    // What may be a credential goes over https only; `claimgate check` says so with its place.
    let plain = if otlp.headers_file.is_some() { PlainHttp::Loopback } else { PlainHttp::Allowed };
    let url = FetchUrl::parse(otlp.endpoint.value.as_str(), plain)?;
    let whole = otlp.endpoint.value.path().trim_end_matches('/').ends_with("/v1/traces");
    Ok(if whole { url } else { url.below("v1/traces") })
}

fn trust(otlp: &sections::Otlp, files: &ConfigFiles) -> Result<Trust, TracesError> {
    let Some(path) = &otlp.certificate_authority_file else { return Ok(Trust::system()?) };
    let bundle = files.read(&path.value);
    let bundle = bundle.map_err(|source| TracesError::File { path: path.value.clone(), source })?;
    Ok(Trust::from_pem(&bundle)?)
}

fn headers_file(otlp: &sections::Otlp, files: &ConfigFiles) -> Result<Option<PathBuf>, TracesError> {
    let Some(file) = &otlp.headers_file else { return Ok(None) };
    let path = file.value.clone();
    let failed = |source| TracesError::File { path: path.clone(), source };
    let text = String::from_utf8(files.read(&path).map_err(failed)?);
    let text = text.map_err(|_| failed(io::ErrorKind::InvalidData.into()))?;
    match parse_headers(&text) {
        Ok(_) => Ok(Some(files.locate(&path))),
        Err(cause) => Err(TracesError::Headers { path, cause }),
    }
}

/// Makes spans of decisions and hands them to the collector.
pub(crate) struct Traces {
    ids: SpanIds,
    sampler: Sampler,
    queue: Queue,
}

impl Traces {
    /// Starts to send spans. Needs a runtime to do so.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn start(settings: TraceSettings, counters: SpanCounters) -> Result<Self, RandomError> {
        Ok(Self {
            ids: SpanIds { key: FingerprintKey::generate()?, counter: AtomicU64::new(0) },
            sampler: Sampler::new(settings.ratio),
            queue: Queue::start(settings.collector, settings.queue, counters),
        })
    }

    /// Makes the span of a decision that took `elapsed`, the last `waited` of it waiting for keys. The id of
    /// its trace, if it is recorded.
    #[expect(clippy::disallowed_methods, reason = "a span's time, finer than the decision's")]
    pub(super) fn decided(
        &self,
        question: &Question<'_>,
        answer: &Answer,
        outcome: AuditOutcome,
        status: u16,
        elapsed: Duration,
        waited: Option<Duration>,
    ) -> Option<TraceId> {
        let parent = TraceParent::of(question.headers);
        let trace_id = match parent {
            Some(parent) => parent.is_sampled().then_some(parent.trace_id)?,
            None => Some(self.ids.trace()).filter(|id| self.sampler.records(*id))?,
        };
        let decided = &answer.decided;
        self.queue.push(DecisionSpan {
            trace_id,
            span_id: self.ids.span(),
            parent,
            state: parent.and_then(|_| context::trace_state(question.headers)),
            end: span::nanoseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            elapsed,
            waited: waited.map(|waited| (waited, self.ids.span())),
            decision_id: answer.id,
            adapter: question.adapter,
            route: decided.route.as_ref().map(|route| route.name.clone()),
            outcome: outcome.as_str(),
            code: answer.reason().map(DenyReason::code),
            status,
            entry: decided.credential.as_ref().and_then(|credential| credential.entry.clone()),
            exempt: decided.exempt,
            request_id: request_id(question.headers).map(str::to_owned),
        });
        Some(trace_id)
    }

    /// Sends what waits, for a bounded time.
    pub(super) async fn close(&self) {
        self.queue.flush(LAST_FLUSH).await;
    }
}

/// Decides which of the traces that begin here are recorded: those whose id, taken as a number, is in the
/// lower part of all ids.
struct Sampler {
    below: u64,
}

impl Sampler {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of 2⁶³, which a cast keeps within its bounds"
    )]
    fn new(ratio: f64) -> Self {
        Self { below: (ratio * (1_u64 << 63) as f64) as u64 }
    }

    fn records(&self, id: TraceId) -> bool {
        u64::from_be_bytes(low_half(id.0)) >> 1 < self.below
    }
}

/// Ids of traces and spans: a keyed pseudo-random function of a counter.
struct SpanIds {
    key: FingerprintKey,
    counter: AtomicU64,
}

impl SpanIds {
    fn trace(&self) -> TraceId {
        TraceId(self.next().to_be_bytes())
    }

    fn span(&self) -> [u8; 8] {
        low_half(self.next().to_be_bytes())
    }

    /// All zeros would be no id.
    fn next(&self) -> u128 {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        self.key.fingerprint(&count.to_le_bytes()).bits() | 1
    }
}

/// The last 8 of 16 bytes.
fn low_half(bytes: [u8; 16]) -> [u8; 8] {
    bytes.last_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sampler_takes_the_part_it_is_told() {
        let ids = SpanIds { key: FingerprintKey::from_bytes([7; 16]), counter: AtomicU64::new(0) };
        let ids: Vec<_> = (0..10_000).map(|_| ids.trace()).collect();
        for (ratio, least, most) in [(0.0, 0, 0), (0.1, 850, 1150), (0.5, 4800, 5200), (1.0, 10_000, 10_000)]
        {
            let sampler = Sampler::new(ratio);
            let taken = ids.iter().filter(|id| sampler.records(**id)).count();
            assert!((least..=most).contains(&taken), "{ratio}: {taken}");
        }
    }
}
