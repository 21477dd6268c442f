//! [`App`]: what lives as long as the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use claimgate_core::audit::DecisionId;
use claimgate_core::time::Timestamp;
use claimgate_crypto::{FingerprintKey, RandomError};

use crate::answer::Refusals;
use crate::runtime::Runtime;
use crate::telemetry::Telemetry;

/// What lives as long as the process, and the runtime that a reload replaces.
pub struct App {
    /// The runtime of the configuration in force.
    pub runtime: ArcSwap<Runtime>,
    /// The answers to requests that are not allowed.
    pub refusals: Refusals,
    /// Audit log and metrics.
    pub telemetry: Telemetry,
    ids: DecisionIds,
    clock: fn() -> Timestamp,
}

impl App {
    /// The process's state around its first runtime.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new(
        runtime: Arc<Runtime>,
        telemetry: Telemetry,
        clock: fn() -> Timestamp,
    ) -> Result<Self, RandomError> {
        let refusals = Refusals::new();
        Ok(Self { runtime: ArcSwap::new(runtime), refusals, telemetry, ids: DecisionIds::new()?, clock })
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A new decision id.
    pub fn decision_id(&self) -> DecisionId {
        self.ids.next()
    }
}

/// Ids that do not repeat and cannot be guessed: a keyed pseudo-random function of a counter.
struct DecisionIds {
    key: FingerprintKey,
    counter: AtomicU64,
}

impl DecisionIds {
    fn new() -> Result<Self, RandomError> {
        Ok(Self { key: FingerprintKey::generate()?, counter: AtomicU64::new(0) })
    }

    fn next(&self) -> DecisionId {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        DecisionId(self.key.fingerprint(&count.to_le_bytes()).bits())
    }
}
