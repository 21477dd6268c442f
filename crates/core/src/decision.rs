//! What the gate answers, and why.

use std::sync::Arc;

use claimgate_rules::Budget;
use claimgate_rules::Inputs;

use crate::headers::{HeaderPlan, OwnedHeaders};
use crate::identity::Identity;
use crate::policy::{Permit, ShadowMatches};
use crate::request::CanonicalRequest;
use crate::route::Route;
use crate::trace::{Stage, Step, StepOutcome, Trace};

/// The answer to one request. An allow is a value that only the deciding step builds; the absence of
/// a refusal is not one.
#[derive(Debug)]
pub enum Decision {
    /// The request may pass, with this grant.
    Allow(Grant),
    /// There is no credential: the caller is asked for one.
    Challenge(Challenge),
    /// The request is refused.
    Deny(Denial),
}

/// What an allowed request carries on.
#[derive(Clone, Debug)]
pub struct Grant {
    headers: Arc<HeaderPlan>,
    identity: Option<Arc<Identity>>,
    rule: Option<Box<str>>,
    shadow: ShadowMatches,
}

impl Decision {
    /// The shadow rules that matched, if it came to the route's policy.
    pub fn shadow(&self) -> &ShadowMatches {
        match self {
            Self::Allow(grant) => &grant.shadow,
            Self::Challenge(_) => &None,
            Self::Deny(denial) => &denial.shadow,
        }
    }
}

impl Grant {
    /// Decides whether `identity` may pass `route`, and with which headers. This and [`Grant::exempt`] are
    /// the only ways to a grant.
    ///
    /// # Errors
    /// The [`Denial`] of the route's policy, or of a header that cannot be written.
    pub fn decide(
        route: &Route,
        owned: &Arc<OwnedHeaders>,
        identity: &Arc<Identity>,
        inputs: &Inputs<'_>,
        trace: &mut Trace,
    ) -> Result<Self, Denial> {
        let Permit { rule, shadow, .. } = route.policy.decide(inputs, trace)?;
        match HeaderPlan::new(owned.clone(), &route.headers, identity, inputs, &mut { Budget::CEL }) {
            Ok(plan) => {
                trace.record(|| header_step(StepOutcome::Ok, describe(&plan)));
                Ok(Self { headers: Arc::new(plan), identity: Some(identity.clone()), rule, shadow })
            }
            Err(denial) => {
                trace.record(|| header_step(StepOutcome::Refused, denial.detail.to_string()));
                Err(Denial { shadow, ..denial })
            }
        }
    }

    /// The grant of a request on an exempt path of `route`: no identity, every owned header empty.
    /// `None` if the path is not exempt.
    pub fn exempt(route: &Route, owned: &Arc<OwnedHeaders>, request: &CanonicalRequest) -> Option<Self> {
        let plan = || Arc::new(HeaderPlan::empty(owned.clone(), &route.headers));
        route.is_exempt(request).then(|| Self { headers: plan(), identity: None, rule: None, shadow: None })
    }

    /// Headers to remove and to set.
    pub fn headers(&self) -> &HeaderPlan {
        &self.headers
    }

    /// The identity; none on exempt paths.
    pub fn identity(&self) -> Option<&Arc<Identity>> {
        self.identity.as_ref()
    }

    /// The `allow` rule that was true, if it took one.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }
}

fn header_step(outcome: StepOutcome, detail: String) -> Step {
    Step { stage: Stage::Headers, name: "identity headers".to_owned(), outcome, detail }
}

fn describe(plan: &HeaderPlan) -> String {
    let removed: Vec<_> = plan.remove().iter().collect();
    let set: Vec<_> = plan
        .set()
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    format!("removed {}; set {}", removed.join(", "), set.join("; "))
}

/// What the caller is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Challenge {
    /// A bearer token (RFC 6750 §3): 401 without an `error` attribute.
    Bearer,
}

/// A refusal: the class for the client, the detail for the audit log and `explain`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denial {
    /// The public class.
    pub reason: DenyReason,
    /// The cause in full. May hold rule texts, key ids and claims' values; never a credential.
    pub detail: Arc<str>,
    /// The rule that refused, by its message or its source.
    pub rule: Option<String>,
    /// The shadow rules that matched, if it came to the route's policy.
    pub shadow: ShadowMatches,
}

impl Denial {
    /// A refusal for `reason`, because of `detail`.
    pub fn new(reason: DenyReason, detail: impl Into<Arc<str>>) -> Self {
        Self { reason, detail: detail.into(), rule: None, shadow: None }
    }

    /// The same refusal, made by `rule`.
    #[must_use]
    pub fn by_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }
}

macro_rules! realm {
    () => {
        "realm=\"claimgate\""
    };
}

macro_rules! challenge {
    ($error:literal, $code:literal, $title:literal) => {
        concat!(
            "Bearer ",
            realm!(),
            ", error=\"",
            $error,
            "\", error_description=\"",
            $code,
            ": ",
            $title,
            "\""
        )
    };
}

macro_rules! deny_reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// Why a request is not allowed. The code is public, stable and coarse; see [`Denial`] for the cause.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum DenyReason {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl DenyReason {
            /// Every reason, in the order of the reference page.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status of doors that can answer any status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// One line for people, without any detail of the request.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// The `WWW-Authenticate` value of the refusal (RFC 6750 §3), if it has one. Without a credential
            /// there is no `error`, and what is wrong with the request itself no credential can cure.
            pub const fn bearer_challenge(self) -> Option<&'static str> {
                match self {
                    Self::MissingCredential => return Some(concat!("Bearer ", realm!())),
                    Self::BadRequest => return None,
                    _ => {}
                }
                let (invalid_request, invalid_token, insufficient_scope) = match self {
                    $(Self::$variant => (
                        challenge!("invalid_request", $code, $title),
                        challenge!("invalid_token", $code, $title),
                        challenge!("insufficient_scope", $code, $title),
                    ),)+
                };
                match self.bearer_error() {
                    None => None,
                    Some(BearerError::InvalidRequest) => Some(invalid_request),
                    Some(BearerError::InvalidToken) => Some(invalid_token),
                    Some(BearerError::InsufficientScope) => Some(insufficient_scope),
                }
            }

            /// The refusal's problem (RFC 9457 §3.1) as the beginning of a JSON object: its members but for the
            /// decision's id.
            pub const fn problem(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!(
                        "{\"code\":\"", $code, "\",\"title\":\"", $title, "\",\"status\":", $status
                    ),)+
                }
            }

            /// What the reason means and what to do, for the reference page.
            pub const fn documentation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc, "\n",)+),)+ }
            }
        }
    };
}

deny_reasons! {
    /// No credential came with the request. Send a bearer token that the route accepts.
    MissingCredential = "missing_credential", 401, "A credential is required";
    /// The credential is not well-formed: not a compact JWS, not canonical base64url, not strict JSON, a claim of
    /// the wrong type, or larger than the limit.
    MalformedCredential = "malformed_credential", 401, "The credential is malformed";
    /// Two different bearer credentials came with one request, so it is not clear which one counts.
    ConflictingCredentials = "conflicting_credentials", 400, "The request carries conflicting credentials";
    /// No trust entry that this route accepts names the token's issuer.
    UnknownIssuer = "unknown_issuer", 401, "The token's issuer is not trusted here";
    /// The issuer publishes no key with the token's key ID.
    UnknownKey = "unknown_key", 401, "The token's key is not known";
    /// The signature does not belong to the token.
    BadSignature = "bad_signature", 401, "The token's signature is wrong";
    /// The token is signed with an algorithm that the trust entry does not allow, or that does not fit the key.
    AlgorithmNotAllowed = "algorithm_not_allowed", 401, "The token's algorithm is not allowed";
    /// The token is meant for another audience, or for none.
    WrongAudience = "wrong_audience", 401, "The token is for another audience";
    /// The token is of a kind that the trust entry does not accept, such as a logout token or a refresh token.
    WrongTokenKind = "wrong_token_kind", 401, "The token is of another kind";
    /// The token has expired, or is older than the entry's `maxTokenAge`.
    Expired = "expired", 401, "The token has expired";
    /// The token is not valid yet (`nbf` or `iat` lie in the future).
    NotYetValid = "not_yet_valid", 401, "The token is not valid yet";
    /// A claim validation rule, a user validation rule or a claim mapping refused the token; or `sub` is missing or
    /// empty. 401, for these are a part of authentication: another token may do.
    ClaimsRejected = "claims_rejected", 401, "The token's claims were refused";
    /// The mapped user name or a group begins with `system:` and is not listed in `allowSystem`. 401 as well: what a
    /// token maps to belongs to authentication, and 403 is for identities that are known.
    ReservedName = "reserved_name", 401, "The token maps to a reserved name";
    /// The credential was revoked.
    Revoked = "revoked", 401, "The credential was revoked";
    /// The route's policy does not allow this identity.
    NotAllowed = "not_allowed", 403, "The request is not allowed";
    /// No ServiceAccount's rule selects this identity.
    NoServiceAccount = "no_service_account", 403, "No ServiceAccount is mapped";
    /// No route covers the request.
    NoRoute = "no_route", 403, "No route covers this request";
    /// An identity header's value would hold the separator of its list, or a byte that a header cannot carry.
    HeaderValueAmbiguous = "header_value_ambiguous", 403, "An identity header would be ambiguous";
    /// The request can be read in more than one way, or is not well-formed.
    BadRequest = "bad_request", 400, "The request is malformed or ambiguous";
    /// The check request came from an address that is not in `trustedProxies`.
    UntrustedProxy = "untrusted_proxy", 403, "The calling proxy is not trusted";
    /// Too many failed attempts came from this source.
    TooManyFailures = "too_many_failures", 429, "Too many failed attempts";
    /// The issuer's keys cannot be had right now, or not before the decision's deadline.
    IssuerUnavailable = "issuer_unavailable", 503, "The token's issuer cannot be reached";
    /// The store cannot be reached right now.
    StoreUnavailable = "store_unavailable", 503, "A part of the gateway is unavailable";
}

/// The `error` attribute of a `WWW-Authenticate` header (RFC 6750 §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BearerError {
    InvalidRequest,
    InvalidToken,
    InsufficientScope,
}

impl DenyReason {
    const fn bearer_error(self) -> Option<BearerError> {
        match self.status() {
            400 => Some(BearerError::InvalidRequest),
            401 if !matches!(self, Self::MissingCredential) => Some(BearerError::InvalidToken),
            403 if matches!(self, Self::NotAllowed | Self::NoServiceAccount) => {
                Some(BearerError::InsufficientScope)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DenyReason;

    #[test]
    fn codes_are_unique_and_stable_in_form() {
        let mut codes: Vec<_> = DenyReason::ALL.iter().map(|reason| reason.code()).collect();
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), DenyReason::ALL.len());
    }

    #[test]
    fn challenges_name_the_error_of_every_credential_that_is_no_good() {
        for reason in DenyReason::ALL {
            let described = |error: &str| {
                format!("error=\"{error}\", error_description=\"{}: {}\"", reason.code(), reason.title())
            };
            let error = match (reason, reason.status()) {
                (DenyReason::MissingCredential, _) => {
                    assert_eq!(reason.bearer_challenge(), Some("Bearer realm=\"claimgate\""));
                    continue;
                }
                (DenyReason::ConflictingCredentials, _) => Some("invalid_request"),
                (_, 401) => Some("invalid_token"),
                (DenyReason::NotAllowed | DenyReason::NoServiceAccount, _) => Some("insufficient_scope"),
                _ => None,
            };
            let challenge = error.map(|error| format!("Bearer realm=\"claimgate\", {}", described(error)));
            assert_eq!(reason.bearer_challenge(), challenge.as_deref());
        }
    }

    #[test]
    fn problems_are_json() {
        for reason in DenyReason::ALL {
            let problem = format!("{}}}", reason.problem());
            let problem =
                claimgate_json::parse(problem.as_bytes(), claimgate_json::Limits::default()).unwrap();
            assert_eq!(problem.get("code").and_then(|code| code.as_str()), Some(reason.code()));
            assert_eq!(problem.get("title").and_then(|title| title.as_str()), Some(reason.title()));
            let status = problem.get("status").and_then(|status| status.as_number()?.as_u64());
            assert_eq!(status, Some(reason.status().into()));
        }
    }
}
