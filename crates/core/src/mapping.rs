//! Which ServiceAccount acts for an identity, by the annotations that ServiceAccounts carry.
//!
//! Three dialects, each an index that a watch can feed and that answers without a scan over what the
//! question cannot concern:
//!
//! - [`argo`]: `rbac-rule` of Argo Workflows, expr-lang over the claims.
//! - [`kargo`]: accepted claim values, as Kargo reads them.
//! - [`claimgate`]: a CEL rule over `user` and `claims`.
//!
//! An answer is [`Matches`] in order, of which the first acts, or a [`Refusal`]. No match is not a
//! refusal: a further mapping may be asked. A refusal ends the matter. With a [`Record`] an index also
//! says of every candidate why it won or lost; the answer is the same.

pub mod argo;
pub mod claimgate;
pub mod kargo;
mod precedence;
mod ranked;
mod rule;
mod search;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use claimgate_json::Json;
use thiserror::Error;

use crate::decision::DenyReason;
use crate::identity::Identity;

pub use precedence::Precedence;

/// A ServiceAccount's namespace and name, in that order. Copies of it share the texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AccountName(Arc<QualifiedName>);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct QualifiedName {
    namespace: Box<str>,
    name: Box<str>,
}

impl AccountName {
    /// The account `name` in `namespace`.
    pub fn new(namespace: impl Into<Box<str>>, name: impl Into<Box<str>>) -> Self {
        Self(Arc::new(QualifiedName { namespace: namespace.into(), name: name.into() }))
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The name within the namespace.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

/// `namespace/name`
impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace(), self.name())
    }
}

/// A ServiceAccount as its cluster holds it.
#[derive(Clone, Debug)]
pub struct ServiceAccount<'a> {
    /// Its name.
    pub account: AccountName,
    /// All its annotations.
    pub annotations: &'a BTreeMap<String, String>,
}

/// What is asked: who wants to act, and where.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The identity after mapping, filters and overage.
    pub identity: &'a Identity,
    /// The token's claims, an object.
    pub claims: &'a Json,
    /// What the request concerns.
    pub scope: Scope<'a>,
}

/// What a request concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope<'a> {
    /// Objects in this namespace.
    Namespace(&'a str),
    /// Objects of the cluster.
    Cluster,
    /// Nothing in particular: which accounts the claims could select at all. Never used to let a request act.
    Anywhere,
}

/// The accounts that a mapping found. The first one acts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Matches {
    accounts: Vec<AccountName>,
    examined: usize,
}

impl Matches {
    /// The account that acts.
    pub fn selected(&self) -> Option<&AccountName> {
        self.accounts.first()
    }

    /// The accounts in order. A dialect in which the first match ends the search names only that one,
    /// unless the candidates were recorded.
    pub fn accounts(&self) -> &[AccountName] {
        &self.accounts
    }

    /// How many accounts were looked at for this: rules that were asked, or accounts that stood under an
    /// accepted value of a claim.
    pub fn examined(&self) -> usize {
        self.examined
    }
}

/// Why a mapping refuses, apart from finding nothing.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Refusal {
    /// A rule that had to be asked has no answer.
    #[error("the rule of `{account}` failed: {message}")]
    RuleFailed {
        /// Whose rule.
        account: AccountName,
        /// What failed.
        message: String,
    },
    /// A claim is not of the type that the dialect knows it by.
    #[error("claim `{claim}` must be {expected}")]
    ClaimType {
        /// The claim.
        claim: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The rules of one namespace together take more steps than one question may.
    #[error("the rules in namespace `{namespace}` take too many steps together")]
    TooManySteps {
        /// Whose rules.
        namespace: Box<str>,
    },
}

impl Refusal {
    /// The public class.
    pub fn reason(&self) -> DenyReason {
        match self {
            Self::ClaimType { .. } => DenyReason::ClaimsRejected,
            Self::RuleFailed { .. } | Self::TooManySteps { .. } => DenyReason::NotAllowed,
        }
    }
}

/// What became of one annotated account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The account.
    pub account: AccountName,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, for people.
    pub message: String,
}

/// What became of a candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Its annotations select the identity.
    Matched,
    /// Its annotations do not.
    NotMatched,
    /// Its annotations have no answer.
    Error,
    /// Its annotations were not asked: it lies elsewhere.
    Ignored,
}

impl Fault {
    /// The annotation that it is about, if it is about one.
    pub fn annotation(&self) -> Option<&'static str> {
        match self {
            Self::Rule { annotation, .. }
            | Self::Precedence { annotation, .. }
            | Self::Claims { annotation, .. } => Some(annotation),
            Self::Tie { .. } => None,
        }
    }
}

impl Outcome {
    /// The word for machine outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::NotMatched => "not_matched",
            Self::Error => "error",
            Self::Ignored => "ignored",
        }
    }

    /// What the annotations came to, if they were asked and had an answer.
    pub const fn value(self) -> Option<bool> {
        match self {
            Self::Matched => Some(true),
            Self::NotMatched => Some(false),
            Self::Error | Self::Ignored => None,
        }
    }
}

/// Every candidate of a question: those that were tried, in the order in which they were, then those that
/// lie elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Record {
    candidates: Vec<Candidate>,
}

impl Record {
    /// A record without candidates.
    pub fn new() -> Self {
        Self::default()
    }

    /// The candidates.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    fn push(&mut self, account: AccountName, outcome: Outcome, message: impl Into<String>) {
        self.candidates.push(Candidate { account, outcome, message: message.into() });
    }

    /// Says of every match whether it acts, and of the others what `beats` them.
    fn conclude(&mut self, answer: &Result<Matches, Refusal>, beats: impl Fn(&AccountName) -> String) {
        let selected = answer.as_ref().ok().and_then(Matches::selected);
        let verdict = match answer {
            Err(_) => "but the request is refused".to_owned(),
            Ok(_) => selected.map(beats).unwrap_or_default(),
        };
        for candidate in self.candidates.iter_mut().filter(|each| each.outcome == Outcome::Matched) {
            candidate.message.push_str("; ");
            let wins = Some(&candidate.account) == selected;
            candidate.message.push_str(if wins { "selected" } else { &verdict });
        }
    }
}

/// What is wrong with an account's annotations, whoever asks.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Fault {
    /// The rule is none.
    #[error("annotation `{annotation}` is no rule: {message}")]
    Rule {
        /// The annotation.
        annotation: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The precedence is no integer, or none of 64 bits.
    #[error("annotation `{annotation}` is `{text}`, which counts as {counts_as}")]
    Precedence {
        /// The annotation.
        annotation: &'static str,
        /// Its text.
        text: String,
        /// The precedence that the account has.
        counts_as: i64,
    },
    /// The list of claims has no effect.
    #[error("annotation `{annotation}` has no effect: {message}")]
    Claims {
        /// The annotation.
        annotation: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Another account of the namespace has the same precedence and a name that comes first.
    #[error("`{with}` has the same precedence {precedence}, so the order of the names decides")]
    Tie {
        /// The other account.
        with: AccountName,
        /// The precedence of both.
        precedence: i64,
    },
}

#[cfg(test)]
mod tests;
