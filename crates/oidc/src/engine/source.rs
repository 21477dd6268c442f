use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claimgate_crypto::digest;
use claimgate_fetch::FetchUrl;
use jiff::Timestamp;
use tokio::task::Id;

use super::file::{Look, Stamp, look};
use super::remote::Answer;
use crate::schedule::{KeyLimits, refresh_after};
use crate::shared::Loaded;
use crate::spec::parse_static;
use crate::{KeySource, KeySourceError, Moment};

/// One source of an issuer's keys. Each has its own schedule and keeps its own keys, so that one that
/// fails costs the others nothing.
pub(crate) struct Source {
    kind: KeySource,
    limits: KeyLimits,
    loaded: Option<Loaded>,
    /// When a remote source is asked next.
    due: Moment,
    failures: u32,
    failing_since: Option<Timestamp>,
    /// The fetch under way.
    task: Option<Id>,
    /// Asked for again while a fetch was under way.
    again: bool,
    known_address: Option<FetchUrl>,
    stamp: Option<Stamp>,
    file_problem: Option<KeySourceError>,
}

impl Source {
    pub(crate) fn new(kind: KeySource, loaded: Option<Loaded>, limits: KeyLimits, now: Moment) -> Self {
        Self {
            kind,
            limits,
            loaded,
            due: now,
            failures: 0,
            failing_since: None,
            task: None,
            again: false,
            known_address: None,
            stamp: None,
            file_problem: None,
        }
    }

    pub(crate) fn kind(&self) -> &KeySource {
        &self.kind
    }

    pub(crate) fn file(&self) -> Option<&Path> {
        if let KeySource::File(path) = &self.kind { Some(path) } else { None }
    }

    pub(crate) fn loaded(&self) -> Option<&Loaded> {
        self.loaded.as_ref()
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn failing_since(&self) -> Option<Timestamp> {
        self.failing_since
    }

    pub(crate) fn known_address(&self) -> Option<&FetchUrl> {
        self.known_address.as_ref()
    }

    pub(crate) fn task(&self) -> Option<Id> {
        self.task
    }

    pub(crate) fn is_idle_remote(&self) -> bool {
        self.is_remote() && self.task.is_none()
    }

    pub(crate) fn is_due(&self, now: Moment) -> bool {
        self.due <= now
    }

    /// When a fetch begins next, if none is under way.
    pub(crate) fn next_ask(&self) -> Option<Moment> {
        self.is_idle_remote().then_some(self.due)
    }

    /// When the keys may no longer be used.
    pub(crate) fn ceiling(&self) -> Option<Moment> {
        let expires = !matches!(self.kind, KeySource::Inline(_));
        self.loaded.as_ref().filter(|_| expires).map(|loaded| loaded.at + self.limits.stale)
    }

    pub(crate) fn drop_keys_past_ceiling(&mut self, now: Moment) -> bool {
        let past = self.ceiling().is_some_and(|ceiling| ceiling <= now);
        if past {
            self.loaded = None;
            self.failures = self.failures.max(1);
        }
        past
    }

    pub(crate) fn ask_at(&mut self, moment: Moment) {
        self.due = moment;
        self.again = self.task.is_some();
    }

    pub(crate) fn fetch_began(&mut self, task: Id) {
        self.task = Some(task);
    }

    pub(crate) fn succeeded(&mut self, answer: Answer, now: Moment, time: Timestamp, unit: f64) {
        let Answer { set, digest, fresh_for, address } = answer;
        self.loaded = Some(Loaded { set, digest, at: now, time });
        self.known_address = address;
        self.recovered();
        self.fetch_over(now + refresh_after(&self.limits, fresh_for, unit));
    }

    pub(crate) fn failed(&mut self, now: Moment, time: Timestamp, wait: impl FnOnce(u32) -> Duration) {
        self.fell(time);
        let wait = wait(self.failures);
        self.fetch_over(now + wait);
    }

    pub(crate) fn load_inline(&mut self, now: Moment, time: Timestamp) {
        if let KeySource::Inline(keys) = &self.kind {
            let (set, digest) = (Arc::clone(keys.set()), digest::sha256(keys.document()));
            self.loaded = Some(Loaded { set, digest, at: now, time });
        }
    }

    pub(crate) fn forget_stamp(&mut self) {
        self.stamp = None;
    }

    /// Looks at the file, if this source is one; true if there is news.
    ///
    /// # Errors
    /// A file that cannot be used, once for each problem. Its former keys stay until the ceiling.
    pub(crate) async fn poll_file(&mut self, now: Moment, time: Timestamp) -> Result<bool, KeySourceError> {
        let Some(path) = self.file() else { return Ok(false) };
        let outcome = match look(path, self.stamp).await {
            Ok(Look::Unchanged) => {
                if let (Some(loaded), None) = (&mut self.loaded, &self.file_problem) {
                    (loaded.at, loaded.time) = (now, time);
                }
                return Ok(false);
            }
            Ok(Look::Read(stamp, document)) => {
                self.stamp = Some(stamp);
                self.load_file(&document, now, time)
            }
            Err(reason) => {
                self.stamp = None;
                Err(KeySourceError::File { reason })
            }
        };
        match outcome {
            Ok(()) => {
                self.file_problem = None;
                self.recovered();
                Ok(true)
            }
            Err(error) if self.file_problem.as_ref() == Some(&error) => Ok(false),
            Err(error) => {
                self.fell(time);
                self.file_problem = Some(error.clone());
                Err(error)
            }
        }
    }

    fn load_file(&mut self, document: &[u8], now: Moment, time: Timestamp) -> Result<(), KeySourceError> {
        let digest = digest::sha256(document);
        let same = self.loaded.as_ref().filter(|loaded| loaded.digest == digest);
        let set = match same {
            Some(loaded) => Arc::clone(&loaded.set),
            None => Arc::new(parse_static(document)?),
        };
        if set.is_empty() {
            return Err(KeySourceError::NoUsableKey { skipped: set.skipped().len() });
        }
        self.loaded = Some(Loaded { set, digest, at: now, time });
        Ok(())
    }

    fn is_remote(&self) -> bool {
        matches!(self.kind, KeySource::Discovery { .. } | KeySource::Url(_))
    }

    fn fell(&mut self, time: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(time);
    }

    fn recovered(&mut self) {
        self.failures = 0;
        self.failing_since = None;
    }

    fn fetch_over(&mut self, next: Moment) {
        self.task = None;
        if !std::mem::take(&mut self.again) {
            self.due = next;
        }
    }
}
