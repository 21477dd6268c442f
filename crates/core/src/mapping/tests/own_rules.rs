use super::*;

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

/// What each account's rule comes to for claims `{"sub":"ann","level":3,"groups":["a"]}`.
fn record_of(rules: &[(&str, &str)]) -> (Result<Matches, Refusal>, Record, Vec<(AccountName, Fault)>) {
    let mut index = claimgate::Index::new();
    for (name, rule) in rules {
        set(name, &[(claimgate::RULE, rule)], |it| index.set(it));
    }
    let mut record = Record::new();
    let claims = r#"{"sub":"ann","level":3,"groups":["a"]}"#;
    let answer = with_claims(claims, Scope::Namespace("own"), |question| {
        index.resolve(&claimgate::Settings::default(), question, Some(&mut record))
    });
    (answer, record, index.faults())
}

#[test]
fn a_rule_that_fails_does_not_match_and_is_reported() {
    for (rule, said) in [
        ("claims.nothing == 1", "no such key"),
        ("claims.groups[7] == 'a'", "index out of bounds"),
        ("1 / (claims.level == 3 ? 0 : 1) == 1", "divi"),
        ("claims.sub.matches(claims.sub + '(')", "regular expression"),
        ("lists.range(10000).all(x, lists.range(1000).all(y, x + y >= 0))", "too many steps"),
    ] {
        let (answer, record, faults) = record_of(&[("own/broken", rule), ("own/good", "true")]);
        assert_eq!(outcome(&answer), "own/good", "{rule}");
        assert_eq!(outcomes(&record), ["own/broken error", "own/good matched"]);
        let message = &record.candidates()[0].message;
        assert!(
            message.starts_with("precedence 0: the rule failed: ") && message.contains(said),
            "{rule}: {message}"
        );
        // It loads, so it is a fault only of the two accounts that share a precedence.
        assert!(matches!(&faults[..], [(_, Fault::Tie { .. })]), "{faults:?}");
    }
}

#[test]
fn a_rule_that_does_not_load_never_matches_and_is_a_fault() {
    for (rule, said) in [
        (
            "token.entry == 'jwt/github'",
            "`token` cannot be read here; hint: a rule of an account reads `user` and `claims`",
        ),
        ("request.path == '/'", "`request` cannot be read here"),
        ("true || request.method == 'GET'", "`request` cannot be read here"),
        ("has(token.issuer)", "`token` cannot be read here"),
        ("'own/good' in serviceAccounts", "`serviceAccounts` cannot be read here"),
        ("claims.sub", ""),
        ("'yes'", ""),
        ("nobody == 1", ""),
        ("claims.groups.exists(g, g ==", ""),
        ("claims.level == 3 &&", ""),
        ("'a' in user.teams", ""),
    ] {
        let (answer, record, faults) = record_of(&[("own/broken", rule), ("own/good", "claims.level == 3")]);
        // A bare claim loads in our dialect; it is no boolean when it runs.
        let loads = rule == "claims.sub";
        assert_eq!(outcome(&answer), "own/good", "{rule}");
        assert_eq!(outcomes(&record), ["own/broken error", "own/good matched"], "{rule}");
        let found = faults.iter().find_map(|(account, fault)| match fault {
            Fault::Rule { annotation, message } => Some((account.to_string(), *annotation, message)),
            _ => None,
        });
        assert_eq!(found.is_none(), loads, "{rule}");
        if let Some((account, annotation, message)) = found {
            assert_eq!((&*account, annotation), ("own/broken", claimgate::RULE));
            assert!(message.contains(said), "{rule}: {message}");
        }
    }
}

#[test]
fn names_of_macros_are_claims_like_others() {
    let claims = r#"{"all":true,"not":"n","exists":1,"has":2,"in":["x"],"size":3}"#;
    for rule in [
        "claims.all && claims.not == 'n' && claims.exists == 1 && has(claims.has)",
        "'x' in claims['in'] && claims.size == 3 && [1].all(x, x > 0)",
    ] {
        let mut index = claimgate::Index::new();
        set("own/a", &[(claimgate::RULE, rule)], |it| index.set(it));
        let answer = with_claims(claims, Scope::Namespace("own"), |question| {
            index.resolve(&claimgate::Settings::default(), question, None)
        });
        assert_eq!(outcome(&answer), "own/a", "{rule}");
    }
}
