use super::ranked::Entry;
use super::rule::AccountRule;
use super::{AccountName, Outcome, Record, Refusal};
use claimgate_rules::Budget;

/// What a failing rule means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnRuleError {
    /// The request is refused, as Argo Workflows does.
    #[default]
    Refuse,
    /// The rule does not match.
    Skip,
}

/// What the rules of some accounts came to.
pub(super) struct Found<'a, R> {
    /// The accounts whose rules hold, up to the failure; without a record only the first.
    pub(super) hits: Vec<&'a Entry<R>>,
    /// What ended the search.
    pub(super) failure: Option<Refusal>,
    /// How many accounts were looked at.
    pub(super) examined: usize,
}

/// Asks the rules of `accounts` in their order, up to the first that is true or ends the search. With a
/// record the others are asked as well, for their outcomes only.
pub(super) fn search<'a, R: AccountRule>(
    accounts: impl Iterator<Item = &'a Entry<R>>,
    inputs: &R::Inputs<'_>,
    on_rule_error: OnRuleError,
    mut record: Option<&mut Record>,
) -> Found<'a, R> {
    let mut found = Found { hits: Vec::new(), failure: None, examined: 0 };
    let mut steps = R::MOST_STEPS;
    for entry in accounts {
        found.examined += 1;
        let result = test(entry, inputs, &mut steps);
        if let Some(record) = record.as_deref_mut() {
            let (outcome, message) = match &result {
                Ok(true) => (Outcome::Matched, "the rule is true".to_owned()),
                Ok(false) => (Outcome::NotMatched, "the rule is false".to_owned()),
                Err(failure) => (Outcome::Error, failure.describe()),
            };
            record.push(entry.account.clone(), outcome, format!("{}: {message}", entry.place()));
        }
        if found.failure.is_none() {
            match result {
                Ok(true) => found.hits.push(entry),
                Err(failure) => found.failure = failure.refusal(&entry.account, on_rule_error),
                Ok(false) => {}
            }
        }
        if record.is_none() && !(found.hits.is_empty() && found.failure.is_none()) {
            break;
        }
    }
    found
}

/// Why the rule of an account has no answer.
enum Failure<'a, R: AccountRule> {
    /// It is none.
    NoRule(&'a str),
    /// It failed.
    Rule(R::Error, &'a str),
    /// The rules before it took the steps that it needed.
    TooManySteps,
}

impl<R: AccountRule> Failure<'_, R> {
    fn describe(&self) -> String {
        match self {
            Self::NoRule(message) => format!("the rule does not compile: {message}"),
            Self::Rule(error, source) => R::describe(error, source),
            Self::TooManySteps => "the rules take too many steps together".to_owned(),
        }
    }

    fn refusal(&self, account: &AccountName, on_rule_error: OnRuleError) -> Option<Refusal> {
        match self {
            Self::TooManySteps => Some(Refusal::TooManySteps { namespace: account.namespace().into() }),
            _ if on_rule_error == OnRuleError::Skip => None,
            _ => Some(Refusal::RuleFailed { account: account.clone(), message: self.describe() }),
        }
    }
}

/// Whether the rule holds. The steps it takes come off those that are left for the search.
fn test<'a, R: AccountRule>(
    entry: &'a Entry<R>,
    inputs: &R::Inputs<'_>,
    steps: &mut u64,
) -> Result<bool, Failure<'a, R>> {
    let rule = entry.compiled.rule.as_ref().map_err(|message| Failure::NoRule(message))?;
    if *steps == 0 {
        return Err(Failure::TooManySteps);
    }
    let granted = R::BUDGET.steps.min(*steps);
    let mut budget = Budget { steps: granted, ..R::BUDGET };
    let answer = rule.test(inputs, &mut budget);
    // A rule that ends in its check takes no step, but it was looked at.
    *steps = steps.saturating_sub((granted - budget.steps).max(1));
    answer.map_err(|error| {
        if R::is_exhausted(&error) && granted < R::BUDGET.steps {
            Failure::TooManySteps
        } else {
            Failure::Rule(error, &entry.compiled.source)
        }
    })
}
