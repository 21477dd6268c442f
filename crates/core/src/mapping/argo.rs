//! The annotations of Argo Workflows: expr-lang rules over the claims, the first true one selects.
//!
//! As upstream: accounts of one namespace, a higher precedence first, and a rule that fails ends the
//! search. Otherwise than upstream: `groups` is always there and always a list, all claims are variables
//! under their own names, equal precedences are ordered by name, and a failure is known by its type.

use std::cmp::Reverse;

use claimgate_json::{Json, Object};
use claimgate_rules::Budget;
use claimgate_rules::expr::{Environment, Error, Expression};

use super::ranked::Ranked;
use super::rule::AccountRule;
use super::search::search;
use super::{Matches, Outcome, Question, Record, Refusal, Scope};

pub use super::search::OnRuleError;

/// The annotation that holds the rule.
pub const RULE: &str = "workflows.argoproj.io/rbac-rule";
/// The annotation that holds its precedence.
pub const PRECEDENCE: &str = "workflows.argoproj.io/rbac-rule-precedence";

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

/// The annotated accounts of a cluster.
pub type Index = Ranked<Expression>;

impl Index {
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
        let home = &*settings.namespace;
        let delegated = settings.delegated(question.scope);
        let answer = self.answer(settings, question, record.as_deref_mut());
        if let Some(record) = record {
            let searched = |namespace: &str| namespace == home || delegated == Some(namespace);
            for entry in self.outside(searched) {
                let message = settings.elsewhere(entry.account.namespace(), question.scope);
                record.push(entry.account.clone(), Outcome::Ignored, message);
            }
            record.conclude(&answer, |winner| self.describe_winner(winner));
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
        let no_claims = Object::new();
        let claims = question.claims.as_object().unwrap_or(&no_claims);
        check_types(claims).inspect_err(|refusal| {
            let places = std::iter::once(home).chain(delegated);
            self.not_asked(places, refusal, record.as_deref_mut());
        })?;
        let environment = Environment::with_groups(claims, question.identity.held_groups());
        let ask = |namespace: &str, record: Option<&mut Record>| {
            search(self.of(namespace), &environment, settings.on_rule_error, record)
        };
        let own = ask(home, record.as_deref_mut());
        if let (true, Some(failure)) = (own.hits.is_empty(), own.failure) {
            self.not_asked(delegated.into_iter(), &failure, record);
            return Err(failure);
        }
        let (mut hits, mut examined) = (own.hits, own.examined);
        if let Some(namespace) = delegated {
            let theirs = ask(namespace, record);
            // Where an account of the own namespace acts, a failure over there leaves it in place.
            if let (true, Some(failure)) = (hits.is_empty() && theirs.hits.is_empty(), theirs.failure) {
                return Err(failure);
            }
            hits.extend(theirs.hits);
            examined += theirs.examined;
        }
        // Stable: at equal precedence the own namespace stands first.
        hits.sort_by_key(|hit| Reverse(hit.precedence));
        Ok(Matches { accounts: hits.into_iter().map(|hit| hit.account.clone()).collect(), examined })
    }

    fn not_asked<'n>(
        &self,
        namespaces: impl Iterator<Item = &'n str>,
        refusal: &Refusal,
        record: Option<&mut Record>,
    ) {
        let Some(record) = record else { return };
        for entry in namespaces.flat_map(|namespace| self.of(namespace)) {
            let message = format!("not asked, since {refusal}");
            record.push(entry.account.clone(), Outcome::Ignored, message);
        }
    }
}

impl AccountRule for Expression {
    type Inputs<'a> = Environment<'a>;
    type Error = Error;
    const ANNOTATION: &'static str = RULE;
    const PRECEDENCE: &'static str = PRECEDENCE;
    const BUDGET: Budget = Budget::EXPR;
    /// A hundred rules that each use up their own limit, or a hundred thousand ordinary ones.
    const MOST_STEPS: u64 = 100 * Budget::EXPR.steps;

    fn compile(source: &str) -> Result<Self, String> {
        Self::parse(source).map_err(|error| error.in_one_line(source))
    }

    fn test(&self, environment: &Environment<'_>, budget: &mut Budget) -> Result<bool, Error> {
        Self::test(self, *environment, budget, None)
    }

    fn is_exhausted(error: &Error) -> bool {
        matches!(error, Error::Budget(_))
    }

    fn describe(error: &Error, source: &str) -> String {
        let message = error.in_one_line(source);
        match error {
            Error::Load(_) => format!("the rule does not fit the claims: {message}"),
            Error::Run(_) => format!("the rule failed: {message}"),
            Error::Type { .. } | Error::Budget(_) => message,
        }
    }
}

impl Settings {
    /// The namespace beside the own one that is asked.
    fn delegated<'a>(&self, scope: Scope<'a>) -> Option<&'a str> {
        let Scope::Namespace(namespace) = scope else { return None };
        let active = self.delegate_to_request_namespace && !self.namespaced;
        (active && namespace != &*self.namespace).then_some(namespace)
    }

    /// Why the accounts of a namespace are not asked, for people.
    fn elsewhere(&self, namespace: &str, scope: Scope<'_>) -> String {
        let home = &self.namespace;
        if scope == Scope::Namespace(namespace) {
            let switch =
                if self.namespaced { "`namespaced` is on" } else { "`delegateToRequestNamespace` is off" };
            return format!(
                "namespace `{namespace}` is the request's, but {switch}, so only `{home}` is searched"
            );
        }
        match self.delegated(scope) {
            Some(delegated) => format!("only the namespaces `{home}` and `{delegated}` are searched"),
            None => format!("only the namespace `{home}` is searched"),
        }
    }
}

/// Refuses claims that upstream could not have read: the identity's groups stand in for `groups`, but a
/// claim of another type is not passed over.
fn check_types(claims: &Object) -> Result<(), Refusal> {
    let is_text = |value: &Json| matches!(value, Json::String(_) | Json::Null);
    if claims.get("email").is_some_and(|email| !is_text(email)) {
        return Err(Refusal::ClaimType { claim: "email", expected: "a text" });
    }
    let is_list = |value: &Json| match value {
        Json::Null => true,
        Json::Array(items) => items.iter().all(is_text),
        _ => false,
    };
    if claims.get("groups").is_some_and(|groups| !is_list(groups)) {
        return Err(Refusal::ClaimType { claim: "groups", expected: "a list of texts" });
    }
    Ok(())
}
