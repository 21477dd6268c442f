use claimgate_json::{Json, Limits, Object};

use super::*;
use crate::expr::library::FUNCTIONS;

fn claims(text: &str) -> Object {
    match claimgate_json::parse(text.as_bytes(), Limits::default()) {
        Ok(Json::Object(object)) => object,
        other => panic!("{other:?}"),
    }
}

fn run(source: &str, claims: &Object) -> Result<String, &'static str> {
    let expression = Expression::parse(source).map_err(|_| "load")?;
    match expression.evaluate(claims, &mut Budget::EXPR.clone(), None) {
        Ok(value) => Ok(value.to_string()),
        Err(Error::Load(_)) => Err("load"),
        Err(Error::Run(_)) => Err("run"),
        Err(Error::Type { .. }) => Err("type"),
        Err(Error::Budget(_)) => Err("budget"),
    }
}

#[test]
fn every_example_has_the_value_it_says() {
    let none = Object::new();
    for function in FUNCTIONS {
        let (source, value) = function.example;
        assert_eq!(run(source, &none).as_deref(), Ok(value), "{source}");
    }
    assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
}

/// Runs on the smallest stack a worker has.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn no_shape_overflows_the_stack() {
    on_small_stack(|| {
        let claims = claims(r#"{"x":1,"l":[1],"t":"a","b":true}"#);
        let shapes = [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{a:", "1", "}"),
            ("!", "b", ""),
            ("-", "x", ""),
            ("not ", "b", ""),
            ("len(", "t", ")"),
            ("any(l, ", "b", ")"),
            ("map(l, {", "b", "})"),
            ("x ** ", "x", ""),
            ("1 + (", "x", ")"),
            ("b ? b : ", "b", ""),
            ("b ?: ", "b", ""),
            ("(", "b", ") ? b : b"),
            ("(", "b", ") ?: b"),
            ("let a = 1; ", "b", ""),
            ("if b {", "b", "} else {b}"),
            ("if b {b} else ", "{b}", ""),
            ("", "b", " || b"),
            ("", "b", "|| (b)"),
            ("", "x", "+x"),
            ("", "l", "[0]"),
            ("", "l", ".a"),
            ("", "$env", "?.a"),
            ("", "$env", "?.[0]"),
            ("", "l", " | map(#)"),
            ("", "x", " < x"),
            ("", "l", "[:]"),
            ("", "b", ";b"),
            ("$env[", "t", "]"),
            ("l[", "0", ":]"),
            ("", "b", " ?? b"),
            ("[1,", "1", "]"),
            ("::len(", "t", ")"),
            ("#", "", ""),
            (".", "", ""),
            ("\"", "", ""),
            ("/*", "", ""),
            ("`", "", ""),
            ("any(l, #", "", ")"),
            ("{", "", ""),
            ("b and (", "b", ")"),
        ];
        for (before, middle, after) in shapes {
            for depth in [10, 63, 64, 65, 130, 500, 1_000, 20_000] {
                let source = format!("{}{middle}{}", before.repeat(depth), after.repeat(depth));
                let _ = run(&source, &claims);
                let short: String = source.chars().take(LONGEST_SOURCE).collect();
                let _ = run(&short, &claims);
            }
        }
        assert_eq!(run(&format!("b{}", " && b".repeat(700)), &claims).as_deref(), Ok("true"));
        assert_eq!(run(&format!("{}b{}", "(".repeat(300), ")".repeat(300)), &claims), Err("load"));
        assert_eq!(run(&"b ".repeat(3_000), &claims), Err("load"));
    });
}

/// Only `reduce` makes a value deeper with each round, and whoever drops or compares a value recurses into it.
#[test]
fn no_value_is_nested_deeper_than_the_budget_says() {
    on_small_stack(|| {
        let claims = claims(r#"{"l":[1,2,3],"t":"a"}"#);
        for make in
            ["[#acc]", "({'a': #acc})", "fromPairs([['a', #acc]])", "groupBy([#acc], 1)", "[[[#acc]]]"]
        {
            assert_eq!(run(&format!("reduce(1..6000, {make}, 0) == nil"), &claims), Err("budget"), "{make}");
            assert_eq!(
                run(&format!("reduce(1..20, {make}, 0) == nil"), &claims).as_deref(),
                Ok("false"),
                "{make}"
            );
        }
        assert_eq!(
            run("reduce(1..100, [#acc], 0) == reduce(1..100, [#acc], 0)", &claims).as_deref(),
            Ok("true")
        );
        assert_eq!(
            run("len(reduce(1..3000, concat(take(#acc, 2), [#]), [])) == 3", &claims).as_deref(),
            Ok("true")
        );
    });
}

/// Integers beyond 2^53 may differ and yet equal one double.
#[test]
fn sorting_goes_by_an_order_whatever_the_numbers() {
    let claims = claims("{}");
    let big = "9007199254740992 + # % 3";
    for source in [
        format!("len(sort(map(1..300, # % 2 == 0 ? {big} : 9007199254740992.0))) == 300"),
        format!("len(sortBy(1..300, # % 2 == 0 ? {big} : 9007199254740992.0, 'desc')) == 300"),
    ] {
        assert_eq!(run(&source, &claims).as_deref(), Ok("true"), "{source}");
    }
}

#[test]
fn a_search_pays_for_the_pattern_too() {
    let claims = claims(&format!(r#"{{"t":"{}"}}"#, "abbaab".repeat(2_000)));
    for (source, wanted) in [
        ("t matches 'a[ab]{20}c'", Ok("false")),
        ("t[0:100] matches 'a[ab]{800}c'", Ok("false")),
        ("t matches 'a[ab]{800}c'", Err("budget")),
        ("t matches ('a[ab]{800}' + 'c')", Err("budget")),
        ("any([t], # matches 'a[ab]{800}c')", Err("budget")),
        ("len(filter(1..1000, t matches string(#))) == 0", Err("budget")),
        ("'apps.example.com' matches '^.{1,253}$'", Ok("true")),
    ] {
        assert_eq!(run(source, &claims), wanted.map(str::to_owned), "{source}");
    }
}

#[test]
fn a_comparison_that_ends_early_comes_up_again() {
    let claims = claims(r#"{"m":{"a":1}}"#);
    for source in
        ["any(1..2000, [1] == [2])", "any(1..2000, ({a: 1}) == {a: 2})", "any(1..2000, m == {a: [1]})"]
    {
        assert_eq!(run(source, &claims).as_deref(), Ok("false"), "{source}");
    }
}

/// A list whose items share their parts is small, and endless when it is written out.
#[test]
fn a_trace_of_a_value_that_shares_its_parts_is_short() {
    let claims = claims("{}");
    let rule = Expression::parse("reduce(1..100, [#acc, #acc], 'x') == nil").unwrap();
    let mut trace = Trace::new();
    let outcome = rule.test(&claims, &mut Budget::EXPR.clone(), Some(&mut trace));
    assert_eq!(outcome, Ok(false));
    for step in trace.steps() {
        let (crate::Outcome::Value(text) | crate::Outcome::Error(text)) = &step.outcome;
        assert!(text.chars().count() <= 201, "{text}");
    }
}

#[test]
fn limits_are_budget_errors_that_nothing_absorbs() {
    let claims = claims(r#"{"l":[1,2,3],"t":"aaaaaaaaaaaaaaaa"}"#);
    for source in [
        "true || len(1..1000000000) > 0 ? len(1..1000000000) > 0 : false",
        "any(1..100000, any(1..100000, false))",
        "repeat(t, 900000) != ''",
        "let a = t + t; let b = repeat(a, 1000); let c = repeat(b, 1000); c == ''",
        "(len(1..1000000) ?? 1) == 1",
        "uniq(1..20000) == []",
        "replace(repeat(t, 1000), 'a', repeat(t, 1000)) == ''",
        "reduce(1..40, #acc + #acc, t) == ''",
        "toJSON(map(1..1000, map(1..1000, #))) == ''",
    ] {
        assert_eq!(run(source, &claims), Err("budget"), "{source}");
    }
}

#[test]
fn rules_mean_what_they_mean_in_argo() {
    let claims = claims(
        r#"{"groups":["a","b"],"email":"j@x","sub":"repo:acme/x","n":5,"b":true,"nul":null,"obj":{"a":{"b":1}},"len":"claim","cognito:groups":["c"]}"#,
    );
    for (source, wanted) in [
        ("'a' in groups", Ok("true")),
        ("'z' not in groups", Ok("true")),
        ("'a' in grps", Err("load")),
        ("true || 'a' in grps", Err("load")),
        ("'a' in ($env?.grps ?? [])", Ok("false")),
        ("get($env,'hd') == 'x'", Ok("false")),
        ("$env['hd']", Err("load")),
        ("'c' in $env['cognito:groups']", Ok("true")),
        ("groups contains 'a'", Err("load")),
        ("email endsWith '@x' && email matches '^j'", Ok("true")),
        ("n == '5'", Err("load")),
        ("n == 5", Ok("true")),
        ("n % 2", Err("load")),
        ("n in 1..6", Ok("true")),
        ("obj?.z?.y == nil", Ok("true")),
        ("obj.z.y == nil", Err("run")),
        ("groups[9]", Err("run")),
        ("groups[-1]", Ok("b")),
        ("not 'a' in groups", Err("load")),
        ("email[0]", Err("load")),
        ("nul contains 'a'", Err("load")),
        ("nul == nil", Ok("true")),
        ("len(groups) == 2 && $env['len'] == 'claim'", Ok("true")),
        ("AND", Err("load")),
        ("n == 5 ?? false", Ok("true")),
        ("nul ?? 1 + 1", Err("load")),
        ("groups | filter(# != 'a') | len() == 1;", Ok("true")),
        ("findIndex(groups, # == 'z') == -1", Err("run")),
        ("groups[9] == 'a' || true", Ok("true")),
        ("1 < n < 6", Ok("true")),
        ("if n > 3 { 'x' } else { 'y' }", Ok("x")),
        ("-2 ** 2", Ok("-4")),
        ("'é'[0:1]", Err("run")),
        ("now()", Err("load")),
        ("duration('1h').Hours() == 1", Ok("true")),
        ("date('2023-08-14') > date('2022-01-01')", Ok("true")),
    ] {
        assert_eq!(run(source, &claims), wanted.map(str::to_owned), "{source}");
    }
}

/// Values are moved at every step of an evaluation, so what the widest of them needs, all pay for.
#[test]
fn a_value_is_four_words() {
    assert_eq!(size_of::<Value<'_>>(), 4 * size_of::<usize>());
}
