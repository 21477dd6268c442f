//! The way of spans to the collector: a bounded queue, and a task that sends what has gathered.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use claimgate_fetch::{FetchError, FetchUrl, Fetcher};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use prost::Message as _;
use tokio::sync::{Notify, mpsc, oneshot};

use super::messages::{ExportRequest, ExportResponse, KeyValue, Resource, ResourceSpans, Scope, ScopeSpans};
use super::span::DecisionSpan;
use crate::telemetry::metrics::SpanCounters;

/// How long spans gather before they are sent.
const GATHER: Duration = Duration::from_secs(1);
/// The most decisions of one export.
const BATCH: usize = 512;
/// The wait before what could not be sent is tried once more.
const RETRY: Duration = Duration::from_secs(1);
/// The most bytes of an answer that are read.
const ANSWER_BYTES: usize = 64 * 1024;

/// Where spans go.
pub(super) struct Collector {
    pub(super) fetcher: Fetcher,
    pub(super) url: FetchUrl,
    pub(super) headers: ExtraHeaders,
    pub(super) service: String,
}

/// The near end of the queue.
pub(super) struct Queue {
    spans: mpsc::Sender<Box<DecisionSpan>>,
    batch: usize,
    full_batch: Arc<Notify>,
    flushes: mpsc::Sender<oneshot::Sender<()>>,
    counters: SpanCounters,
}

impl Queue {
    /// Starts the task that sends to `collector`, with a queue of at most `length` decisions. It ends with
    /// the queue.
    pub(super) fn start(collector: Collector, length: usize, counters: SpanCounters) -> Self {
        let (spans, waiting) = mpsc::channel(length.max(1));
        let (flushes, asked) = mpsc::channel(1);
        let full_batch = Arc::new(Notify::new());
        let exporter = Exporter {
            collector,
            waiting,
            full_batch: full_batch.clone(),
            flushes: asked,
            counters: counters.clone(),
            failing: false,
        };
        tokio::spawn(exporter.run());
        Self { spans, batch: BATCH.min(length.div_ceil(2)), full_batch, flushes, counters }
    }

    /// Queues a span. It never waits: what finds no room is dropped and counted.
    pub(super) fn push(&self, span: DecisionSpan) {
        let count = span.count();
        if self.spans.try_send(Box::new(span)).is_err() {
            self.counters.no_room.inc_by(count);
        } else if self.spans.max_capacity() - self.spans.capacity() >= self.batch {
            self.full_batch.notify_one();
        }
    }

    /// Sends what waits, for at most `longest`.
    pub(super) async fn flush(&self, longest: Duration) {
        let (done, sent) = oneshot::channel();
        let flush = async {
            if self.flushes.send(done).await.is_ok() {
                // The task ends with the queue; if it is gone, nothing is left to wait for.
                let _ = sent.await;
            }
        };
        if tokio::time::timeout(longest, flush).await.is_err() {
            tracing::warn!("The collector did not take the last spans in time");
        }
    }
}

/// The task at the far end.
struct Exporter {
    collector: Collector,
    waiting: mpsc::Receiver<Box<DecisionSpan>>,
    full_batch: Arc<Notify>,
    flushes: mpsc::Receiver<oneshot::Sender<()>>,
    counters: SpanCounters,
    failing: bool,
}

impl Exporter {
    async fn run(mut self) {
        loop {
            let flush = tokio::select! {
                () = self.full_batch.notified() => None,
                () = tokio::time::sleep(GATHER) => None,
                flush = self.flushes.recv() => match flush {
                    Some(done) => Some(done),
                    None => return,
                },
            };
            while let Some(batch) = self.batch() {
                self.export(&batch, flush.is_some()).await;
            }
            if let Some(done) = flush {
                // Whoever waited may be gone.
                let _ = done.send(());
            }
        }
    }

    fn batch(&mut self) -> Option<Vec<DecisionSpan>> {
        let mut batch = Vec::new();
        while batch.len() < BATCH
            && let Ok(span) = self.waiting.try_recv()
        {
            batch.push(*span);
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Sends `batch`, and once more where the collector may take it later (OTLP, "Failures"); not if the
    /// process is `ending`.
    async fn export(&mut self, batch: &[DecisionSpan], ending: bool) {
        let count = batch.iter().map(DecisionSpan::count).sum();
        let body = Bytes::from(self.collector.request(batch).encode_to_vec());
        let mut sent = self.collector.send(body.clone()).await;
        if sent.as_ref().is_err_and(is_transient) && !ending {
            tokio::time::sleep(RETRY).await;
            sent = self.collector.send(body).await;
        }
        match sent {
            Ok(rejected) => {
                let rejected = rejected.min(count);
                self.counters.rejected.inc_by(rejected);
                self.counters.exported.inc_by(count - rejected);
                if std::mem::take(&mut self.failing) {
                    tracing::info!("The collector takes spans again");
                }
            }
            Err(error) => {
                self.counters.not_sent.inc_by(count);
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(%error, "Spans cannot be sent to the collector and are dropped");
                }
            }
        }
    }
}

/// Whether the collector may take the same spans later.
fn is_transient(error: &FetchError) -> bool {
    match error {
        FetchError::Status { status, .. } => matches!(
            *status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        ),
        FetchError::Dns { .. } | FetchError::Connect { .. } | FetchError::Broken { .. } => true,
        _ => false,
    }
}

impl Collector {
    /// Sends spans; the number of those that the collector rejects.
    async fn send(&self, body: Bytes) -> Result<u64, FetchError> {
        let mut headers = self.headers.read().await;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let answer = self.fetcher.post(&self.url, headers, body, ANSWER_BYTES).await?;
        // A collector that answers something else has taken the spans all the same.
        let answer = ExportResponse::decode(answer.body().clone()).unwrap_or_default();
        let rejected = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
        Ok(u64::try_from(rejected).unwrap_or(0))
    }

    fn request(&self, batch: &[DecisionSpan]) -> ExportRequest {
        let version = env!("CARGO_PKG_VERSION");
        let attributes = vec![
            KeyValue::text("service.name", self.service.as_str()),
            KeyValue::text("service.version", version),
        ];
        let spans = batch.iter().flat_map(DecisionSpan::messages).collect();
        let scope = Scope { name: "claimgate".to_owned(), version: version.to_owned() };
        ExportRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource { attributes }),
                scope_spans: vec![ScopeSpans { scope: Some(scope), spans }],
            }],
        }
    }
}

/// The headers of `headersFile`, read anew for each export so that a credential can be replaced.
pub(super) struct ExtraHeaders {
    path: Option<PathBuf>,
}

impl ExtraHeaders {
    pub(super) const fn new(path: Option<PathBuf>) -> Self {
        Self { path }
    }

    /// The headers; none, and a warning, if the file cannot be read any more.
    async fn read(&self) -> HeaderMap {
        let Some(path) = &self.path else { return HeaderMap::new() };
        let read = tokio::fs::read_to_string(path).await;
        match read.map_err(|error| error.to_string()).and_then(|text| parse_headers(&text)) {
            Ok(headers) => headers,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "The collector's headers cannot be read");
                HeaderMap::new()
            }
        }
    }
}

/// Headers, one `Name: value` a line; empty lines and lines that begin with `#` are skipped.
///
/// # Errors
/// The number of the first line that is no header, never the line itself.
pub(super) fn parse_headers(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let header = line.split_once(':').and_then(|(name, value)| {
            let name = HeaderName::try_from(name.trim_end()).ok()?;
            let mut value = HeaderValue::try_from(value.trim()).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        let Some((name, value)) = header else {
            return Err(format!("line {} is not `Name: value`", index + 1));
        };
        headers.append(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_lines_and_never_shown() {
        let headers =
            parse_headers("# of the vendor\nAuthorization: Bearer s3cret\n\nx-tenant:a:b\n").unwrap();
        assert_eq!(headers["authorization"], "Bearer s3cret");
        assert_eq!(headers["x-tenant"], "a:b");
        assert!(!format!("{headers:?}").contains("s3cret"));
        for (text, line) in [("s3cret", 1), ("\na: b\nx y: s3cret", 3), (": s3cret", 1)] {
            let error = parse_headers(text).unwrap_err();
            assert_eq!(error, format!("line {line} is not `Name: value`"));
        }
    }
}
