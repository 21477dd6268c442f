use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use claimgate_crypto::{KeySet, digest};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::demand::Demand;
use crate::{
    Generation, IssuerId, IssuerSpec, IssuerStatus, KeySnapshot, KeySource, KeyState, Moment, SourceFailure,
};

/// What the engine of one issuer writes and requests read.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: IssuerId,
    pub(crate) has_remote_source: bool,
    pub(crate) demand: Demand,
    pub(crate) files_changed: Notify,
    snapshot: ArcSwap<KeySnapshot>,
    status: ArcSwap<IssuerStatus>,
    loaded: Mutex<Vec<Option<Loaded>>>,
    signals: Signals,
}

/// What all issuers of a registry share.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    generations: Arc<AtomicU64>,
    changes: Arc<watch::Sender<u64>>,
}

/// The keys that a source gave last.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) set: Arc<KeySet>,
    /// SHA-256 of the document.
    pub(crate) digest: [u8; 32],
    pub(crate) at: Moment,
    pub(crate) time: Timestamp,
}

/// What the engine knows besides the keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) last_error: Option<SourceFailure>,
    pub(crate) stale_since: Option<Timestamp>,
    pub(crate) next_refresh: Option<Timestamp>,
    pub(crate) fetches: u64,
    pub(crate) failed_fetches: u64,
}

impl Signals {
    pub(crate) fn new() -> Self {
        Self { generations: Arc::new(AtomicU64::new(0)), changes: Arc::new(watch::Sender::new(0)) }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn next_generation(&self) -> Generation {
        Generation::new(self.generations.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

impl Shared {
    pub(crate) fn new(spec: &IssuerSpec, signals: Signals, now: Moment) -> Self {
        let id = spec.id.clone();
        let snapshot = KeySnapshot::new(id.clone(), signals.next_generation(), KeyState::Pending, Vec::new());
        let status = describe(&snapshot, &[], &Report::default());
        let remote = |source: &KeySource| matches!(source, KeySource::Discovery { .. } | KeySource::Url(_));
        Self {
            id,
            has_remote_source: spec.sources.iter().any(remote),
            demand: Demand::new(&spec.limits, now),
            files_changed: Notify::new(),
            snapshot: ArcSwap::from_pointee(snapshot),
            status: ArcSwap::from_pointee(status),
            loaded: Mutex::new(Vec::new()),
            signals,
        }
    }

    pub(crate) fn snapshot(&self) -> Arc<KeySnapshot> {
        self.snapshot.load_full()
    }

    pub(crate) fn generation(&self) -> Generation {
        self.snapshot.load().generation()
    }

    pub(crate) fn status(&self) -> Arc<IssuerStatus> {
        self.status.load_full()
    }

    /// Waits until every source was looked at once.
    pub(crate) async fn first_keys(&self) {
        let mut changes = self.signals.subscribe();
        // The sender lives as long as this.
        let _ = changes.wait_for(|_| self.snapshot().state() != KeyState::Pending).await;
    }

    /// The keys of each source, for an engine that takes over.
    pub(crate) fn loaded(&self) -> Vec<Option<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts the keys of the sources in force. A key that is gone takes a new generation with it, in the
    /// same moment.
    pub(crate) fn publish(&self, state: KeyState, loaded: &[Option<Loaded>], report: &Report) {
        let sets: Vec<Arc<KeySet>> = loaded.iter().flatten().map(|loaded| Arc::clone(&loaded.set)).collect();
        let former = self.snapshot.load();
        let unchanged = former.state() == state
            && former.sets().len() == sets.len()
            && former.sets().iter().zip(&sets).all(|(a, b)| Arc::ptr_eq(a, b));
        let current = if unchanged {
            Arc::clone(&former)
        } else {
            let lost = !former.is_within(&sets);
            let generation = if lost { self.signals.next_generation() } else { former.generation() };
            let snapshot = Arc::new(KeySnapshot::new(self.id.clone(), generation, state, sets));
            self.snapshot.store(Arc::clone(&snapshot));
            snapshot
        };
        self.status.store(Arc::new(describe(&current, loaded, report)));
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = loaded.to_vec();
        self.signals.changed();
    }

    /// The issuer is no longer configured: no keys, and nobody waits any more.
    pub(crate) fn close(&self) {
        self.publish(KeyState::Removed, &[], &Report::default());
        self.demand.close();
    }
}

fn describe(snapshot: &KeySnapshot, loaded: &[Option<Loaded>], report: &Report) -> IssuerStatus {
    let key_ids: BTreeSet<&str> =
        snapshot.keys().filter_map(|key| key.id()).map(claimgate_crypto::KeyId::as_str).collect();
    let name = |id: Option<&str>, index: usize| id.map_or_else(|| format!("#{index}"), str::to_owned);
    let skipped = |set: &Arc<KeySet>| -> Vec<String> {
        let line = |key: &claimgate_crypto::SkippedKey| {
            format!(
                "{}: {}",
                name(key.id.as_ref().map(claimgate_crypto::KeyId::as_str), key.index),
                key.error
            )
        };
        set.skipped().iter().map(line).collect()
    };
    let private = |set: &Arc<KeySet>| -> Vec<String> {
        let keys = set.private_members().iter();
        keys.map(|key| name(key.id.as_ref().map(claimgate_crypto::KeyId::as_str), key.index)).collect()
    };
    IssuerStatus {
        id: snapshot.issuer().clone(),
        state: snapshot.state(),
        generation: snapshot.generation(),
        last_success: loaded.iter().flatten().map(|loaded| loaded.time).max(),
        last_error: report.last_error.clone(),
        stale_since: report.stale_since,
        next_refresh: report.next_refresh,
        key_ids: key_ids.into_iter().map(str::to_owned).collect(),
        key_count: snapshot.keys().count(),
        skipped_keys: snapshot.sets().iter().flat_map(skipped).collect(),
        published_private_keys: snapshot.sets().iter().flat_map(private).collect(),
        keys_sha256: keys_sha256(snapshot),
        fetches: report.fetches,
        failed_fetches: report.failed_fetches,
    }
}

/// Over the sorted lines `key ID`, `algorithm`, `thumbprint`, so that the order of a document and the
/// number of sources do not matter.
fn keys_sha256(snapshot: &KeySnapshot) -> Option<String> {
    let line = |key: &claimgate_crypto::VerificationKey| {
        let id = key.id().map_or("", |id| id.as_str());
        let algorithm = key.declared_algorithm().map_or("", claimgate_crypto::Algorithm::name);
        format!("{id:?} {algorithm} {}\n", key.thumbprint().unwrap_or_default())
    };
    let lines: BTreeSet<String> = snapshot.keys().map(line).collect();
    if lines.is_empty() {
        return None;
    }
    let hash = digest::sha256(lines.into_iter().collect::<String>());
    let mut hex = String::with_capacity(64);
    for byte in hash {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Some(hex)
}
