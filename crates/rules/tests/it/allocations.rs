//! What an evaluation takes from the allocator. The counter counts the test's own thread only.

use allocation_counter::measure;
use claimgate_json::{Json, Limits, parse};
use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::expr::Expression;
use claimgate_rules::{Budget, Inputs};

const CLAIMS: &str = r#"{"repository_owner_id":"4711","ref":"refs/heads/main","groups":["xa","b"]}"#;

/// How often `source` allocates in CEL, and whether it holds.
fn cel(source: &str) -> (u64, bool) {
    let claims = parse(CLAIMS.as_bytes(), Limits::default()).expect("claims");
    let inputs = Inputs { claims: Some(&claims), ..Inputs::default() };
    let rule = Rule::compile(Dialect::Kubernetes, Kind::ClaimValidation, source).expect("a rule");
    let mut holds = None;
    let counted = measure(|| holds = rule.test(&inputs, &mut Budget::CEL.clone(), None).ok());
    (counted.count_total, holds.expect("a value"))
}

/// The same in expr, the check against the claims included.
fn expr(source: &str) -> (u64, bool) {
    let Ok(Json::Object(claims)) = parse(CLAIMS.as_bytes(), Limits::default()) else { panic!("claims") };
    let rule = Expression::parse(source).expect("a rule");
    let mut holds = None;
    let counted = measure(|| holds = rule.test(&claims, &mut Budget::EXPR.clone(), None).ok());
    (counted.count_total, holds.expect("a value"))
}

#[test]
fn a_rule_that_ends_on_the_first_comparison_allocates_nothing() {
    assert_eq!(
        cel(r#"claims.repository_owner_id == "4712" && claims.ref.startsWith("refs/heads/")"#),
        (0, false)
    );
    assert_eq!(
        cel(r#"claims.repository_owner_id == "4711" || claims.ref.startsWith("refs/heads/")"#),
        (0, true)
    );
    assert_eq!(expr(r#"repository_owner_id == "4712" && ref startsWith "refs/heads/""#), (0, false));
    assert_eq!(expr(r#"repository_owner_id == "4711" || ref startsWith "refs/heads/""#), (0, true));
}

#[test]
fn nor_does_a_rule_that_goes_on_to_the_second() {
    assert_eq!(
        cel(r#"claims.repository_owner_id == "4711" && claims.ref.startsWith("refs/heads/")"#),
        (0, true)
    );
    assert_eq!(expr(r#"repository_owner_id == "4711" && ref startsWith "refs/heads/""#), (0, true));
}

/// The counter is in force: a rule that makes a text is seen.
#[test]
fn a_rule_that_makes_a_text_is_counted() {
    let (count, holds) = cel(r#"claims.ref + "!" == "refs/heads/main!""#);
    assert!(count > 0 && holds);
    let (count, holds) = expr(r#"ref + "!" == "refs/heads/main!""#);
    assert!(count > 0 && holds);
}
