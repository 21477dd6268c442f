use claimgate_json::{Json, Limits, parse as parse_json};
use proptest::prelude::*;

use super::parser::parse;
use super::tree::print::print;
use super::{Dialect, Kind, Rule};
use crate::{Budget, Exhausted, Inputs, RunError, Trace};

const SMALL_STACK: usize = 2 << 20;

fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(SMALL_STACK).spawn_scoped(scope, work);
        thread.unwrap().join().unwrap()
    })
}

fn claims(text: &str) -> Json {
    parse_json(text.as_bytes(), Limits::default()).unwrap()
}

fn outcome(dialect: Dialect, kind: Kind, source: &str, claims: &Json) -> String {
    let rule = match Rule::compile(dialect, kind, source) {
        Ok(rule) => rule,
        Err(error) => return format!("load: {error}"),
    };
    let inputs = Inputs { claims: Some(claims), ..Inputs::default() };
    match rule.evaluate(&inputs, &mut Budget::CEL.clone(), None) {
        Ok(value) => value.to_string(),
        Err(error) => format!("run: {error}"),
    }
}

#[test]
fn the_superset_is_told_apart() {
    let claims = claims(r#"{"groups":["xa","b"],"ok":true}"#);
    for (source, value) in [("claims.groups.exists(g, g == 'b')", "true"), ("claims.ok", "true")] {
        assert!(
            outcome(Dialect::Kubernetes, Kind::ClaimValidation, source, &claims).starts_with("load: "),
            "{source}"
        );
        assert_eq!(outcome(Dialect::Claimgate, Kind::ClaimValidation, source, &claims), value, "{source}");
        let rule = Rule::compile(Dialect::Claimgate, Kind::ClaimValidation, source).unwrap();
        assert!(rule.kubernetes_refusal().is_some(), "{source}");
    }
    let error = Rule::compile(Dialect::Kubernetes, Kind::ClaimValidation, "claims.groups.exists(g, true)")
        .unwrap_err();
    assert_eq!(error.message(), "`claims.groups` may be anything to Kubernetes");
    assert_eq!(error.hint(), Some("write `dyn(claims.groups).exists(…)`"));
}

/// What a rule reads of the claims is known by name, or known not to be.
#[test]
fn claims_that_are_read_without_a_name_are_noticed() {
    for (source, unnamed) in [
        ("claims.sub", false),
        ("claims.?sub.orValue('')", false),
        ("claims['sub'] + claims[?'team'].orValue('')", false),
        ("has(claims.sub) ? claims.sub : ''", false),
        ("'x'", false),
        ("dyn(claims)['sub']", true),
        ("claims['s' + 'ub']", true),
        ("claims[claims.sub]", true),
        ("string(claims.exists(c, c == 'x'))", true),
    ] {
        let rule = Rule::compile(Dialect::Claimgate, Kind::Username, source).unwrap();
        assert_eq!(rule.reads().reads_unnamed(), unnamed, "{source}");
    }
}

#[test]
fn hostile_shapes_are_refused_on_a_small_stack() {
    let nests = [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{1: ", "1", "}"),
        ("-(", "1", ")"),
        ("!(", "true", ")"),
        ("true ? 1 : (", "1", ")"),
        ("size([", "1", "])"),
        ("[1].map(x, ", "1", ")"),
        ("[0][", "0", "]"),
    ];
    let chains = [
        "+ 1", "- 1", "* 1", "== 1", "in [1]", "[0]", ".a", ".?a", ".f()", "? 1 : 1", "&& true", "|| true",
        "< 1",
    ];
    on_a_small_stack(|| {
        for depth in [240, 20_000] {
            for (open, inner, close) in nests {
                let source = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                let found = outcome(Dialect::Kubernetes, Kind::Extra, &source, &Json::Null);
                assert!(depth < 250 || found.starts_with("load: "), "{open} {found}");
                assert!(
                    outcome(Dialect::Claimgate, Kind::Extra, &source, &Json::Null).starts_with("load: ")
                        || depth < 250
                );
            }
        }
        for length in [240, 20_000] {
            for link in chains {
                let source = format!("1 {}", format!("{link} ").repeat(length));
                let _ = outcome(Dialect::Kubernetes, Kind::Extra, &source, &Json::Null);
                assert!(
                    outcome(Dialect::Claimgate, Kind::Extra, &source, &Json::Null).starts_with("load: ")
                        || length < 250,
                    "{link}"
                );
            }
        }
        let mixed = format!("{}1{}", "(1 + 1 * (".repeat(120), "))".repeat(120));
        let _ = outcome(Dialect::Kubernetes, Kind::Extra, &mixed, &Json::Null);
    });
}

#[test]
fn the_budget_is_not_absorbed() {
    for source in [
        "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, true)))))) || true",
        "lists.range(1000000000).all(x, true) || true",
    ] {
        let rule = Rule::compile(Dialect::Claimgate, Kind::ClaimValidation, source).unwrap();
        let json = claims("{}");
        let inputs = Inputs { claims: Some(&json), ..Inputs::default() };
        let error = rule.test(&inputs, &mut Budget::CEL.clone(), None).unwrap_err();
        assert!(
            matches!(error, RunError::Exhausted(Exhausted::Steps | Exhausted::Bytes)),
            "{source}: {error}"
        );
    }
}

/// A sort whose comparisons contradict each other panics; NaN is unordered, and a budget ends anywhere.
#[test]
fn sorting_goes_by_an_order_whatever_the_keys_and_the_budget() {
    let json = claims("{}");
    let mixed = "x % 5 == 0 ? 0.0 / 0.0 : double((x * 31) % 97)";
    for source in [
        format!("lists.range(300).map(x, (x * 7919) % 300).sortBy(x, {mixed}).size() == 300"),
        format!("lists.range(300).map(x, {mixed}).sort().size() == 300"),
        "lists.range(300).map(x, string((x * 7919) % 300)).sort().size() == 300".to_owned(),
    ] {
        let rule = Rule::compile(Dialect::Kubernetes, Kind::ClaimValidation, &source).unwrap();
        let run = |steps| {
            let mut budget = Budget { steps, ..Budget::CEL };
            (rule.test(&Inputs { claims: Some(&json), ..Inputs::default() }, &mut budget, None), budget)
        };
        let (outcome, left) = run(Budget::CEL.steps);
        assert_eq!(outcome, Ok(true), "{source}");
        let whole = Budget::CEL.steps - left.steps;
        for steps in (1..whole).rev().step_by(41).take(80) {
            assert_eq!(run(steps).0, Err(RunError::Exhausted(Exhausted::Steps)), "{source} in {steps} steps");
        }
    }
}

/// Each byte of a text may be held against each part of a pattern.
#[test]
fn a_search_pays_for_the_pattern_too() {
    let mut bits = 1_u32;
    let mut letters = || {
        bits ^= bits << 13;
        bits ^= bits >> 17;
        bits ^= bits << 5;
        if bits & 1 == 0 { 'a' } else { 'b' }
    };
    let text: String = (0..16_000).map(|_| letters()).collect();
    let json = claims(&format!(r#"{{"t":"{text}"}}"#));
    for (source, wanted) in [
        ("claims.t.matches('[ab]*a[ab]{20}c')", "false"),
        ("claims.t.substring(0, 100).matches('[ab]*a[ab]{800}c')", "false"),
        (
            "claims.t.matches('[ab]*a[ab]{800}c') || claims.t.matches('[ab]*a[ab]{801}c') || claims.t.matches('a[ab]{802}c')",
            "run: the rule takes too many steps",
        ),
        (
            "claims.t.findAll('[ab]*a[ab]{800}c').size() + claims.t.find('[ab]*a[ab]{801}c').size() + claims.t.find('a[ab]{802}c').size()",
            "run: the rule takes too many steps",
        ),
        ("'apps.example.com'.matches('^.{1,253}$')", "true"),
    ] {
        assert_eq!(outcome(Dialect::Claimgate, Kind::Extra, source, &json), wanted, "{source}");
    }
}

#[test]
fn a_trace_shows_each_part() {
    let json = claims(r#"{"a":"x"}"#);
    let rule =
        Rule::compile(Dialect::Claimgate, Kind::ClaimValidation, "claims.a == 'y' || claims.b").unwrap();
    let mut trace = Trace::new();
    let inputs = Inputs { claims: Some(&json), ..Inputs::default() };
    let error = rule.test(&inputs, &mut Budget::CEL.clone(), Some(&mut trace)).unwrap_err();
    let places: Vec<&str> = trace.steps().iter().map(|step| step.span.text(rule.source())).collect();
    assert_eq!(places, ["claims.a", "claims.a == 'y'", "claims.b", "claims.a == 'y' || claims.b"]);
    assert_eq!(
        error.render(rule.source()),
        "no such key: b at 1:20\n  claims.a == 'y' || claims.b\n                     ^^^^^^^^\n\
         hint: where it may be missing, ask first: `has(claims.a) && claims.a == 'x'`, or write \
         `claims.?a.orValue('')`"
    );
}

#[test]
fn shortcuts_answer_as_the_general_way_does() {
    let json = claims(
        r#"{"a":"refs/heads/main","n":4,"l":["xa","b",7,"xc"],"t":["xa","b","xc"],"o":{"in":"b"},"a__b":"c","a.b":"d"}"#,
    );
    let wide = format!("claims.a + '{}' == claims.a", "z".repeat(300));
    for (source, wanted) in [
        ("claims.a == 'refs/heads/main'", "true"),
        ("claims.a != 'refs/heads/main'", "false"),
        ("claims.n == '4'", "false"),
        ("claims.n != '4'", "true"),
        ("claims.a.startsWith('refs/heads/') && claims.n == 4", "true"),
        ("claims.n.startsWith('x')", "run: no such overload"),
        ("claims.n.startsWith('x') || claims.a == 'refs/heads/main'", "true"),
        ("claims.none == 'x'", "run: no such key: none"),
        ("claims.none == 'x' && claims.a == 'y'", "false"),
        ("claims.o.__in__ == 'b' && claims.a__dot__b == 'd'", "true"),
        ("claims.a__b == 'c'", "true"),
        ("claims.a + '!' + 'ä'", "\"refs/heads/main!ä\""),
        ("claims.n + '!'", "run: no such overload"),
        (&*wide, "false"),
        ("dyn(claims.t).filter(g, g.startsWith('x')).map(g, 'p:' + g)", "[\"p:xa\", \"p:xc\"]"),
        ("dyn(claims.t).map(g, g != 'b', g + g).filter(g, g == 'xaxa')", "[\"xaxa\"]"),
        ("dyn(claims.l).filter(g, g.startsWith('x')).map(g, 'p:' + g)", "run: no such overload"),
        ("dyn(claims.l).filter(g, g != 'b').map(g, g == 'xa')", "[true, false, false]"),
        // The whole of the first macro runs before the second.
        ("[2, 1, 0].filter(a, 4 / a > 0).map(b, [1][b])", "run: division by zero"),
        ("[1, 2].filter(a, true).exists(b, b == 2)", "true"),
        ("[3, 1].filter(a, true).sortBy(b, b).map(c, c)", "[1, 3]"),
        ("[[1], [2]].map(a, a.map(b, b + a[0])).map(c, size(c))", "[1, 1]"),
        ("{'k': 'v'}.map(k, k + 'x')", "[\"kx\"]"),
    ] {
        assert_eq!(outcome(Dialect::Kubernetes, Kind::Extra, source, &json), wanted, "{source}");
        let rule = Rule::compile(Dialect::Kubernetes, Kind::Extra, source).unwrap();
        let inputs = Inputs { claims: Some(&json), ..Inputs::default() };
        for steps in (0..60).chain([1000]) {
            let run = |trace: Option<&mut Trace>| {
                let mut budget = Budget { steps, bytes: 2000, depth: 20 };
                (rule.evaluate(&inputs, &mut budget, trace).map(|value| value.to_string()), budget)
            };
            assert_eq!(run(None), run(Some(&mut Trace::new())), "{source} in {steps} steps");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_panics_and_printing_is_parsed_back(source in "([a-c]|claims|\\.|\\?|\\[|\\]|\\(|\\)|\\{|\\}|:|,|==|<|\\+|-|\\*|/|%|&&|\\|\\||!| in |'x'|1|2u|1\\.5|true|null|size|map|all|has|optMap|b'\\\\x01'| ){1,24}") {
        if let Ok(tree) = parse(&source) {
            let printed = print(&tree);
            let again = parse(&printed).unwrap();
            prop_assert_eq!(print(&again), printed);
        }
        let json = claims(r#"{"a":[1,{"b":null}]}"#);
        let mut budget = Budget { steps: 50, bytes: 4096, depth: 20 };
        if let Ok(rule) = Rule::compile(Dialect::Claimgate, Kind::Extra, &source) {
            let _ = rule.evaluate(&Inputs { claims: Some(&json), ..Inputs::default() }, &mut budget, None);
        }
    }
}
