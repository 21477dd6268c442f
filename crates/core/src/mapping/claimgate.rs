//! Our own annotations: a CEL rule over `user` and `claims`, the first true one selects.
//!
//! Accounts are asked in the order of precedence, namespace, name. A rule that fails does not match and
//! is reported.

use std::collections::BTreeSet;

use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::{Budget, Inputs, RunError};

use super::ranked::{Entry, Ranked};
use super::rule::AccountRule;
use super::search::{OnRuleError, search};
use super::{Matches, Outcome, Question, Record, Refusal, Scope};
use crate::trust::user_of;

/// The annotation that holds the rule.
pub const RULE: &str = "claimgate.dev/rule";
/// The annotation that holds its precedence, an integer; 0 without it.
pub const PRECEDENCE: &str = "claimgate.dev/precedence";

/// What one route asks of the mapping.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Namespaces whose accounts are asked for every request; those of the request's own namespace are asked
    /// always.
    pub namespaces: BTreeSet<Box<str>>,
}

/// The annotated accounts of a cluster.
pub type Index = Ranked<Rule>;

impl Index {
    /// The account that acts.
    ///
    /// # Errors
    /// [`Refusal::TooManySteps`]; rules that fail do not refuse.
    pub fn resolve(
        &self,
        settings: &Settings,
        question: &Question<'_>,
        mut record: Option<&mut Record>,
    ) -> Result<Matches, Refusal> {
        let user = Some(user_of(question.identity));
        let inputs = Inputs { claims: Some(question.claims), user, ..Inputs::default() };
        let accounts = self.searched(settings, question.scope);
        let found = search(accounts, &inputs, OnRuleError::Skip, record.as_deref_mut());
        let answer = match found.failure {
            Some(refusal) if found.hits.is_empty() => Err(refusal),
            _ => {
                let accounts = found.hits.iter().map(|hit| hit.account.clone()).collect();
                Ok(Matches { accounts, examined: found.examined })
            }
        };
        if let Some(record) = record {
            let outside = self.outside(|namespace| settings.covers(question.scope, namespace));
            for entry in outside {
                let namespace = entry.account.namespace();
                let message =
                    format!("namespace `{namespace}` is neither the request's nor one of `namespaces`");
                record.push(entry.account.clone(), Outcome::Ignored, message);
            }
            record.conclude(&answer, |winner| self.describe_winner(winner));
        }
        answer
    }

    /// The accounts that are asked, in their order.
    fn searched<'a>(
        &'a self,
        settings: &'a Settings,
        scope: Scope<'a>,
    ) -> impl Iterator<Item = &'a Entry<Rule>> {
        let everywhere = matches!(scope, Scope::Anywhere).then(|| self.namespaces());
        let own = match scope {
            Scope::Namespace(own) => Some(own).filter(|own| !settings.namespaces.contains(*own)),
            Scope::Cluster | Scope::Anywhere => None,
        };
        let listed = settings.namespaces.iter().filter(move |_| scope != Scope::Anywhere);
        let namespaces = everywhere.into_iter().flatten().chain(listed.map(|name| &**name)).chain(own);
        self.merged(namespaces)
    }
}

impl Settings {
    fn covers(&self, scope: Scope<'_>, namespace: &str) -> bool {
        match scope {
            Scope::Anywhere => true,
            Scope::Cluster => self.namespaces.contains(namespace),
            Scope::Namespace(own) => own == namespace || self.namespaces.contains(namespace),
        }
    }
}

impl AccountRule for Rule {
    type Inputs<'a> = Inputs<'a>;
    type Error = RunError;
    const ANNOTATION: &'static str = RULE;
    const PRECEDENCE: &'static str = PRECEDENCE;
    const BUDGET: Budget = Budget::CEL;
    /// Ten rules that each use up their own limit, or a hundred thousand ordinary ones.
    const MOST_STEPS: u64 = 10 * Budget::CEL.steps;

    fn compile(source: &str) -> Result<Self, String> {
        compile(source)
    }

    fn test(&self, inputs: &Inputs<'_>, budget: &mut Budget) -> Result<bool, RunError> {
        Self::test(self, inputs, budget, None)
    }

    fn is_exhausted(error: &RunError) -> bool {
        error.is_exhausted()
    }

    fn describe(error: &RunError, source: &str) -> String {
        format!("the rule failed: {}", error.in_one_line(source))
    }
}

/// A rule that reads nothing but the caller: which account is his must not hang on the rest of the request.
fn compile(source: &str) -> Result<Rule, String> {
    let rule = Rule::compile(Dialect::Claimgate, Kind::Account, source)
        .map_err(|error| error.in_one_line(source))?;
    for root in ["token", "request", "serviceAccounts"] {
        if rule.reads().root(root) {
            return Err(format!(
                "`{root}` cannot be read here; hint: a rule of an account reads `user` and `claims`"
            ));
        }
    }
    Ok(rule)
}
