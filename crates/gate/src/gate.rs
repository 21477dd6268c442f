//! [`Gate::decide`]: the path of one request.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use claimgate_core::audit::AuditedCredential;
use claimgate_core::credential::{Credential, CredentialError};
use claimgate_core::decision::{Challenge, Decision, Denial, DenyReason, Grant};
use claimgate_core::headers::OwnedHeaders;
use claimgate_core::identity::Identity;
use claimgate_core::ports::KeyDirectory;
use claimgate_core::request::{CanonicalRequest, EncodedSlash};
use claimgate_core::route::{Route, RouteTable};
use claimgate_core::time::Timestamp;
use claimgate_core::token::VerifiedToken;
use claimgate_core::trace::{Stage, Step, StepOutcome, Trace};
use claimgate_core::trust::{TrustEntry, token_of, user_of};
use claimgate_crypto::digest::HmacKey;
use claimgate_json::Json;
use claimgate_rules::{Inputs, Request};
use http::HeaderMap;

use crate::authenticators::jwt::{self, Authenticated, Authenticator};
use crate::cache::{CachedToken, Outcome, TokenCache};
use crate::refused::RefusedTokens;

/// Everything that decides: routes, trust entries, keys and the cache, as of one configuration. A changed
/// configuration makes a new gate, with an empty cache.
pub struct Gate {
    routes: RouteTable,
    owned: Arc<OwnedHeaders>,
    authenticator: Authenticator,
    cache: TokenCache,
    refused: RefusedTokens,
    audit_key: HmacKey,
}

/// What a gate is made with.
pub struct GateSettings {
    /// The largest token, in bytes.
    pub token_bytes: usize,
    /// The deepest nest of a token's header and claims.
    pub json_depth: usize,
    /// How many verified tokens are remembered.
    pub cached_tokens: usize,
    /// The installation's key for the digests of credentials in the audit log.
    pub audit_key: HmacKey,
}

/// What an adapter knows of the request that it asks about.
#[derive(Clone, Copy)]
pub struct RequestFacts<'a> {
    /// The canonical request.
    pub request: &'a CanonicalRequest,
    /// The client's headers.
    pub headers: &'a HeaderMap,
    /// The client's address, if a trusted proxy named it.
    pub client: Option<IpAddr>,
    /// The route that the caller named. Host, path and method must fit it all the same.
    pub route: Option<&'a str>,
}

/// A decision with what the audit log needs.
#[derive(Debug)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The route that covers the request.
    pub route: Option<Arc<Route>>,
    /// The credential that came along.
    pub credential: Option<AuditedCredential>,
    /// The identity, where it came to one, allowed or not.
    pub identity: Option<Arc<Identity>>,
    /// Whether the path is exempt.
    pub exempt: bool,
}

impl Gate {
    /// The gate for `routes`, whose issuers' keys `keys` has.
    ///
    /// # Errors
    /// The system has no randomness for the cache's key.
    pub fn new(
        routes: RouteTable,
        keys: Arc<dyn KeyDirectory>,
        settings: GateSettings,
    ) -> Result<Self, claimgate_crypto::RandomError> {
        let headers = routes.iter().flat_map(|route| &*route.headers).map(|header| &header.name);
        let owned = Arc::new(OwnedHeaders::new(headers));
        Ok(Self {
            owned,
            authenticator: Authenticator::new(keys, settings.token_bytes, settings.json_depth),
            cache: TokenCache::new(settings.cached_tokens)?,
            refused: RefusedTokens::new(),
            audit_key: settings.audit_key,
            routes,
        })
    }

    /// The routes.
    pub fn routes(&self) -> &RouteTable {
        &self.routes
    }

    /// The headers that no client may send through.
    pub fn owned_headers(&self) -> &Arc<OwnedHeaders> {
        &self.owned
    }

    /// The number of verified tokens remembered now.
    pub fn cached_tokens(&self) -> usize {
        self.cache.len()
    }

    /// Decides about a request: exempt, credential, verification, mapping, `deny`, `allow`, headers.
    ///
    /// It waits for nothing but the keys of an issuer that are not there yet. Whoever cannot wait sets a
    /// deadline around it and refuses when that has passed.
    pub async fn decide(&self, facts: RequestFacts<'_>, now: Timestamp, trace: &mut Trace) -> Decided {
        let route = match self.route(facts, trace) {
            Ok(route) => route,
            Err((route, denial)) => return Decided::refused(route, denial),
        };
        if let Some(grant) = Grant::exempt(route, &self.owned, facts.request) {
            trace.record(|| step(Stage::Exempt, &route.name, StepOutcome::Ok, "the path is exempt"));
            return Decided { exempt: true, ..Decided::new(route, Decision::Allow(grant)) };
        }
        match Credential::extract(&route.sources, facts.headers) {
            Err(error) => {
                trace.record(|| step(Stage::Credential, "bearer", StepOutcome::Refused, &error.to_string()));
                let reason = match error {
                    CredentialError::Conflicting => DenyReason::ConflictingCredentials,
                    _ => DenyReason::MalformedCredential,
                };
                Decided::refused(Some(route), Denial::new(reason, error.to_string()))
            }
            Ok(Credential::None) => self.without_credential(route, facts, trace),
            Ok(Credential::Bearer(token)) => self.with_bearer(route, facts, token, now, trace).await,
        }
    }

    /// Decides as [`Gate::decide`] would if a token with `claims` were signed by a key of its issuer. For
    /// `explain` alone: the answer must allow nothing.
    pub fn suppose(
        &self,
        facts: RequestFacts<'_>,
        claims: Json,
        entry: Option<&str>,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Decided {
        let route = match self.route(facts, trace) {
            Ok(route) => route,
            Err((route, denial)) => return Decided::refused(route, denial),
        };
        if let Some(grant) = Grant::exempt(route, &self.owned, facts.request) {
            trace.record(|| step(Stage::Exempt, &route.name, StepOutcome::Ok, "the path is exempt"));
            return Decided { exempt: true, ..Decided::new(route, Decision::Allow(grant)) };
        }
        match jwt::suppose(route, claims, entry, now, trace) {
            Err(denial) => Decided::refused(Some(route), denial),
            Ok(authenticated) => {
                let (decision, identity) = self.authorize(route, facts.request, &authenticated, trace);
                Decided { identity: Some(identity), ..Decided::new(route, decision) }
            }
        }
    }

    fn route(
        &self,
        facts: RequestFacts<'_>,
        trace: &mut Trace,
    ) -> Result<&Arc<Route>, (Option<&Arc<Route>>, Denial)> {
        let found = match facts.route {
            Some(name) => self.routes.by_name(name).filter(|route| route.scope.covers(facts.request)),
            None => self.routes.find(facts.request),
        };
        let Some(route) = found else {
            let detail = match facts.route {
                Some(name) => format!("the caller named route `{name}`, which does not cover this request"),
                None => "no route covers this host, path and method".to_owned(),
            };
            trace.record(|| step(Stage::Route, "", StepOutcome::Refused, &detail));
            return Err((None, Denial::new(DenyReason::NoRoute, detail)));
        };
        trace.record(|| step(Stage::Route, &route.name, StepOutcome::Ok, "covers the request"));
        if facts.request.path().has_encoded_slash() && route.encoded_slash == EncodedSlash::Refuse {
            let detail = "the path has an encoded slash, and the route says `encodedSlash: refuse`";
            trace.record(|| step(Stage::Request, "path", StepOutcome::Refused, detail));
            return Err((Some(route), Denial::new(DenyReason::BadRequest, detail)));
        }
        Ok(route)
    }

    fn without_credential(&self, route: &Arc<Route>, facts: RequestFacts<'_>, trace: &mut Trace) -> Decided {
        let Some(identity) = &route.anonymous else {
            trace.record(|| {
                step(Stage::Credential, "none", StepOutcome::Refused, "the request has no credential")
            });
            return Decided::new(route, Decision::Challenge(Challenge::Bearer));
        };
        trace.record(|| {
            step(Stage::Credential, "none", StepOutcome::Ok, "the route takes it as its anonymous identity")
        });
        let inputs = Inputs {
            user: Some(user_of(identity)),
            request: Some(request_of(facts.request)),
            ..Inputs::default()
        };
        let decision = match Grant::decide(route, &self.owned, identity, &inputs, trace) {
            Ok(grant) => Decision::Allow(grant),
            Err(denial) => Decision::Deny(denial),
        };
        Decided { identity: Some(identity.clone()), ..Decided::new(route, decision) }
    }

    async fn with_bearer(
        &self,
        route: &Arc<Route>,
        facts: RequestFacts<'_>,
        token: Cow<'_, str>,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Decided {
        // A trace shows how a token came to be verified or refused, so it does not begin at what is remembered.
        let fingerprint = self.cache.fingerprint(&token).filter(|_| !trace.is_on());
        if let Some(fingerprint) = fingerprint {
            if let Some(cached) = self.cache.find(fingerprint, route, now) {
                return self.with_cached(route, facts.request, &cached, trace);
            }
            if let Some((denial, credential)) = self.refused.find(fingerprint, route, now) {
                return Decided::unverified(route, denial, credential);
            }
        }
        let digest = self.digest(&token);
        match self.authenticator.authenticate(&token, route, facts.client, now, trace).await {
            Err(refusal) => {
                if let Some(fingerprint) = fingerprint {
                    self.refused.insert(fingerprint, route, &refusal, &digest, now);
                }
                let credential = AuditedCredential { kind: "jwt", entry: refusal.entry, digest };
                Decided::unverified(route, refusal.denial, credential)
            }
            Ok(authenticated) => {
                let (decision, identity) = self.authorize(route, facts.request, &authenticated, trace);
                let entry = Some(authenticated.entry.name.clone());
                let credential = AuditedCredential { kind: "jwt", entry, digest };
                let grant = match &decision {
                    Decision::Allow(grant) if !reads_request(route) => Some(grant.clone()),
                    _ => None,
                };
                let cached = CachedToken::new(route, authenticated, identity.clone(), grant, &credential);
                if let Some(fingerprint) = fingerprint {
                    self.cache.insert(fingerprint, cached, now);
                }
                Decided {
                    identity: Some(identity),
                    credential: Some(credential),
                    ..Decided::new(route, decision)
                }
            }
        }
    }

    fn with_cached(
        &self,
        route: &Arc<Route>,
        request: &CanonicalRequest,
        cached: &Arc<CachedToken>,
        trace: &mut Trace,
    ) -> Decided {
        let decision = match cached.outcome() {
            Outcome::Same(grant) => Decision::Allow(grant.clone()),
            Outcome::Differs(token) => {
                self.settle(route, request, token, cached.entry(), cached.identity(), trace)
            }
        };
        Decided {
            identity: Some(cached.identity().clone()),
            credential: Some(cached.credential()),
            ..Decided::new(route, decision)
        }
    }

    fn authorize(
        &self,
        route: &Route,
        request: &CanonicalRequest,
        authenticated: &Authenticated,
        trace: &mut Trace,
    ) -> (Decision, Arc<Identity>) {
        let identity = authenticated.identity.clone();
        let decision =
            self.settle(route, request, &authenticated.token, &authenticated.entry, &identity, trace);
        (decision, identity)
    }

    fn settle(
        &self,
        route: &Route,
        request: &CanonicalRequest,
        token: &VerifiedToken,
        entry: &TrustEntry,
        identity: &Arc<Identity>,
        trace: &mut Trace,
    ) -> Decision {
        let inputs = Inputs {
            claims: Some(token.claims()),
            user: Some(user_of(identity)),
            token: Some(token_of(entry, token)),
            request: Some(request_of(request)),
            ..Inputs::default()
        };
        match Grant::decide(route, &self.owned, identity, &inputs, trace) {
            Ok(grant) => Decision::Allow(grant),
            Err(denial) => Decision::Deny(denial),
        }
    }

    fn digest(&self, token: &str) -> Arc<str> {
        hexadecimal(&self.audit_key.sign(token)).into()
    }
}

impl Decided {
    fn new(route: &Arc<Route>, decision: Decision) -> Self {
        Self { decision, route: Some(route.clone()), credential: None, identity: None, exempt: false }
    }

    fn refused(route: Option<&Arc<Route>>, denial: Denial) -> Self {
        let decision = Decision::Deny(denial);
        Self { decision, route: route.cloned(), credential: None, identity: None, exempt: false }
    }

    /// The refusal of a token that came to no identity.
    fn unverified(route: &Arc<Route>, denial: Denial, credential: AuditedCredential) -> Self {
        Self { credential: Some(credential), ..Self::refused(Some(route), denial) }
    }
}

/// Whether the outcome on `route` differs from request to request of the same token.
fn reads_request(route: &Route) -> bool {
    use claimgate_core::headers::HeaderSource;
    let header_reads = route
        .headers
        .iter()
        .any(|header| matches!(&header.value, HeaderSource::Expression(rule) if rule.reads().request()));
    header_reads || route.policy.reads_request()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value });
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

fn request_of(request: &CanonicalRequest) -> Request<'_> {
    Request {
        method: request.method(),
        scheme: request.scheme().as_str(),
        host: request.host().as_str(),
        path: request.path().as_str(),
    }
}

fn step(stage: Stage, name: &str, outcome: StepOutcome, detail: &str) -> Step {
    Step { stage, name: name.to_owned(), outcome, detail: detail.to_owned() }
}
