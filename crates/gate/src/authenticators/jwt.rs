//! Bearer tokens that are JWTs.
//!
//! The order is chosen so that what is refused without a signature costs none: form, issuer, kind,
//! audience, times, algorithm, key, signature, and then the trust entry's mappings and rules.

use std::net::IpAddr;
use std::sync::Arc;

use claimgate_core::decision::{Denial, DenyReason};
use claimgate_core::identity::Identity;
use claimgate_core::ports::{BoxFuture, IssuerKeys, KeyDirectory, KeySnapshot};
use claimgate_core::route::Route;
use claimgate_core::time::Timestamp;
use claimgate_core::token::VerifiedToken;
use claimgate_core::trace::{Stage, Step, StepOutcome, Trace};
use claimgate_core::trust::{Issuer, TokenKinds, TrustEntry};
use claimgate_crypto::{
    Algorithm, JwtError, JwtLimits, KeyId, RegisteredClaims, TokenType, UnverifiedJwt, VerificationKey,
    VerifyError,
};
use claimgate_json::{Json, Object};

/// Verifies bearer tokens against the trust entries of a route.
pub struct Authenticator {
    keys: Arc<dyn KeyDirectory>,
    limits: JwtLimits,
}

/// A verified token with its trust entry and identity.
pub struct Authenticated {
    /// The token.
    pub token: VerifiedToken,
    /// The trust entry that took it.
    pub entry: Arc<TrustEntry>,
    /// Who it stands for.
    pub identity: Arc<Identity>,
    /// Until when the outcome may be remembered: `exp`, or the end of the entry's `maxTokenAge`.
    pub valid_until: Timestamp,
    /// The keys of the issuer.
    pub keys: Arc<dyn IssuerKeys>,
    /// The generation of the keys that verified it.
    pub generation: u64,
}

/// A token that was refused.
pub struct Refusal {
    /// Why.
    pub denial: Denial,
    /// For how long the same token on the same route is certainly refused so.
    pub holds: Holds,
    /// The name of the trust entry that it was meant for, as far as that is known. Nothing of it is verified.
    pub entry: Option<Arc<str>>,
}

/// For how long a refusal holds, as the clock goes forward and the configuration stays.
pub enum Holds {
    /// For good: it rests on the token's text, and perhaps on a time that has passed.
    Always,
    /// While these are the keys of the issuer.
    WhileKeysAre(Arc<dyn IssuerKeys>, Arc<dyn KeySnapshot>),
    /// The next one may go otherwise.
    Once,
}

impl Refusal {
    fn once(denial: Denial) -> Self {
        Self { denial, holds: Holds::Once, entry: None }
    }

    fn for_good(denial: Denial) -> Self {
        // A token that is not valid yet will be.
        let holds = if denial.reason == DenyReason::NotYetValid { Holds::Once } else { Holds::Always };
        Self { denial, holds, entry: None }
    }

    fn of(self, entry: &TrustEntry) -> Self {
        Self { entry: Some(entry.name.clone()), ..self }
    }
}

impl Authenticator {
    /// An authenticator for tokens of at most `token_bytes` and `json_depth`, with the keys that `keys` finds.
    pub fn new(keys: Arc<dyn KeyDirectory>, token_bytes: usize, json_depth: usize) -> Self {
        Self { keys, limits: JwtLimits { bytes: token_bytes, depth: json_depth } }
    }

    /// Verifies `token` for `route`.
    ///
    /// # Errors
    /// The [`Refusal`] by the first demand that it does not meet.
    pub async fn authenticate(
        &self,
        token: &str,
        route: &Route,
        _client: Option<IpAddr>,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Authenticated, Refusal> {
        let jwt = UnverifiedJwt::parse(token.as_bytes(), self.limits)
            .map_err(|error| Refusal::for_good(malformed(&error, trace)))?;
        trace.record(|| step(Stage::Credential, "jwt", StepOutcome::Ok, &describe(&jwt)));
        let demand = Demand { route, typ: jwt.token_type(), now };
        let (entry, valid_until) = demand.entry(jwt.claims(), trace)?;
        let issuer = &entry.issuer;
        if !issuer.algorithms.contains(&jwt.algorithm()) {
            let algorithm = jwt.algorithm().name();
            let detail = format!("`{algorithm}` is not among the algorithms of `{}`", issuer.url);
            let reason = DenyReason::AlgorithmNotAllowed;
            let denial = refuse(trace, Stage::Signature, &issuer.url, reason, detail);
            return Err(Refusal::for_good(denial).of(entry));
        }
        let once = |denial| Refusal::once(denial).of(entry);
        let keys = self.keys.issuer_keys(&issuer.url).ok_or_else(|| {
            let detail = format!("issuer `{}` has no keys yet", issuer.url);
            once(Denial::new(DenyReason::IssuerUnavailable, detail))
        })?;
        let snapshot = key_snapshot(&*keys, issuer, &jwt, trace).await.map_err(once)?;
        let held = |denial| {
            let holds = Holds::WhileKeysAre(keys.clone(), snapshot.clone());
            Refusal { denial, holds, entry: Some(entry.name.clone()) }
        };
        check_key_id(&*snapshot, issuer, &jwt, trace).map_err(held)?;
        let token = verify(jwt, &*snapshot, issuer, trace).map_err(held)?;
        let identity = Arc::new(entry.identify(&token, trace).map_err(once)?);
        let entry = entry.clone();
        Ok(Authenticated { token, entry, identity, valid_until, keys, generation: snapshot.generation() })
    }
}

/// What [`Authenticator::authenticate`] would say of a token with `claims` and a good signature.
///
/// # Errors
/// The [`Denial`] of the first demand that the claims do not meet.
pub(crate) fn suppose(
    route: &Route,
    claims: Json,
    entry: Option<&str>,
    now: Timestamp,
    trace: &mut Trace,
) -> Result<Authenticated, Denial> {
    let Json::Object(mut claims) = claims else {
        return Err(Denial::new(DenyReason::MalformedCredential, "the claims are not an object"));
    };
    if let Some(name) = entry {
        let named = route.accept.iter().find(|entry| *entry.name == *name);
        let named = named.ok_or_else(|| {
            Denial::new(DenyReason::UnknownIssuer, format!("the route does not accept `jwt/{name}`"))
        })?;
        complete(&mut claims, named, now);
    }
    let (entry, valid_until) =
        Demand { route, typ: None, now }.entry(&claims, trace).map_err(|refusal| refusal.denial)?;
    let entry = entry.clone();
    trace.record(|| step(Stage::Signature, &entry.issuer.url, StepOutcome::Ok, "assumed"));
    let token = VerifiedToken::hypothetical(claims)
        .map_err(|error| Denial::new(DenyReason::MalformedCredential, error.to_string()))?;
    let identity = Arc::new(entry.identify(&token, trace)?);
    Ok(Authenticated { token, entry, identity, valid_until, keys: Arc::new(NoKeys), generation: 0 })
}

/// The claims that a token of `entry` certainly has, where the asker left them out.
fn complete(claims: &mut Object, entry: &TrustEntry, now: Timestamp) {
    let mut default = |name: &str, value: Json| {
        if !claims.contains(name) {
            claims.insert(name, value);
        }
    };
    default("iss", Json::from(&*entry.issuer.url));
    if let Some(audience) = entry.audiences.first() {
        default("aud", Json::from(audience.as_str()));
    }
    default("exp", Json::from(now.as_seconds() + 300));
}

/// The demands on a token that need no signature.
struct Demand<'r, 't> {
    route: &'r Route,
    typ: Option<&'t TokenType>,
    now: Timestamp,
}

impl<'r> Demand<'r, '_> {
    /// The one trust entry that the claims fit, and until when they hold.
    fn entry(&self, claims: &Object, trace: &mut Trace) -> Result<(&'r Arc<TrustEntry>, Timestamp), Refusal> {
        let malformed = DenyReason::MalformedCredential;
        let registered = RegisteredClaims::parse(claims).map_err(|error| {
            let detail = error.to_string();
            Refusal::for_good(refuse(trace, Stage::RegisteredClaims, error.claim, malformed, detail))
        })?;
        let Some(issuer) = registered.issuer else {
            let detail = "claim `iss` is missing".to_owned();
            return Err(Refusal::for_good(refuse(trace, Stage::Entry, "iss", malformed, detail)));
        };
        let entry = self.choose(issuer, claims, &registered, trace).map_err(|denial| {
            let refusal = Refusal::for_good(denial);
            match self.route.accept.of_issuer(issuer) {
                [only] => refusal.of(only),
                _ => refusal,
            }
        })?;
        let valid_until = self.check_times(entry, &registered, trace);
        Ok((entry, valid_until.map_err(|denial| Refusal::for_good(denial).of(entry))?))
    }

    fn choose(
        &self,
        issuer: &str,
        claims: &Object,
        registered: &RegisteredClaims<'_>,
        trace: &mut Trace,
    ) -> Result<&'r Arc<TrustEntry>, Denial> {
        let of_issuer = self.route.accept.of_issuer(issuer);
        if of_issuer.is_empty() {
            let detail = format!("route `{}` accepts no entry of issuer `{issuer}`", self.route.name);
            return Err(refuse(trace, Stage::Entry, "iss", DenyReason::UnknownIssuer, detail));
        }
        let payload_type = claims.get("typ").and_then(Json::as_str);
        if matches!(payload_type, Some("Refresh" | "Offline" | "Logout")) {
            let detail = format!("claim `typ` says `{}`", payload_type.unwrap_or_default());
            return Err(refuse(trace, Stage::Entry, "typ", DenyReason::WrongTokenKind, detail));
        }
        let mut of_kind =
            of_issuer.iter().filter(|entry| self.is_accepted_kind(entry.token_kinds)).peekable();
        if of_kind.peek().is_none() {
            let typ = self.typ.map_or("absent", TokenType::as_str);
            let detail = format!("the header's `typ` is `{typ}`");
            return Err(refuse(trace, Stage::Entry, "typ", DenyReason::WrongTokenKind, detail));
        }
        let mut fitting = of_kind.filter(|entry| self.is_meant_for(entry, &registered.audiences));
        let detail = match (fitting.next(), fitting.next()) {
            (Some(entry), None) => {
                trace.record(|| {
                    step(Stage::Entry, &entry.name, StepOutcome::Ok, &format!("issuer `{issuer}`"))
                });
                return Ok(entry);
            }
            (Some(first), Some(second)) => {
                format!("the token fits `jwt/{}` and `jwt/{}` alike", first.name, second.name)
            }
            (None, _) => format!("the token is for {:?}", registered.audiences),
        };
        Err(refuse(trace, Stage::RegisteredClaims, "aud", DenyReason::WrongAudience, detail))
    }

    /// RFC 8725 §3.11: kinds of token are told apart by the header's `typ`.
    fn is_accepted_kind(&self, kinds: TokenKinds) -> bool {
        match self.typ.map(TokenType::as_str) {
            None | Some("jwt") => kinds.jwt,
            Some("at+jwt") => kinds.access_token,
            Some(_) => false,
        }
    }

    fn is_meant_for(&self, entry: &TrustEntry, audiences: &[&str]) -> bool {
        audiences.iter().any(|audience| {
            entry.audiences.iter().any(|own| own == audience)
                && self
                    .route
                    .audiences
                    .as_ref()
                    .is_none_or(|narrowed| narrowed.iter().any(|own| own == audience))
        })
    }

    /// RFC 7519 §4.1.4 to §4.1.6.
    fn check_times(
        &self,
        entry: &TrustEntry,
        registered: &RegisteredClaims<'_>,
        trace: &mut Trace,
    ) -> Result<Timestamp, Denial> {
        let mut refused =
            |claim, reason, detail| Err(refuse(trace, Stage::RegisteredClaims, claim, reason, detail));
        let Some(expires_at) = registered.expires_at else {
            return refused("exp", DenyReason::MalformedCredential, "claim `exp` is missing".to_owned());
        };
        let mut valid_until = Timestamp::from_seconds(expires_at.floor());
        if self.now >= valid_until.saturating_add(entry.clock_skew) {
            return refused("exp", DenyReason::Expired, "`exp` has passed".to_owned());
        }
        let begins = [("nbf", registered.not_before), ("iat", registered.issued_at)];
        for (claim, date) in begins {
            let begin = date.map(|date| Timestamp::from_seconds(date.ceil()));
            if begin.is_some_and(|begin| self.now < begin.saturating_sub(entry.clock_skew)) {
                return refused(claim, DenyReason::NotYetValid, format!("`{claim}` lies in the future"));
            }
        }
        if let Some(age) = entry.max_token_age {
            let Some(issued_at) = registered.issued_at else {
                let detail = "`maxTokenAge` is set and claim `iat` is missing".to_owned();
                return refused("iat", DenyReason::MalformedCredential, detail);
            };
            let end = Timestamp::from_seconds(issued_at.floor()).saturating_add(age);
            if self.now >= end.saturating_add(entry.clock_skew) {
                return refused(
                    "iat",
                    DenyReason::Expired,
                    "the token is older than `maxTokenAge`".to_owned(),
                );
            }
            valid_until = valid_until.min(end);
        }
        trace
            .record(|| step(Stage::RegisteredClaims, "exp", StepOutcome::Ok, "audience, kind and times fit"));
        Ok(valid_until)
    }
}

/// The issuer's keys, fetched anew if the token names one that is not there.
async fn key_snapshot(
    keys: &dyn IssuerKeys,
    issuer: &Issuer,
    jwt: &UnverifiedJwt<'_>,
    trace: &mut Trace,
) -> Result<Arc<dyn KeySnapshot>, Denial> {
    let mut snapshot = keys.snapshot();
    if snapshot.unavailable().is_some() || !knows(&*snapshot, jwt) {
        trace.record(|| {
            step(Stage::Signature, &issuer.url, StepOutcome::No, "asking the issuer for its keys anew")
        });
        snapshot = keys.refresh(jwt.key_id().map(KeyId::as_str)).await;
    }
    if let Some(cause) = snapshot.unavailable() {
        let detail = format!("the keys of `{}` cannot be had: {cause}", issuer.url);
        return Err(refuse(trace, Stage::Signature, &issuer.url, DenyReason::IssuerUnavailable, detail));
    }
    Ok(snapshot)
}

fn knows(keys: &dyn KeySnapshot, jwt: &UnverifiedJwt<'_>) -> bool {
    let key_id = jwt.key_id().map(KeyId::as_str);
    let named = key_id.is_some_and(|id| keys.has_key_id(id));
    named || !keys.candidates(key_id, jwt.algorithm()).is_empty()
}

fn check_key_id(
    snapshot: &dyn KeySnapshot,
    issuer: &Issuer,
    jwt: &UnverifiedJwt<'_>,
    trace: &mut Trace,
) -> Result<(), Denial> {
    if knows(snapshot, jwt) {
        return Ok(());
    }
    let key_id = jwt.key_id().map(KeyId::as_str).unwrap_or_default();
    let detail = format!("`{}` publishes no key `{key_id}`", issuer.url);
    Err(refuse(trace, Stage::Signature, &issuer.url, DenyReason::UnknownKey, detail))
}

fn verify(
    jwt: UnverifiedJwt<'_>,
    snapshot: &dyn KeySnapshot,
    issuer: &Issuer,
    trace: &mut Trace,
) -> Result<VerifiedToken, Denial> {
    let algorithm = jwt.algorithm();
    let key_id = jwt.key_id().cloned();
    let candidates = snapshot.candidates(key_id.as_ref().map(KeyId::as_str), algorithm);
    let verified = jwt.verify(candidates).map_err(|error| {
        let reason = match error {
            VerifyError::BadSignature => DenyReason::BadSignature,
            VerifyError::WrongAlgorithm => DenyReason::AlgorithmNotAllowed,
        };
        refuse(trace, Stage::Signature, &issuer.url, reason, error.to_string())
    })?;
    trace.record(|| {
        let key = verified.verified_by().map_or("without key ID", KeyId::as_str);
        step(Stage::Signature, &issuer.url, StepOutcome::Ok, &format!("{} by key `{key}`", algorithm.name()))
    });
    VerifiedToken::new(verified)
        .map_err(|error| Denial::new(DenyReason::MalformedCredential, error.to_string()))
}

fn malformed(error: &JwtError, trace: &mut Trace) -> Denial {
    let reason = match error {
        JwtError::Unsigned | JwtError::UnsupportedAlgorithm => DenyReason::AlgorithmNotAllowed,
        _ => DenyReason::MalformedCredential,
    };
    refuse(trace, Stage::Credential, "jwt", reason, error.to_string())
}

fn describe(jwt: &UnverifiedJwt<'_>) -> String {
    let key_id = jwt.key_id().map_or("none", KeyId::as_str);
    format!("algorithm {}, key ID `{key_id}`", jwt.algorithm().name())
}

fn refuse(trace: &mut Trace, stage: Stage, name: &str, reason: DenyReason, detail: String) -> Denial {
    trace.record(|| step(stage, name, StepOutcome::Refused, &detail));
    Denial::new(reason, detail)
}

fn step(stage: Stage, name: &str, outcome: StepOutcome, detail: &str) -> Step {
    Step { stage, name: name.to_owned(), outcome, detail: detail.to_owned() }
}

/// The keys behind a hypothetical token.
struct NoKeys;

impl IssuerKeys for NoKeys {
    fn snapshot(&self) -> Arc<dyn KeySnapshot> {
        Arc::new(Self)
    }

    fn generation(&self) -> u64 {
        0
    }

    fn refresh<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Arc<dyn KeySnapshot>> {
        Box::pin(async { IssuerKeys::snapshot(self) })
    }
}

impl KeySnapshot for NoKeys {
    fn generation(&self) -> u64 {
        0
    }

    fn unavailable(&self) -> Option<&str> {
        Some("nothing was verified")
    }

    fn has_key_id(&self, _: &str) -> bool {
        false
    }

    fn candidates<'a>(&'a self, _: Option<&'a str>, _: Algorithm) -> Vec<&'a VerificationKey> {
        Vec::new()
    }
}
