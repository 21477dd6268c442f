//! Our own annotations: a CEL rule over `user` and `claims`, the first true one selects.
//!
//! Accounts are asked in the order of precedence, namespace, name. A rule that fails does not match and
//! is reported.

use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::{Budget, Inputs};
use std::collections::BTreeSet;

use super::ranked::{Entry, Ranked};
use super::{AccountName, Fault, Matches, Outcome, Question, Record, Refusal, Scope, ServiceAccount};
use crate::trust::user_of;

/// The annotation that holds the rule.
pub const RULE: &str = "claimgate.dev/rule";
/// The annotation that holds its precedence, an integer; 0 without it.
pub const PRECEDENCE: &str = "claimgate.dev/precedence";

/// Steps that the rules of one question may take together: ten rules that each use up their own limit, or
/// a hundred thousand ordinary ones.
const MOST_STEPS: u64 = 10 * Budget::CEL.steps;

/// What one route asks of the mapping.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Namespaces whose accounts are asked for every request; those of the request's own namespace are asked
    /// always.
    pub namespaces: BTreeSet<Box<str>>,
}

/// The annotated accounts of a cluster.
#[derive(Debug, Default)]
pub struct Index {
    accounts: Ranked<Result<Rule, String>>,
}

type Account = Entry<Result<Rule, String>>;

impl Index {
    /// An index without accounts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an account as it is now. One without the annotation is no candidate.
    pub fn set(&mut self, account: &ServiceAccount<'_>) {
        let Some(rule) = account.annotations.get(RULE) else {
            self.accounts.remove(&account.account);
            return;
        };
        let precedence = account.annotations.get(PRECEDENCE).map(String::as_str);
        self.accounts.set(Entry::new(account.account.clone(), PRECEDENCE, precedence, compile(rule)));
    }

    /// Forgets an account.
    pub fn remove(&mut self, account: &AccountName) {
        self.accounts.remove(account);
    }

    /// What is wrong with the annotations: rules that do not compile, precedences that are none, ties.
    pub fn faults(&self) -> Vec<(AccountName, Fault)> {
        let broken = self.accounts.all().filter_map(|entry| {
            let message = entry.rule.as_ref().err()?.clone();
            Some((entry.account.clone(), Fault::Rule { annotation: RULE, message }))
        });
        let mut faults: Vec<_> = broken.chain(self.accounts.faults()).collect();
        faults.sort_by(|(a, _), (b, _)| a.cmp(b));
        faults
    }

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
        let answer = self.answer(settings, question, record.as_deref_mut());
        if let Some(record) = record {
            record.conclude(&answer);
        }
        answer
    }

    fn answer(
        &self,
        settings: &Settings,
        question: &Question<'_>,
        mut record: Option<&mut Record>,
    ) -> Result<Matches, Refusal> {
        let user = Some(user_of(question.identity));
        let inputs = Inputs { claims: Some(question.claims), user, ..Inputs::default() };
        let mut matches = Vec::new();
        let mut exceeded = None;
        let mut steps = MOST_STEPS;
        for entry in self.searched(settings, question.scope) {
            if record.is_none() && !matches.is_empty() {
                break;
            }
            let result = test(entry, &inputs, &mut steps);
            match &result {
                Ok(true) => matches.push(entry.account.clone()),
                Err(Failure::TooManySteps) => {
                    let namespace = entry.account.namespace.clone();
                    exceeded.get_or_insert(Refusal::TooManySteps { namespace });
                    if record.is_none() {
                        break;
                    }
                }
                Ok(false) | Err(Failure::Rule(_)) => {}
            }
            if let Some(record) = record.as_deref_mut() {
                let place = entry.describe();
                let (outcome, message) = match result {
                    Ok(true) => (Outcome::Matched, format!("the rule is true, {place}")),
                    Ok(false) => (Outcome::NotMatched, format!("the rule is false, {place}")),
                    Err(Failure::Rule(message)) => (Outcome::Error, format!("{message}, {place}")),
                    Err(Failure::TooManySteps) => {
                        (Outcome::Error, format!("the rules take too many steps together, {place}"))
                    }
                };
                record.push(entry.account.clone(), outcome, message);
            }
        }
        if let Some(record) = record {
            for entry in self.accounts.outside(|namespace| settings.covers(question.scope, namespace)) {
                record.push_elsewhere(entry.account.clone());
            }
        }
        match exceeded {
            Some(refusal) if matches.is_empty() => Err(refusal),
            _ => Ok(Matches(matches)),
        }
    }

    /// The accounts that are asked, in their order.
    fn searched<'a>(&'a self, settings: &Settings, scope: Scope<'_>) -> Vec<&'a Account> {
        let mut entries: Vec<_> = match scope {
            Scope::Anywhere => self.accounts.all().collect(),
            Scope::Cluster => self.listed(settings).collect(),
            Scope::Namespace(own) if settings.namespaces.contains(own) => self.listed(settings).collect(),
            Scope::Namespace(own) => self.listed(settings).chain(self.accounts.of(own)).collect(),
        };
        // Stable, and every namespace's run is in order already.
        entries.sort_by_key(|entry| (std::cmp::Reverse(entry.precedence), &entry.account));
        entries
    }

    fn listed<'a>(&'a self, settings: &Settings) -> impl Iterator<Item = &'a Account> {
        settings.namespaces.iter().flat_map(|namespace| self.accounts.of(namespace))
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

/// A rule that reads nothing but the caller: which account is his must not hang on the rest of the request.
fn compile(source: &str) -> Result<Rule, String> {
    let rule = Rule::compile(Dialect::Claimgate, Kind::Account, source).map_err(|error| error.to_string())?;
    for root in ["token", "request", "serviceAccounts"] {
        if rule.reads().root(root) {
            return Err(format!("`{root}` cannot be read here; only `user` and `claims` can"));
        }
    }
    Ok(rule)
}

#[derive(PartialEq, Eq)]
enum Failure {
    Rule(String),
    TooManySteps,
}

fn test(entry: &Account, inputs: &Inputs<'_>, steps: &mut u64) -> Result<bool, Failure> {
    let rule = entry
        .rule
        .as_ref()
        .map_err(|message| Failure::Rule(format!("the rule does not compile: {message}")))?;
    if *steps == 0 {
        return Err(Failure::TooManySteps);
    }
    let mut budget = Budget { steps: Budget::CEL.steps.min(*steps), ..Budget::CEL };
    let granted = budget.steps;
    let outcome = rule.test(inputs, &mut budget, None);
    *steps = steps.saturating_sub((granted - budget.steps).max(1));
    match outcome {
        Err(error) if error.is_exhausted() && granted < Budget::CEL.steps => Err(Failure::TooManySteps),
        outcome => outcome.map_err(|error| Failure::Rule(format!("the rule failed: {error}"))),
    }
}
