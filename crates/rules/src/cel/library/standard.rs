use super::{Context, Function, Run, no_such_overload};
use crate::cel::signature::Ty;
use crate::{Map, RunError, TypeValue, Value, text};

use convert::{to_bool, to_bytes, to_double, to_duration, to_int, to_text, to_timestamp, to_uint};

mod convert;

/// An overload with its documentation, and an example with its value.
pub(super) const fn function(
    (member, name): (bool, &'static str),
    parameters: &'static [Ty],
    result: Ty,
    run: Run,
    documentation: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    Function { name, member, parameters, result, run, documentation, example }
}

/// The name of a function that is called on its first argument.
pub(super) const fn member(name: &'static str) -> (bool, &'static str) {
    (true, name)
}

/// The name of a function that is called by its name alone.
pub(super) const fn global(name: &'static str) -> (bool, &'static str) {
    (false, name)
}

type Outcome<'a> = Result<Value<'a>, RunError>;

const TEXTS: &[Ty] = &[Ty::Text, Ty::Text];
const SIZE: &str = "The number of code points, bytes, items or entries.";

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        member("contains"),
        TEXTS,
        Ty::Bool,
        contains,
        "Whether the text contains another.",
        ("'refs/heads/main'.contains('heads')", "true"),
    ),
    function(
        member("startsWith"),
        TEXTS,
        Ty::Bool,
        starts_with,
        "Whether the text begins with another.",
        ("'refs/heads/main'.startsWith('refs/')", "true"),
    ),
    function(
        member("endsWith"),
        TEXTS,
        Ty::Bool,
        ends_with,
        "Whether the text ends with another.",
        ("'refs/heads/main'.endsWith('main')", "true"),
    ),
    function(
        global("matches"),
        TEXTS,
        Ty::Bool,
        matches,
        "Whether the regular expression is found in the text.",
        ("matches('v1.2', '^v[0-9]')", "true"),
    ),
    function(
        member("matches"),
        TEXTS,
        Ty::Bool,
        matches,
        "Whether the regular expression is found in the text.",
        ("'v1.2'.matches('^v[0-9]')", "true"),
    ),
    function(global("size"), &[Ty::Bytes], Ty::Int, size, SIZE, ("size(b'abc')", "3")),
    function(member("size"), &[Ty::Bytes], Ty::Int, size, SIZE, ("b'abc'.size()", "3")),
    function(global("size"), &[Ty::LIST_A], Ty::Int, size, SIZE, ("size([1, 2])", "2")),
    function(member("size"), &[Ty::LIST_A], Ty::Int, size, SIZE, ("[1, 2].size()", "2")),
    function(global("size"), &[Ty::MAP_AB], Ty::Int, size, SIZE, ("size({'a': 1})", "1")),
    function(member("size"), &[Ty::MAP_AB], Ty::Int, size, SIZE, ("{'a': 1}.size()", "1")),
    function(global("size"), &[Ty::Text], Ty::Int, size, SIZE, ("size('für')", "3")),
    function(member("size"), &[Ty::Text], Ty::Int, size, SIZE, ("'für'.size()", "3")),
    function(
        global("type"),
        &[Ty::A],
        Ty::Type(&Ty::A),
        type_of,
        "The type of a value.",
        ("type('a') == string", "true"),
    ),
    function(
        global("dyn"),
        &[Ty::A],
        Ty::Dyn,
        identity,
        "The value itself, its type unknown to the check.",
        ("dyn(1)", "1"),
    ),
    function(global("bool"), &[Ty::Bool], Ty::Bool, identity, "The value itself.", ("bool(true)", "true")),
    function(
        global("bool"),
        &[Ty::Text],
        Ty::Bool,
        to_bool,
        "The boolean that a text names.",
        ("bool('true')", "true"),
    ),
    function(
        global("bytes"),
        &[Ty::Bytes],
        Ty::Bytes,
        identity,
        "The value itself.",
        ("bytes(b'a')", "b\"a\""),
    ),
    function(
        global("bytes"),
        &[Ty::Text],
        Ty::Bytes,
        to_bytes,
        "The UTF-8 bytes of a text.",
        ("bytes('a')", "b\"a\""),
    ),
    function(
        global("double"),
        &[Ty::Double],
        Ty::Double,
        identity,
        "The value itself.",
        ("double(1.5)", "1.5"),
    ),
    function(
        global("double"),
        &[Ty::Int],
        Ty::Double,
        to_double,
        "The nearest double.",
        ("double(1)", "1.0"),
    ),
    function(
        global("double"),
        &[Ty::Text],
        Ty::Double,
        to_double,
        "The double that a text writes.",
        ("double('1.5')", "1.5"),
    ),
    function(
        global("double"),
        &[Ty::Uint],
        Ty::Double,
        to_double,
        "The nearest double.",
        ("double(1u)", "1.0"),
    ),
    function(global("int"), &[Ty::Int], Ty::Int, identity, "The value itself.", ("int(1)", "1")),
    function(global("int"), &[Ty::Double], Ty::Int, to_int, "The integer towards zero.", ("int(1.9)", "1")),
    function(
        global("int"),
        &[Ty::Duration],
        Ty::Int,
        to_int,
        "The nanoseconds of a duration.",
        ("int(duration('1s'))", "1000000000"),
    ),
    function(
        global("int"),
        &[Ty::Text],
        Ty::Int,
        to_int,
        "The integer that a text writes.",
        ("int('-4')", "-4"),
    ),
    function(
        global("int"),
        &[Ty::Timestamp],
        Ty::Int,
        to_int,
        "The seconds since 1970.",
        ("int(timestamp('1970-01-01T00:00:01Z'))", "1"),
    ),
    function(global("int"), &[Ty::Uint], Ty::Int, to_int, "The same number.", ("int(1u)", "1")),
    function(global("uint"), &[Ty::Uint], Ty::Uint, identity, "The value itself.", ("uint(1u)", "1u")),
    function(
        global("uint"),
        &[Ty::Double],
        Ty::Uint,
        to_uint,
        "The integer towards zero.",
        ("uint(1.9)", "1u"),
    ),
    function(global("uint"), &[Ty::Int], Ty::Uint, to_uint, "The same number.", ("uint(1)", "1u")),
    function(
        global("uint"),
        &[Ty::Text],
        Ty::Uint,
        to_uint,
        "The integer that a text writes.",
        ("uint('4')", "4u"),
    ),
    function(
        global("string"),
        &[Ty::Text],
        Ty::Text,
        identity,
        "The value itself.",
        ("string('a')", "\"a\""),
    ),
    function(
        global("string"),
        &[Ty::Bool],
        Ty::Text,
        to_text,
        "`true` or `false`.",
        ("string(true)", "\"true\""),
    ),
    function(
        global("string"),
        &[Ty::Bytes],
        Ty::Text,
        to_text,
        "The text of UTF-8 bytes.",
        ("string(b'a')", "\"a\""),
    ),
    function(
        global("string"),
        &[Ty::Double],
        Ty::Text,
        to_text,
        "The shortest digits.",
        ("string(1.5)", "\"1.5\""),
    ),
    function(
        global("string"),
        &[Ty::Duration],
        Ty::Text,
        to_text,
        "The seconds.",
        ("string(duration('1h30m'))", "\"5400s\""),
    ),
    function(global("string"), &[Ty::Int], Ty::Text, to_text, "The digits.", ("string(-1)", "\"-1\"")),
    function(
        global("string"),
        &[Ty::Timestamp],
        Ty::Text,
        to_text,
        "RFC 3339.",
        ("string(timestamp(0))", "\"1970-01-01T00:00:00Z\""),
    ),
    function(global("string"), &[Ty::Uint], Ty::Text, to_text, "The digits.", ("string(1u)", "\"1\"")),
    function(
        global("duration"),
        &[Ty::Duration],
        Ty::Duration,
        identity,
        "The value itself.",
        ("duration(duration('1s'))", "duration(\"1s\")"),
    ),
    function(
        global("duration"),
        &[Ty::Text],
        Ty::Duration,
        to_duration,
        "The duration that a text writes: `1h30m`.",
        ("duration('90m')", "duration(\"5400s\")"),
    ),
    function(
        global("timestamp"),
        &[Ty::Timestamp],
        Ty::Timestamp,
        identity,
        "The value itself.",
        ("timestamp(timestamp(0)) == timestamp(0)", "true"),
    ),
    function(
        global("timestamp"),
        &[Ty::Int],
        Ty::Timestamp,
        to_timestamp,
        "The instant of seconds since 1970.",
        ("timestamp(1)", "timestamp(\"1970-01-01T00:00:01Z\")"),
    ),
    function(
        global("timestamp"),
        &[Ty::Text],
        Ty::Timestamp,
        to_timestamp,
        "The instant that RFC 3339 writes.",
        ("timestamp('1970-01-01T00:00:01Z')", "timestamp(\"1970-01-01T00:00:01Z\")"),
    ),
];

fn identity<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    arguments.first().cloned().ok_or_else(no_such_overload)
}

fn contains<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Text(text), Value::Text(part)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(text.as_str().len())?;
    Ok(Value::Bool(text.as_str().contains(part.as_str())))
}

fn starts_with<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Text(text), Value::Text(part)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(part.as_str().len())?;
    Ok(Value::Bool(text.as_str().starts_with(part.as_str())))
}

fn ends_with<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Text(text), Value::Text(part)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(part.as_str().len())?;
    Ok(Value::Bool(text.as_str().ends_with(part.as_str())))
}

fn matches<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Text(text), Value::Text(pattern)] = arguments else { return Err(no_such_overload()) };
    let pattern = context.pattern(pattern.as_str())?;
    // A byte costs as many comparisons as the pattern has states, at worst.
    context.budget.take_steps(pattern.steps(text.as_str().len()))?;
    Ok(Value::Bool(pattern.is_match(text.as_str())))
}

fn size<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let length = match arguments {
        [Value::Text(value)] => {
            context.budget.scan(value.as_str().len())?;
            text::length(value.as_str())
        }
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(list)] => list.len(),
        [Value::Map(Map::Record(_))] => return Err(no_such_overload()),
        [Value::Map(map)] => map.len(),
        _ => return Err(no_such_overload()),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn type_of<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [value] = arguments else { return Err(no_such_overload()) };
    Ok(Value::Type(TypeValue(value.type_name())))
}
