use std::rc::Rc;

use super::standard::{function, global, member};
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::{List, Map, RunError, Value};

type Outcome<'a> = Result<Value<'a>, RunError>;

const LIST_OPTIONAL: Ty = Ty::List(&Ty::OPTIONAL_A);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        global("optional.of"),
        &[Ty::A],
        Ty::OPTIONAL_A,
        of,
        "An optional value that is there.",
        ("optional.of(1)", "optional.of(1)"),
    ),
    function(
        global("optional.ofNonZeroValue"),
        &[Ty::A],
        Ty::OPTIONAL_A,
        of_non_zero,
        "An optional value, absent for null, false, 0 and what is empty; empty lists and maps of claims count as there.",
        ("optional.ofNonZeroValue('')", "optional.none()"),
    ),
    function(
        global("optional.none"),
        &[],
        Ty::OPTIONAL_A,
        none,
        "An optional value that is absent.",
        ("optional.none()", "optional.none()"),
    ),
    function(
        member("value"),
        &[Ty::OPTIONAL_A],
        Ty::A,
        value,
        "The value; an error when it is absent.",
        ("optional.of(1).value()", "1"),
    ),
    function(
        member("hasValue"),
        &[Ty::OPTIONAL_A],
        Ty::Bool,
        has_value,
        "Whether the value is there.",
        ("optional.none().hasValue()", "false"),
    ),
    function(
        member("or"),
        &[Ty::OPTIONAL_A, Ty::OPTIONAL_A],
        Ty::OPTIONAL_A,
        lazily,
        "This optional value, or another when it is absent.",
        ("optional.none().or(optional.of(1))", "optional.of(1)"),
    ),
    function(
        member("orValue"),
        &[Ty::OPTIONAL_A, Ty::A],
        Ty::A,
        lazily,
        "The value, or another when it is absent.",
        ("optional.none().orValue(1)", "1"),
    ),
    function(
        global("optional.unwrap"),
        &[LIST_OPTIONAL],
        Ty::LIST_A,
        unwrap,
        "The values that are there.",
        ("optional.unwrap([optional.of(1), optional.none()])", "[1]"),
    ),
    function(
        member("unwrapOpt"),
        &[LIST_OPTIONAL],
        Ty::LIST_A,
        unwrap,
        "The values that are there.",
        ("[optional.of(1), optional.none()].unwrapOpt()", "[1]"),
    ),
    function(
        member("first"),
        &[Ty::LIST_A],
        Ty::OPTIONAL_A,
        first,
        "The first item, if there is one.",
        ("[1, 2].first()", "optional.of(1)"),
    ),
    function(
        member("last"),
        &[Ty::LIST_A],
        Ty::OPTIONAL_A,
        last,
        "The last item, if there is one.",
        ("[1, 2].last()", "optional.of(2)"),
    ),
];

fn of<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [value] = arguments else { return Err(no_such_overload()) };
    Ok(Value::Optional(Some(Rc::new(value.clone()))))
}

fn of_non_zero<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [value] = arguments else { return Err(no_such_overload()) };
    let zero = match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) | Value::Duration(0) => true,
        Value::Double(value) => *value == 0.0,
        Value::Text(text) => text.as_str().is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Timestamp(instant) => instant.is_first(),
        // Kubernetes asks only lists and maps that a rule makes: those of the claims are never zero.
        Value::List(List::Owned(items) | List::Native(items)) => items.is_empty(),
        Value::Map(Map::Owned(map)) => map.is_empty(),
        _ => false,
    };
    Ok(Value::Optional((!zero).then(|| Rc::new(value.clone()))))
}

fn none<'a>(_: &mut Context<'_>, _: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Optional(None))
}

fn value<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Optional(Some(value))] => Ok((**value).clone()),
        [Value::Optional(None)] => Err(RunError::failed("the optional value is absent")),
        _ => Err(no_such_overload()),
    }
}

fn has_value<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Optional(value)] = arguments else { return Err(no_such_overload()) };
    Ok(Value::Bool(value.is_some()))
}

/// The evaluator runs these itself, so that the second argument is left alone when it is not needed.
fn lazily<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Optional(None), otherwise] => Ok(otherwise.clone()),
        [present, _] => Ok(present.clone()),
        _ => Err(no_such_overload()),
    }
}

fn unwrap<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else { return Err(no_such_overload()) };
    let mut out = Vec::new();
    for item in list.iter() {
        context.budget.step()?;
        let Value::Optional(item) = item else { return Err(no_such_overload()) };
        out.extend(item.map(|item| (*item).clone()));
    }
    context.list(out)
}

fn first<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else { return Err(no_such_overload()) };
    Ok(at(list, 0))
}

fn last<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else { return Err(no_such_overload()) };
    Ok(list.len().checked_sub(1).map_or(Value::Optional(None), |index| at(list, index)))
}

fn at<'a>(list: &List<'a>, index: usize) -> Value<'a> {
    Value::Optional(list.get(index).map(Rc::new))
}
