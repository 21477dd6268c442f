use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

use claimgate_core::audit::AuditRecord;
use claimgate_core::decision::DenyReason;
use jiff::fmt::temporal::DateTimePrinter;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// How many records may wait to be written.
const QUEUE: usize = 8192;

/// Where audit records are written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuditTarget {
    /// Standard output.
    Stdout,
    /// A file, appended to.
    File(PathBuf),
}

/// The audit log: JSON lines, version 1, written by a thread of its own.
pub struct AuditLog {
    queue: mpsc::Sender<Job>,
    longest_wait: Duration,
}

/// What the writing thread is asked to do.
enum Job {
    Write(Box<AuditRecord>),
    /// Everything before this is to be written; then the other side hears of it.
    Flush(oneshot::Sender<()>),
}

impl AuditLog {
    /// Opens the log. A record waits for room in a full queue for `longest_wait`, then it is dropped.
    ///
    /// # Errors
    /// The file cannot be opened, or no thread can be started.
    pub fn open(target: &AuditTarget, longest_wait: Duration) -> io::Result<Self> {
        let out: Box<dyn Write + Send> = match target {
            AuditTarget::Stdout => Box::new(io::stdout()),
            AuditTarget::File(path) => Box::new(File::options().append(true).create(true).open(path)?),
        };
        let (queue, jobs) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || write_all(jobs, BufWriter::new(out)))?;
        Ok(Self { queue, longest_wait })
    }

    /// Queues a record. `false` if the queue stayed full for as long as the configuration allows, and the record is lost.
    pub async fn write(&self, record: AuditRecord) -> bool {
        match self.queue.try_send(Job::Write(Box::new(record))) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(job)) => {
                self.queue.send_timeout(job, self.longest_wait).await.is_ok()
            }
        }
    }

    /// Waits until every record queued so far is written.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Job::Flush(done)).await.is_ok() {
            // The thread ends only with the process; if it is gone, nothing is left to wait for.
            let _ = written.await;
        }
    }
}

fn write_all(mut jobs: mpsc::Receiver<Job>, mut out: impl Write) {
    while let Some(job) = jobs.blocking_recv() {
        let mut waiting = Vec::new();
        let mut written = Ok(());
        let mut next = Some(job);
        while let Some(job) = next {
            match job {
                Job::Write(record) => written = written.and_then(|()| write_line(&mut out, &record)),
                Job::Flush(done) => waiting.push(done),
            }
            next = jobs.try_recv().ok();
        }
        if let Err(error) = written.and_then(|()| out.flush()) {
            tracing::error!(%error, "The audit log could not be written");
        }
        for done in waiting {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
    }
}

fn write_line(out: &mut impl Write, record: &AuditRecord) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &line(record))?;
    out.write_all(b"\n")
}

/// The record as version 1 of the schema shows it: every field, `null` where there is nothing.
fn line(record: &AuditRecord) -> Value {
    let credential = record.credential.as_ref().map(|credential| {
        json!({ "kind": credential.kind, "entry": credential.entry.as_deref(), "digest": &*credential.digest })
    });
    let identity = record.identity.as_ref().map(|identity| {
        json!({ "username": identity.username(), "uid": identity.uid(), "groups": identity.groups() })
    });
    json!({
        "version": 1,
        "time": time(record),
        "decisionId": record.decision_id.to_string(),
        "requestId": record.request_id,
        "traceId": record.trace_id,
        "adapter": record.adapter,
        "route": record.route.as_deref(),
        "outcome": record.outcome.as_str(),
        "status": record.status,
        "code": record.reason.map(DenyReason::code),
        "detail": record.detail,
        "request": {
            "method": record.request.method,
            "host": record.request.host,
            "path": record.request.path,
            "client": record.request.client,
        },
        "credential": credential,
        "identity": identity,
        "serviceAccount": null,
        "account": null,
        "rule": record.rule,
        "exempt": record.exempt,
        "durationMicroseconds": record.duration_microseconds,
    })
}

/// RFC 3339, UTC, milliseconds.
fn time(record: &AuditRecord) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(record.time.as_milliseconds()).ok()?;
    Some(DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&time))
}
