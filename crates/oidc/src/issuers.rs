use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use claimgate_fetch::Trust;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::engine::{Engine, Outside};
use crate::lanes::Lanes;
use crate::shared::{Shared, Signals};
use crate::{Clock, Generation, IssuerId, IssuerSpec, IssuerStatus, Jitter, KeyLookup, KeySnapshot};

/// What the engines are given from outside.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The chance that spreads fetches.
    pub jitter: Arc<dyn Jitter>,
    /// The system's certificate authorities.
    pub system_trust: Trust,
    /// Where the background tasks run.
    pub runtime: Handle,
}

/// The issuers whose keys are kept. It outlives every configuration: a reload [`apply`](Self::apply)s
/// what is wanted now, and issuers that stay keep their keys, their schedule and their errors.
#[derive(Debug)]
pub struct Issuers {
    table: ArcSwap<HashMap<IssuerId, Arc<Shared>>>,
    running: Mutex<BTreeMap<IssuerId, Running>>,
    signals: Signals,
    outside: Outside,
    runtime: Handle,
}

/// One issuer's keys: what a route holds, so that a request needs no look-up by name.
#[derive(Clone, Debug)]
pub struct IssuerKeys {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
}

/// What [`Issuers::apply`] did.
#[derive(Debug)]
#[must_use = "dropping it at once stops engines that the former configuration may still use"]
pub struct Applied {
    /// Issuers whose engine was started.
    pub started: Vec<IssuerId>,
    /// The engines that are no longer wanted.
    pub superseded: Superseded,
}

/// Engines that the new configuration does not want. They run, and [`IssuerKeys`] of theirs work, until
/// this is dropped, which belongs after the configuration was exchanged.
#[derive(Debug)]
pub struct Superseded(Vec<Running>);

/// Two issuers with the same identity, so nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the issuer `{0}` is configured twice")]
pub struct RepeatedIssuer(pub IssuerId);

impl Superseded {
    /// The issuers whose engines end with this.
    pub fn ids(&self) -> impl Iterator<Item = &IssuerId> {
        self.0.iter().map(|entry| &entry.shared.id)
    }
}

/// An engine's task and its state; dropping it stops the engine and takes the keys away.
#[derive(Debug)]
struct Running {
    spec: Arc<IssuerSpec>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Issuers {
    /// A registry without issuers.
    pub fn new(environment: Environment) -> Self {
        let Environment { clock, jitter, system_trust, runtime } = environment;
        Self {
            table: ArcSwap::default(),
            running: Mutex::default(),
            signals: Signals::new(),
            outside: Outside { clock, jitter, system_trust, lanes: Lanes::new() },
            runtime,
        }
    }

    /// Makes `wanted` the issuers. An issuer with an equal specification goes on undisturbed; one that
    /// is only called in another way (certificate authorities, proxy, credential, time-outs) keeps its
    /// keys and is asked at once; any other begins without keys.
    ///
    /// # Errors
    /// [`RepeatedIssuer`] if two have the same identity.
    pub fn apply(&self, wanted: Vec<IssuerSpec>) -> Result<Applied, RepeatedIssuer> {
        let mut specs = BTreeMap::new();
        for spec in wanted {
            if let Some(twice) = specs.insert(spec.id.clone(), spec) {
                return Err(RepeatedIssuer(twice.id));
            }
        }
        let mut running = self.lock();
        let mut former = std::mem::take(&mut *running);
        let mut superseded = Vec::new();
        let mut started = Vec::new();
        for (id, spec) in specs {
            let known = former.remove(&id);
            let entry = match known {
                Some(known) if *known.spec == spec => known,
                known => {
                    let entry = self.start(spec, known.as_ref());
                    superseded.extend(known);
                    started.push(id.clone());
                    entry
                }
            };
            running.insert(id, entry);
        }
        superseded.extend(former.into_values());
        let table = running.iter().map(|(id, entry)| (id.clone(), Arc::clone(&entry.shared)));
        self.table.store(Arc::new(table.collect()));
        Ok(Applied { started, superseded: Superseded(superseded) })
    }

    /// The keys of an issuer, for a route to hold.
    pub fn keys(&self, id: &IssuerId) -> Option<IssuerKeys> {
        let shared = Arc::clone(self.table.load().get(id)?);
        Some(IssuerKeys { shared, clock: Arc::clone(&self.outside.clock) })
    }

    /// The keys of an issuer now. Takes no lock.
    pub fn snapshot(&self, id: &IssuerId) -> Option<Arc<KeySnapshot>> {
        self.table.load().get(id).map(|shared| shared.snapshot())
    }

    /// [`IssuerKeys::refresh_for_unknown_key`] of an issuer.
    pub async fn refresh_for_unknown_key(&self, id: &IssuerId, key_id: &str, within: Duration) -> KeyLookup {
        match self.keys(id) {
            Some(keys) => keys.refresh_for_unknown_key(key_id, within).await,
            None => KeyLookup::NoIssuer,
        }
    }

    /// How one issuer stands.
    pub fn status(&self, id: &IssuerId) -> Option<Arc<IssuerStatus>> {
        self.table.load().get(id).map(|shared| shared.status())
    }

    /// How all issuers stand, in the order of their names.
    pub fn statuses(&self) -> Vec<Arc<IssuerStatus>> {
        self.lock().values().map(|entry| entry.shared.status()).collect()
    }

    /// Looks at all key and certificate-authority files now, even if they look unchanged.
    pub fn reload_files(&self) {
        for entry in self.lock().values() {
            entry.shared.files_changed.notify_one();
        }
    }

    /// Counts changes of any issuer's keys or status.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.signals.subscribe()
    }

    /// Waits until these issuers have keys; false if the time is over before. An issuer that is not
    /// configured never has keys.
    pub async fn wait_until_usable(&self, ids: &[IssuerId], within: Duration) -> bool {
        let mut changes = self.changes();
        let usable = |id| self.snapshot(id).is_some_and(|snapshot| snapshot.is_usable());
        let all_usable = changes.wait_for(|_| ids.iter().all(usable));
        tokio::select! {
            biased;
            waited = all_usable => waited.is_ok(),
            () = self.outside.clock.sleep_until(self.outside.clock.now() + within) => false,
        }
    }

    /// Stops all engines and their fetches, and waits until they are gone.
    pub async fn shutdown(&self) {
        let stopped: Vec<Running> = std::mem::take(&mut *self.lock()).into_values().collect();
        self.table.store(Arc::default());
        for mut entry in stopped {
            entry.task.abort();
            // An aborted task ends as cancelled, which is what was asked for.
            let _ = (&mut entry.task).await;
        }
    }

    fn start(&self, spec: IssuerSpec, former: Option<&Running>) -> Running {
        let spec = Arc::new(spec);
        let shared = Arc::new(Shared::new(&spec, self.signals.clone(), self.outside.clock.now()));
        let kept = former.filter(|former| spec.has_keys_of(&former.spec));
        let loaded = kept.map(|former| former.shared.loaded()).unwrap_or_default();
        let mut engine = Engine::new(Arc::clone(&spec), Arc::clone(&shared), loaded, self.outside.clone());
        engine.publish_first();
        Running { spec, shared, task: self.runtime.spawn(engine.run()) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IssuerId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IssuerKeys {
    /// The issuer.
    pub fn id(&self) -> &IssuerId {
        &self.shared.id
    }

    /// The generation of the keys as they are now; cheaper than a snapshot.
    pub fn generation(&self) -> Generation {
        self.shared.generation()
    }

    /// The keys now. Takes no lock.
    pub fn snapshot(&self) -> Arc<KeySnapshot> {
        self.shared.snapshot()
    }

    /// How the issuer stands.
    pub fn status(&self) -> Arc<IssuerStatus> {
        self.shared.status()
    }

    /// Searches for a key that the snapshot does not have. The issuer's remote sources are asked, by one
    /// round of fetches however many requests wait, at most three times at once and then once in ten
    /// seconds; a key ID that they do not have is not asked for again for ten seconds.
    pub async fn refresh_for_unknown_key(&self, key_id: &str, within: Duration) -> KeyLookup {
        self.shared.look_up(&*self.clock, key_id, within).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.close();
    }
}
