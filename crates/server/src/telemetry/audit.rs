use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use claimgate_core::audit::AuditRecord;
use claimgate_core::decision::DenyReason;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

/// How long the writing thread lets records gather before it looks again. Woken for every record, it would
/// cost more than the decision: two switches of context and a write each.
const GATHER: Duration = Duration::from_millis(10);

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
    target: AuditTarget,
}

/// What the writing thread is asked to do.
enum Job {
    Write(Box<AuditRecord>),
    /// Everything before this is to be written; then the other side hears of it.
    Flush(oneshot::Sender<()>),
    /// Everything after this goes there.
    Redirect(Box<dyn Write + Send>),
}

impl AuditTarget {
    fn open(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(match self {
            Self::Stdout => Box::new(io::stdout()),
            Self::File(path) => Box::new(File::options().append(true).create(true).open(path)?),
        })
    }
}

impl AuditLog {
    /// Opens the log. A record waits for room in a full queue for `longest_wait`, then it is dropped.
    ///
    /// # Errors
    /// The file cannot be opened, or no thread can be started.
    pub fn open(target: &AuditTarget, longest_wait: Duration) -> io::Result<Self> {
        let out = target.open()?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || write_all(jobs, BufWriter::new(out)))?;
        Ok(Self { queue, longest_wait, target: target.clone() })
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

    /// Opens the target again, after the file was renamed away.
    ///
    /// # Errors
    /// The file cannot be opened; records go on into the former one.
    pub async fn reopen(&self) -> io::Result<()> {
        let out = self.target.open()?;
        // The thread ends only with the process.
        let _ = self.queue.send(Job::Redirect(out)).await;
        Ok(())
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

fn write_all(mut jobs: mpsc::Receiver<Job>, mut out: BufWriter<Box<dyn Write + Send>>) {
    while let Some(job) = jobs.blocking_recv() {
        let mut waiting = Vec::new();
        let mut written = Ok(());
        let mut next = Some(job);
        while let Some(job) = next {
            match job {
                Job::Write(record) => written = written.and_then(|()| write_line(&mut out, &record)),
                Job::Flush(done) => waiting.push(done),
                Job::Redirect(next) => {
                    written = written.and_then(|()| out.flush());
                    out = BufWriter::new(next);
                }
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
        std::thread::sleep(GATHER);
    }
}

fn write_line(out: &mut impl Write, record: &AuditRecord) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &line(record))?;
    out.write_all(b"\n")
}

/// Version 1 of the schema: every field, `null` where there is nothing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    version: u8,
    time: Option<String>,
    decision_id: String,
    request_id: Option<&'a str>,
    trace_id: Option<&'a str>,
    adapter: &'a str,
    route: Option<&'a str>,
    outcome: &'a str,
    status: u16,
    code: Option<&'static str>,
    detail: Option<&'a str>,
    request: LineRequest<'a>,
    credential: Option<LineCredential<'a>>,
    identity: Option<LineIdentity<'a>>,
    service_account: Option<()>,
    account: Option<()>,
    rule: Option<&'a str>,
    exempt: bool,
    duration_microseconds: u64,
}

#[derive(Serialize)]
struct LineRequest<'a> {
    method: &'a str,
    host: &'a str,
    path: &'a str,
    client: Option<IpAddr>,
}

#[derive(Serialize)]
struct LineCredential<'a> {
    kind: &'a str,
    entry: Option<&'a str>,
    digest: &'a str,
}

#[derive(Serialize)]
struct LineIdentity<'a> {
    username: &'a str,
    uid: &'a str,
    groups: &'a [String],
}

fn line(record: &AuditRecord) -> Line<'_> {
    Line {
        version: 1,
        time: time(record),
        decision_id: record.decision_id.to_string(),
        request_id: record.request_id.as_deref(),
        trace_id: record.trace_id.as_deref(),
        adapter: record.adapter,
        route: record.route.as_deref(),
        outcome: record.outcome.as_str(),
        status: record.status,
        code: record.reason.map(DenyReason::code),
        detail: record.detail.as_deref(),
        request: LineRequest {
            method: &record.request.method,
            host: &record.request.host,
            path: &record.request.path,
            client: record.request.client,
        },
        credential: record.credential.as_ref().map(|credential| LineCredential {
            kind: credential.kind,
            entry: credential.entry.as_deref(),
            digest: &credential.digest,
        }),
        identity: record.identity.as_ref().map(|identity| LineIdentity {
            username: identity.username(),
            uid: identity.uid(),
            groups: identity.groups(),
        }),
        service_account: None,
        account: None,
        rule: record.rule.as_deref(),
        exempt: record.exempt,
        duration_microseconds: record.duration_microseconds,
    }
}

/// RFC 3339, UTC, milliseconds.
fn time(record: &AuditRecord) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(record.time.as_milliseconds()).ok()?;
    Some(DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&time))
}
