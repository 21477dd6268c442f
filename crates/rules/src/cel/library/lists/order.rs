//! What goes by the order of a list's items.

use std::cmp::Ordering;

use super::only_list;
use crate::cel::library::{Context, no_such_overload};
use crate::cel::relation::{compare, order};
use crate::{Budget, List, RunError, Value};

pub(super) fn is_sorted<'a>(
    context: &mut Context<'_>,
    arguments: &[Value<'a>],
) -> Result<Value<'a>, RunError> {
    let list = only_list(arguments)?;
    let mut before: Option<Value<'a>> = None;
    for item in list.iter() {
        context.budget.step()?;
        ordered_type(&item)?;
        if let Some(before) = &before
            && compare(before, &item, context.budget)? == Some(Ordering::Greater)
        {
            return Ok(Value::Bool(false));
        }
        before = Some(item);
    }
    Ok(Value::Bool(true))
}

pub(super) fn min<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    extreme(context, arguments, Ordering::Greater)
}

pub(super) fn max<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    extreme(context, arguments, Ordering::Less)
}

/// The first item, then every one that the kept one has this order to.
fn extreme<'a>(
    context: &mut Context<'_>,
    arguments: &[Value<'a>],
    gives_way: Ordering,
) -> Result<Value<'a>, RunError> {
    let mut kept: Option<Value<'a>> = None;
    for item in only_list(arguments)?.iter() {
        context.budget.step()?;
        ordered_type(&item)?;
        match &kept {
            Some(value) if compare(value, &item, context.budget)? != Some(gives_way) => {}
            _ => kept = Some(item),
        }
    }
    kept.ok_or_else(|| RunError::failed("an empty list has no least and no greatest item"))
}

pub(super) fn sort<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let list = only_list(arguments)?;
    sorted(context, list, list)
}

pub(super) fn sort_by_keys<'a>(
    context: &mut Context<'_>,
    arguments: &[Value<'a>],
) -> Result<Value<'a>, RunError> {
    let [Value::List(list), Value::List(keys)] = arguments else { return Err(no_such_overload()) };
    sorted(context, list, keys)
}

fn sorted<'a>(context: &mut Context<'_>, list: &List<'a>, keys: &List<'a>) -> Result<Value<'a>, RunError> {
    if keys.len() != list.len() || keys.is_empty() {
        return Ok(Value::List(list.clone()));
    }
    context.budget.take_bytes(keys.len().saturating_mul(2 * size_of::<Value<'_>>()))?;
    let items = sorted_pairs(keys.iter().zip(list.iter()).collect(), context.budget)?;
    context.list(items)
}

/// The second members in the order of the first, which are all of one type.
pub(in crate::cel) fn sorted_pairs<'a>(
    mut pairs: Vec<(Value<'a>, Value<'a>)>,
    budget: &mut Budget,
) -> Result<Vec<Value<'a>>, RunError> {
    let mut longest = 0;
    let name = pairs.first().map(|(key, _)| key.type_name());
    for (key, _) in &pairs {
        budget.step()?;
        ordered_type(key)?;
        if Some(key.type_name()) != name {
            return Err(RunError::failed("a list is sorted only if its items are of one type"));
        }
        longest = longest.max(match key {
            Value::Text(text) => text.as_str().len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        });
    }
    // All comparisons are paid for before the first: an order that breaks off in the middle is none.
    let count = u64::try_from(pairs.len()).unwrap_or(u64::MAX);
    let comparisons = count.saturating_mul(u64::from(count.max(1).ilog2()));
    budget.take_steps(comparisons.saturating_mul(1 + u64::try_from(longest).unwrap_or(u64::MAX) / 64))?;
    // NaN has no order: it goes behind all others, so that the order is one at all.
    pairs.sort_by(|(a, _), (b, _)| order(a, b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b))));
    Ok(pairs.into_iter().map(|(_, item)| item).collect())
}

fn is_nan(value: &Value<'_>) -> bool {
    matches!(value, Value::Double(value) if value.is_nan())
}

fn ordered_type(value: &Value<'_>) -> Result<(), RunError> {
    match value {
        Value::Null
        | Value::List(_)
        | Value::Map(_)
        | Value::Type(_)
        | Value::Optional(_)
        | Value::Opaque(_) => {
            Err(RunError::failed(format!("values of the type {} have no order", value.type_name())))
        }
        _ => Ok(()),
    }
}
