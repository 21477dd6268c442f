use std::fs::File;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use claimgate_core::audit::AuditRecord;
use claimgate_core::decision::DenyReason;
use claimgate_core::policy::ShadowMatch;
use jiff::fmt::temporal::DateTimePrinter;
use prometheus_client::metrics::counter::Counter;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How long the writing thread lets records gather before it looks again. Woken for every record, it would
/// cost more than the decision: two switches of context and a write each.
const GATHER: Duration = Duration::from_millis(10);

/// How many records may wait to be written.
const QUEUE: usize = 8192;

/// How many bytes of lines are gathered at most before they are written.
const CHUNK: usize = 64 * 1024;

/// How long a log that takes nothing may hold up its reopening, or the end of the process.
const STUCK: Duration = Duration::from_secs(5);

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
    lost: Counter,
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
    /// Opens the log. A record waits for room in a full queue for `longest_wait`, then it is dropped. What is
    /// dropped, or cannot be written, is counted in `lost`.
    ///
    /// # Errors
    /// The file cannot be opened, or no thread can be started.
    pub fn open(target: &AuditTarget, longest_wait: Duration, lost: Counter) -> io::Result<Self> {
        let lines = Lines::to(target.open()?, lost.clone());
        let (queue, jobs) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("audit".into()).spawn(move || write_all(jobs, lines))?;
        Ok(Self { queue, longest_wait, target: target.clone(), lost })
    }

    /// Queues a record. If the queue stays full for as long as the configuration allows, it is lost.
    pub async fn write(&self, record: AuditRecord) {
        let queued = match self.queue.try_send(Job::Write(Box::new(record))) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(job)) => {
                self.queue.send_timeout(job, self.longest_wait).await.is_ok()
            }
        };
        if !queued {
            self.lost.inc();
        }
    }

    /// Opens the target again, after the file was renamed away.
    ///
    /// # Errors
    /// The file cannot be opened, or the former one takes nothing; records go on into the former one.
    pub async fn reopen(&self) -> io::Result<()> {
        let target = self.target.clone();
        let opened = tokio::task::spawn_blocking(move || target.open());
        let out = timeout(STUCK, opened).await?.map_err(io::Error::other)??;
        self.queue.send_timeout(Job::Redirect(out), STUCK).await.map_err(|_| io::ErrorKind::TimedOut.into())
    }

    /// Waits, for a bounded time, until every record queued so far is written.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let flush = async {
            if self.queue.send(Job::Flush(done)).await.is_ok() {
                // The thread ends only with the process; if it is gone, nothing is left to wait for.
                let _ = written.await;
            }
        };
        if timeout(STUCK, flush).await.is_err() {
            tracing::error!("The audit log did not take the last records in time");
        }
    }
}

fn write_all(mut jobs: mpsc::Receiver<Job>, mut lines: Lines) {
    while let Some(job) = jobs.blocking_recv() {
        let mut waiting = Vec::new();
        let mut next = Some(job);
        while let Some(job) = next {
            match job {
                Job::Write(record) => lines.add(&record),
                Job::Flush(done) => waiting.push(done),
                Job::Redirect(out) => {
                    lines.write();
                    lines = Lines::to(out, lines.lost);
                }
            }
            next = jobs.try_recv().ok();
        }
        lines.write();
        for done in waiting {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
        std::thread::sleep(GATHER);
    }
}

/// Lines on their way to the log.
struct Lines {
    out: Box<dyn Write + Send>,
    gathered: Vec<u8>,
    /// Where each gathered record ends.
    ends: Vec<usize>,
    /// Whether the log ends within a line, because the rest could not be written.
    torn: bool,
    lost: Counter,
}

impl Lines {
    fn to(out: Box<dyn Write + Send>, lost: Counter) -> Self {
        Self { out, gathered: Vec::new(), ends: Vec::new(), torn: false, lost }
    }

    fn add(&mut self, record: &AuditRecord) {
        if self.torn && self.gathered.is_empty() {
            self.gathered.push(b'\n');
        }
        let before = self.gathered.len();
        if let Err(error) = serde_json::to_writer(&mut self.gathered, &line(record)) {
            self.gathered.truncate(before);
            self.lost.inc();
            tracing::error!(%error, "An audit record could not be written");
            return;
        }
        self.gathered.push(b'\n');
        self.ends.push(self.gathered.len());
        if self.gathered.len() >= CHUNK {
            self.write();
        }
    }

    /// Writes what was gathered. What cannot be written is lost, and counted.
    fn write(&mut self) {
        let (written, result) = write_some(&mut *self.out, &self.gathered);
        if let Err(error) = result {
            let lost = self.ends.iter().filter(|end| **end > written).count();
            self.lost.inc_by(lost as u64);
            tracing::error!(%error, lost, "The audit log could not be written");
        }
        if let Some(last) = written.checked_sub(1).and_then(|last| self.gathered.get(last)) {
            self.torn = *last != b'\n';
        }
        self.gathered.clear();
        self.ends.clear();
    }
}

/// Writes `bytes`, and says how many of them went through.
fn write_some(out: &mut dyn Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match out.write(rest) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, out.flush())
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
    shadow: Option<Vec<LineShadow<'a>>>,
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

#[derive(Serialize)]
struct LineShadow<'a> {
    effect: &'static str,
    rule: &'a str,
    error: Option<&'a str>,
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
        shadow: record.shadow.as_deref().map(|matches| matches.iter().map(shadow).collect()),
        exempt: record.exempt,
        duration_microseconds: record.duration_microseconds,
    }
}

fn shadow(found: &ShadowMatch) -> LineShadow<'_> {
    LineShadow { effect: found.effect.as_str(), rule: &found.rule, error: found.error.as_deref() }
}

/// RFC 3339, UTC, milliseconds.
fn time(record: &AuditRecord) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(record.time.as_milliseconds()).ok()?;
    Some(DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&time))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use claimgate_core::audit::{AuditOutcome, AuditedRequest, DecisionId};
    use claimgate_core::time::Timestamp;

    use super::*;

    /// A disk with room for so many bytes.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Disk {
        fn has_room_for(&self, bytes: usize) {
            self.0.lock().unwrap().1 = bytes;
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (content, room) = &mut *self.0.lock().unwrap();
            if *room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = bytes.len().min(*room);
            content.extend_from_slice(&bytes[..taken]);
            *room -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn record(id: u128) -> AuditRecord {
        AuditRecord {
            time: Timestamp::from_seconds(0),
            decision_id: DecisionId(id),
            request_id: None,
            trace_id: None,
            adapter: "check",
            route: None,
            outcome: AuditOutcome::Deny,
            status: 403,
            reason: None,
            detail: Some("one\nline".into()),
            request: AuditedRequest::default(),
            credential: None,
            identity: None,
            rule: None,
            shadow: None,
            exempt: false,
            duration_microseconds: 1,
        }
    }

    #[test]
    fn a_full_disk_costs_counted_records_and_tears_no_other_line() {
        let (disk, lost) = (Disk::default(), Counter::default());
        let mut lines = Lines::to(Box::new(disk.clone()), lost.clone());
        let mut write = |room: usize, ids: &[u128]| {
            disk.has_room_for(room);
            for id in ids {
                lines.add(&record(*id));
            }
            lines.write();
            lost.get()
        };
        assert_eq!(write(usize::MAX, &[1]), 0);
        let length = disk.0.lock().unwrap().0.len();
        // The second of three is torn, and the third has no room at all.
        assert_eq!(write(length + length / 2, &[2, 3, 4]), 2);
        assert_eq!(write(0, &[5]), 3);
        assert_eq!(write(usize::MAX, &[6, 7]), 3);
        let content = disk.0.lock().unwrap().0.clone();
        let text = String::from_utf8(content).unwrap();
        let whole = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let ids: Vec<_> = whole.map(|line| line["decisionId"].as_str().unwrap()[31..].to_owned()).collect();
        assert_eq!(ids, ["1", "2", "6", "7"]);
        assert_eq!(text.lines().count(), 5, "one line is torn");
    }
}
