mod line;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use claimgate_core::audit::AuditRecord;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use line::line;

/// How long the writing thread lets records gather before it looks again. Woken for every record, it would
/// cost more than the decision: two switches of context and a write each.
const GATHER: Duration = Duration::from_millis(10);

/// How many records may wait to be written.
const QUEUE: usize = 8192;

/// How many bytes of records may wait to be written.
const QUEUE_BYTES: usize = 16 << 20;

/// Room that is kept for the next records.
const KEPT_BYTES: usize = 64 * 1024;

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
    queue: Arc<Queue>,
    longest_wait: Duration,
    target: AuditTarget,
    lost: Counter,
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
        let log = Log::to(target.open()?, lost.clone());
        let queue = Arc::new(Queue::default());
        let of_thread = queue.clone();
        std::thread::Builder::new().name("audit".into()).spawn(move || write_all(&of_thread, log))?;
        Ok(Self { queue, longest_wait, target: target.clone(), lost })
    }

    /// Queues a record. If the queue stays full for as long as the configuration allows, it is lost.
    pub async fn write(&self, record: &AuditRecord<'_>) {
        let line = line(record);
        if !self.queue.add(&line) && timeout(self.longest_wait, self.queue.add_later(&line)).await.is_err() {
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
        timeout(STUCK, self.queue.order(Some(out))).await.map_err(|_| io::ErrorKind::TimedOut.into())
    }

    /// Waits, for a bounded time, until every record queued so far is written.
    pub async fn flush(&self) {
        if timeout(STUCK, self.queue.order(None)).await.is_err() {
            tracing::error!("The audit log did not take the last records in time");
        }
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.filled.notify_one();
    }
}

/// What decisions and the writing thread share.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Something waits again; told to a thread that sleeps.
    filled: Condvar,
    /// What waited was taken.
    emptied: Notify,
}

#[derive(Default)]
struct Waiting {
    batch: Batch,
    /// The thread waits until it is told.
    asleep: bool,
    closed: bool,
}

/// Records to be written, and what is to be done between them.
#[derive(Default)]
struct Batch {
    lines: Vec<u8>,
    /// Where each record ends.
    ends: Vec<usize>,
    orders: Vec<Order>,
}

/// After the records before it are written, records go to another place, if there is one; then somebody hears
/// of it.
struct Order {
    /// The number of records before it.
    after: usize,
    redirect: Option<Box<dyn Write + Send>>,
    done: oneshot::Sender<()>,
}

impl Queue {
    /// Adds a line, unless there is no room.
    fn add(&self, line: &[u8]) -> bool {
        let mut waiting = self.lock();
        let batch = &mut waiting.batch;
        if batch.ends.len() >= QUEUE || batch.lines.len() + line.len() > QUEUE_BYTES {
            return false;
        }
        batch.lines.extend_from_slice(line);
        batch.ends.push(batch.lines.len());
        self.wake(waiting);
        true
    }

    /// Adds a line as soon as there is room.
    async fn add_later(&self, line: &[u8]) {
        loop {
            let emptied = self.emptied.notified();
            if self.add(line) {
                return;
            }
            emptied.await;
        }
    }

    /// Gives an order, and waits until it is carried out.
    async fn order(&self, redirect: Option<Box<dyn Write + Send>>) {
        let (done, carried_out) = oneshot::channel();
        self.add_order(redirect, done);
        // The thread ends only with the process; if it is gone, nothing is left to wait for.
        let _ = carried_out.await;
    }

    fn add_order(&self, redirect: Option<Box<dyn Write + Send>>, done: oneshot::Sender<()>) {
        let mut waiting = self.lock();
        let after = waiting.batch.ends.len();
        waiting.batch.orders.push(Order { after, redirect, done });
        self.wake(waiting);
    }

    fn wake(&self, mut waiting: MutexGuard<'_, Waiting>) {
        if std::mem::take(&mut waiting.asleep) {
            drop(waiting);
            self.filled.notify_one();
        }
    }

    /// Puts all that waits in the place of an empty batch, as soon as there is something. `false` if nothing
    /// will come any more.
    fn take(&self, batch: &mut Batch) -> bool {
        let mut waiting = self.lock();
        while waiting.batch.is_empty() {
            if waiting.closed {
                return false;
            }
            waiting.asleep = true;
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut waiting.batch, batch);
        drop(waiting);
        self.emptied.notify_waiters();
        true
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.orders.is_empty()
    }

    /// Forgets what was written, and keeps some room.
    fn clear(&mut self) {
        self.lines.clear();
        self.ends.clear();
        if self.lines.capacity() > 16 * KEPT_BYTES {
            self.lines.shrink_to(KEPT_BYTES);
        }
    }
}

fn write_all(queue: &Queue, mut log: Log) {
    let mut batch = Batch::default();
    while queue.take(&mut batch) {
        let mut from = 0;
        for order in std::mem::take(&mut batch.orders) {
            log.write(&batch, from, order.after);
            from = order.after;
            if let Some(out) = order.redirect {
                log = Log::to(out, log.lost);
            }
            // Whoever waited may be gone.
            let _ = order.done.send(());
        }
        log.write(&batch, from, batch.ends.len());
        batch.clear();
        std::thread::sleep(GATHER);
    }
}

/// Where lines go.
struct Log {
    out: Box<dyn Write + Send>,
    /// Whether it ends within a line, because the rest could not be written.
    torn: bool,
    lost: Counter,
}

impl Log {
    fn to(out: Box<dyn Write + Send>, lost: Counter) -> Self {
        Self { out, torn: false, lost }
    }

    /// Writes the records of these numbers. What cannot be written is lost, and counted.
    fn write(&mut self, batch: &Batch, from: usize, to: usize) {
        let end = |records: usize| records.checked_sub(1).and_then(|last| batch.ends.get(last)).copied();
        let begin = end(from).unwrap_or_default();
        let lines = batch.lines.get(begin..end(to).unwrap_or_default()).unwrap_or_default();
        if lines.is_empty() {
            return;
        }
        let (written, result) = self.write_whole(lines);
        if let Err(error) = result {
            let ends = batch.ends.get(from..to).unwrap_or_default();
            let lost = ends.iter().filter(|end| **end > begin + written).count();
            self.lost.inc_by(lost as u64);
            tracing::error!(%error, lost, "The audit log could not be written");
        }
        if let Some(last) = written.checked_sub(1).and_then(|last| lines.get(last)) {
            self.torn = *last != b'\n';
        }
    }

    /// Writes lines behind a whole one, and says how many bytes of them went through.
    fn write_whole(&mut self, lines: &[u8]) -> (usize, io::Result<()>) {
        if self.torn {
            let (_, ended) = write_some(&mut *self.out, b"\n");
            if ended.is_err() {
                return (0, ended);
            }
            self.torn = false;
        }
        write_some(&mut *self.out, lines)
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

#[cfg(test)]
mod tests;
