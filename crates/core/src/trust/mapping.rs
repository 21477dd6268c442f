use std::collections::BTreeMap;
use std::sync::Arc;

use claimgate_json::Json;
use claimgate_rules::Budget;
use claimgate_rules::Inputs;
use claimgate_rules::cel::Rule;

use super::{TrustEntry, rejected};
use crate::decision::Denial;
use crate::identity::Identity;
use crate::trace::Trace;

/// From claims to user name, groups, uid and extra.
#[derive(Debug)]
pub struct ClaimMappings {
    /// The user name.
    pub username: UsernameMapping,
    /// The groups; none if absent.
    pub groups: Option<GroupsMapping>,
    /// The uid; empty if absent.
    pub uid: Option<UidMapping>,
    /// Extra attributes.
    pub extra: Vec<ExtraMapping>,
    /// Whether the e-mail address that becomes a user name must be known to be verified. Kubernetes lets
    /// a token without `email_verified` pass where the claim is mapped by name; Claimgate does not.
    pub email: EmailVerification,
}

/// What is demanded of `email_verified` where `email` becomes the user name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmailVerification {
    /// Nothing: the user name does not come from `email`, or the expressions look at it themselves.
    NotNeeded,
    /// `true` where the claim is there (Kubernetes, for a user name mapped by claim).
    UnlessAbsent,
    /// `true`.
    Required,
    /// `true` where the user name holds the value of `email`: an expression may read claims that it does not name.
    IfUsed,
}

/// Where the user name comes from.
#[derive(Debug)]
pub enum UsernameMapping {
    /// A claim that is a text, with a prefix.
    Claim {
        /// The claim's name.
        claim: Box<str>,
        /// What stands in front of it.
        prefix: Box<str>,
    },
    /// An expression.
    Expression(Arc<Rule>),
}

/// Where the groups come from.
#[derive(Debug)]
pub enum GroupsMapping {
    /// A claim that is a text, null or a list of texts, with a prefix for each.
    Claim {
        /// The claim's name.
        claim: Box<str>,
        /// What stands in front of each group.
        prefix: Box<str>,
    },
    /// An expression.
    Expression(Arc<Rule>),
}

/// Where the uid comes from.
#[derive(Debug)]
pub enum UidMapping {
    /// A claim that is a text or null, which is the empty text.
    Claim(Box<str>),
    /// An expression.
    Expression(Arc<Rule>),
}

/// Where the values of one extra attribute come from.
#[derive(Debug)]
pub struct ExtraMapping {
    /// The attribute's key.
    pub key: Box<str>,
    /// The expression.
    pub value: Arc<Rule>,
}

/// The extra attribute that carries a token's `jti`, as Kubernetes names it.
const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

impl ClaimMappings {
    pub(super) fn apply(
        &self,
        entry: &TrustEntry,
        claims: &Json,
        inputs: &Inputs<'_>,
        _trace: &mut Trace,
    ) -> Result<Identity, Denial> {
        let username = self.username(claims, inputs)?;
        self.check_email(claims, &username)?;
        if username.is_empty() {
            return Err(rejected("the user name is empty"));
        }
        let groups = entry.group_filter.apply(self.groups(claims, inputs)?)?;
        let uid = self.uid(claims, inputs)?;
        let mut extra = BTreeMap::new();
        for mapping in &self.extra {
            let values = mapping.value.texts(inputs, &mut { Budget::CEL }, None);
            let values = values
                .map_err(|error| failed(&format!("extra `{}`", mapping.key), &mapping.value, &error))?;
            if !values.is_empty() {
                extra.insert(mapping.key.to_string(), values);
            }
        }
        if let Some(jti) = claims.get("jti").and_then(Json::as_str).filter(|jti| !jti.is_empty()) {
            extra.insert(CREDENTIAL_ID.to_owned(), vec![format!("JTI={jti}")]);
        }
        Ok(Identity::new(username, uid, groups, extra))
    }

    fn check_email(&self, claims: &Json, username: &str) -> Result<(), Denial> {
        let verified = claims.get("email_verified");
        let fits = match self.email {
            EmailVerification::NotNeeded => true,
            EmailVerification::UnlessAbsent => verified.is_none_or(|verified| *verified == Json::Bool(true)),
            EmailVerification::Required => verified == Some(&Json::Bool(true)),
            EmailVerification::IfUsed => {
                let email = claims.get("email").and_then(Json::as_str).unwrap_or_default();
                email.is_empty() || !username.contains(email) || verified == Some(&Json::Bool(true))
            }
        };
        if fits {
            Ok(())
        } else {
            Err(rejected("the e-mail address is not verified (`email_verified` is not `true`)"))
        }
    }

    fn username(&self, claims: &Json, inputs: &Inputs<'_>) -> Result<String, Denial> {
        match &self.username {
            UsernameMapping::Claim { claim, prefix } => match claims.get(claim) {
                // Of an empty text or null Kubernetes makes the prefix alone, which names nobody.
                Some(Json::String(text)) if text.is_empty() => {
                    Err(rejected(format!("claim `{claim}` is empty")))
                }
                Some(Json::String(text)) => Ok(format!("{prefix}{text}")),
                Some(other) => Err(rejected(format!("claim `{claim}` is a {}, not a string", other.kind()))),
                None => Err(rejected(format!("claim `{claim}` is missing"))),
            },
            UsernameMapping::Expression(rule) => rule
                .text(inputs, &mut { Budget::CEL }, None)
                .map_err(|error| failed("the user name", rule, &error)),
        }
    }

    fn groups(&self, claims: &Json, inputs: &Inputs<'_>) -> Result<Vec<String>, Denial> {
        let (claim, prefix) = match &self.groups {
            None => return Ok(Vec::new()),
            Some(GroupsMapping::Expression(rule)) => {
                let groups = rule.texts(inputs, &mut { Budget::CEL }, None);
                return groups.map_err(|error| failed("the groups", rule, &error));
            }
            Some(GroupsMapping::Claim { claim, prefix }) => (claim, prefix),
        };
        match claims.get(claim) {
            None if is_distributed(claims, claim) => Err(rejected(format!(
                "claim `{claim}` is not in the token but at another place (`_claim_names`)"
            ))),
            // Null is no group, and in a list the empty text, as in Kubernetes.
            None | Some(Json::Null) => Ok(Vec::new()),
            Some(Json::String(group)) => Ok(vec![format!("{prefix}{group}")]),
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Json::String(group) => Ok(format!("{prefix}{group}")),
                    Json::Null => Ok(prefix.to_string()),
                    other => {
                        Err(rejected(format!("claim `{claim}` holds a {}, not only strings", other.kind())))
                    }
                })
                .collect(),
            Some(other) => {
                Err(rejected(format!("claim `{claim}` is a {}, not a string or a list", other.kind())))
            }
        }
    }

    fn uid(&self, claims: &Json, inputs: &Inputs<'_>) -> Result<String, Denial> {
        match &self.uid {
            None => Ok(String::new()),
            Some(UidMapping::Expression(rule)) => {
                rule.text(inputs, &mut { Budget::CEL }, None).map_err(|error| failed("the uid", rule, &error))
            }
            Some(UidMapping::Claim(claim)) => match claims.get(claim) {
                Some(Json::String(text)) => Ok(text.to_string()),
                Some(Json::Null) => Ok(String::new()),
                Some(other) => Err(rejected(format!("claim `{claim}` is a {}, not a string", other.kind()))),
                None => Err(rejected(format!("claim `{claim}` is missing"))),
            },
        }
    }
}

/// OpenID Connect Core 1.0 §5.6.2: a claim that stands elsewhere. Unknown groups are not "no groups".
fn is_distributed(claims: &Json, claim: &str) -> bool {
    claims.get("_claim_names").is_some_and(|names| names.get(claim).is_some())
}

fn failed(what: &str, rule: &Rule, error: &impl std::fmt::Display) -> Denial {
    rejected(format!("the expression of {what} failed: {error}")).by_rule(rule.source())
}
