use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use claimgate_config::{Files, build};
use claimgate_core::decision::{Decision, Grant};
use claimgate_core::ports::{BoxFuture, IssuerKeys, KeyDirectory, KeySnapshot};
use claimgate_core::request::{CanonicalRequest, RawRequest};
use claimgate_core::time::Timestamp;
use claimgate_core::trace::Trace;
use claimgate_crypto::digest::HmacKey;
use claimgate_crypto::{Algorithm, KeySet, VerificationKey};
use claimgate_gate::{Decided, Gate, GateSettings, RequestFacts};
use claimgate_testkit::{Issuer, NOW};
use http::{HeaderMap, HeaderName, HeaderValue};

/// A gate over the keys of some issuers.
pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) keys: Arc<TestKeys>,
}

impl World {
    /// The gate of a configuration without `version`, knowing the keys of `issuers`.
    pub(crate) fn new(config: &str, issuers: &[&Issuer]) -> Self {
        Self::of_kubernetes(&format!("version: 1\n{config}"), issuers)
    }

    /// The gate of a whole file, such as one of Kubernetes.
    pub(crate) fn of_kubernetes(config: &str, issuers: &[&Issuer]) -> Self {
        let (built, problems) = build("test.yaml", config.as_bytes(), &NoFiles);
        let Some((_, compiled)) = built else { panic!("{problems}") };
        let keys = Arc::new(TestKeys::default());
        for issuer in issuers {
            keys.publish(issuer.url(), issuer.key_set());
        }
        let settings = GateSettings {
            token_bytes: 16 * 1024,
            json_depth: 32,
            cached_tokens: 1024,
            audit_key: HmacKey::new(b"audit"),
        };
        Self { gate: Gate::new(compiled.routes, keys.clone(), settings).unwrap(), keys }
    }

    /// What the gate says of a request at `NOW`.
    pub(crate) async fn ask(&self, ask: &Ask) -> Decided {
        self.ask_at(ask, NOW).await
    }

    pub(crate) async fn ask_at(&self, ask: &Ask, seconds: i64) -> Decided {
        self.ask_at_time(ask, Timestamp::from_seconds(seconds)).await
    }

    pub(crate) async fn ask_at_time(&self, ask: &Ask, now: Timestamp) -> Decided {
        let request = ask.request();
        let facts = RequestFacts {
            request: &request,
            headers: &ask.headers,
            client: None::<IpAddr>,
            route: ask.route.as_deref(),
        };
        self.gate.decide(facts, now, &mut Trace::off()).await
    }

    /// The user name of an allow, `""` on an exempt path; or the code of the refusal.
    pub(crate) async fn verdict(&self, ask: &Ask) -> Result<String, &'static str> {
        verdict(&self.ask(ask).await)
    }

    pub(crate) async fn verdict_at(&self, ask: &Ask, seconds: i64) -> Result<String, &'static str> {
        verdict(&self.ask_at(ask, seconds).await)
    }
}

pub(crate) fn verdict(decided: &Decided) -> Result<String, &'static str> {
    match &decided.decision {
        Decision::Allow(grant) => {
            Ok(grant.identity().map(|identity| identity.username().to_owned()).unwrap_or_default())
        }
        Decision::Challenge(_) => Err("missing_credential"),
        Decision::Deny(denial) => Err(denial.reason.code()),
    }
}

/// The grant of an allow.
pub(crate) fn grant(decided: &Decided) -> &Grant {
    match &decided.decision {
        Decision::Allow(grant) => grant,
        other => panic!("not allowed: {other:?}"),
    }
}

/// A request in the making: `GET https://app.example/`.
#[derive(Clone)]
pub(crate) struct Ask {
    method: &'static str,
    host: String,
    target: String,
    headers: HeaderMap,
    route: Option<String>,
}

impl Ask {
    pub(crate) fn get(target: &str) -> Self {
        let (host, target) = ("app.example".to_owned(), target.to_owned());
        Self { method: "GET", host, target, headers: HeaderMap::new(), route: None }
    }

    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub(crate) fn route(mut self, route: &str) -> Self {
        self.route = Some(route.to_owned());
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    fn request(&self) -> CanonicalRequest {
        let (authority, target) = (&*self.host, &*self.target);
        CanonicalRequest::parse(RawRequest { method: self.method, scheme: "https", authority, target })
            .unwrap()
    }
}

/// Issuers' keys that a test changes as it likes.
#[derive(Default)]
pub(crate) struct TestKeys {
    issuers: Mutex<BTreeMap<String, Arc<TestIssuer>>>,
}

#[derive(Default)]
struct TestIssuer {
    set: Mutex<Arc<Keys>>,
    refreshes: AtomicU64,
    silent: AtomicBool,
}

#[derive(Default)]
struct Keys {
    generation: u64,
    set: Option<KeySet>,
}

impl TestKeys {
    /// Replaces the keys of an issuer, with a new generation.
    pub(crate) fn publish(&self, issuer: &str, set: KeySet) {
        self.replace(issuer, Some(set));
    }

    /// The issuer has no keys any more, and its fetches fail.
    pub(crate) fn take_away(&self, issuer: &str) {
        self.replace(issuer, None);
    }

    /// From now on the issuer never answers.
    pub(crate) fn silence(&self, issuer: &str) {
        self.issuer(issuer).silent.store(true, Ordering::Relaxed);
    }

    /// How often its keys were asked for anew.
    pub(crate) fn refreshes(&self, issuer: &str) -> u64 {
        self.issuer(issuer).refreshes.load(Ordering::Relaxed)
    }

    fn replace(&self, issuer: &str, set: Option<KeySet>) {
        let issuer = self.issuer(issuer);
        let mut slot = issuer.set.lock().unwrap();
        *slot = Arc::new(Keys { generation: slot.generation + 1, set });
    }

    fn issuer(&self, issuer: &str) -> Arc<TestIssuer> {
        self.issuers.lock().unwrap().entry(issuer.to_owned()).or_default().clone()
    }
}

impl KeyDirectory for TestKeys {
    fn issuer_keys(&self, issuer: &str) -> Option<Arc<dyn IssuerKeys>> {
        let issuer = self.issuers.lock().unwrap().get(issuer)?.clone();
        Some(issuer)
    }
}

impl IssuerKeys for TestIssuer {
    fn snapshot(&self) -> Arc<dyn KeySnapshot> {
        self.set.lock().unwrap().clone()
    }

    fn generation(&self) -> u64 {
        self.set.lock().unwrap().generation
    }

    fn refresh<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Arc<dyn KeySnapshot>> {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            if self.silent.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            IssuerKeys::snapshot(self)
        })
    }
}

impl KeySnapshot for Keys {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn unavailable(&self) -> Option<&str> {
        self.set.is_none().then_some("the test took them away")
    }

    fn has_key_id(&self, id: &str) -> bool {
        self.set.as_ref().is_some_and(|set| set.has_key_id(id))
    }

    fn candidates<'a>(&'a self, id: Option<&'a str>, algorithm: Algorithm) -> Vec<&'a VerificationKey> {
        self.set.iter().flat_map(|set| set.candidates(id, algorithm)).collect()
    }
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }
}
