//! `allow` and `deny` rules of a route.

use std::sync::Arc;

use claimgate_rules::Budget;
use claimgate_rules::Inputs;
use claimgate_rules::cel::Rule;

use crate::decision::{Denial, DenyReason};
use crate::trace::{Stage, Step, StepOutcome, Trace};

/// What a route demands of an identity. There is no route without one.
#[derive(Debug)]
pub struct Policy {
    /// Rules of which each one refuses when it is true, and when it cannot be evaluated.
    pub deny: Vec<PolicyRule>,
    /// Who is allowed.
    pub allow: Allow,
}

/// Who is allowed.
#[derive(Debug)]
pub enum Allow {
    /// Everybody whose credential the route accepts: `allow: authenticated`.
    Authenticated,
    /// Whoever one of the rules is true for; a rule that cannot be evaluated is no match.
    Rules(Vec<PolicyRule>),
}

/// One rule of a policy.
#[derive(Debug)]
pub struct PolicyRule {
    /// The rule's name in logs; its source if the configuration names none.
    pub name: Box<str>,
    /// When the rule applies. One that cannot be evaluated counts on the side of the rule: it refuses
    /// for a `deny` rule and is no match for an `allow` rule.
    pub condition: Option<Arc<Rule>>,
    /// The rule.
    pub expression: Arc<Rule>,
    /// Whether the rule is only watched: its outcome is recorded and never counts.
    pub shadow: bool,
}

/// A proof that a policy let an identity pass; only [`Policy::decide`] makes one.
#[derive(Debug)]
#[expect(clippy::manual_non_exhaustive, reason = "nobody else in this crate may make one either")]
pub struct Permit {
    /// The rule that allowed, `None` for `allow: authenticated`.
    pub rule: Option<Box<str>>,
    _private: (),
}

impl Policy {
    /// Whether the policy reads the request itself, so that its outcome differs from path to path.
    pub fn reads_request(&self) -> bool {
        self.rules().any(|rule| rule.reads().request())
    }

    /// The policy's rules and conditions.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let allow = match &self.allow {
            Allow::Authenticated => &[],
            Allow::Rules(rules) => rules.as_slice(),
        };
        self.deny
            .iter()
            .chain(allow)
            .flat_map(|rule| rule.condition.iter().chain([&rule.expression]))
            .map(|rule| &**rule)
    }

    /// Whether the caller behind `inputs` may pass.
    ///
    /// # Errors
    /// [`DenyReason::NotAllowed`] if a `deny` rule is true or fails, or if no `allow` rule is true.
    pub fn decide(&self, inputs: &Inputs<'_>, trace: &mut Trace) -> Result<Permit, Denial> {
        for rule in &self.deny {
            let outcome = rule.outcome(inputs);
            trace.record(|| rule.step(Stage::Deny, &outcome));
            if rule.shadow {
                continue;
            }
            match outcome {
                Ok(false) => {}
                Ok(true) => {
                    return Err(
                        Denial::new(DenyReason::NotAllowed, "a deny rule is true").by_rule(&*rule.name)
                    );
                }
                Err(error) => {
                    let detail = format!("a deny rule could not be evaluated: {error}");
                    return Err(Denial::new(DenyReason::NotAllowed, detail).by_rule(&*rule.name));
                }
            }
        }
        let rules = match &self.allow {
            Allow::Authenticated => return Ok(Permit { rule: None, _private: () }),
            Allow::Rules(rules) => rules,
        };
        let mut failed = None;
        for rule in rules {
            let outcome = rule.outcome(inputs);
            trace.record(|| rule.step(Stage::Allow, &outcome));
            if rule.shadow {
                continue;
            }
            match outcome {
                Ok(true) => return Ok(Permit { rule: Some(rule.name.clone()), _private: () }),
                Ok(false) => {}
                Err(error) => failed = failed.or(Some((rule, error))),
            }
        }
        Err(match failed {
            None => Denial::new(DenyReason::NotAllowed, "no allow rule is true"),
            Some((rule, error)) => {
                let detail = format!("no allow rule is true, and one could not be evaluated: {error}");
                Denial::new(DenyReason::NotAllowed, detail).by_rule(&*rule.name)
            }
        })
    }
}

impl PolicyRule {
    fn outcome(&self, inputs: &Inputs<'_>) -> Result<bool, String> {
        let test =
            |rule: &Rule| rule.test(inputs, &mut { Budget::CEL }, None).map_err(|error| error.to_string());
        match &self.condition {
            Some(condition) if !test(condition).map_err(|error| format!("its condition: {error}"))? => {
                Ok(false)
            }
            _ => test(&self.expression),
        }
    }

    fn step(&self, stage: Stage, outcome: &Result<bool, String>) -> Step {
        let refuses = matches!((stage, outcome), (Stage::Deny, Ok(true) | Err(_)));
        let (outcome, mut detail) = match outcome {
            _ if refuses && !self.shadow => (StepOutcome::Refused, describe(outcome)),
            Ok(true) => (StepOutcome::Ok, describe(outcome)),
            Ok(false) => (StepOutcome::No, describe(outcome)),
            Err(_) => (StepOutcome::Error, describe(outcome)),
        };
        if self.shadow {
            detail.push_str(" (shadow: not counted)");
        }
        Step { stage, name: self.name.to_string(), outcome, detail }
    }
}

fn describe(outcome: &Result<bool, String>) -> String {
    match outcome {
        Ok(value) => value.to_string(),
        Err(error) => error.clone(),
    }
}

#[cfg(test)]
mod tests {
    use claimgate_json::{Json, Limits, parse};
    use claimgate_rules::cel::{Dialect, Kind};

    use super::*;

    fn rule(source: &str, condition: Option<&str>, shadow: bool) -> PolicyRule {
        let compile = |text: &str| Arc::new(Rule::compile(Dialect::Claimgate, Kind::Policy, text).unwrap());
        PolicyRule {
            name: source.into(),
            condition: condition.map(compile),
            expression: compile(source),
            shadow,
        }
    }

    fn claims() -> Json {
        parse(br#"{"ok":true,"zero":0}"#, Limits::default()).unwrap()
    }

    /// A rule that fails: the claim is missing.
    const BROKEN: &str = "claims.missing == 'x'";

    #[test]
    fn errors_have_a_side() {
        let deny = |source, condition| vec![rule(source, condition, false)];
        let allow =
            |sources: &[&str]| Allow::Rules(sources.iter().map(|source| rule(source, None, false)).collect());
        for (name, deny, allow, allowed) in [
            ("authenticated", vec![], Allow::Authenticated, true),
            ("an allow rule", vec![], allow(&["claims.ok == true"]), true),
            ("no allow rule", vec![], allow(&["claims.ok == false"]), false),
            ("no rules at all", vec![], allow(&[]), false),
            ("a broken allow rule is no match", vec![], allow(&[BROKEN]), false),
            ("a broken allow rule hides no other", vec![], allow(&[BROKEN, "claims.ok == true"]), true),
            ("a deny rule wins", deny("claims.ok == true", None), Allow::Authenticated, false),
            ("a broken deny rule refuses", deny(BROKEN, None), Allow::Authenticated, false),
            (
                "a deny rule that does not apply",
                deny("true", Some("claims.ok == false")),
                Allow::Authenticated,
                true,
            ),
            ("a broken condition refuses", deny("false", Some(BROKEN)), Allow::Authenticated, false),
            (
                "a broken condition of an allow rule is no match",
                vec![],
                Allow::Rules(vec![rule("true", Some(BROKEN), false)]),
                false,
            ),
            ("a shadow deny rule", vec![rule("true", None, true)], Allow::Authenticated, true),
            ("a shadow allow rule", vec![], Allow::Rules(vec![rule("true", None, true)]), false),
            (
                "a division by zero in deny",
                deny("1 / int(claims.zero) == 1", None),
                Allow::Authenticated,
                false,
            ),
        ] {
            let claims = claims();
            let inputs = Inputs { claims: Some(&claims), ..Inputs::default() };
            let mut trace = Trace::on();
            let decided = Policy { deny, allow }.decide(&inputs, &mut trace);
            assert_eq!(decided.is_ok(), allowed, "{name}: {:?}", trace.steps());
        }
    }
}
