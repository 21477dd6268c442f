//! Trust entries: whose tokens are accepted, and how their claims become an identity.

mod groups;
mod mapping;

use std::sync::Arc;
use std::time::Duration;

use claimgate_crypto::Algorithm;
use claimgate_json::Json;
use claimgate_rules::Budget;
use claimgate_rules::cel::Rule;
use claimgate_rules::{Inputs, Token, User};

use crate::decision::{Denial, DenyReason};
use crate::identity::Identity;
use crate::token::VerifiedToken;
use crate::trace::{Stage, Step, StepOutcome, Trace};

pub use groups::GroupFilter;
pub use mapping::{
    ClaimMappings, EmailVerification, ExtraMapping, GroupsMapping, UidMapping, UsernameMapping,
};

/// An issuer, as all its trust entries share it. Its keys are run-time state and live elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issuer {
    /// The `iss` value, compared byte for byte.
    pub url: Box<str>,
    /// Further values of `iss` that mean the same issuer.
    pub aliases: Vec<Box<str>>,
    /// The signature algorithms that are accepted.
    pub algorithms: Vec<Algorithm>,
}

impl Issuer {
    /// The URL and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.url).chain(self.aliases.iter().map(|alias| &**alias))
    }
}

/// One `jwt` entry: an issuer with audiences, validation rules and claim mappings.
#[derive(Debug)]
pub struct TrustEntry {
    /// The entry's name, without `jwt/` in front.
    pub name: Arc<str>,
    /// Whose tokens.
    pub issuer: Arc<Issuer>,
    /// For whom the tokens must be meant; one of them suffices.
    pub audiences: Vec<String>,
    /// The kinds of token that are accepted.
    pub token_kinds: TokenKinds,
    /// The longest time since `iat`, if bounded; `iat` is required then.
    pub max_token_age: Option<Duration>,
    /// How far clocks may differ.
    pub clock_skew: Duration,
    /// Whether a token must have a non-empty `sub`.
    pub subject_required: bool,
    /// From claims to user name, groups, uid and extra.
    pub mappings: ClaimMappings,
    /// Rules over the claims; each must be true.
    pub claim_validation_rules: Vec<ClaimValidationRule>,
    /// Rules over the identity; each must be true.
    pub user_validation_rules: Vec<ValidationRule>,
    /// What becomes of the mapped groups.
    pub group_filter: GroupFilter,
    /// The names beginning with `system:` that the entry may yield.
    pub allow_system: Vec<String>,
}

/// Which kinds of token an entry accepts, by the header's `typ`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenKinds {
    /// `typ` absent or `JWT`.
    pub jwt: bool,
    /// `at+jwt` (RFC 9068 §2.1).
    pub access_token: bool,
}

impl Default for TokenKinds {
    fn default() -> Self {
        Self { jwt: true, access_token: true }
    }
}

/// A rule over the claims.
#[derive(Debug)]
pub enum ClaimValidationRule {
    /// The claim must be this text.
    RequiredValue {
        /// The claim's name.
        claim: Box<str>,
        /// Its value.
        value: Box<str>,
    },
    /// The expression must be true.
    Expression(ValidationRule),
}

/// An expression that must be true, and what to say if it is not.
#[derive(Debug)]
pub struct ValidationRule {
    /// The expression.
    pub expression: Arc<Rule>,
    /// What the configuration says of a refusal; the source if it says nothing.
    pub message: Box<str>,
}

impl TrustEntry {
    /// The identity of a verified token of this entry's issuer.
    ///
    /// In the order of Kubernetes: mappings, claim validation rules, user validation rules; then the names
    /// that only the installation itself may give.
    ///
    /// # Errors
    /// [`DenyReason::ClaimsRejected`] if a mapping fails or a rule is not true, [`DenyReason::ReservedName`].
    pub fn identify(&self, token: &VerifiedToken, trace: &mut Trace) -> Result<Identity, Denial> {
        let claims = token.claims();
        let inputs = Inputs { claims: Some(claims), ..Inputs::default() };
        if self.subject_required && token.subject().is_none_or(str::is_empty) {
            let detail = "claim `sub` is missing or empty";
            trace.record(|| step(Stage::Mapping, &self.name, StepOutcome::Refused, detail));
            return Err(rejected(detail));
        }
        let mapped = self.mappings.apply(self, claims, &inputs, trace);
        let identity = mapped.inspect_err(|denial| {
            trace.record(|| step(Stage::Mapping, &self.name, StepOutcome::Refused, &denial.detail));
        })?;
        trace.record(|| step(Stage::Mapping, &self.name, StepOutcome::Ok, &describe(&identity)));
        for rule in &self.claim_validation_rules {
            rule.check(claims, &inputs, trace)?;
        }
        let user = user_of(&identity);
        let inputs = Inputs { user: Some(user), ..Inputs::default() };
        for rule in &self.user_validation_rules {
            rule.check(Stage::UserValidation, &inputs, trace)?;
        }
        self.check_reserved(&identity).inspect_err(|denial| {
            trace.record(|| step(Stage::Mapping, &self.name, StepOutcome::Refused, &denial.detail));
        })?;
        Ok(identity)
    }

    /// A name beginning with `system:` has a meaning to Kubernetes that no outside issuer may give away.
    fn check_reserved(&self, identity: &Identity) -> Result<(), Denial> {
        let names = identity.groups().iter().map(String::as_str).chain([identity.username()]);
        for name in names {
            if name.starts_with("system:") && !self.allow_system.iter().any(|allowed| allowed == name) {
                let detail = format!("`{name}` is not listed in `allowSystem` of `jwt/{}`", self.name);
                return Err(Denial::new(DenyReason::ReservedName, detail));
            }
        }
        Ok(())
    }
}

impl ClaimValidationRule {
    fn check(&self, claims: &Json, inputs: &Inputs<'_>, trace: &mut Trace) -> Result<(), Denial> {
        let (claim, value) = match self {
            Self::Expression(rule) => return rule.check(Stage::ClaimValidation, inputs, trace),
            Self::RequiredValue { claim, value } => (claim, value),
        };
        let fault = match claims.get(claim) {
            Some(Json::String(actual)) if actual == value => None,
            Some(Json::String(_)) => Some(format!("claim `{claim}` has another value than the required one")),
            Some(other) => Some(format!("claim `{claim}` is a {}, not a string", other.kind())),
            None => Some(format!("claim `{claim}` is missing")),
        };
        let outcome = if fault.is_some() { StepOutcome::Refused } else { StepOutcome::Ok };
        trace.record(|| step(Stage::ClaimValidation, claim, outcome, fault.as_deref().unwrap_or(value)));
        match fault {
            None => Ok(()),
            Some(fault) => Err(rejected(fault).by_rule(&**claim)),
        }
    }
}

impl ValidationRule {
    fn check(&self, stage: Stage, inputs: &Inputs<'_>, trace: &mut Trace) -> Result<(), Denial> {
        let source = self.expression.source();
        let (outcome, detail) = match self.expression.test(inputs, &mut { Budget::CEL }, None) {
            Ok(true) => (StepOutcome::Ok, "true".to_owned()),
            Ok(false) => (StepOutcome::Refused, self.message.to_string()),
            Err(error) => (StepOutcome::Refused, format!("the rule could not be evaluated: {error}")),
        };
        trace.record(|| step(stage, source, outcome, &detail));
        if outcome == StepOutcome::Ok { Ok(()) } else { Err(rejected(detail).by_rule(source)) }
    }
}

/// The identity as rules see it.
pub fn user_of(identity: &Identity) -> User<'_> {
    User {
        username: identity.username(),
        uid: identity.uid(),
        groups: identity.groups(),
        extra: identity.extra(),
    }
}

/// The token as rules see it.
pub fn token_of<'a>(entry: &'a TrustEntry, token: &'a VerifiedToken) -> Token<'a> {
    Token {
        entry: &entry.name,
        issuer: token.issuer(),
        audiences: token.audiences(),
        expires_at: token.expires_at().as_seconds(),
    }
}

fn rejected(detail: impl Into<Arc<str>>) -> Denial {
    Denial::new(DenyReason::ClaimsRejected, detail)
}

fn describe(identity: &Identity) -> String {
    let mut text = format!("username `{}`, groups {:?}", identity.username(), identity.groups());
    if !identity.uid().is_empty() {
        text.push_str(&format!(", uid `{}`", identity.uid()));
    }
    text
}

fn step(stage: Stage, name: &str, outcome: StepOutcome, detail: &str) -> Step {
    Step { stage, name: name.to_owned(), outcome, detail: detail.to_owned() }
}
