//! Lists as sets.

use super::{Context, Function, no_such_overload};
use crate::cel::relation::equal;
use crate::cel::signature::Ty;
use crate::{List, RunError, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("sets.contains", &[Ty::LIST_A, Ty::LIST_A], Ty::Bool, contains).is(
        "Whether every item of the second list is in the first.",
        "sets.contains([1, 2, 3], [2, 2])",
        "true",
    ),
    Function::global("sets.equivalent", &[Ty::LIST_A, Ty::LIST_A], Ty::Bool, equivalent).is(
        "Whether each list has every item of the other.",
        "sets.equivalent([1, 2], [2, 1, 1])",
        "true",
    ),
    Function::global("sets.intersects", &[Ty::LIST_A, Ty::LIST_A], Ty::Bool, intersects).is(
        "Whether any item is in both lists.",
        "sets.intersects(['a'], ['b', 'c'])",
        "false",
    ),
];

fn contains<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::List(list), Value::List(part)] = arguments else { return Err(no_such_overload()) };
    all_in(context, part, list).map(Value::Bool)
}

fn equivalent<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::List(left), Value::List(right)] = arguments else { return Err(no_such_overload()) };
    Ok(Value::Bool(all_in(context, left, right)? && all_in(context, right, left)?))
}

fn intersects<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::List(left), Value::List(right)] = arguments else { return Err(no_such_overload()) };
    for item in left.iter() {
        if is_in(context, &item, right)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn all_in(context: &mut Context<'_>, part: &List<'_>, list: &List<'_>) -> Result<bool, RunError> {
    for item in part.iter() {
        if !is_in(context, &item, list)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_in(context: &mut Context<'_>, item: &Value<'_>, list: &List<'_>) -> Result<bool, RunError> {
    for other in list.iter() {
        context.budget.step()?;
        if equal(&other, item, context.budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}
