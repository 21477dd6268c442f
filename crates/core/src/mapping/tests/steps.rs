//! Steps that the rules of one search share.

use claimgate_rules::{Budget, Exhausted};

use super::ranked::Ranked;
use super::rule::AccountRule;
use super::search::search;
use super::*;

/// A rule that takes a number of steps and holds or not: `5`, `5 true`.
struct Priced {
    steps: u64,
    holds: bool,
}

impl AccountRule for Priced {
    type Inputs<'a> = ();
    type Error = Exhausted;
    const ANNOTATION: &'static str = "rule";
    const PRECEDENCE: &'static str = "precedence";
    const BUDGET: Budget = Budget { steps: 10, ..Budget::EXPR };
    const MOST_STEPS: u64 = 25;

    fn compile(source: &str) -> Result<Self, String> {
        let (steps, holds) = source.split_once(' ').unwrap_or((source, "false"));
        Ok(Self { steps: steps.parse().map_err(|_| "no number")?, holds: holds == "true" })
    }

    fn test(&self, (): &(), budget: &mut Budget) -> Result<bool, Exhausted> {
        budget.take_steps(self.steps).map(|()| self.holds)
    }

    fn is_exhausted(_: &Exhausted) -> bool {
        true
    }

    fn describe(error: &Exhausted, _: &str) -> String {
        error.to_string()
    }
}

/// What the rules come to, in the order of their accounts: a hit's number, a refusal or nothing.
fn found(rules: &[&str], on_rule_error: argo::OnRuleError, record: Option<&mut Record>) -> (String, usize) {
    let mut index = Ranked::<Priced>::new();
    for (at, rule) in rules.iter().enumerate() {
        set(&format!("sso/{at:03}"), &[("rule", rule)], |it| index.set(it));
    }
    let found = search(index.of("sso"), &(), on_rule_error, record);
    let text = match (found.hits.first(), found.failure) {
        (Some(hit), _) => hit.account.name().to_owned(),
        (None, Some(Refusal::RuleFailed { account, .. })) => format!("failed {}", account.name()),
        (None, Some(Refusal::TooManySteps { namespace })) => format!("too many in {namespace}"),
        (None, other) => format!("{other:?}"),
    };
    (text, found.examined)
}

#[test]
fn rules_share_the_steps_of_a_search_and_running_out_ends_it() {
    let idle = ["0"; 30];
    for (rules, refuse, skip) in [
        (&["9", "9", "7 true"][..], ("002", 3), ("002", 3)),
        // The third has what the others left, which would do for it alone.
        (&["9", "9", "8 true"], ("too many in sso", 3), ("too many in sso", 3)),
        (&["10", "10", "5", "1 true"], ("too many in sso", 4), ("too many in sso", 4)),
        // A rule that uses up its own limit is its own failure, and costs the others that limit.
        (&["11", "1 true"], ("failed 000", 1), ("001", 2)),
        (&["11", "11", "5 true"], ("failed 000", 1), ("002", 3)),
        (&["11", "11", "6 true"], ("failed 000", 1), ("too many in sso", 3)),
        // A rule that does not compile takes nothing.
        (&["?", "?", "?", "9", "9", "7 true"], ("failed 000", 1), ("005", 6)),
        // One that takes no steps is counted as one.
        (&idle, ("too many in sso", 26), ("too many in sso", 26)),
    ] {
        for (on_rule_error, (answer, examined)) in [(Refuse, refuse), (Skip, skip)] {
            let expected = (answer.to_owned(), examined);
            assert_eq!(found(rules, on_rule_error, None), expected, "{rules:?} {on_rule_error:?}");
            let (recorded, _) = found(rules, on_rule_error, Some(&mut Record::new()));
            assert_eq!(recorded, answer, "{rules:?} {on_rule_error:?}, recorded");
        }
    }
}

#[test]
fn what_is_asked_for_a_record_alone_changes_no_answer() {
    let mut record = Record::new();
    let rules = ["9", "1 true", "9", "9 true", "1"];
    assert_eq!(found(&rules, Refuse, Some(&mut record)), ("001".into(), 5));
    let expected =
        ["sso/000 not_matched", "sso/001 matched", "sso/002 not_matched", "sso/003 error", "sso/004 error"];
    assert_eq!(outcomes(&record), expected);
}
