use claimgate_json::{Limits, parse};

use super::argo::OnRuleError::{Refuse, Skip};
use super::*;

/// Accounts that a question about one of them must not touch.
const MANY: usize = 100_000;

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

/// Claims `{"groups":["a"],"len":"x","in":1}` and the identity of group `a`.
fn with_question<T>(scope: Scope<'_>, ask: impl FnOnce(&Question<'_>) -> T) -> T {
    let claims = parse(br#"{"groups":["a"],"len":"x","in":1}"#, Limits::default()).unwrap();
    let identity = Identity::anonymous("ann".into(), vec!["a".into()]);
    ask(&Question { identity: &identity, claims: &claims, scope })
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

#[test]
fn the_namespace_of_the_request_has_its_say_only_where_rules_are_delegated() {
    let broken = "'a' in grps";
    for (own, theirs, refuse, skip) in [
        (("true", "1"), ("true", "2"), "req/x", "req/x"),
        (("true", "1"), ("true", "1"), "sso/x", "sso/x"),
        (("true", "1"), ("true", "0"), "sso/x", "sso/x"),
        (("true", "high"), ("true", "1"), "req/x", "req/x"),
        (("true", "1"), ("false", "2"), "sso/x", "sso/x"),
        (("true", "1"), (broken, "2"), "sso/x", "sso/x"),
        (("false", "1"), ("true", "0"), "req/x", "req/x"),
        (("false", "1"), ("false", "0"), "none", "none"),
        // A broken rule refuses; it is not as if nothing had matched.
        (("false", "1"), (broken, "0"), "failed req/x", "none"),
        ((broken, "1"), ("true", "2"), "failed sso/x", "req/x"),
        ((broken, "1"), ("false", "2"), "failed sso/x", "none"),
    ] {
        let accounts = [("sso/x", own.0, own.1), ("req/x", theirs.0, theirs.1)];
        let request = Scope::Namespace("req");
        assert_eq!(argo(&accounts, &settings(true, false, Refuse), request), refuse, "{accounts:?}");
        assert_eq!(argo(&accounts, &settings(true, false, Skip), request), skip, "{accounts:?}");
        let alone = argo(&accounts[..1], &settings(false, false, Refuse), Scope::Cluster);
        for (delegate, namespaced, scope) in [
            (false, false, request),
            (true, true, request),
            (true, false, Scope::Cluster),
            (true, false, Scope::Anywhere),
            (true, false, Scope::Namespace("sso")),
        ] {
            let answer = argo(&accounts, &settings(delegate, namespaced, Refuse), scope);
            assert_eq!(answer, alone, "{accounts:?} {delegate} {namespaced} {scope:?}");
        }
    }
}

#[test]
fn precedence_then_names_order_the_rules_and_failures_count_where_they_stand() {
    for (accounts, refuse, skip) in [
        (&[("sso/b", "true", ""), ("sso/a", "true", "")][..], "sso/a", "sso/a"),
        (&[("sso/a", "true", "high"), ("sso/b", "true", "1")], "sso/b", "sso/b"),
        (&[("sso/a", "true", "-1"), ("sso/b", "true", "1.5")], "sso/b", "sso/b"),
        (&[("sso/a", "true", "2"), ("sso/b", "nope", "1")], "sso/a", "sso/a"),
        // Does not parse, does not fit the claims, fails when run, is no boolean.
        (&[("sso/a", "true", "1"), ("sso/b", "'a' in", "2")], "failed sso/b", "sso/a"),
        (&[("sso/a", "true", "1"), ("sso/b", "nope", "2")], "failed sso/b", "sso/a"),
        (&[("sso/a", "true", "1"), ("sso/b", "groups[9] == 'a'", "2")], "failed sso/b", "sso/a"),
        (&[("sso/a", "true", "1"), ("sso/b", "'yes'", "2")], "failed sso/b", "sso/a"),
        // Claims named like a builtin and a keyword hide neither.
        (&[("sso/a", "len(groups) == 1 && $env['in'] == 1 && 'a' in groups", "")], "sso/a", "sso/a"),
    ] {
        assert_eq!(argo(accounts, &settings(false, false, Refuse), Scope::Cluster), refuse, "{accounts:?}");
        assert_eq!(argo(accounts, &settings(false, false, Skip), Scope::Cluster), skip, "{accounts:?}");
    }
}

#[test]
fn candidates_stand_in_the_order_in_which_they_were_tried() {
    let accounts =
        [("aaa/x", "true", "9"), ("req/x", "true", "1"), ("sso/a", "true", "0"), ("sso/b", "false", "5")];
    let index = argo_index(&accounts);
    let mut record = Record::new();
    with_question(Scope::Namespace("req"), |question| {
        index.resolve(&settings(true, false, Refuse), question, Some(&mut record)).unwrap();
    });
    let lines: Vec<_> =
        record.candidates().iter().map(|each| format!("{}: {}", each.account, each.message)).collect();
    assert_eq!(
        lines,
        [
            "sso/b: the rule is false, precedence 5",
            "sso/a: the rule is true, precedence 0; `req/x` comes first with precedence 1",
            "req/x: the rule is true, precedence 1; selected",
            "aaa/x: namespace `aaa` is not searched",
        ]
    );
}

#[test]
fn a_rule_is_held_once_for_all_accounts_that_carry_it() {
    let mut index = argo_index(&[("sso/first", "'a' in groups", "1")]);
    for number in 0..MANY {
        let rule = if number % 2 == 0 { "true" } else { "false" };
        set(&format!("n{}/x{number}", number % 100), &[(argo::RULE, rule)], |it| index.set(it));
    }
    assert_eq!(index.distinct_rules(), 3);
    with_question(Scope::Cluster, |question| {
        let matches = index.resolve(&settings(true, false, Refuse), question, None).unwrap();
        assert_eq!((matches.accounts(), matches.examined()), (&[account("sso/first")][..], 1));
    });
    set("sso/first", &[(argo::RULE, "true")], |it| index.set(it));
    assert_eq!(index.distinct_rules(), 2, "a rule that nobody carries is forgotten");
    index.remove(&account("sso/first"));
    assert_eq!(index.distinct_rules(), 2, "others carry it still");
}

#[test]
fn a_look_up_in_kargo_touches_only_accounts_under_the_claims_values() {
    let mut index = kargo::Index::new();
    let labels = BTreeMap::from([(kargo::PROJECT_LABEL.to_owned(), "true".to_owned())]);
    for project in ["shop", "other"] {
        index.set_namespace(project, &labels);
    }
    for number in 0..MANY {
        let value = format!("group-{number}");
        let annotations = [("rbac.kargo.akuity.io/claim.groups", value.as_str())];
        set(&format!("shop/x{number}"), &annotations, |it| index.set(it));
    }
    let accepts_a = [("rbac.kargo.akuity.io/claim.groups", "a")];
    set("shop/a", &accepts_a, |it| index.set(it));
    set("other/a", &accepts_a, |it| index.set(it));
    let ask = |index: &kargo::Index| {
        let settings = kargo::Settings::default();
        with_question(Scope::Namespace("shop"), |question| index.resolve(&settings, question, None))
    };
    let matches = ask(&index);
    assert_eq!((matches.accounts(), matches.examined()), (&[account("shop/a")][..], 1));
    index.remove(&account("shop/a"));
    assert_eq!((ask(&index).selected(), ask(&index).examined()), (None, 0));
}

#[test]
fn rules_of_several_namespaces_are_asked_in_one_order_and_no_further_than_needed() {
    let mut index = claimgate::Index::new();
    for (name, rule, precedence) in [
        ("a/low", "true", "1"),
        ("b/high", "'a' in user.groups", "2"),
        ("b/broken", "claims.nothing == 1", "3"),
        ("c/elsewhere", "true", "9"),
        ("own/top", "false", "4"),
    ] {
        let annotations = [(claimgate::RULE, rule), (claimgate::PRECEDENCE, precedence)];
        set(name, &annotations, |it| index.set(it));
    }
    let settings = claimgate::Settings { namespaces: ["a".into(), "b".into()].into() };
    for (scope, selected, examined) in [
        (Scope::Namespace("own"), "b/high", 3),
        (Scope::Namespace("a"), "b/high", 2),
        (Scope::Cluster, "b/high", 2),
        (Scope::Anywhere, "c/elsewhere", 1),
    ] {
        let answer = with_question(scope, |question| index.resolve(&settings, question, None));
        assert_eq!(outcome(&answer), selected, "{scope:?}");
        assert_eq!(answer.unwrap().examined(), examined, "{scope:?}");
    }
}
