use super::*;

const GROUPS: &str = "rbac.kargo.akuity.io/claim.groups";

/// Accounts with annotations, and the projects `shop` and `other`.
fn index(accounts: &[(&str, &str, &str)]) -> kargo::Index {
    let mut index = kargo::Index::new();
    for (name, annotation, text) in accounts {
        set(name, &[(annotation, text)], |account| index.set(account));
    }
    for project in ["shop", "other"] {
        index.set_namespace(project, &labels("true"));
    }
    index
}

fn labels(value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(kargo::PROJECT_LABEL.to_owned(), value.to_owned())])
}

/// The matches in order, the same with a record and without.
fn ask(index: &kargo::Index, globals: &[&str], claims: &str, scope: Scope<'_>) -> String {
    let global_namespaces = globals.iter().map(|name| (*name).into()).collect();
    let settings = kargo::Settings { global_namespaces };
    with_claims(claims, scope, |question| {
        let matches = index.resolve(&settings, question, None);
        let recorded = index.resolve(&settings, question, Some(&mut Record::new()));
        assert_eq!(recorded.accounts(), matches.accounts());
        matches.accounts().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    })
}

#[test]
fn numbers_and_booleans_compare_as_texts() {
    for (claim, accepted, others) in [
        ("42", "42", &["042", "42.0", "+42", "4.2e1", "42 2"][..]),
        (r#""42""#, "42", &["42.0"]),
        ("[1, 42]", "42", &["[1,42]"]),
        ("42.0", "42", &["42.0"]),
        ("4.20", "4.2", &["4.20"]),
        ("1e3", "1000", &["1e3", "1e+3"]),
        ("0.1e1", "1", &["1.0"]),
        ("-7", "-7", &["7"]),
        ("-0", "0", &["-0"]),
        ("9007199254740993", "9007199254740993", &["9007199254740992", "9.007199254740992e15"]),
        ("123456789012345678901234567890", "123456789012345678901234567890", &["1.2345678901234568e29"]),
        ("1e21", "1e+21", &["1e21", "1000000000000000000000"]),
        ("1e-7", "1e-7", &["0.0000001"]),
        ("true", "true", &["True", "1", "yes"]),
        ("false", "false", &["0", "", "no"]),
        (r#""true""#, "true", &["True"]),
        ("[true, false]", "false", &["[true,false]"]),
    ] {
        let claims = format!(r#"{{"level":{claim}}}"#);
        let accepts = |value: &str| {
            let level = format!(r#"{{"level":["{value}"]}}"#);
            let index = index(&[("shop/a", kargo::CLAIMS, &level)]);
            ask(&index, &[], &claims, Scope::Namespace("shop"))
        };
        assert_eq!(accepts(accepted), "shop/a", "{claims}");
        for other in others {
            assert_eq!(accepts(other), "", "{claims} {other}");
        }
    }
}

#[test]
fn what_is_no_text_number_or_boolean_matches_nothing() {
    let everything = ["null", "", "{}", "[]", "dev", "a", "NaN", "inf", "Infinity", "x"];
    let accounts = format!(r#"{{"level":{everything:?}}}"#);
    let index = index(&[("shop/a", kargo::CLAIMS, &accounts)]);
    for claim in ["null", "{}", r#"{"a":"dev"}"#, "[]", "[null]", r#"[["dev"]]"#, r#"[{"a":"dev"}]"#] {
        let claims = format!(r#"{{"level":{claim},"other":"dev","level.a":"dev","Level":"dev"}}"#);
        assert_eq!(ask(&index, &[], &claims, Scope::Namespace("shop")), "", "{claims}");
    }
    assert_eq!(ask(&index, &[], r#"{"level":""}"#, Scope::Namespace("shop")), "shop/a");
    with_claims(r#"{"level":"dev"}"#, Scope::Namespace("shop"), |question| {
        let question = Question { claims: &Json::from("dev"), ..*question };
        let found = index.resolve(&kargo::Settings::default(), &question, None);
        assert_eq!(found, Matches::default(), "claims that are no object");
    });
}

#[test]
fn claims_and_values_are_compared_apart_and_to_the_letter() {
    let index = index(&[
        ("shop/ab", kargo::CLAIMS, r#"{"a/b":["c"]}"#),
        ("shop/a", kargo::CLAIMS, r#"{"a":["b/c"]}"#),
        ("shop/comma", kargo::CLAIMS, r#"{"dn":["cn=dev,o=acme"]}"#),
        ("shop/colon", kargo::CLAIMS, r#"{"cognito:groups":["dev"]}"#),
        ("shop/empty", kargo::CLAIMS, r#"{"":["dev"]}"#),
        ("shop/list", "rbac.kargo.akuity.io/claim.dn", "cn=dev,o=acme"),
    ]);
    for (claims, found) in [
        (r#"{"a/b":"c"}"#, "shop/ab"),
        (r#"{"a":"b/c"}"#, "shop/a"),
        (r#"{"a":["b/c"],"a/b":"c"}"#, "shop/a shop/ab"),
        (r#"{"a/b/c":""}"#, ""),
        (r#"{"dn":"cn=dev,o=acme"}"#, "shop/comma"),
        (r#"{"dn":"o=acme"}"#, "shop/list"),
        (r#"{"cognito:groups":["dev"]}"#, "shop/colon"),
        (r#"{"":"dev"}"#, "shop/empty"),
        (r#"{"cognito:groups":["DEV"," dev","dev "]}"#, ""),
        (r#"{"Cognito:groups":["dev"]}"#, ""),
    ] {
        assert_eq!(ask(&index, &[], claims, Scope::Namespace("shop")), found, "{claims}");
    }
}

#[test]
fn projects_stand_before_global_namespaces_and_names_order_the_rest() {
    let dev = |name| (name, GROUPS, "dev");
    let index = index(&[
        dev("shop/z"),
        dev("shop/a"),
        dev("other/m"),
        dev("kargo/viewer"),
        dev("kargo/admin"),
        dev("aaa/global"),
        dev("misc/ghost"),
    ]);
    let dev = r#"{"groups":["dev"]}"#;
    let (project, cluster) = (Scope::Namespace("shop"), Scope::Cluster);
    for (globals, scope, found) in [
        (&["kargo", "aaa"][..], project, "shop/a shop/z aaa/global kargo/admin kargo/viewer"),
        (&["kargo"], project, "shop/a shop/z kargo/admin kargo/viewer"),
        (&[], project, "shop/a shop/z"),
        (&["kargo"], cluster, "kargo/admin kargo/viewer"),
        (&[], cluster, ""),
        // No project: only global accounts, and those of a namespace that is one of these once, first.
        (&["kargo"], Scope::Namespace("misc"), "kargo/admin kargo/viewer"),
        (&["kargo"], Scope::Namespace("nowhere"), "kargo/admin kargo/viewer"),
        (&["kargo", "aaa"], Scope::Namespace("kargo"), "kargo/admin kargo/viewer aaa/global"),
        // A project that is global as well serves every other project.
        (&["kargo", "shop"], Scope::Namespace("other"), "other/m kargo/admin kargo/viewer shop/a shop/z"),
        (&["kargo", "shop"], project, "shop/a shop/z kargo/admin kargo/viewer"),
        (&["kargo"], Scope::Anywhere, "other/m shop/a shop/z kargo/admin kargo/viewer"),
        // Names are not trimmed and not patterns.
        (&[" kargo", "*"], project, "shop/a shop/z"),
    ] {
        assert_eq!(ask(&index, globals, dev, scope), found, "{globals:?} {scope:?}");
    }
}

#[test]
fn a_namespace_is_a_project_while_its_label_says_so() {
    let mut index = index(&[("shop/a", GROUPS, "dev"), ("late/a", GROUPS, "dev")]);
    let found = |index: &kargo::Index, scope| ask(index, &[], r#"{"groups":["dev"]}"#, scope);
    let late = Scope::Namespace("late");
    assert_eq!(found(&index, late), "");
    for value in ["True", "TRUE", "1", "", " true", "false"] {
        index.set_namespace("late", &labels(value));
        assert_eq!(found(&index, late), "", "{value}");
    }
    index.set_namespace("late", &labels("true"));
    assert_eq!(found(&index, late), "late/a");
    assert_eq!(found(&index, Scope::Anywhere), "late/a shop/a");
    index.set_namespace("late", &BTreeMap::new());
    assert_eq!(found(&index, late), "");
    index.set_namespace("late", &labels("true"));
    index.remove_namespace("late");
    assert_eq!(found(&index, late), "");
}

#[test]
fn an_account_is_known_by_its_newest_annotations() {
    let mut index = index(&[("shop/a", GROUPS, "dev, ops")]);
    let shop = Scope::Namespace("shop");
    let (dev, ops) = (r#"{"groups":["dev"]}"#, r#"{"groups":["ops"]}"#);
    set("shop/a", &[(GROUPS, "ops"), (kargo::CLAIMS, "[]")], |it| index.set(it));
    assert_eq!(ask(&index, &[], dev, shop), "");
    assert_eq!(ask(&index, &[], ops, shop), "shop/a");
    assert_eq!(index.faults().len(), 1);
    set("shop/a", &[("rbac.kargo.akuity.io/managed", "true")], |it| index.set(it));
    assert_eq!(ask(&index, &[], ops, shop), "");
    assert_eq!(index.faults(), []);
    let mut record = Record::new();
    with_claims(ops, shop, |question| {
        index.resolve(&kargo::Settings::default(), question, Some(&mut record));
    });
    assert_eq!(outcomes(&record), [""; 0], "one without annotations is no candidate");
}
