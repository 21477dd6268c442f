use claimgate_json::{Limits, parse};

use super::argo::OnRuleError::{Refuse, Skip};
use super::*;

mod annotations;
mod argo_rules;
mod kargo_claims;
mod own_rules;
mod properties;
mod scale;
mod steps;

fn set(name: &str, annotations: &[(&str, &str)], take: impl FnOnce(&ServiceAccount<'_>)) {
    let annotations =
        annotations.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    take(&ServiceAccount { account: account(name), annotations: &annotations });
}

fn account(name: &str) -> AccountName {
    let (namespace, name) = name.split_once('/').unwrap();
    AccountName::new(namespace, name)
}

fn argo_index(accounts: &[(&str, &str, &str)]) -> argo::Index {
    let mut index = argo::Index::new();
    for (name, rule, precedence) in accounts {
        let annotations = [(argo::RULE, *rule), (argo::PRECEDENCE, *precedence)];
        set(name, &annotations, |account| index.set(account));
    }
    index
}

/// Claims with the names of functions and keywords, and the identity of group `a`.
fn with_question<T>(scope: Scope<'_>, ask: impl FnOnce(&Question<'_>) -> T) -> T {
    let claims = r#"{"groups":["a"],"len":"x","in":1,"all":true,"not":"n","any":["b"],"nil":2,"let":3}"#;
    with_claims(claims, scope, ask)
}

/// The claims in JSON and the identity of group `a`.
fn with_claims<T>(claims: &str, scope: Scope<'_>, ask: impl FnOnce(&Question<'_>) -> T) -> T {
    let claims = parse(claims.as_bytes(), Limits::default()).unwrap();
    let identity = Identity::anonymous("ann".into(), vec!["a".into()]);
    ask(&Question { identity: &identity, claims: &claims, scope })
}

/// Each account with its outcome.
fn outcomes(record: &Record) -> Vec<String> {
    let candidates = record.candidates().iter();
    candidates.map(|each| format!("{} {}", each.account, each.outcome.as_str())).collect()
}

fn outcome(answer: &Result<Matches, Refusal>) -> String {
    match answer {
        Ok(matches) => matches.selected().map_or("none".into(), ToString::to_string),
        Err(Refusal::RuleFailed { account, .. }) => format!("failed {account}"),
        Err(other) => format!("{other:?}"),
    }
}

/// The answer without a record, and that one with a record is the same.
fn argo(accounts: &[(&str, &str, &str)], settings: &argo::Settings, scope: Scope<'_>) -> String {
    let index = argo_index(accounts);
    with_question(scope, |question| {
        let plain = outcome(&index.resolve(settings, question, None));
        let recorded = index.resolve(settings, question, Some(&mut Record::new()));
        assert_eq!(outcome(&recorded), plain, "{accounts:?}");
        plain
    })
}

fn settings(delegate: bool, namespaced: bool, on_rule_error: argo::OnRuleError) -> argo::Settings {
    let namespace = "sso".into();
    argo::Settings { namespace, delegate_to_request_namespace: delegate, namespaced, on_rule_error }
}
