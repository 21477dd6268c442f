//! Whatever the source: no panic, no overflow, no budget overdrawn, and a printed rule is the rule.

use claimgate_json::{Json, Limits, Object, parse};
use claimgate_rules::Budget;
use claimgate_rules::expr::Expression;
use proptest::prelude::*;

fn claims() -> Object {
    let text = r#"{"n":5,"s":"abc","b":true,"z":null,"l":["a","b"],"m":{"k":"v"},"len":1}"#;
    match parse(text.as_bytes(), Limits::default()) {
        Ok(Json::Object(object)) => object,
        other => panic!("{other:?}"),
    }
}

fn run(source: &str) {
    let Ok(expression) = Expression::parse(source) else { return };
    let claims = claims();
    let mut budget = Budget { steps: 2_000, bytes: 1 << 14, depth: 32 };
    let outcome = expression.evaluate(&claims, &mut budget, None);
    assert_eq!(budget.depth, 32);
    let again = expression.evaluate(&claims, &mut Budget { steps: 2_000, bytes: 1 << 14, depth: 32 }, None);
    assert_eq!(outcome.map(|v| v.to_string()), again.map(|v| v.to_string()));
    // Printing is a fixed point, and what is printed is the same rule.
    let printed = expression.to_string();
    if let Ok(reread) = Expression::parse(&printed) {
        assert_eq!(reread.to_string(), printed, "{source}");
        let first =
            expression.test(&claims, &mut Budget { steps: 2_000, bytes: 1 << 14, depth: 32 }, None).ok();
        let second = reread.test(&claims, &mut Budget { steps: 2_000, bytes: 1 << 14, depth: 32 }, None).ok();
        assert_eq!(first, second, "{source} became {printed}");
    } else {
        assert!(printed.len() > 2_000, "{source} became {printed}");
    }
}

fn rule() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "n", "s", "b", "z", "l", "m", "$env", "1", "2.5", "'a'", "true", "nil", "[1, 2]", "{k: 1}", "`x`",
        "1..3", "#", "len",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "**",
            "==",
            "!=",
            "<",
            ">=",
            "in",
            "not in",
            "&&",
            "||",
            "??",
            "..",
            "contains",
            "matches",
            "startsWith",
            "not endsWith",
        ]);
        let function = prop::sample::select(vec![
            "len", "string", "first", "upper", "keys", "sum", "sort", "type", "uniq", "toJSON",
        ]);
        let closure = prop::sample::select(vec![
            "any", "all", "filter", "map", "find", "groupBy", "sortBy", "count", "reduce",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            (function, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (closure, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a}, {{{b}}})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("({a})?.k[0:1]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("let v = {a}; {b} == v")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a})[{b}]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(source in "\\PC{0,80}") {
        run(&source);
    }

    #[test]
    fn any_tokens_are_read_or_refused(source in "([a-z]{1,3}|[0-9]{1,2}|[(){}\\[\\].,;:?|&=<>!#$ '`\"+*/-]){0,60}") {
        run(&source);
    }

    #[test]
    fn rules_keep_to_their_budget(source in rule()) {
        run(&source);
    }
}
