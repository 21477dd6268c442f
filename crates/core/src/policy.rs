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
    /// Rules that are only watched. Each is evaluated on every decision that comes to the policy, whatever the
    /// others say and wherever it was written, so that what is counted of it is what it would do.
    pub shadow: Vec<ShadowRule>,
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
    pub name: Arc<str>,
    /// When the rule applies. One that cannot be evaluated counts on the side of the rule: it refuses
    /// for a `deny` rule and is no match for an `allow` rule.
    pub condition: Option<Arc<Rule>>,
    /// The rule.
    pub expression: Arc<Rule>,
}

/// A rule that is only watched: its outcome is recorded and never counts.
#[derive(Debug)]
pub struct ShadowRule {
    /// What the rule would do.
    pub effect: Effect,
    /// The rule.
    pub rule: PolicyRule,
}

/// What a true rule does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It refuses.
    Deny,
}

impl Effect {
    /// The effect's name in machine outputs: the key under which the rule stands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// A shadow rule that was true, or could not be evaluated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShadowMatch {
    /// What the rule would do.
    pub effect: Effect,
    /// The rule's name.
    pub rule: Arc<str>,
    /// Why the rule could not be evaluated; a `deny` rule would refuse for it, an `allow` rule not match.
    pub error: Option<Box<str>>,
}

/// The shadow rules that matched, shared by every decision that one token meets; `None` if there are none.
pub type ShadowMatches = Option<Arc<[ShadowMatch]>>;

/// A proof that a policy let an identity pass; only [`Policy::decide`] makes one.
#[derive(Debug)]
#[expect(clippy::manual_non_exhaustive, reason = "nobody else in this crate may make one either")]
pub struct Permit {
    /// The rule that allowed, `None` for `allow: authenticated`.
    pub rule: Option<Box<str>>,
    /// The shadow rules that matched.
    pub shadow: ShadowMatches,
    _private: (),
}

impl Policy {
    /// Whether the policy reads the request itself, so that its outcome differs from path to path.
    pub fn reads_request(&self) -> bool {
        self.rules().any(|rule| rule.reads().request())
    }

    /// The policy's rules and conditions, the watched ones too.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let allow = match &self.allow {
            Allow::Authenticated => &[],
            Allow::Rules(rules) => rules.as_slice(),
        };
        self.deny
            .iter()
            .chain(allow)
            .chain(self.shadow.iter().map(|shadow| &shadow.rule))
            .flat_map(|rule| rule.condition.iter().chain([&rule.expression]))
            .map(|rule| &**rule)
    }

    /// Whether the caller behind `inputs` may pass.
    ///
    /// # Errors
    /// [`DenyReason::NotAllowed`] if a `deny` rule is true or fails, or if no `allow` rule is true.
    pub fn decide(&self, inputs: &Inputs<'_>, trace: &mut Trace) -> Result<Permit, Denial> {
        let decided = self.refuse(inputs, trace).and_then(|()| self.permit(inputs, trace));
        if self.shadow.is_empty() {
            return decided;
        }
        let shadow = self.watch(inputs, trace);
        match decided {
            Ok(permit) => Ok(Permit { shadow, ..permit }),
            Err(denial) => Err(Denial { shadow, ..denial }),
        }
    }

    fn refuse(&self, inputs: &Inputs<'_>, trace: &mut Trace) -> Result<(), Denial> {
        for rule in &self.deny {
            let outcome = rule.outcome(inputs);
            trace.record(|| rule.step(Effect::Deny, &outcome));
            let detail = match outcome {
                Ok(false) => continue,
                Ok(true) => "a deny rule is true".to_owned(),
                Err(error) => format!("a deny rule could not be evaluated: {error}"),
            };
            return Err(Denial::new(DenyReason::NotAllowed, detail).by_rule(&*rule.name));
        }
        Ok(())
    }

    fn permit(&self, inputs: &Inputs<'_>, trace: &mut Trace) -> Result<Permit, Denial> {
        let permit = |rule: Option<&PolicyRule>| Permit {
            rule: rule.map(|rule| (*rule.name).into()),
            shadow: None,
            _private: (),
        };
        let rules = match &self.allow {
            Allow::Authenticated => return Ok(permit(None)),
            Allow::Rules(rules) => rules,
        };
        let mut failed = None;
        for rule in rules {
            let outcome = rule.outcome(inputs);
            trace.record(|| rule.step(Effect::Allow, &outcome));
            match outcome {
                Ok(true) => return Ok(permit(Some(rule))),
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

    fn watch(&self, inputs: &Inputs<'_>, trace: &mut Trace) -> ShadowMatches {
        let mut matches = Vec::new();
        for ShadowRule { effect, rule } in &self.shadow {
            let outcome = rule.outcome(inputs);
            trace.record(|| rule.shadow_step(*effect, &outcome));
            if outcome != Ok(false) {
                let error = outcome.err().map(String::into_boxed_str);
                matches.push(ShadowMatch { effect: *effect, rule: rule.name.clone(), error });
            }
        }
        (!matches.is_empty()).then(|| matches.into())
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

    fn step(&self, effect: Effect, outcome: &Result<bool, String>) -> Step {
        let refuses = matches!((effect, outcome), (Effect::Deny, Ok(true) | Err(_)));
        let step = self.step_of(effect, outcome);
        if refuses { Step { outcome: StepOutcome::Refused, ..step } } else { step }
    }

    fn shadow_step(&self, effect: Effect, outcome: &Result<bool, String>) -> Step {
        let step = self.step_of(effect, outcome);
        Step { detail: format!("{} (shadow: not counted)", step.detail), ..step }
    }

    fn step_of(&self, effect: Effect, outcome: &Result<bool, String>) -> Step {
        let stage = match effect {
            Effect::Allow => Stage::Allow,
            Effect::Deny => Stage::Deny,
        };
        let detail = describe(outcome);
        let outcome = match outcome {
            Ok(true) => StepOutcome::Ok,
            Ok(false) => StepOutcome::No,
            Err(_) => StepOutcome::Error,
        };
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

    fn rule(source: &str, condition: Option<&str>) -> PolicyRule {
        let compile = |text: &str| Arc::new(Rule::compile(Dialect::Claimgate, Kind::Policy, text).unwrap());
        PolicyRule { name: source.into(), condition: condition.map(compile), expression: compile(source) }
    }

    fn claims() -> Json {
        parse(br#"{"ok":true,"zero":0}"#, Limits::default()).unwrap()
    }

    /// A rule that fails: the claim is missing.
    const BROKEN: &str = "claims.missing == 'x'";

    #[test]
    fn errors_have_a_side() {
        let deny = |source, condition| vec![rule(source, condition)];
        let allow =
            |sources: &[&str]| Allow::Rules(sources.iter().map(|source| rule(source, None)).collect());
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
                Allow::Rules(vec![rule("true", Some(BROKEN))]),
                false,
            ),
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
            let decided = Policy { deny, allow, shadow: vec![] }.decide(&inputs, &mut trace);
            assert_eq!(decided.is_ok(), allowed, "{name}: {:?}", trace.steps());
        }
    }

    /// A shadow rule changes no decision, and is recorded on each: behind a rule that refuses, behind one that
    /// allows, and where nothing matches.
    #[test]
    fn shadow_rules_are_watched_whatever_the_others_say() {
        let counted = |source| vec![rule(source, None)];
        for (name, deny, allow, allowed) in [
            ("refused", counted("true"), Allow::Authenticated, false),
            ("allowed by the first rule", vec![], Allow::Rules(counted("true")), true),
            ("authenticated", vec![], Allow::Authenticated, true),
            ("no rule matches", vec![], Allow::Rules(counted("false")), false),
            ("no rule counts", vec![], Allow::Rules(vec![]), false),
        ] {
            let watched = |effect, source| ShadowRule { effect, rule: rule(source, None) };
            let shadow = vec![
                watched(Effect::Deny, "true"),
                watched(Effect::Deny, BROKEN),
                watched(Effect::Deny, "false"),
                watched(Effect::Allow, "claims.ok == true"),
                watched(Effect::Allow, "claims.ok == false"),
                watched(Effect::Allow, BROKEN),
            ];
            let claims = claims();
            let inputs = Inputs { claims: Some(&claims), ..Inputs::default() };
            let mut trace = Trace::on();
            let decided = Policy { deny, allow, shadow }.decide(&inputs, &mut trace);
            assert_eq!(decided.is_ok(), allowed, "{name}");
            let matches = match decided {
                Ok(permit) => permit.shadow,
                Err(denial) => denial.shadow,
            };
            let matches = matches.unwrap();
            let seen: Vec<_> =
                matches.iter().map(|found| (found.effect, &*found.rule, found.error.is_some())).collect();
            assert_eq!(
                seen,
                [
                    (Effect::Deny, "true", false),
                    (Effect::Deny, BROKEN, true),
                    (Effect::Allow, "claims.ok == true", false),
                    (Effect::Allow, BROKEN, true),
                ],
                "{name}"
            );
            let watched = trace.steps().iter().filter(|step| step.detail.ends_with("(shadow: not counted)"));
            assert_eq!(watched.count(), 6, "{name}");
        }
    }
}
