//! Lists: version 3 of CEL's lists extension, and Kubernetes' own.

use super::entry::Items;
use super::{Context, Function, Run, no_such_overload};
use crate::cel::relation::equal;
use crate::cel::signature::Ty;
use crate::{List, RunError, Value};
use order::{is_sorted, max, min, sort, sort_by_keys};

pub(in crate::cel) use order::sorted_pairs;

mod order;

const LIST: Ty = Ty::LIST_A;
const INT: Ty = Ty::Int;

/// Overloads for lists of each type that has an order.
macro_rules! ordered {
    ($entry:ident) => {
        &[
            $entry(&[Ty::List(&Ty::Int)], &Ty::Int),
            $entry(&[Ty::List(&Ty::Uint)], &Ty::Uint),
            $entry(&[Ty::List(&Ty::Double)], &Ty::Double),
            $entry(&[Ty::List(&Ty::Bool)], &Ty::Bool),
            $entry(&[Ty::List(&Ty::Duration)], &Ty::Duration),
            $entry(&[Ty::List(&Ty::Timestamp)], &Ty::Timestamp),
            $entry(&[Ty::List(&Ty::Text)], &Ty::Text),
            $entry(&[Ty::List(&Ty::Bytes)], &Ty::Bytes),
        ]
    };
}

pub(super) const IS_SORTED: &[Function] = ordered!(is_sorted_of);
pub(super) const MIN: &[Function] = ordered!(min_of);
pub(super) const MAX: &[Function] = ordered!(max_of);
pub(super) const SORT: &[Function] = ordered!(sort_of);
/// What the macro `sortBy` calls: the list, and the key of each item.
pub(super) const SORT_BY_KEYS: &[Function] = &[
    by_keys(&[LIST, Ty::List(&Ty::Int)]),
    by_keys(&[LIST, Ty::List(&Ty::Uint)]),
    by_keys(&[LIST, Ty::List(&Ty::Double)]),
    by_keys(&[LIST, Ty::List(&Ty::Bool)]),
    by_keys(&[LIST, Ty::List(&Ty::Duration)]),
    by_keys(&[LIST, Ty::List(&Ty::Timestamp)]),
    by_keys(&[LIST, Ty::List(&Ty::Text)]),
    by_keys(&[LIST, Ty::List(&Ty::Bytes)]),
];

pub(super) const FUNCTIONS: &[Function] = &[
    sum_of(&[Ty::List(&Ty::Int)], Ty::Int, sum_integers),
    sum_of(&[Ty::List(&Ty::Uint)], Ty::Uint, sum_unsigned),
    sum_of(&[Ty::List(&Ty::Double)], Ty::Double, sum_doubles),
    sum_of(&[Ty::List(&Ty::Duration)], Ty::Duration, sum_durations),
    Function::member("indexOf", &[LIST, Ty::A], INT, index_of).is(
        "The place of the first item that is equal, or -1.",
        "[1, 2, 2, 3].indexOf(2)",
        "1",
    ),
    Function::member("lastIndexOf", &[LIST, Ty::A], INT, last_index_of).is(
        "The place of the last item that is equal, or -1.",
        "['a', 'b', 'b'].lastIndexOf('b')",
        "2",
    ),
    Function::member("includes", &[Ty::Dyn, Ty::Dyn], Ty::Bool, includes).is(
        "Whether a list has an equal item, or a value that is no list is equal.",
        "'model-a'.includes('model-a') && [1, 2].includes(2)",
        "true",
    ),
    Function::member("slice", &[LIST, INT, INT], LIST, slice).is(
        "The items from one place up to before another.",
        "[1, 2, 3, 4].slice(1, 3)",
        "[2, 3]",
    ),
    Function::member("flatten", &[Ty::List(&LIST)], LIST, flatten).is(
        "The items of a list of lists in one list.",
        "[[1], [2, 3]].flatten()",
        "[1, 2, 3]",
    ),
    Function::member("flatten", &[Ty::List(&Ty::Dyn), INT], Ty::List(&Ty::Dyn), flatten).is(
        "The same for lists within lists, so many levels deep.",
        "dyn([[[1]], [[2]]]).flatten(2)",
        "[1, 2]",
    ),
    Function::global("lists.range", &[INT], Ty::List(&INT), range).is(
        "The integers from 0 up to before a number.",
        "lists.range(3)",
        "[0, 1, 2]",
    ),
    Function::member("reverse", &[LIST], LIST, reverse).is(
        "The items from last to first.",
        "[5, 3, 1].reverse()",
        "[1, 3, 5]",
    ),
    Function::member("distinct", &[LIST], LIST, distinct).is(
        "The items without those that are equal to an earlier one.",
        "[1, 2, 2, 1].distinct()",
        "[1, 2]",
    ),
];

const fn is_sorted_of(parameters: &'static [Ty], _: &'static Ty) -> Function {
    Function::member("isSorted", parameters, Ty::Bool, is_sorted).is(
        "Whether no item is less than the one before it.",
        "[1, 2, 2].isSorted()",
        "true",
    )
}

const fn min_of(parameters: &'static [Ty], result: &'static Ty) -> Function {
    Function::member("min", parameters, *result, min).is(
        "The least item; an error for an empty list.",
        "[3, 1, 2].min()",
        "1",
    )
}

const fn max_of(parameters: &'static [Ty], result: &'static Ty) -> Function {
    Function::member("max", parameters, *result, max).is(
        "The greatest item; an error for an empty list.",
        "['a', 'c', 'b'].max()",
        r#""c""#,
    )
}

const fn sort_of(parameters: &'static [Ty], result: &'static Ty) -> Function {
    Function::member("sort", parameters, Ty::List(result), sort).is(
        "The items in their order.",
        "[3, 1, 2].sort()",
        "[1, 2, 3]",
    )
}

const fn by_keys(parameters: &'static [Ty]) -> Function {
    Function::member("@sortByAssociatedKeys", parameters, LIST, sort_by_keys).is(
        "The items in the order of a key each; written `list.sortBy(item, key)`.",
        "['ccc', 'a', 'bb'].sortBy(item, item.size())",
        r#"["a", "bb", "ccc"]"#,
    )
}

const fn sum_of(parameters: &'static [Ty], result: Ty, run: Run) -> Function {
    Function::member("sum", parameters, result, run).is("The sum of the items.", "[1, 3].sum()", "4")
}

fn sum_integers<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    sum(context, arguments, 0_i64, |sum, item| match item {
        Value::Int(value) => Ok(sum.checked_add(*value)),
        _ => Err(no_such_overload()),
    })
    .map(Value::Int)
}

fn sum_unsigned<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    sum(context, arguments, 0_u64, |sum, item| match item {
        Value::Uint(value) => Ok(sum.checked_add(*value)),
        _ => Err(no_such_overload()),
    })
    .map(Value::Uint)
}

fn sum_doubles<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    sum(context, arguments, 0.0_f64, |sum, item| match item {
        Value::Double(value) => Ok(Some(sum + value)),
        _ => Err(no_such_overload()),
    })
    .map(Value::Double)
}

fn sum_durations<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    sum(context, arguments, 0_i64, |sum, item| match item {
        Value::Duration(value) => Ok(sum.checked_add(*value)),
        _ => Err(no_such_overload()),
    })
    .map(Value::Duration)
}

fn sum<T: Copy>(
    context: &mut Context<'_>,
    arguments: &[Value<'_>],
    zero: T,
    add: impl Fn(T, &Value<'_>) -> Result<Option<T>, RunError>,
) -> Result<T, RunError> {
    let mut sum = zero;
    for item in only_list(arguments)?.iter() {
        context.budget.step()?;
        sum = add(sum, &item)?.ok_or_else(|| RunError::failed("the sum is out of range"))?;
    }
    Ok(sum)
}

fn index_of<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::List(list), item] = arguments else { return Err(no_such_overload()) };
    place(context, list.iter().enumerate(), item)
}

fn last_index_of<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::List(list), item] = arguments else { return Err(no_such_overload()) };
    place(context, list.iter().enumerate().rev(), item)
}

fn place<'a>(
    context: &mut Context<'_>,
    items: impl Iterator<Item = (usize, Value<'a>)>,
    wanted: &Value<'a>,
) -> Result<Value<'a>, RunError> {
    for (index, item) in items {
        context.budget.step()?;
        if equal(&item, wanted, context.budget)? {
            return Ok(Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
        }
    }
    Ok(Value::Int(-1))
}

fn includes<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [target, wanted] = arguments else { return Err(no_such_overload()) };
    if let Value::List(list) = target {
        let found = place(context, list.iter().enumerate(), wanted)?;
        return Ok(Value::Bool(!matches!(found, Value::Int(-1))));
    }
    equal(target, wanted, context.budget).map(Value::Bool)
}

fn slice<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::List(list), Value::Int(start), Value::Int(end)] = arguments else {
        return Err(no_such_overload());
    };
    let refused = || {
        let length = list.len();
        RunError::failed(format!("a list of {length} items has no part from {start} to {end}"))
    };
    let from = usize::try_from(*start).map_err(|_| refused())?;
    let to = usize::try_from(*end).ok().filter(|to| from <= *to && *to <= list.len()).ok_or_else(refused)?;
    let mut items = Items::default();
    for item in list.iter().skip(from).take(to - from) {
        items.push(context, item)?;
    }
    Ok(items.list())
}

fn flatten<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (list, depth) = match arguments {
        [Value::List(list)] => (list, 1),
        [Value::List(list), Value::Int(depth)] => (list, *depth),
        _ => return Err(no_such_overload()),
    };
    if depth < 0 {
        return Err(RunError::failed("the number of levels must not be negative"));
    }
    let mut items = Items::default();
    flatten_into(context, list, depth, &mut items)?;
    Ok(items.list())
}

fn flatten_into<'a>(
    context: &mut Context<'_>,
    list: &List<'a>,
    depth: i64,
    items: &mut Items<'a>,
) -> Result<(), RunError> {
    context.budget.enter()?;
    let outcome = list.iter().try_for_each(|item| match item {
        Value::List(inner) if depth > 0 => {
            context.budget.step()?;
            flatten_into(context, &inner, depth - 1, items)
        }
        item => items.push(context, item),
    });
    context.budget.leave();
    outcome
}

fn range<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Int(end)] = arguments else { return Err(no_such_overload()) };
    let length = usize::try_from(*end)
        .map_err(|_| RunError::failed(format!("a range must not be negative, but is {end}")))?;
    context.budget.take_steps(end.unsigned_abs())?;
    context.budget.take_bytes(length.saturating_mul(size_of::<Value<'_>>()))?;
    Ok(Value::List(List::Owned((0..*end).map(Value::Int).collect())))
}

fn reverse<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let mut items = Items::default();
    for item in only_list(arguments)?.iter().rev() {
        items.push(context, item)?;
    }
    Ok(items.list())
}

fn distinct<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let mut items = Items::default();
    'items: for item in only_list(arguments)?.iter() {
        for earlier in items.as_slice() {
            context.budget.step()?;
            if equal(&item, earlier, context.budget)? {
                continue 'items;
            }
        }
        items.push(context, item)?;
    }
    Ok(items.list())
}

/// Refuses values of types without an order.
fn only_list<'v, 'a>(arguments: &'v [Value<'a>]) -> Result<&'v List<'a>, RunError> {
    match arguments {
        [Value::List(list)] => Ok(list),
        _ => Err(no_such_overload()),
    }
}
