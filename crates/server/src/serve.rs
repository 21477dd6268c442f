//! A gateway from its configuration file to its end.

mod error;
mod reload;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use claimgate_config::sections::{AuditSink, CheckProtocol, Logging, Tls};
use claimgate_config::{At, Code, Compiled, Config, Diagnostic, Diagnostics};
use claimgate_core::time::Timestamp;
use claimgate_crypto::digest::HmacKey;
use claimgate_crypto::{Secret, random_bytes};
use claimgate_fetch::{Trust, TrustError};
use claimgate_oidc::{Environment, IssuerId, Issuers, SystemClock, SystemJitter};
use ipnet::IpNet;
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin::{self, ExplainError, Explanation, Hypothesis};
use crate::app::App;
use crate::doors::{self, Doors};
use crate::files::ConfigFiles;
use crate::listen::{Listener, ListenerLimits};
use crate::runtime::{Runtime, specs};
use crate::telemetry::{AuditLog, AuditTarget, Metrics, Telemetry, TraceSettings, Traces};
use crate::tls::server_config;

pub use error::StartError;
pub use reload::ReloadState;
use reload::Started;

/// How long requests of the admin listener may go on after everything else has ended.
const ADMIN_DRAIN: Duration = Duration::from_secs(2);

/// A gateway whose sockets are bound and whose issuers are being asked.
pub struct Server {
    app: Arc<App>,
    issuers: Arc<Issuers>,
    reload: Arc<ReloadState>,
    public: Listener,
    check: Option<Listener>,
    check_doors: Doors,
    admin: Listener,
    stop: watch::Sender<bool>,
}

/// What is read from a configuration file before anything starts.
pub struct Loaded {
    pub(crate) path: PathBuf,
    pub(crate) config: Box<Config>,
    pub(crate) compiled: Compiled,
    pub(crate) files: Arc<ConfigFiles>,
    pub(crate) warnings: Diagnostics,
}

impl Loaded {
    /// How the configuration wants the process to log.
    pub fn logging(&self) -> &Logging {
        &self.config.logging
    }
}

/// Reads and compiles the configuration at `path`.
///
/// # Errors
/// [`StartError::Read`] if there is no such file, [`StartError::Config`] if it has errors.
pub fn load(path: &Path) -> Result<Loaded, StartError> {
    load_with(path, Arc::new(ConfigFiles::beside(path)))
}

/// The same by `files`, which know afterwards what was asked for, however it went.
pub(crate) fn load_with(path: &Path, files: Arc<ConfigFiles>) -> Result<Loaded, StartError> {
    let bytes = crate::files::read(path).map_err(|source| StartError::Read { path: path.into(), source })?;
    let (built, warnings) = claimgate_config::build(&path.display().to_string(), &bytes, &*files);
    match built {
        Some((config, compiled)) => {
            Ok(Loaded { path: path.into(), config: config.into(), compiled, files, warnings })
        }
        None => Err(StartError::Config(warnings)),
    }
}

/// What the command line says in place of, or beside, the configuration. It holds over every reload.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The address of the public listener.
    pub public_address: Option<SocketAddr>,
    /// The address of the admin listener.
    pub admin_address: Option<SocketAddr>,
    /// Further networks whose proxies may speak for their clients.
    pub trusted_proxies: Vec<IpNet>,
}

impl Overrides {
    pub(crate) fn apply(&self, config: &mut Config) {
        if let Some(address) = self.public_address {
            config.listeners.public.address.value = address;
        }
        if let Some(address) = self.admin_address {
            config.listeners.admin.address.value = address;
        }
        let place = config.version.place.clone();
        let further = self.trusted_proxies.iter().map(|network| At { value: *network, place: place.clone() });
        config.trusted_proxies.extend(further);
    }
}

/// Everything that is wrong with the configuration at `path`: what would keep it from being served, and
/// warnings. The certificates of its listeners are read as well.
///
/// # Errors
/// [`StartError::Read`] if there is no such file.
pub fn check(path: &Path) -> Result<Diagnostics, StartError> {
    match load(path) {
        Ok(loaded) => {
            let mut problems = loaded.warnings;
            let listeners = &loaded.config.listeners;
            let check = listeners.check.as_ref().and_then(|check| check.tls.as_ref());
            for tls in
                [listeners.public.tls.as_ref(), listeners.admin.tls.as_ref(), check].into_iter().flatten()
            {
                if let Err(error) = server_config(tls, &*loaded.files) {
                    let place = &tls.certificate_file.place;
                    problems.push(Diagnostic::error(Code::InvalidValue, place, describe(&error)));
                }
            }
            if let Err(error) = specs(&loaded.config, &loaded.compiled.issuers, &loaded.files) {
                let place = &loaded.config.version.place;
                problems.push(Diagnostic::error(Code::InvalidValue, place, describe(&error)));
            }
            if let Some(traces) = &loaded.config.telemetry.traces
                && let Err(error) = TraceSettings::read(&loaded.config, &loaded.files)
            {
                problems.push(Diagnostic::error(Code::InvalidValue, &traces.otlp.place, error.to_string()));
            }
            Ok(problems)
        }
        Err(StartError::Config(problems)) => Ok(problems),
        Err(error) => Err(error),
    }
}

/// An error and its causes, in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Explains how the configuration at `path` decides about a request, without serving it. A token is
/// verified for real, with keys fetched for it.
///
/// # Errors
/// [`StartError`] if the configuration cannot be used, or what [`admin::explain`] says of the question.
pub async fn explain(
    path: &Path,
    hypothesis: Hypothesis,
    clock: fn() -> Timestamp,
) -> Result<Result<Explanation, ExplainError>, StartError> {
    let loaded = load(path)?;
    let issuers = Arc::new(Issuers::new(environment()?));
    if hypothesis.token.is_some() {
        let applied = issuers.apply(specs(&loaded.config, &loaded.compiled.issuers, &loaded.files)?)?;
        drop(applied.superseded);
    }
    let key = audit_key(&loaded.config, &loaded.files, &Secret::new(random_bytes::<32>()?.to_vec()))?;
    let runtime = Runtime::build(&loaded.config, loaded.compiled, issuers.clone(), key, 1)?;
    let explanation = admin::explain(&runtime, hypothesis, clock()).await;
    issuers.shutdown().await;
    Ok(explanation)
}

fn environment() -> Result<Environment, TrustError> {
    Ok(Environment {
        clock: Arc::new(SystemClock::start()),
        jitter: Arc::new(SystemJitter::new()),
        system_trust: Trust::system()?,
        runtime: tokio::runtime::Handle::current(),
    })
}

impl Server {
    /// Binds the sockets of a configuration and begins to ask its issuers. An issuer that is down stops nothing.
    ///
    /// # Errors
    /// [`StartError`]; nothing was left behind.
    pub async fn start(
        mut loaded: Loaded,
        overrides: Overrides,
        clock: fn() -> Timestamp,
    ) -> Result<Self, StartError> {
        overrides.apply(&mut loaded.config);
        loaded.warnings.problems().iter().for_each(|problem| tracing::warn!(%problem, "Configuration"));
        let issuers = Arc::new(Issuers::new(environment()?));
        let wanted = specs(&loaded.config, &loaded.compiled.issuers, &loaded.files)?;
        let (mut config, files) = (loaded.config, loaded.files);
        let process_key = Secret::new(random_bytes::<32>()?.to_vec());
        let audit_key = audit_key(&config, &files, &process_key)?;
        let telemetry = telemetry(&config, &files)?;
        let runtime = Runtime::build(&config, loaded.compiled, issuers.clone(), audit_key, 1)?;
        telemetry.metrics().reloaded(1);
        let app = Arc::new(App::new(Arc::new(runtime), telemetry, clock)?);
        let sockets = Sockets::bind(&config, &files).await?;
        // Nobody is asked on behalf of a gateway that does not come to be.
        drop(issuers.apply(wanted)?.superseded);
        wait_for_issuers(&config, &issuers).await;
        let check_doors = match config.listeners.check.as_ref().map(|check| check.protocol) {
            Some(CheckProtocol::EnvoyGrpc) => Doors::EnvoyGrpc,
            _ => Doors::EnvoyHttp,
        };
        // What is kept for comparison has no part that a reload takes.
        (config.jwt, config.routes) = (Vec::new(), Vec::new());
        let reload = ReloadState::new(Started {
            path: loaded.path,
            app: app.clone(),
            issuers: issuers.clone(),
            process_key,
            certificates: sockets.certificates,
            overrides,
            config,
            files: files.asked(),
        });
        Ok(Self {
            app,
            issuers,
            reload: Arc::new(reload),
            public: sockets.public,
            check: sockets.check,
            check_doors,
            admin: sockets.admin,
            stop: watch::Sender::new(false),
        })
    }

    /// The address of the public listener.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn public_address(&self) -> io::Result<SocketAddr> {
        self.public.address()
    }

    /// The address of the admin listener.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn admin_address(&self) -> io::Result<SocketAddr> {
        self.admin.address()
    }

    /// The address of the check listener, if there is one.
    pub fn check_address(&self) -> Option<SocketAddr> {
        self.check.as_ref()?.address().ok()
    }

    /// The process's state.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves until `end` is ready, then lets running requests end. The admin listener goes on until the last
    /// of them has, so that `/readyz` says why nobody new comes in, and no count is lost.
    pub async fn serve(self, end: impl Future<Output = ()> + Send) {
        let mut tasks = JoinSet::new();
        for (listener, doors) in [(Some(self.public), Doors::Public), (self.check, self.check_doors)] {
            let Some(listener) = listener else { continue };
            let app = self.app.clone();
            let service = move |caller, request| doors::answer(app.clone(), doors, caller, request);
            tasks.spawn(listener.serve(service, self.stop.subscribe()));
        }
        let state = admin::AdminState::new(self.app.clone(), self.issuers.clone(), self.reload.clone());
        let router = admin::router(state);
        let service = move |_, request| admin::answer(router.clone(), request);
        let drained = watch::Sender::new(false);
        let admin = tokio::spawn(self.admin.serve(service, drained.subscribe()));
        let watching = tokio::spawn(reload::watch(self.reload.clone(), self.stop.subscribe()));
        end.await;
        self.reload.drain();
        self.stop.send_replace(true);
        while tasks.join_next().await.is_some() {}
        watching.abort();
        self.issuers.shutdown().await;
        self.app.telemetry.close().await;
        drained.send_replace(true);
        // It ends by itself, and no other way.
        let _ = admin.await;
    }
}

/// The certificate of one listener, and where it comes from.
pub(crate) struct Certificate {
    pub(crate) listener: &'static str,
    pub(crate) current: Arc<ArcSwapOption<ServerConfig>>,
}

struct Sockets {
    public: Listener,
    check: Option<Listener>,
    admin: Listener,
    certificates: Vec<Certificate>,
}

impl Sockets {
    async fn bind(config: &Config, files: &ConfigFiles) -> Result<Self, StartError> {
        let mut certificates = Vec::new();
        let limits = ListenerLimits {
            header_bytes: usize::try_from(config.limits.header_size.value.0).unwrap_or(usize::MAX),
            drain: config.limits.drain_timeout.value,
        };
        // What the admin listener answers takes no time, and everything else has ended by then.
        let admin_limits = ListenerLimits { drain: limits.drain.min(ADMIN_DRAIN), ..limits };
        let mut bind = async |listener, address: SocketAddr, tls: Option<&Tls>, limits| {
            let tls = match tls {
                None => None,
                Some(tls) => {
                    let ready =
                        server_config(tls, files).map_err(|source| StartError::Tls { listener, source })?;
                    let current = Arc::new(ArcSwapOption::from(Some(ready)));
                    certificates.push(Certificate { listener, current: current.clone() });
                    Some(current)
                }
            };
            let bound = Listener::bind(address, tls, limits).await;
            bound.map_err(|source| StartError::Bind { listener, address, source })
        };
        let listeners = &config.listeners;
        let (public, admin) = (&listeners.public, &listeners.admin);
        let public = bind("public", public.address.value, public.tls.as_ref(), limits).await?;
        let admin = bind("admin", admin.address.value, admin.tls.as_ref(), admin_limits).await?;
        let check = match &listeners.check {
            Some(check) => Some(bind("check", check.address.value, check.tls.as_ref(), limits).await?),
            None => None,
        };
        Ok(Self { public, check, admin, certificates })
    }
}

/// The key under which credentials are digested for the audit log. Without a file it is `process_key`, and
/// digests of two processes cannot be compared.
pub(crate) fn audit_key(
    config: &Config,
    files: &ConfigFiles,
    process_key: &Secret<Vec<u8>>,
) -> Result<HmacKey, StartError> {
    use claimgate_config::Files as _;
    let Some(path) = &config.audit.digest_key_file else { return Ok(HmacKey::new(process_key.expose())) };
    let read = files.read(&path.value);
    let key = read.map_err(|source| StartError::DigestKey { path: path.value.clone(), source })?;
    Ok(HmacKey::new(Secret::new(key).expose()))
}

fn telemetry(config: &Config, files: &ConfigFiles) -> Result<Telemetry, StartError> {
    let target = match &config.audit.to {
        AuditSink::Stdout => Some(AuditTarget::Stdout),
        AuditSink::Off => None,
        AuditSink::File(file) => Some(AuditTarget::File(files.locate(&file.path.value))),
    };
    let metrics = Metrics::default();
    let open = |target: AuditTarget| {
        let path = match &target {
            AuditTarget::File(path) => path.clone(),
            AuditTarget::Stdout => "stdout".into(),
        };
        AuditLog::open(&target, config.limits.audit_wait.value, metrics.lost_records())
            .map_err(|source| StartError::Audit { path, source })
    };
    let audit = target.map(open).transpose()?;
    let traces = traces(config, files, &metrics)?;
    let telemetry = Telemetry::new(metrics, audit, config.audit.allowed);
    telemetry.change(config.audit.allowed, traces);
    Ok(telemetry)
}

/// Traces as a configuration wants them. Nothing is sent before the first span.
pub(crate) fn traces(
    config: &Config,
    files: &ConfigFiles,
    metrics: &Metrics,
) -> Result<Option<Traces>, StartError> {
    let settings = TraceSettings::read(config, files)?;
    Ok(settings.map(|settings| Traces::start(settings, metrics.spans())).transpose()?)
}

/// Waits, for a bounded time, for the issuers that `readiness.waitFor` names.
async fn wait_for_issuers(config: &Config, issuers: &Issuers) {
    let entries: Vec<_> = config.readiness.wait_for.iter().map(|name| name.value.as_str()).collect();
    if entries.is_empty() {
        return;
    }
    let named = config.jwt.iter().filter(|entry| {
        entries.iter().any(|name| name.strip_prefix("jwt/").unwrap_or(name) == entry.name.value)
    });
    let ids: Vec<_> = named.map(|entry| IssuerId::new(&entry.issuer.url.value)).collect();
    let longest = config.limits.readiness_wait.value.min(Duration::from_secs(30));
    if !issuers.wait_until_usable(&ids, longest).await {
        tracing::warn!("Not every issuer of `readiness.waitFor` could be reached; starting without them");
    }
}
