use super::*;

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
        // Claims named like functions and keywords hide neither, and are reached by `$env`.
        (&[("sso/a", "len(groups) == 1 && $env['in'] == 1 && 'a' in groups", "")], "sso/a", "sso/a"),
        (&[("sso/a", "all(groups, # == 'a') && $env['all']", "")], "sso/a", "sso/a"),
        (&[("sso/a", "any($env.any, # == 'b') && not ($env['not'] != 'n')", "")], "sso/a", "sso/a"),
        (&[("sso/a", "nil == nil && $env['nil'] == 2 && $env?.let == 3", "")], "sso/a", "sso/a"),
        (&[("sso/a", "true", "1"), ("sso/b", "all", "2")], "sso/b", "sso/b"),
        (&[("sso/a", "true", "1"), ("sso/b", "none", "2")], "failed sso/b", "sso/a"),
        (&[("sso/a", "true", "1"), ("sso/b", "not", "2")], "failed sso/b", "sso/a"),
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
            "sso/b: precedence 5: the rule is false",
            "sso/a: precedence 0: the rule is true; `req/x` comes first with precedence 1",
            "req/x: precedence 1: the rule is true; selected",
            "aaa/x: only the namespaces `sso` and `req` are searched",
        ]
    );
}

#[test]
fn claims_that_upstream_cannot_read_refuse_before_any_rule_is_asked() {
    let index = argo_index(&[("sso/a", "true", ""), ("req/b", "true", "1"), ("zzz/c", "true", "9")]);
    for (claims, answer) in [
        (r#"{"groups":["a"]}"#, "req/b"),
        (r#"{"groups":null,"email":null}"#, "req/b"),
        (r#"{"groups":["a",null],"email":""}"#, "req/b"),
        // Names are told apart by case.
        (r#"{"GROUPS":"a","EMail":1}"#, "req/b"),
        (r#"{"groups":"a"}"#, "groups"),
        (r#"{"groups":["a",1]}"#, "groups"),
        (r#"{"groups":{"a":true}}"#, "groups"),
        (r#"{"groups":["a"],"email":["a@x"]}"#, "email"),
        (r#"{"email":false}"#, "email"),
    ] {
        let mut record = Record::new();
        let found = with_claims(claims, Scope::Namespace("req"), |question| {
            index.resolve(&settings(true, false, Skip), question, Some(&mut record))
        });
        match found {
            Ok(matches) => assert_eq!(matches.selected().unwrap().to_string(), answer, "{claims}"),
            Err(refusal) => {
                assert!(matches!(refusal, Refusal::ClaimType { claim, .. } if claim == answer), "{claims}");
                assert_eq!(refusal.reason(), DenyReason::ClaimsRejected);
                assert_eq!(outcomes(&record), ["sso/a ignored", "req/b ignored", "zzz/c ignored"]);
            }
        }
    }
}

/// The groups of a rule are the identity's, whatever the token says.
#[test]
fn groups_are_those_of_the_identity_and_always_a_list() {
    for claims in ["{}", r#"{"groups":null}"#, r#"{"groups":["other"]}"#, r#"{"groups":[]}"#] {
        for (rule, holds) in [
            ("groups == ['a']", true),
            ("'a' in groups && 'a' in $env.groups && 'groups' in $env", true),
            ("'other' in groups", false),
            ("len($env) == 1 && keys($env) == ['groups']", true),
        ] {
            let index = argo_index(&[("sso/a", rule, "")]);
            let found = with_claims(claims, Scope::Cluster, |question| {
                index.resolve(&settings(false, false, Refuse), question, None)
            });
            assert_eq!(found.unwrap().selected().is_some(), holds, "{claims} {rule}");
        }
    }
}

/// A question costs the same whatever the claims hold: they are read where they are.
#[test]
fn rules_read_the_claims_without_copying_them() {
    let rules: Vec<_> = (0..50).map(|number| format!("sso/x{number:02}")).collect();
    let rule = "'nobody' in groups || $env?.ref == 'refs/heads/main' || sub startsWith 'x'";
    let index = argo_index(&rules.iter().map(|name| (name.as_str(), rule, "")).collect::<Vec<_>>());
    let settings = settings(true, false, Refuse);
    let members: Vec<_> = (0..200).map(|number| format!(r#""claim{number}":["some","texts"]"#)).collect();
    let claims = format!(r#"{{"sub":"ann","groups":["a"],{}}}"#, members.join(","));
    for claims in [r#"{"sub":"ann"}"#, claims.as_str()] {
        with_claims(claims, Scope::Namespace("req"), |question| {
            let mut answer = None;
            let counted = allocation_counter::measure(|| {
                answer = Some(index.resolve(&settings, question, None));
            });
            let matches = answer.unwrap().unwrap();
            assert_eq!((matches.selected(), matches.examined()), (None, 50));
            assert_eq!(counted.count_total, 0, "{claims}");
        });
    }
}
