//! The bad-input set, on the stack of a worker thread. The same set goes through the release binary under a
//! limit of memory in the command's tests.

use claimgate_json::{Json, Limits, Object, parse};
use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::expr::Expression;
use claimgate_rules::{Budget, Inputs};

const SMALL_STACK: usize = 2 << 20;

/// Claims named like builtins and keywords, and numbers beyond 64 bits.
const CLAIMS: &str = r#"{"in":1,"true":2,"nil":3,"null":4,"dyn":5,"size":6,"len":7,"has":8,"claims":9,"not":10,
    "\u0000":11,"\u202e":12,"n":123456789012345678901234567890,"groups":["a"],"sub":"a","x":1,"b":true}"#;

const NESTS: [(&str, &str); 22] = [
    ("(", ")"),
    ("[", "]"),
    ("{1: ", "}"),
    ("{a: ", "}"),
    ("-", ""),
    ("!", ""),
    ("-(", ")"),
    ("!(", ")"),
    ("not ", ""),
    ("a(", ")"),
    ("a.b(", ")"),
    ("size([", "])"),
    ("len(", ")"),
    ("[0][", "]"),
    ("[1].map(x, ", ")"),
    ("map(groups, ", ")"),
    ("true ? 1 : (", ")"),
    ("true ? ", " : 1"),
    ("1 + (", ")"),
    ("1 ?? ", ""),
    ("let a = ", "; a"),
    ("if b { ", " } else { 1 }"),
];

const LINKS: [&str; 26] = [
    " + 1",
    " - 1",
    " * 1",
    " / 1",
    " % 2",
    " ** 1",
    " ^ 1",
    " == 1",
    " != 1",
    " < 1",
    " >= 1",
    " in [1]",
    " matches 'a'",
    " contains 'a'",
    " startsWith 'a'",
    " endsWith 'a'",
    "..1",
    " && true",
    " || true",
    " ?? 1",
    " ? 1 : 1",
    "[0]",
    ".a",
    ".?a",
    "?.a",
    " | len()",
];

fn sources() -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for depth in [10, 63, 65, 240, 700, 20_000] {
        for (open, close) in NESTS {
            sources.push(format!("{}1{}", open.repeat(depth), close.repeat(depth)));
            sources.push(format!("{}1", open.repeat(depth)));
        }
        sources.extend(LINKS.iter().map(|link| format!("1{}", link.repeat(depth))));
        sources.push(format!("{}1{}", "(1 + 1 * (".repeat(depth), "))".repeat(depth)));
    }
    sources.extend([
        "x".repeat(1 << 20),
        "(".repeat(1 << 20),
        "\0".repeat(1 << 20),
        "'a' \u{202e} == \0 \u{2066}".to_owned(),
        "'\u{202e}\0' == '\u{2069}'".to_owned(),
        "'a'.matches('(a{1000}){1000}')".to_owned(),
        "'a' matches '(a{1000}){1000}'".to_owned(),
        format!("'{}'.matches('(a+)+$')", "a".repeat(3000)),
        format!("'{}b' matches '(a|a)*$'", "a".repeat(3000)),
        "lists.range(1000000000).all(x, x >= 0)".to_owned(),
        "all(1..1000000000, # >= 0)".to_owned(),
        "len(map(1..1000000000, #)) == 1".to_owned(),
        format!("['aaaaaaaa']{}", ".map(x, x + x)".repeat(40)),
        format!("['aaaaaaaa']{}", ".map(x, [x, x])".repeat(40)),
        "reduce(1..41, #acc + #acc, 'aaaaaaaa') == ''".to_owned(),
        "repeat(repeat('aaaaaaaa', 100000), 100000) == ''".to_owned(),
        format!("let a0 = [1, 1]; {} a40 == 1", doubled()),
        "1e400 == 99999999999999999999".to_owned(),
        "18446744073709551616u == 0x1ffffffffffffffff".to_owned(),
        "claims.n == 9223372036854775807 && n == 9223372036854775807".to_owned(),
        "user.username == request.path".to_owned(),
        "token.expiresAt > timestamp('2020-01-01T00:00:00Z')".to_owned(),
        "claims.in + claims.dyn + claims.size".to_owned(),
        "dyn + size + in + len + nil".to_owned(),
        "$env['in'] + $env['len']".to_owned(),
    ]);
    sources
}

fn doubled() -> String {
    (1..41).map(|n| format!("let a{n} = [a{0}, a{0}]; ", n - 1)).collect()
}

/// The value, or why there is none; and that the budget was kept.
fn evaluate(source: &str, claims: &Json, object: &Object) {
    let inputs = Inputs { claims: Some(claims), ..Inputs::default() };
    for dialect in [Dialect::Kubernetes, Dialect::Claimgate] {
        for kind in [Kind::ClaimValidation, Kind::Groups, Kind::Policy] {
            if let Ok(rule) = Rule::compile(dialect, kind, source) {
                let mut budget = Budget::CEL;
                let outcome = rule.evaluate(&inputs, &mut budget, None);
                assert!(budget.bytes <= Budget::CEL.bytes && budget.steps < Budget::CEL.steps);
                drop(outcome.map(|value| value.to_string()).map_err(|error| error.render(source)));
            }
        }
    }
    if let Ok(rule) = Expression::parse(source) {
        let mut budget = Budget::EXPR;
        let outcome = rule.evaluate(object, &mut budget, None);
        assert_eq!(budget.depth, Budget::EXPR.depth);
        drop(outcome.map(|value| value.to_string()).map_err(|error| error.to_string()));
    }
}

#[test]
fn the_bad_input_set_is_survived_on_a_small_stack() {
    let work = || {
        let claims = parse(CLAIMS.as_bytes(), Limits::default()).expect("claims");
        let object = claims.as_object().expect("an object");
        for source in sources() {
            evaluate(&source, &claims, object);
        }
    };
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK).spawn(work).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn claims_that_cannot_be_read_in_one_way_are_refused_on_a_small_stack() {
    let work = || {
        let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        for claims in [
            br#"{"a":1,"a":2}"#.to_vec(),
            br#"{"n":1e400}"#.to_vec(),
            b"{\"a\":\"\xff\xfe\"}".to_vec(),
            b"{\"a\":\"\0\"}".to_vec(),
            nested("[", "]").into_bytes(),
            nested("{\"a\":", "}").into_bytes(),
            vec![b'['; 1 << 20],
        ] {
            let shown: String = String::from_utf8_lossy(&claims).chars().take(40).collect();
            assert!(parse(&claims, Limits::default()).is_err(), "{shown}");
        }
    };
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK).spawn(work).expect("a thread");
    thread.join().expect("no panic");
}

/// What must be refused is refused, so that the set above is not survived by accident.
#[test]
fn hostile_shapes_are_load_errors() {
    for (open, close) in NESTS {
        let source = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        assert!(Rule::compile(Dialect::Claimgate, Kind::Policy, &source).is_err(), "{open}");
        assert!(Rule::compile(Dialect::Kubernetes, Kind::ClaimValidation, &source).is_err(), "{open}");
        assert!(Expression::parse(&source).is_err(), "{open}");
    }
}
