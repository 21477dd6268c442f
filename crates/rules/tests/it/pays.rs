//! A step is a bounded piece of work: what looks at a whole text, list or map pays for its length. Each operation
//! is run over something short and something long, which must cost so many steps more.

use std::sync::LazyLock;

use claimgate_json::{Json, Limits, parse};
use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::expr::Expression;
use claimgate_rules::{Budget, Inputs};

const SHORT: usize = 16;
const LONG: usize = 8192;

/// A text of `length` bytes twice, so that no comparison ends by the same address; lists and maps of so many.
fn claims(length: usize) -> Json {
    let text = "a".repeat(length);
    let texts: Vec<String> = (0..length).map(|at| format!("\"{at:05}\"")).collect();
    let numbers: Vec<String> = (0..length).map(|at| at.to_string()).collect();
    let members: Vec<String> = (0..length).map(|at| format!("\"{at:05}\":{at}")).collect();
    let source = format!(
        r#"{{"t":"{text}","u":"{text}","l":[{texts}],"k":[{texts}],"n":[{numbers}],"m":{{{members}}},"o":{{{members}}}}}"#,
        texts = texts.join(","),
        numbers = numbers.join(","),
        members = members.join(","),
    );
    parse(source.as_bytes(), Limits::default()).expect("claims")
}

const WHOLE: Budget = Budget { steps: u32::MAX as u64, bytes: 1 << 30, depth: 100 };

static CLAIMS: LazyLock<[Json; 2]> = LazyLock::new(|| [SHORT, LONG].map(claims));

fn of_expr(source: &str, length: usize) -> u64 {
    let claims = &CLAIMS[usize::from(length == LONG)];
    let rule = Expression::parse(source).expect("a rule");
    let mut budget = WHOLE;
    // Without a value, it has to pay for what it looked at, too.
    drop(rule.evaluate(claims.as_object().expect("an object"), &mut budget, None));
    paid(budget)
}

fn of_cel(source: &str, length: usize) -> u64 {
    let claims = &CLAIMS[usize::from(length == LONG)];
    let rule = Rule::compile(Dialect::Claimgate, Kind::Extra, source).expect(source);
    let mut budget = WHOLE;
    let inputs = Inputs { claims: Some(claims), ..Inputs::default() };
    // Without a value, it has to pay for what it looked at, too.
    drop(rule.evaluate(&inputs, &mut budget, None));
    paid(budget)
}

/// Bytes that were made are paid for where they are looked at while they are made.
fn paid(left: Budget) -> u64 {
    WHOLE.steps - left.steps + (WHOLE.bytes - left.bytes) / 64
}

/// One step for 64 bytes of a text at least, one for four items.
fn check(sources: &[&str], per_step: usize, cost: fn(&str, usize) -> u64) {
    let wanted = (LONG - SHORT) / per_step;
    let mut cheap = Vec::new();
    for source in sources {
        let more = cost(source, LONG).saturating_sub(cost(source, SHORT));
        if more < u64::try_from(wanted).expect("a number") {
            cheap.push(format!("{source}: {more} steps more, {wanted} wanted"));
        }
    }
    assert!(cheap.is_empty(), "{}", cheap.join("\n"));
}

#[test]
fn expr_pays_for_the_bytes_it_looks_at() {
    check(
        &[
            "t == u",
            "t != u",
            "t < u",
            "t >= u",
            "t in l || t in [u]",
            "t contains 'b'",
            "t startsWith u",
            "t endsWith u",
            "t matches 'b$'",
            "'x' matches t",
            "t + u == ''",
            "len(t)",
            "trim(t)",
            "trim(t, 'a')",
            "trimPrefix(t, u)",
            "trimSuffix(t, u)",
            "upper(t)",
            "lower(t)",
            "split(t, 'b')",
            "split(t, '')",
            "splitAfter(t, 'a')",
            "replace(t, 'b', '')",
            "repeat(t, 2)",
            "join([t, u], t)",
            "indexOf(t, 'b')",
            "lastIndexOf(t, 'b')",
            "hasPrefix(t, u)",
            "hasSuffix(t, u)",
            "toJSON(t)",
            "toBase64(t)",
            "string([t])",
            "max([1]) == 1 && sort([t, u]) == nil",
            "sortBy([1, 2], t)[0]",
            "let x = fromPairs([[t, 1]]); x[u]",
            "let x = fromPairs([[t, 1]]); get(x, u)",
            "let x = fromPairs([[t, 1]]); u in x",
            "fromPairs([[t, 1], [u, 2]])",
            "groupBy([1, 2], # == 1 ? t : u)",
            "uniq([t, u])",
            "[t] == [u]",
            "{a: t} == {a: u}",
            "t[1:] == u[1:]",
            "let x = upper(t); x[1:5000] == ''",
            "upper(t) == 'A'",
            "t > u ? 1 : 2",
            "none([t], # == u)",
            "any([t], {# startsWith u and true})",
            "find([t], # < u)",
            "reduce([t], # + u, '')",
            "sum([1], len(t))",
            "fromJSON('\"' + t + '\"')",
            "fromBase64(t)",
        ],
        64,
        of_expr,
    );
}

#[test]
fn expr_pays_for_the_items_it_looks_at() {
    check(
        &[
            "l == k",
            "'x' in l",
            "all(l, true)",
            "map(l, 1)",
            "filter(l, true)",
            "count(l, true)",
            "sum(n)",
            "max(n)",
            "min(n)",
            "mean(n)",
            "median(n)",
            "reverse(l)",
            "sort(l)",
            "sortBy(l, #)",
            "uniq(n[0:500]) == nil || uniq(n) == nil",
            "concat(l, k)",
            "flatten(l)",
            "join(l)",
            "groupBy(l, 1)",
            "groupBy(l, #)",
            "keys(m)",
            "values(m)",
            "toPairs(m)",
            "m == o",
            "toJSON(l)",
            "string(l)",
            "string(m)",
            "toJSON(m)",
            "fromPairs(toPairs(m))",
            "reduce(n, #acc + #, 0)",
            "findLast(l, false)",
            "take(split(join(l, ','), ','), 8000)",
            "split(join(l, ','), ',')[1:]",
            "(l | map(#))[1:]",
            "let x = groupBy(l, #); x['99999']",
            "let x = groupBy(l, #); '99999' in x",
            "let x = groupBy(l, #); get(x, '99999')",
            "let x = groupBy(l, #); x?.a",
        ],
        4,
        of_expr,
    );
    // Each of these looks into a map of another kind: the first look pays for the making, the others for themselves.
    for look in ["x['99999']", "'99999' in x", "get(x, '99999')", "x.a"] {
        let once = format!("let x = groupBy(l, #); [{look}]");
        let twice = format!("let x = groupBy(l, #); [{look}, {look}]");
        let more = of_expr(&twice, LONG) - of_expr(&once, LONG);
        assert!(more > LONG as u64 / 8, "{look}: {more}");
    }
}

const CEL_BYTES: &[&str] = &[
    "claims.t == claims.u",
    "claims.t != claims.u",
    "claims.t < claims.u",
    "claims.t >= claims.u",
    "claims.t in [claims.u]",
    "claims.t.contains('b')",
    "claims.t.startsWith(claims.u)",
    "claims.t.endsWith(claims.u)",
    "claims.t.matches('b$')",
    "'x'.matches(claims.t)",
    "claims.t + claims.u",
    "size(claims.t)",
    "claims.t.trim()",
    "claims.t.upperAscii()",
    "claims.t.lowerAscii()",
    "claims.t.split('b')",
    "claims.t.split('')",
    "claims.t.replace('b', '')",
    "[claims.t, claims.u].join(claims.t)",
    "claims.t.indexOf('b')",
    "claims.t.lastIndexOf('b')",
    "claims.t.indexOf('b', 1)",
    "claims.t.substring(8)",
    "claims.t.substring(8, 9)",
    "claims.t.charAt(15)",
    "strings.quote(claims.t)",
    "'%s'.format([claims.t])",
    "'%s'.format([[claims.t]])",
    "'%x'.format([claims.t])",
    "bytes(claims.t)",
    "string(bytes(claims.t))",
    "size(bytes(claims.t))",
    "bytes(claims.t) == bytes(claims.u)",
    "claims.t.find('b')",
    "claims.t.findAll('b')",
    "isURL(claims.t)",
    "isIP(claims.t)",
    "isCIDR(claims.t)",
    "isQuantity(claims.t)",
    "isSemver(claims.t)",
    "format.dns1123Label().validate(claims.t).hasValue()",
    "format.uri().validate(claims.t).hasValue()",
    "[claims.t] == [claims.u]",
    "{'a': claims.t} == {'a': claims.u}",
    "[claims.t, claims.u].max()",
    "[claims.t, claims.u].sort()",
    "[claims.t, claims.u].isSorted()",
    "[claims.t, claims.u].distinct()",
    "[claims.t].indexOf(claims.u)",
    "sets.contains([claims.t], [claims.u])",
    "[1, 2].sortBy(x, x == 1 ? claims.t : claims.u)",
    "{claims.t: 1}[claims.u]",
    "claims.u in {claims.t: 1}",
    "optional.of(claims.t) == optional.of(claims.u)",
    "has(claims.t) && claims.t > claims.u",
    "dyn(claims.l).exists(x, x == claims.t) || claims.t == claims.u",
];

#[test]
fn cel_pays_for_the_bytes_it_looks_at() {
    check(CEL_BYTES, 64, of_cel);
}

#[test]
fn cel_pays_for_the_items_it_looks_at() {
    check(
        &[
            "claims.l == claims.k",
            "'x' in claims.l",
            "dyn(claims.l).all(x, true)",
            "dyn(claims.l).map(x, 1)",
            "dyn(claims.l).filter(x, true)",
            "dyn(claims.n).sum()",
            "dyn(claims.n).max()",
            "dyn(claims.n).min()",
            "dyn(claims.l).reverse()",
            "dyn(claims.l).sort()",
            "dyn(claims.l).sortBy(x, x)",
            "dyn(claims.l).isSorted()",
            "claims.l + claims.k",
            "dyn([claims.l]).flatten()",
            "dyn(claims.l).join()",
            "dyn(claims.l).indexOf('x')",
            "dyn(claims.l).lastIndexOf('x')",
            "dyn(claims.l).slice(0, size(dyn(claims.l)))",
            "claims.m == claims.o",
            "dyn(claims.m).all(k, true)",
            "dyn(claims.m).transformMap(k, v, v)",
            "dyn(claims.l).transformMapEntry(i, x, {x: i})",
            "sets.contains(['x'], dyn(claims.l)) || sets.intersects(['x'], dyn(claims.l))",
            "'%s'.format([dyn(claims.l)])",
            "'%s'.format([dyn(claims.m)])",
            "optional.unwrap(dyn(claims.l).map(x, optional.of(x)))",
            "dyn(claims.l).includes('x')",
            "lists.range(dyn(claims.l).size())",
        ],
        4,
        of_cel,
    );
}
