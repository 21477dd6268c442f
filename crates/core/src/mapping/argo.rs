//! The annotations of Argo Workflows: expr-lang rules over the claims, the first true one selects.
//!
//! As upstream: accounts of one namespace, a higher precedence first, and a rule that fails ends the
//! search. Otherwise than upstream: `groups` is always there and always a list, all claims are variables
//! under their own names, equal precedences are ordered by name, and a failure is known by its type.

use claimgate_json::{Json, Object};
use claimgate_rules::expr::{Error, Expression};
use claimgate_rules::{Budget, LoadError};

use super::ranked::{Entry, Ranked};
use super::{
    AccountName, Fault, Matches, Outcome, Precedence, Question, Record, Refusal, Scope, ServiceAccount,
};

/// The annotation that holds the rule.
pub const RULE: &str = "workflows.argoproj.io/rbac-rule";
/// The annotation that holds its precedence.
pub const PRECEDENCE: &str = "workflows.argoproj.io/rbac-rule-precedence";

/// Steps that the rules of one namespace may take together: a hundred rules that each use up their own
/// limit, or a hundred thousand ordinary ones.
const MOST_STEPS: u64 = 100 * Budget::EXPR.steps;

/// What one route asks of the mapping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The namespace whose rules select the account of a sign-in: that of Argo Server, or the one it manages.
    pub namespace: Box<str>,
    /// Whether the rules in the request's namespace are asked as well.
    pub delegate_to_request_namespace: bool,
    /// Whether Argo Server manages one namespace only; nothing is delegated then.
    pub namespaced: bool,
    /// What a failing rule means.
    pub on_rule_error: OnRuleError,
}

/// What a failing rule means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnRuleError {
    /// The request is refused, as upstream.
    #[default]
    Refuse,
    /// The rule does not match.
    Skip,
}

/// The annotated accounts of a cluster.
#[derive(Debug, Default)]
pub struct Index {
    accounts: Ranked<Result<Expression, LoadError>>,
}

type Account = Entry<Result<Expression, LoadError>>;

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
        let rule = Expression::parse(rule);
        self.accounts.set(Entry::new(account.account.clone(), PRECEDENCE, precedence, rule));
    }

    /// Forgets an account.
    pub fn remove(&mut self, account: &AccountName) {
        self.accounts.remove(account);
    }

    /// What is wrong with the annotations: rules that do not parse, precedences that are none, ties.
    pub fn faults(&self) -> Vec<(AccountName, Fault)> {
        let broken = self.accounts.all().filter_map(|entry| {
            let message = entry.rule.as_ref().err()?.to_string();
            Some((entry.account.clone(), Fault::Rule { annotation: RULE, message }))
        });
        let mut faults: Vec<_> = broken.chain(self.accounts.faults()).collect();
        faults.sort_by(|(a, _), (b, _)| a.cmp(b));
        faults
    }

    /// The account that acts.
    ///
    /// # Errors
    /// [`Refusal::ClaimType`] for a claim `groups` or `email` of another type than upstream's,
    /// [`Refusal::RuleFailed`] where failing rules refuse, [`Refusal::TooManySteps`].
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
        let home = &*settings.namespace;
        let delegated = settings.delegated(question.scope);
        if let Some(record) = record.as_deref_mut() {
            let searched = |namespace: &str| namespace == home || delegated == Some(namespace);
            for entry in self.accounts.outside(searched) {
                record.push_elsewhere(entry.account.clone());
            }
        }
        let environment = environment(question)?;
        let search = Search { index: self, environment: &environment, on_error: settings.on_rule_error };
        let own = search.run(home, record.as_deref_mut());
        if let (true, Some(failure)) = (own.hits.is_empty(), own.failure) {
            if let (Some(record), Some(namespace)) = (record, delegated) {
                for entry in self.accounts.of(namespace) {
                    let message = format!("not asked, since the rules in `{home}` failed");
                    record.push(entry.account.clone(), Outcome::Ignored, message);
                }
            }
            return Err(failure);
        }
        // A failure there is no refusal: the account of the own namespace stays.
        let theirs = delegated.map(|namespace| search.run(namespace, record));
        let mut hits = own.hits;
        hits.extend(theirs.into_iter().flat_map(|found| found.hits));
        // Stable: at equal precedence the own namespace stands first.
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.precedence));
        Ok(Matches(hits.into_iter().map(|hit| hit.account.clone()).collect()))
    }
}

impl Settings {
    /// The namespace beside the own one that is asked.
    fn delegated<'a>(&self, scope: Scope<'a>) -> Option<&'a str> {
        let Scope::Namespace(namespace) = scope else { return None };
        let active = self.delegate_to_request_namespace && !self.namespaced;
        (active && namespace != &*self.namespace).then_some(namespace)
    }
}

/// The variables of the rules: the claims, with the groups of the identity.
fn environment(question: &Question<'_>) -> Result<Object, Refusal> {
    let mut environment = question.claims.as_object().cloned().unwrap_or_default();
    let is_text = |value: &Json| matches!(value, Json::String(_) | Json::Null);
    if environment.get("email").is_some_and(|email| !is_text(email)) {
        return Err(Refusal::ClaimType { claim: "email", expected: "a text" });
    }
    let is_list = |value: &Json| match value {
        Json::Null => true,
        Json::Array(items) => items.iter().all(is_text),
        _ => false,
    };
    if environment.get("groups").is_some_and(|groups| !is_list(groups)) {
        return Err(Refusal::ClaimType { claim: "groups", expected: "a list of texts" });
    }
    let groups: Vec<&str> = question.identity.groups().iter().map(String::as_str).collect();
    environment.insert("groups", groups);
    Ok(environment)
}

/// One question to the rules of several namespaces.
struct Search<'a> {
    index: &'a Index,
    environment: &'a Object,
    on_error: OnRuleError,
}

/// What the rules of one namespace came to.
struct Found<'a> {
    /// The accounts whose rules hold, up to the failure; without a record only the first.
    hits: Vec<Hit<'a>>,
    /// What ended the search, if it did not end with a hit.
    failure: Option<Refusal>,
}

struct Hit<'a> {
    account: &'a AccountName,
    precedence: Precedence,
}

impl<'a> Search<'a> {
    fn run(&self, namespace: &str, mut record: Option<&mut Record>) -> Found<'a> {
        let mut found = Found { hits: Vec::new(), failure: None };
        let mut steps = MOST_STEPS;
        for entry in self.index.accounts.of(namespace) {
            if record.is_none() && (found.failure.is_some() || !found.hits.is_empty()) {
                break;
            }
            let result = test(entry, self.environment, &mut steps);
            match &result {
                Ok(true) if found.failure.is_none() => {
                    found.hits.push(Hit { account: &entry.account, precedence: entry.precedence });
                }
                Ok(_) => {}
                Err(failure) => {
                    let ends = self.on_error == OnRuleError::Refuse || *failure == Failure::TooManySteps;
                    if ends && found.failure.is_none() {
                        found.failure = Some(failure.refusal(entry));
                    }
                }
            }
            if let Some(record) = record.as_deref_mut() {
                let place = entry.describe();
                let (outcome, message) = match result {
                    Ok(true) => (Outcome::Matched, format!("the rule is true, {place}")),
                    Ok(false) => (Outcome::NotMatched, format!("the rule is false, {place}")),
                    Err(failure) => (Outcome::Error, format!("{}, {place}", failure.message())),
                };
                record.push(entry.account.clone(), outcome, message);
            }
        }
        found
    }
}

#[derive(PartialEq, Eq)]
enum Failure {
    Rule(String),
    TooManySteps,
}

impl Failure {
    fn message(&self) -> &str {
        match self {
            Self::Rule(message) => message,
            Self::TooManySteps => "the rules of this namespace take too many steps together",
        }
    }

    fn refusal(&self, entry: &Account) -> Refusal {
        let account = entry.account.clone();
        match self {
            Self::Rule(message) => Refusal::RuleFailed { account, message: message.clone() },
            Self::TooManySteps => Refusal::TooManySteps { namespace: account.namespace },
        }
    }
}

/// Whether the rule holds. The steps it takes come off those that are left for the namespace.
fn test(entry: &Account, environment: &Object, steps: &mut u64) -> Result<bool, Failure> {
    let rule =
        entry.rule.as_ref().map_err(|error| Failure::Rule(format!("the rule does not parse: {error}")))?;
    if *steps == 0 {
        return Err(Failure::TooManySteps);
    }
    let mut budget = Budget { steps: Budget::EXPR.steps.min(*steps), ..Budget::EXPR };
    let granted = budget.steps;
    let outcome = rule.test(environment, &mut budget, None);
    // A rule that ends in its check takes no step, but it was looked at.
    *steps = steps.saturating_sub((granted - budget.steps).max(1));
    match outcome {
        Err(Error::Budget(_)) if granted < Budget::EXPR.steps => Err(Failure::TooManySteps),
        outcome => outcome.map_err(|error| Failure::Rule(error.to_string())),
    }
}
