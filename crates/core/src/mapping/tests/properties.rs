//! The indexes against the plainest reading of what they stand for: all accounts, looked through one by one.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// A change of one account: what it carries from now on, or that it is gone.
type Change<T> = ((&'static str, &'static str), Option<T>);

fn changes<T: fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<Change<T>>> {
    let name = (select(&["sso", "req", "zoo"][..]), select(&["a", "b", "c"][..]));
    vec((name, proptest::option::weighted(0.8, of)), 0..40)
}

/// The accounts as they are after the changes, by namespace and name.
fn after<T: Clone>(changes: &[Change<T>]) -> BTreeMap<(&'static str, &'static str), T> {
    let mut accounts = BTreeMap::new();
    for (name, carried) in changes {
        match carried {
            Some(carried) => accounts.insert(*name, carried.clone()),
            None => accounts.remove(name),
        };
    }
    accounts
}

/// Rules with what they come to for the identity of group `a`; `None` fails.
const RULES: [(&str, Option<bool>); 5] = [
    ("true", Some(true)),
    ("'a' in groups", Some(true)),
    ("'b' in groups", Some(false)),
    ("nope", None),
    ("'a' in", None),
];
const PRECEDENCES: [(&str, i64); 5] = [("", 0), ("1", 1), ("+2", 2), ("-1", -1), ("high", 0)];

type Ruled = ((&'static str, Option<bool>), (&'static str, i64));

/// What one namespace comes to: the account with its precedence, or nobody, or whose rule failed.
fn first_of<'a>(
    accounts: &BTreeMap<(&'a str, &'a str), Ruled>,
    namespaces: &[&str],
    skip: bool,
) -> Result<Option<(String, i64)>, String> {
    let mut asked: Vec<_> =
        accounts.iter().filter(|((namespace, _), _)| namespaces.contains(namespace)).collect();
    asked.sort_by_key(|(name, (_, (_, precedence)))| (std::cmp::Reverse(*precedence), **name));
    for ((namespace, name), ((_, comes_to), (_, precedence))) in asked {
        match comes_to {
            Some(true) => return Ok(Some((format!("{namespace}/{name}"), *precedence))),
            None if !skip => return Err(format!("failed {namespace}/{name}")),
            _ => {}
        }
    }
    Ok(None)
}

/// The table of delegation, row by row.
fn argo_model(accounts: &BTreeMap<(&str, &str), Ruled>, delegated: bool, skip: bool) -> String {
    let theirs = || if delegated { first_of(accounts, &["req"], skip) } else { Ok(None) };
    match first_of(accounts, &["sso"], skip) {
        Err(failed) => failed,
        Ok(Some((own, p))) => match theirs() {
            Ok(Some((other, q))) if q > p => other,
            _ => own,
        },
        Ok(None) => match theirs() {
            Err(failed) => failed,
            Ok(Some((other, _))) => other,
            Ok(None) => "none".to_owned(),
        },
    }
}

fn ruled() -> impl Strategy<Value = Ruled> {
    (select(&RULES[..]), select(&PRECEDENCES[..]))
}

/// Claims with lists and single values.
fn token() -> impl Strategy<Value = BTreeMap<&'static str, Json>> {
    let text = select(&["dev", "ops", "a/b", "b", "3", "true", ""][..]).prop_map(Json::from);
    let one =
        prop_oneof![4 => text, 1 => Just(Json::from(3)), 1 => Just(Json::from(true)), 1 => Just(Json::Null)];
    let value = prop_oneof![one.clone(), vec(one, 0..4).prop_map(Json::from)];
    proptest::collection::btree_map(select(&["groups", "groups/a", "sub", ""][..]), value, 0..4)
}

proptest! {
    #[test]
    fn argo_selects_whom_its_table_says(
        changes in changes(ruled()), delegate: bool, namespaced: bool, skip: bool, in_request: bool,
    ) {
        let mut index = argo::Index::new();
        for ((namespace, name), carried) in &changes {
            let name = format!("{namespace}/{name}");
            match carried {
                Some(((rule, _), (precedence, _))) => {
                    let annotations = [(argo::RULE, *rule), (argo::PRECEDENCE, *precedence)];
                    set(&name, &annotations, |it| index.set(it));
                }
                None => index.remove(&account(&name)),
            }
        }
        let accounts = after(&changes);
        let settings = settings(delegate, namespaced, if skip { Skip } else { Refuse });
        let scope = if in_request { Scope::Namespace("req") } else { Scope::Cluster };
        let delegated = delegate && !namespaced && in_request;
        with_question(scope, |question| {
            let expected = argo_model(&accounts, delegated, skip);
            assert_eq!(outcome(&index.resolve(&settings, question, None)), expected);
            let mut record = Record::new();
            assert_eq!(outcome(&index.resolve(&settings, question, Some(&mut record))), expected);
            assert_eq!(record.candidates().len(), accounts.len());
        });
        let distinct: std::collections::BTreeSet<_> = accounts.values().map(|((rule, _), _)| rule).collect();
        assert_eq!(index.distinct_rules(), distinct.len());
    }

    #[test]
    fn ours_selects_the_first_true_rule_of_all_namespaces(changes in changes(ruled()), listed: bool) {
        let mut index = claimgate::Index::new();
        for ((namespace, name), carried) in &changes {
            let name = format!("{namespace}/{name}");
            match carried {
                Some(((rule, _), (precedence, _))) => {
                    let rule = rule.replace("groups", "user.groups");
                    let annotations = [(claimgate::RULE, &*rule), (claimgate::PRECEDENCE, *precedence)];
                    set(&name, &annotations, |it| index.set(it));
                }
                None => index.remove(&account(&name)),
            }
        }
        let namespaces = if listed { ["sso".into()].into() } else { std::collections::BTreeSet::new() };
        let asked = if listed { &["req", "sso"][..] } else { &["req"] };
        let first = first_of(&after(&changes), asked, true).unwrap();
        let expected = first.map_or("none".to_owned(), |(name, _)| name);
        let settings = claimgate::Settings { namespaces };
        let answer = with_question(Scope::Namespace("req"), |question| index.resolve(&settings, question, None));
        assert_eq!(outcome(&answer), expected);
    }

    #[test]
    fn kargo_selects_exactly_those_that_accept_a_value(
        changes in changes(btree_set(
            (select(&["groups", "groups/a", "sub", ""][..]), select(&["dev", "ops", "b", "a/b", "3", "true", ""][..])),
            0..4,
        )),
        token in token(),
        global: bool,
    ) {
        let mut index = kargo::Index::new();
        let label = BTreeMap::from([(kargo::PROJECT_LABEL.to_owned(), "true".to_owned())]);
        index.set_namespace("req", &label);
        index.set_namespace("zoo", &label);
        for ((namespace, name), carried) in &changes {
            let name = format!("{namespace}/{name}");
            let Some(accepted) = carried else { index.remove(&account(&name)); continue };
            let mut claims = claimgate_json::Object::new();
            for (claim, _) in accepted {
                let values: Vec<&str> = accepted.iter().filter(|it| it.0 == *claim).map(|it| it.1).collect();
                claims.insert(*claim, values);
            }
            set(&name, &[(kargo::CLAIMS, &claims.to_string())], |it| index.set(it));
        }
        let accepts = |accepted: &std::collections::BTreeSet<(&str, &str)>| {
            accepted.iter().any(|(claim, wanted)| {
                let items: Vec<&Json> = match token.get(claim) {
                    Some(Json::Array(items)) => items.iter().collect(),
                    value => value.into_iter().collect(),
                };
                items.into_iter().any(|item| match item {
                    Json::Null => false,
                    Json::String(text) => &**text == *wanted,
                    other => other.to_string() == *wanted,
                })
            })
        };
        let accounts = after(&changes);
        let of = |namespace: &'static str| {
            let of = accounts.iter().filter(move |((place, _), _)| *place == namespace);
            of.filter(|(_, accepted)| accepts(accepted)).map(|((namespace, name), _)| format!("{namespace}/{name}"))
        };
        let expected: Vec<String> = of("req").chain(of("sso").filter(|_| global)).collect();
        let global_namespaces = if global { ["sso".into()].into() } else { std::collections::BTreeSet::new() };
        let claims: claimgate_json::Object = token.iter().map(|(name, value)| (*name, value.clone())).collect();
        let identity = Identity::anonymous("ann".into(), Vec::new());
        let claims = Json::Object(claims);
        let question = Question { identity: &identity, claims: &claims, scope: Scope::Namespace("req") };
        let mut record = Record::new();
        let settings = kargo::Settings { global_namespaces };
        let matches = index.resolve(&settings, &question, Some(&mut record));
        let found: Vec<String> = matches.accounts().iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
        assert_eq!(index.resolve(&settings, &question, None), matches);
        assert_eq!(record.candidates().len(), accounts.len());
    }
}
