use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::schedule::{KeyLimits, TokenBucket, UnknownKeyIds};
use crate::shared::Shared;
use crate::{Clock, KeySnapshot, Moment};

/// How the search for a key ID that a snapshot does not have ended.
#[derive(Clone, Debug)]
pub enum KeyLookup {
    /// There is a key of this key ID now.
    Found(Arc<KeySnapshot>),
    /// The issuer was asked, just now or within the last ten seconds, and has no such key.
    Unknown,
    /// The issuer was not asked: unknown key IDs have used up its allowance.
    Limited,
    /// The issuer was asked and a source failed.
    Failed,
    /// The issuer did not answer before the deadline.
    DeadlineExceeded,
    /// There is no such issuer.
    NoIssuer,
}

/// What requests with unknown key IDs and the engine tell each other. However many requests wait, they
/// wait for the same round of fetches.
#[derive(Debug)]
pub(crate) struct Demand {
    state: Mutex<State>,
    progress: watch::Sender<Progress>,
    wake: Notify,
    /// How long a key ID that is not there is not asked for again.
    pub(crate) negative: Duration,
}

#[derive(Debug)]
struct State {
    /// A round is asked for and has not begun.
    pending: bool,
    /// Every remote source is being asked at this moment.
    all_asked: bool,
    /// The number of the last round that began.
    started: u64,
    bucket: TokenBucket,
    unknown: UnknownKeyIds,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    finished: u64,
    failed: bool,
    closed: bool,
}

/// What a request does next.
enum Step {
    Wait(u64),
    End(KeyLookup),
}

impl Demand {
    pub(crate) fn new(limits: &KeyLimits, now: Moment) -> Self {
        let (bucket, unknown) = (TokenBucket::full(limits, now), UnknownKeyIds::default());
        let state = State { pending: false, all_asked: false, started: 0, bucket, unknown };
        let progress = watch::Sender::new(Progress::default());
        Self { state: Mutex::new(state), progress, wake: Notify::new(), negative: limits.negative }
    }

    /// Resolves when a round is asked for. The engine's side.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether the round that was asked for has not begun.
    pub(crate) fn is_pending(&self) -> bool {
        self.lock().pending
    }

    /// Fetches begin. `all` if they, and those under way, are of every remote source.
    pub(crate) fn round_began(&self, all: bool) {
        let mut state = self.lock();
        state.started += 1;
        state.pending = false;
        state.all_asked = all;
    }

    /// Nothing is being asked any more.
    pub(crate) fn rounds_finished(&self, failed: bool) {
        let finished = {
            let mut state = self.lock();
            state.all_asked = false;
            state.started
        };
        self.progress.send_modify(|progress| {
            progress.finished = finished;
            progress.failed = failed;
        });
    }

    /// One of several sources answered, so new keys may be there.
    pub(crate) fn source_answered(&self) {
        self.lock().all_asked = false;
        self.progress.send_modify(|_| {});
    }

    /// The issuer is gone; nobody will answer.
    pub(crate) fn close(&self) {
        self.progress.send_modify(|progress| progress.closed = true);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Searches for the key ID until the deadline; see [`crate::IssuerKeys::refresh_for_unknown_key`].
    pub(crate) async fn look_up(&self, clock: &dyn Clock, id: &str, within: Duration) -> KeyLookup {
        let deadline = clock.sleep_until(clock.now() + within);
        tokio::select! {
            biased;
            found = self.search(clock, id) => found,
            () = deadline => KeyLookup::DeadlineExceeded,
        }
    }

    async fn search(&self, clock: &dyn Clock, id: &str) -> KeyLookup {
        if !self.has_remote_source {
            // Files are read as soon as the issuer is configured, and nobody asks for a round of them.
            self.first_keys().await;
        }
        let mut progress = self.demand.progress.subscribe();
        let before = self.demand.lock().started;
        loop {
            let round = match self.step(clock.now(), id) {
                Step::End(lookup) => return lookup,
                Step::Wait(round) => round,
            };
            let over = |progress: &Progress| {
                progress.finished >= round || progress.closed || self.snapshot().has_key_id(id)
            };
            let Ok(progress) = progress.wait_for(over).await.map(|progress| *progress) else {
                return KeyLookup::NoIssuer;
            };
            let snapshot = self.snapshot();
            if snapshot.has_key_id(id) {
                return KeyLookup::Found(snapshot);
            }
            // What was asked before this request came may be older than the key.
            if round > before && progress.failed {
                return KeyLookup::Failed;
            }
            if round > before {
                let now = clock.now();
                self.demand.lock().unknown.insert(id, now, now + self.demand.negative);
                return KeyLookup::Unknown;
            }
        }
    }

    fn step(&self, now: Moment, id: &str) -> Step {
        let mut state = self.demand.lock();
        let snapshot = self.snapshot();
        if snapshot.has_key_id(id) {
            return Step::End(KeyLookup::Found(snapshot));
        }
        if self.demand.progress.borrow().closed {
            return Step::End(KeyLookup::NoIssuer);
        }
        if !self.has_remote_source || state.unknown.contains(id, now) {
            return Step::End(KeyLookup::Unknown);
        }
        if state.all_asked {
            return Step::Wait(state.started);
        }
        if !state.pending {
            if !state.bucket.take(now) {
                return Step::End(KeyLookup::Limited);
            }
            state.pending = true;
            self.demand.wake.notify_one();
        }
        Step::Wait(state.started + 1)
    }
}
