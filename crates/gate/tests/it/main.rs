//! The gate around whole configurations.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod broken;
mod cache;
mod credentials;
mod email;
mod entries;
mod issuers;
mod keys;
mod oracle;
mod policy;
mod refused;
mod routes;
mod world;

use std::io;
use std::sync::Arc;

use claimgate_config::{Files, build};
use claimgate_core::ports::{BoxFuture, IssuerKeys, KeyDirectory, KeySnapshot};
use claimgate_core::request::{CanonicalRequest, RawRequest};
use claimgate_core::time::Timestamp;
use claimgate_core::trace::Trace;
use claimgate_crypto::digest::HmacKey;
use claimgate_crypto::{Algorithm, KeySet, SigningKey, VerificationKey};
use claimgate_gate::{Decided, Gate, GateSettings, RequestFacts};
use claimgate_json::{Json, Object};
use http::{HeaderMap, header};

/// 2027-01-15T08:00:00Z
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// The same keys for every issuer, always there.
#[derive(Clone)]
struct Keys(Arc<KeySet>);

impl KeyDirectory for Keys {
    fn issuer_keys(&self, _: &str) -> Option<Arc<dyn IssuerKeys>> {
        Some(Arc::new(self.clone()))
    }
}

impl IssuerKeys for Keys {
    fn snapshot(&self) -> Arc<dyn KeySnapshot> {
        Arc::new(self.clone())
    }

    fn generation(&self) -> u64 {
        1
    }

    fn refresh<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Arc<dyn KeySnapshot>> {
        Box::pin(async { IssuerKeys::snapshot(self) })
    }
}

impl KeySnapshot for Keys {
    fn generation(&self) -> u64 {
        1
    }

    fn unavailable(&self) -> Option<&str> {
        None
    }

    fn has_key_id(&self, id: &str) -> bool {
        self.0.has_key_id(id)
    }

    fn candidates<'a>(&'a self, id: Option<&'a str>, algorithm: Algorithm) -> Vec<&'a VerificationKey> {
        self.0.candidates(id, algorithm).collect()
    }
}

/// The gate of a configuration, or what is wrong with that.
fn gate(configuration: &str, keys: &Keys) -> Result<Gate, String> {
    let (built, problems) = build("a.yaml", configuration.as_bytes(), &NoFiles);
    let (_, compiled) = built.ok_or_else(|| problems.to_string())?;
    let settings = GateSettings {
        token_bytes: 16 * 1024,
        json_depth: 32,
        cached_tokens: 16,
        audit_key: HmacKey::new(&[7; 32]),
    };
    Gate::new(compiled.routes, Arc::new(keys.clone()), settings).map_err(|error| error.to_string())
}

async fn decide(gate: &Gate, token: &str) -> Decided {
    let raw = RawRequest { method: "GET", scheme: "https", authority: "app.example", target: "/" };
    let request = CanonicalRequest::parse(raw).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let facts = RequestFacts { request: &request, headers: &headers, client: None, route: None };
    gate.decide(facts, NOW, &mut Trace::off()).await
}

/// A key that signs the tokens which the tables give as claims.
struct Signer(SigningKey);

impl Signer {
    fn new() -> Self {
        Self(SigningKey::generate(Algorithm::Es256).unwrap())
    }

    fn keys(&self) -> Keys {
        Keys(Arc::new(KeySet::from_keys([self.0.verification_key().unwrap()])))
    }

    fn sign(&self, claims: &str) -> String {
        let header = Object::from_iter([("alg", Json::from("ES256"))]);
        self.0.sign_compact(&header, claims.as_bytes()).unwrap()
    }
}
