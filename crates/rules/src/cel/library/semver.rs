//! Semantic versions.

use super::opaque::{SEMVER, make, of};
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::kubernetes::semver::Semver;
use crate::{RunError, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("semver", &[Ty::Text], SEMVER, semver).is(
        "The semantic version of a text.",
        "semver('1.0.0-alpha.1').isLessThan(semver('1.0.0'))",
        "true",
    ),
    Function::global("semver", &[Ty::Text, Ty::Bool], SEMVER, semver).is(
        "The same; with `true` a `v` in front, leading zeros and a missing minor or patch version are forgiven.",
        "semver('v01.2', true) == semver('1.2.0')",
        "true",
    ),
    Function::global("isSemver", &[Ty::Text], Ty::Bool, is_semver)
        .is("Whether `semver` reads the text.", "isSemver('v1.0')", "false"),
    Function::global("isSemver", &[Ty::Text, Ty::Bool], Ty::Bool, is_semver)
        .is("Whether `semver` with the same second argument reads the text.", "isSemver('v1.0', true)", "true"),
    Function::member("major", &[SEMVER], Ty::Int, major).is("The major version.", "semver('1.2.3').major()", "1"),
    Function::member("minor", &[SEMVER], Ty::Int, minor).is("The minor version.", "semver('1.2.3').minor()", "2"),
    Function::member("patch", &[SEMVER], Ty::Int, patch).is("The patch version.", "semver('1.2.3').patch()", "3"),
    Function::member("isGreaterThan", &[SEMVER, SEMVER], Ty::Bool, is_greater).is(
        "Whether it is greater than another.",
        "semver('1.10.0').isGreaterThan(semver('1.9.0'))",
        "true",
    ),
    Function::member("isLessThan", &[SEMVER, SEMVER], Ty::Bool, is_less)
        .is("Whether it is less than another.", "semver('1.0.0').isLessThan(semver('1.0.1'))", "true"),
    Function::member("compareTo", &[SEMVER, SEMVER], Ty::Int, compare).is(
        "-1, 0 or 1: less than, equal to or greater than another.",
        "semver('1.2.3').compareTo(semver('2.0.0'))",
        "-1",
    ),
];

fn semver<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (length, version) = parsed(context, arguments)?;
    make(context, length.saturating_mul(2), version.map_err(RunError::failed)?)
}

fn is_semver<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(parsed(context, arguments)?.1.is_ok()))
}

fn major<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(receiver(arguments)?.major()))
}

fn minor<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(receiver(arguments)?.minor()))
}

fn patch<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(receiver(arguments)?.patch()))
}

fn is_greater<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(order(arguments)?.is_gt()))
}

fn is_less<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(order(arguments)?.is_lt()))
}

fn compare<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(order(arguments)? as i64))
}

type Parsed = Result<Semver, String>;

fn parsed(context: &mut Context<'_>, arguments: &[Value<'_>]) -> Result<(usize, Parsed), RunError> {
    let (text, normalize) = match arguments {
        [Value::Text(text)] => (text.as_str(), false),
        [Value::Text(text), Value::Bool(normalize)] => (text.as_str(), *normalize),
        _ => return Err(no_such_overload()),
    };
    context.budget.scan(text.len())?;
    // A pre-release of single letters takes a place of its own for each.
    context.budget.take_bytes(text.len().saturating_mul(24))?;
    Ok((text.len(), if normalize { Semver::parse_normalized(text) } else { Semver::parse(text) }))
}

fn order(arguments: &[Value<'_>]) -> Result<std::cmp::Ordering, RunError> {
    let [left, right] = arguments else { return Err(no_such_overload()) };
    Ok(of::<Semver>(left)?.compare(of(right)?))
}

fn receiver<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Semver, RunError> {
    arguments.first().map_or_else(|| Err(no_such_overload()), of)
}
