//! The task that keeps one issuer's keys.

mod connection;
mod file;
mod remote;
mod source;

use std::sync::Arc;
use std::time::Duration;

use claimgate_fetch::Trust;
use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinError, JoinSet};

use self::connection::Connection;
use self::remote::{Answer, Request};
use self::source::Source;
use crate::error::chain;
use crate::lanes::Lanes;
use crate::schedule::{FILE_POLL, retry_after};
use crate::shared::{Loaded, Report, Shared};
use crate::{Clock, IssuerSpec, Jitter, KeySourceError, KeyState, Moment, SourceFailure};

/// Keeps the keys of one issuer: the only writer of its [`Shared`].
pub(crate) struct Engine {
    spec: Arc<IssuerSpec>,
    shared: Arc<Shared>,
    sources: Vec<Source>,
    connection: Connection,
    fetches: JoinSet<Result<Answer, KeySourceError>>,
    outside: Outside,
    report: Report,
    /// Whether a source failed since fetches began.
    round_failed: bool,
    next_poll: Option<Moment>,
}

/// What the engine is given from outside.
#[derive(Clone, Debug)]
pub(crate) struct Outside {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jitter: Arc<dyn Jitter>,
    pub(crate) system_trust: Trust,
    pub(crate) lanes: Lanes,
}

/// Which remote sources are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Those whose time has come.
    Due,
    /// All of them, at the address of the keys that is known.
    All,
}

impl Engine {
    /// The engine of `spec`; it begins with the keys in `former`, one per source, if there are any.
    pub(crate) fn new(
        spec: Arc<IssuerSpec>,
        shared: Arc<Shared>,
        former: Vec<Option<Loaded>>,
        outside: Outside,
    ) -> Self {
        let now = outside.clock.now();
        let mut former = former.into_iter();
        let source = |kind| Source::new(kind, former.next().flatten(), spec.limits, now);
        let sources: Vec<Source> = spec.sources.iter().cloned().map(source).collect();
        let connection = Connection::new(spec.transport.clone(), &outside.system_trust);
        let watches_files = connection.has_file() || sources.iter().any(|source| source.file().is_some());
        let next_poll = watches_files.then_some(now);
        let (fetches, report) = (JoinSet::new(), Report::default());
        Self { spec, shared, sources, connection, fetches, outside, report, round_failed: false, next_poll }
    }

    /// Puts the keys that are there without waiting in force: inline ones, and those taken over.
    pub(crate) fn publish_first(&mut self) {
        self.load_inline();
        self.publish();
    }

    /// Runs until the task is aborted, which ends its fetches as well.
    pub(crate) async fn run(mut self) {
        self.poll_files().await;
        self.publish();
        loop {
            let (clock, shared) = (Arc::clone(&self.outside.clock), Arc::clone(&self.shared));
            let wake_at = self.next_event();
            let sleep = async {
                match wake_at {
                    Some(moment) => clock.sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            let changed = tokio::select! {
                biased;
                Some(ended) = self.fetches.join_next_with_id() => self.fetch_ended(ended),
                () = shared.demand.woken() => shared.demand.is_pending() && self.ask(Ask::All),
                () = shared.files_changed.notified() => {
                    self.forget_stamps();
                    self.poll_files().await
                }
                () = sleep => self.time_has_come().await,
            };
            if changed {
                self.publish();
            }
        }
    }

    async fn time_has_come(&mut self) -> bool {
        let now = self.outside.clock.now();
        let mut changed = false;
        if self.next_poll.is_some_and(|poll| poll <= now) {
            changed |= self.poll_files().await;
        }
        for source in &mut self.sources {
            changed |= source.drop_keys_past_ceiling(now);
        }
        changed | self.ask(Ask::Due)
    }

    /// The next moment at which there is something to do.
    fn next_event(&self) -> Option<Moment> {
        let due = self.sources.iter().filter_map(Source::next_ask);
        let ceilings = self.sources.iter().filter_map(Source::ceiling);
        due.chain(ceilings).chain(self.next_poll).min()
    }

    /// Begins fetches; true if any began.
    fn ask(&mut self, which: Ask) -> bool {
        let now = self.outside.clock.now();
        let mut began = Vec::new();
        for (index, source) in self.sources.iter_mut().enumerate() {
            let wanted = source.is_idle_remote() && (which == Ask::All || source.is_due(now));
            if wanted {
                began.push(index);
            }
        }
        for index in &began {
            self.begin_fetch(*index, which);
        }
        if !began.is_empty() {
            let idle = self.sources.iter().any(Source::is_idle_remote);
            self.shared.demand.round_began(!idle);
        }
        !began.is_empty()
    }

    fn begin_fetch(&mut self, index: usize, which: Ask) {
        let Some(source) = self.sources.get_mut(index) else { return };
        let request = Request {
            source: source.kind().clone(),
            spec: Arc::clone(&self.spec),
            fetcher: self.connection.fetcher(),
            known_address: source.known_address().filter(|_| which == Ask::All).cloned(),
            known: source.loaded().cloned(),
            failures: source.failures(),
            lanes: self.outside.lanes.clone(),
        };
        let task = self.fetches.spawn(request.run());
        source.fetch_began(task.id());
    }

    fn fetch_ended(&mut self, ended: Result<(Id, Result<Answer, KeySourceError>), JoinError>) -> bool {
        let (task, outcome) = match ended {
            Ok((task, outcome)) => (task, outcome),
            Err(error) => (error.id(), Err(KeySourceError::Cancelled)),
        };
        let Some(index) = self.sources.iter().position(|source| source.task() == Some(task)) else {
            return false;
        };
        self.report.fetches += 1;
        self.settle(index, outcome);
        // The snapshot first, then those who wait for it.
        self.publish();
        if self.fetches.is_empty() {
            let failed = std::mem::take(&mut self.round_failed);
            self.shared.demand.rounds_finished(failed);
        } else {
            self.shared.demand.source_answered();
        }
        false
    }

    fn settle(&mut self, index: usize, outcome: Result<Answer, KeySourceError>) {
        let (now, time) = (self.outside.clock.now(), self.outside.clock.time_of_day());
        let unit = self.outside.jitter.unit();
        let Some(source) = self.sources.get_mut(index) else { return };
        match outcome {
            Ok(answer) => {
                if source.failures() > 0 {
                    tracing::info!(issuer = %self.shared.id, "keys can be fetched again");
                }
                source.succeeded(answer, now, time, unit);
            }
            Err(error) => {
                let first = source.failures() == 0;
                source.failed(now, time, |failures| retry_after(&self.spec.limits, failures, unit));
                self.round_failed = true;
                self.report.failed_fetches += 1;
                self.record(&error, time, first);
            }
        }
    }

    fn record(&mut self, error: &KeySourceError, at: Timestamp, first: bool) {
        let message = chain(error);
        if first {
            tracing::warn!(issuer = %self.shared.id, error = %message, "keys cannot be fetched");
        }
        self.report.last_error = Some(SourceFailure { at, message });
    }

    fn load_inline(&mut self) {
        let (now, time) = (self.outside.clock.now(), self.outside.clock.time_of_day());
        for source in &mut self.sources {
            source.load_inline(now, time);
        }
    }

    fn forget_stamps(&mut self) {
        self.connection.forget_stamp();
        self.sources.iter_mut().for_each(Source::forget_stamp);
    }

    /// Looks at the key files and the certificate authorities; true if anything is new.
    async fn poll_files(&mut self) -> bool {
        let (now, time) = (self.outside.clock.now(), self.outside.clock.time_of_day());
        self.next_poll = self.next_poll.map(|_| now + FILE_POLL);
        let mut changed = false;
        match self.connection.refresh().await {
            Ok(false) => {}
            Ok(true) => {
                // What failed under the former authorities may work now.
                self.sources.iter_mut().for_each(|source| source.ask_at(now));
                changed = true;
            }
            Err(error) => {
                self.record(&error, time, true);
                changed = true;
            }
        }
        let mut errors = Vec::new();
        for source in &mut self.sources {
            match source.poll_file(now, time).await {
                Ok(new) => changed |= new,
                Err(error) => errors.push(error),
            }
        }
        changed |= !errors.is_empty();
        for error in &errors {
            self.record(error, time, true);
        }
        changed
    }

    fn publish(&mut self) {
        let (now, time) = (self.outside.clock.now(), self.outside.clock.time_of_day());
        let next = self.sources.iter().filter_map(Source::next_ask).min();
        self.report.next_refresh = next.and_then(|next| later(time, next.since(now)));
        self.report.stale_since = self.sources.iter().filter_map(Source::failing_since).min();
        let loaded: Vec<Option<Loaded>> =
            self.sources.iter().map(|source| source.loaded().cloned()).collect();
        self.shared.publish(self.state(), &loaded, &self.report);
    }

    fn state(&self) -> KeyState {
        let any_keys = self.sources.iter().any(|source| source.loaded().is_some());
        let any_failing = self.sources.iter().any(|source| source.failures() > 0);
        match (any_keys, any_failing) {
            (true, false) => KeyState::Fresh,
            (true, true) => KeyState::Stale,
            (false, true) => KeyState::Unavailable,
            (false, false) if self.sources.is_empty() => KeyState::Unavailable,
            (false, false) => KeyState::Pending,
        }
    }
}

fn later(time: Timestamp, duration: Duration) -> Option<Timestamp> {
    time.checked_add(SignedDuration::try_from(duration).ok()?).ok()
}
