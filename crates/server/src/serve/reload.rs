use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use claimgate_config::Config;
use claimgate_config::sections::Tls;
use claimgate_core::time::Timestamp;
use claimgate_crypto::Secret;
use claimgate_oidc::Issuers;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};

use super::{Certificate, Loaded, Overrides, StartError, audit_key, load_with, traces};
use crate::app::App;
use crate::files::{ConfigFiles, Signature};
use crate::runtime::{Runtime, specs};
use crate::tls::server_config;

/// How often files are looked at where the system tells nothing of their changes.
const POLL: Duration = Duration::from_secs(1);
/// How long writers get to finish a file before it is read.
const SETTLE: Duration = Duration::from_millis(10);

/// What a reload replaces, and how the last one went.
pub struct ReloadState {
    started: Started,
    generation: AtomicU64,
    draining: AtomicBool,
    last: Mutex<LastReload>,
}

/// What a start leaves for reloads.
pub(super) struct Started {
    pub(super) path: PathBuf,
    pub(super) app: Arc<App>,
    pub(super) issuers: Arc<Issuers>,
    /// The key of the audit log's digests where the configuration names none.
    pub(super) process_key: Secret<Vec<u8>>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) overrides: Overrides,
    /// The first configuration, without entries and routes. What counts at a start only, counts as here.
    pub(super) config: Box<Config>,
    /// The files of the first configuration, as they were when they were read.
    pub(super) files: Signature,
}

/// How the last reload went.
#[derive(Clone, Debug)]
pub struct LastReload {
    /// When the configuration in force was loaded.
    pub loaded_at: Timestamp,
    /// When a later one was refused, and why.
    pub refused: Option<(Timestamp, String)>,
    /// The keys whose change waits for the next start.
    pub restart_needed: Vec<Arc<str>>,
}

impl ReloadState {
    pub(super) fn new(started: Started) -> Self {
        let loaded_at = started.app.now();
        let last = Mutex::new(LastReload { loaded_at, refused: None, restart_needed: Vec::new() });
        Self { started, generation: AtomicU64::new(1), draining: AtomicBool::new(false), last }
    }

    /// The configuration file.
    pub fn path(&self) -> &Path {
        &self.started.path
    }

    /// The runtime in force, and how the last reload went: both as of one moment.
    pub fn in_force(&self) -> (Arc<Runtime>, LastReload) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        (self.started.app.runtime.load_full(), last.clone())
    }

    /// Whether the process is about to end.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Reads the configuration and all its files anew. What is wrong with them leaves everything as it is.
    /// Returns the files whose change calls for another reload, as they were when they were read: its own, be
    /// it refused or not, for one of them may be what is missing; if it is refused, those of `known` as well.
    fn reload(&self, known: Signature) -> Signature {
        let files = Arc::new(ConfigFiles::beside(&self.started.path));
        match self.try_reload(files.clone()) {
            Ok(generation) => {
                tracing::info!(generation, "Loaded the changed configuration");
                files.asked()
            }
            Err(error) => {
                let cause = match &error {
                    StartError::Config(problems) => problems.render(false),
                    other => other.to_string(),
                };
                tracing::error!(%cause, "The changed configuration is refused; the former one stays in force");
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                last.refused = Some((self.started.app.now(), cause));
                self.started.app.telemetry.metrics().reload_refused();
                drop(last);
                files.asked().or(known)
            }
        }
    }

    fn try_reload(&self, files: Arc<ConfigFiles>) -> Result<u64, StartError> {
        let Loaded { mut config, compiled, files, warnings, .. } = load_with(&self.started.path, files)?;
        self.started.overrides.apply(&mut config);
        let tls = self.replacements(&config, &files)?;
        let wanted = specs(&config, &compiled.issuers, &files)?;
        let generation = self.generation.load(Ordering::Relaxed) + 1;
        let key = audit_key(&config, &files, &self.started.process_key)?;
        let runtime = Runtime::build(&config, compiled, self.started.issuers.clone(), key, generation)?;
        let telemetry = &self.started.app.telemetry;
        let traces = traces(&config, &files, telemetry.metrics())?;
        // From here on nothing fails. The former issuers end only when nothing asks them any more.
        let applied = self.started.issuers.apply(wanted)?;
        self.started.issuers.reload_files();
        let restarts = config.restarts(&self.started.config);
        for problem in warnings.problems().iter().chain(&restarts) {
            tracing::warn!(%problem, "Configuration");
        }
        telemetry.change(config.audit.allowed, traces);
        // Whoever was answered by the new configuration finds it in the status and in the metrics.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for (certificate, ready) in tls {
            certificate.current.store(Some(ready));
        }
        self.generation.store(generation, Ordering::Relaxed);
        telemetry.metrics().reloaded(generation);
        self.started.app.runtime.store(Arc::new(runtime));
        *last = LastReload {
            loaded_at: self.started.app.now(),
            refused: None,
            restart_needed: restarts.into_iter().map(|problem| problem.place.path).collect(),
        };
        drop(last);
        drop(applied.superseded);
        Ok(generation)
    }

    /// The certificates that the listeners get. Addresses stay as they were bound.
    fn replacements(
        &self,
        config: &Config,
        files: &ConfigFiles,
    ) -> Result<Vec<(&Certificate, Arc<rustls::ServerConfig>)>, StartError> {
        let listeners = &config.listeners;
        let section = |name| -> Option<&Tls> {
            match name {
                "public" => listeners.public.tls.as_ref(),
                "admin" => listeners.admin.tls.as_ref(),
                _ => listeners.check.as_ref().and_then(|check| check.tls.as_ref()),
            }
        };
        let mut ready = Vec::new();
        for certificate in &self.started.certificates {
            let listener = certificate.listener;
            // Without the section it keeps the certificate until the next start.
            let Some(tls) = section(listener) else { continue };
            let config = server_config(tls, files).map_err(|source| StartError::Tls { listener, source })?;
            ready.push((certificate, config));
        }
        Ok(ready)
    }
}

/// Reloads whenever a file of the configuration changes, until `stop`.
pub(super) async fn watch(state: Arc<ReloadState>, mut stop: watch::Receiver<bool>) {
    let changed = Arc::new(Notify::new());
    let mut watcher = Watcher::new(changed.clone());
    let mut known = state.started.files.clone();
    let mut signal = signal(SignalKind::hangup()).ok();
    loop {
        watcher.follow(&known);
        tokio::select! {
            () = changed.notified() => tokio::time::sleep(SETTLE).await,
            () = tokio::time::sleep(POLL) => {}
            () = hang_up(&mut signal) => state.started.app.telemetry.reopen().await,
            _ = stop.changed() => return,
        }
        let now = known.anew();
        if now != known {
            let (state, reloaded) = (state.clone(), now.clone());
            let reload = tokio::task::spawn_blocking(move || state.reload(reloaded));
            known = reload.await.unwrap_or_else(|_| {
                tracing::error!("A reload broke off");
                now
            });
        }
    }
}

/// Ready when SIGHUP comes: files are looked at at once, and the audit log's file is opened again.
async fn hang_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Tells of changes in the folders of the configuration's files, where the system can.
struct Watcher {
    system: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    files: Arc<Mutex<BTreeSet<PathBuf>>>,
}

/// Whether an event can mean another content of one of `files`. Reading does not; writing into another
/// file of the folder, such as a log, does not; whatever comes, goes or is renamed may, for a mounted
/// `ConfigMap` changes by a link beside the file.
fn matters(event: &Event, files: &BTreeSet<PathBuf>) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)) => {
            event.paths.iter().any(|path| files.iter().any(|file| file.file_name() == path.file_name()))
        }
        EventKind::Access(_) => false,
        _ => true,
    }
}

impl Watcher {
    fn new(changed: Arc<Notify>) -> Self {
        let files: Arc<Mutex<BTreeSet<PathBuf>>> = Arc::default();
        let watched = files.clone();
        let system = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let files = watched.lock().unwrap_or_else(PoisonError::into_inner);
            if event.is_ok_and(|event| matters(&event, &files)) {
                changed.notify_one();
            }
        });
        if let Err(error) = &system {
            tracing::warn!(%error, "Files cannot be watched; they are looked at every second");
        }
        Self { system: system.ok(), folders: BTreeSet::new(), files }
    }

    fn follow(&mut self, signature: &Signature) {
        let files: BTreeSet<_> = signature.files().map(Path::to_path_buf).collect();
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&files);
        let Some(system) = &mut self.system else { return };
        let parent = |file: &PathBuf| {
            let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
            parent.unwrap_or(Path::new(".")).to_path_buf()
        };
        let folders: BTreeSet<_> = files.iter().map(parent).collect();
        for folder in folders.difference(&self.folders) {
            if let Err(error) = system.watch(folder, RecursiveMode::NonRecursive) {
                tracing::debug!(%error, "A folder cannot be watched");
            }
        }
        for folder in self.folders.difference(&folders) {
            // A folder that is gone needs no watching.
            let _ = system.unwatch(folder);
        }
        self.folders = folders;
    }
}
