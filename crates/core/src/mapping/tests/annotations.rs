//! Annotations as nobody should write them: each is a rule or values, or is reported; none selects by accident.

use super::*;

/// Texts of annotations, mostly no rules.
const ODD: &[&str] = &[
    "",
    " ",
    "\n\t ",
    "\0",
    "true\0",
    "\u{feff}true",
    "\u{202e}eurt",
    "\u{a0}true",
    "|\n  true",
    "> true",
    "- true",
    "[true]",
    "{rule: true}",
    "rule: true",
    "\"true\"",
    "'true'",
    "''true''",
    "\"'a' in groups\"",
    "!true",
    "~",
    "null",
    "nil",
    "True",
    "TRUE",
    "yes",
    "on",
    "1",
    "true;",
    "true;;",
    "true,",
    "true true",
    "{{ true }}",
    "${true}",
    "$(true)",
    "# true",
    "true # comment",
    "<true>",
    "\\true",
    "true\\n",
    "`true`",
    "ｔｒｕｅ",
    "trüe",
    r#"{"groups":["a"]"#,
    r#"{"groups":"a"}"#,
    "{groups: [a]}",
    "groups: [a]",
    "{'groups':['a']}",
    r#"{"groups":["a"],}"#,
    r#"{"groups":["a"]} {}"#,
    r#"[{"groups":["a"]}]"#,
    r#""{\"groups\":[\"a\"]}""#,
    r#"{"groups":["a"],"groups":["a"]}"#,
    r#"{"groups":["a"],"x":NaN}"#,
    r#"{"groups":["a"],"x":1e400}"#,
    r#"{"groups":["\ud800"]}"#,
    r#"{"groups":{"a":true}}"#,
    r#"{"groups":[["a"]]}"#,
    r#"{"groups":[true]}"#,
];

/// These, and some that are long or deep.
fn odd_texts() -> Vec<String> {
    let mut texts: Vec<String> = ODD.iter().map(|text| (*text).to_owned()).collect();
    texts.push(format!("true{}", " ".repeat(256 << 10)));
    texts.push("(".repeat(100_000) + "true" + &")".repeat(100_000));
    texts.push("!".repeat(100_001) + "true");
    texts.push("true || ".repeat(30_000) + "true");
    texts.push("[".repeat(100_000));
    texts.push(format!(r#"{{"groups":{}"a"{}}}"#, "[".repeat(5_000), "]".repeat(5_000)));
    texts.push("a,".repeat(100_000));
    texts.push(format!(r#"{{"{}":3}}"#, "x".repeat(100_000)));
    texts.push(format!(r#"{{"groups":"{}"}}"#, "x".repeat(100_000)));
    texts.push("x".repeat(4_000));
    texts
}

/// Asks about a caller of group `a`.
fn with_odd<T>(ask: impl FnOnce(&Question<'_>) -> T) -> T {
    with_claims(r#"{"sub":"ann","groups":["a"]}"#, Scope::Namespace("sso"), ask)
}

/// The beginning of a text, for messages.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[test]
fn an_odd_rule_of_argo_refuses_unless_it_is_one() {
    for text in odd_texts() {
        let expected = match &*text {
            // A space of any kind is a space to expr-lang.
            "\u{a0}true" | "true;" => ["sso/odd", "sso/odd"],
            "!true" => ["sso/plain", "sso/plain"],
            _ => ["failed sso/odd", "sso/plain"],
        };
        let index = argo_index(&[("sso/odd", &text, "1"), ("sso/plain", "true", "0")]);
        let answers = [Refuse, Skip].map(|on_rule_error| {
            let settings = settings(false, false, on_rule_error);
            outcome(&with_odd(|question| index.resolve(&settings, question, None)))
        });
        assert_eq!(answers, expected, "{:?}", shown(&text));
    }
}

#[test]
fn an_odd_rule_of_ours_does_not_match_and_is_reported() {
    for text in odd_texts() {
        let mut index = claimgate::Index::new();
        let annotations = [(claimgate::RULE, &*text), (claimgate::PRECEDENCE, "1")];
        set("sso/odd", &annotations, |it| index.set(it));
        set("sso/plain", &[(claimgate::RULE, "true")], |it| index.set(it));
        let answer = with_odd(|question| index.resolve(&claimgate::Settings::default(), question, None));
        assert_eq!(outcome(&answer), "sso/plain", "{:?}", shown(&text));
        let is_rule = text == "!true";
        assert_eq!(index.faults().is_empty(), is_rule, "{:?}", shown(&text));
    }
}

#[test]
fn odd_claims_of_kargo_accept_nobody_and_spoil_no_other_annotation() {
    let shared = BTreeMap::from([(kargo::PROJECT_LABEL.to_owned(), "true".to_owned())]);
    for text in odd_texts() {
        for annotation in [kargo::CLAIMS, "rbac.kargo.akuity.io/claim.groups", "rbac.kargo.akuity.io/groups"]
        {
            let mut index = kargo::Index::new();
            index.set_namespace("sso", &shared);
            let other = ("rbac.kargo.akuity.io/claim.sub", "ann");
            set("sso/odd", &[(annotation, &text)], |it| index.set(it));
            set("sso/united", &[(annotation, &text), other], |it| index.set(it));
            let matches = with_odd(|question| index.resolve(&kargo::Settings::default(), question, None));
            let accepts_a = text.starts_with("a,") && annotation != kargo::CLAIMS;
            let expected = if accepts_a { &["sso/odd", "sso/united"][..] } else { &["sso/united"] };
            let found: Vec<_> = matches.accounts().iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{annotation} {:?}", shown(&text));
            let faults = if annotation == kargo::CLAIMS && text != "null" { 2 } else { 0 };
            assert_eq!(index.faults().len(), faults, "{annotation} {:?}", shown(&text));
            for (_, fault) in index.faults() {
                assert!(fault.to_string().len() < 500, "{fault}");
            }
        }
    }
}
