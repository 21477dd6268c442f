//! Functions over lists and maps.

use crate::{Budget, RunError};

use super::super::operate::{
    Outcome, element, equal, float_of, integer, length, lookup, order, position, same_key, steps_among,
};
use super::super::value::{List, Map, Value};
use super::texts::text_at;

/// What one item of a list is counted as.
const ITEM: usize = 32;

fn argument<'v, 'a>(arguments: &'v [Value<'a>], at: usize) -> Outcome<&'v Value<'a>> {
    arguments.get(at).ok_or_else(|| RunError::failed("an argument is missing"))
}

fn list<'v, 'a>(arguments: &'v [Value<'a>], at: usize) -> Outcome<&'v List<'a>> {
    match argument(arguments, at)? {
        Value::List(list) => Ok(list),
        other => Err(RunError::failed(format!("{} stands where a list must", other.kind()))),
    }
}

fn map<'v, 'a>(arguments: &'v [Value<'a>]) -> Outcome<&'v Map<'a>> {
    match argument(arguments, 0)? {
        Value::Map(map) => Ok(map),
        other => Err(RunError::failed(format!("{} stands where a map must", other.kind()))),
    }
}

/// The items, paid for.
fn items<'a>(list: &List<'a>, budget: &mut Budget) -> Outcome<Vec<Value<'a>>> {
    budget.take_steps(list.len() as u64)?;
    budget.take_bytes(list.len().saturating_mul(ITEM))?;
    Ok(list.iter().collect())
}

fn int<'a>(count: usize) -> Value<'a> {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

pub(super) fn len<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    match argument(arguments, 0)? {
        Value::Str(text) => {
            budget.scan(text.as_str().len())?;
            Ok(int(text.as_str().chars().count()))
        }
        value @ (Value::List(_) | Value::Map(_) | Value::Bytes(_)) => Ok(int(length(value))),
        other => Err(RunError::failed(format!("{} has no length", other.kind()))),
    }
}

pub(super) fn first<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    Ok(element(argument(arguments, 0)?, 0).unwrap_or(Value::Nil))
}

pub(super) fn last<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    let value = argument(arguments, 0)?;
    Ok(length(value).checked_sub(1).and_then(|at| element(value, at)).unwrap_or(Value::Nil))
}

pub(super) fn get<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let key = argument(arguments, 1)?;
    Ok(match argument(arguments, 0)? {
        Value::Map(map) => lookup(map, key, budget)?.unwrap_or(Value::Nil),
        value @ (Value::List(_) | Value::Str(_) | Value::Bytes(_)) => {
            position(integer(key)?, length(value)).and_then(|at| element(value, at)).unwrap_or(Value::Nil)
        }
        _ => Value::Nil,
    })
}

pub(super) fn take<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let Value::Int(count) = argument(arguments, 1)? else {
        return Err(RunError::failed("`take` needs an integer"));
    };
    let list = list(arguments, 0)?;
    let count = usize::try_from(*count).map_err(|_| RunError::failed("`take` needs a count from 0 on"))?;
    let count = count.min(list.len());
    budget.take_bytes(count.saturating_mul(ITEM))?;
    Ok(Value::List(list.slice(0, count)))
}

pub(super) fn keys<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let map = map(arguments)?;
    budget.take_steps(map.len() as u64)?;
    budget.take_bytes(map.len().saturating_mul(ITEM))?;
    Ok(Value::list(map.entries().map(|(key, _)| key).collect()))
}

pub(super) fn values<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let map = map(arguments)?;
    budget.take_steps(map.len() as u64)?;
    budget.take_bytes(map.len().saturating_mul(ITEM))?;
    Ok(Value::list(map.entries().map(|(_, value)| value).collect()))
}

pub(super) fn to_pairs<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let map = map(arguments)?;
    budget.take_steps(map.len() as u64)?;
    budget.take_bytes(map.len().saturating_mul(ITEM * 4))?;
    Ok(Value::list(map.entries().map(|(key, value)| Value::list(vec![key, value])).collect()))
}

pub(super) fn from_pairs<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let mut members: Vec<(Value<'a>, Value<'a>)> = Vec::new();
    for pair in list(arguments, 0)?.iter() {
        let pair = match &pair {
            Value::List(pair) if pair.len() == 2 => pair.get(0).zip(pair.get(1)),
            _ => None,
        };
        let (key, value) = pair.ok_or_else(|| RunError::failed("a pair is a list of two items"))?;
        insert(&mut members, key, value, budget)?;
    }
    Ok(Value::pairs(members))
}

/// Sets a member of a map from values of any kind.
pub(crate) fn insert<'a>(
    members: &mut Vec<(Value<'a>, Value<'a>)>,
    key: Value<'a>,
    value: Value<'a>,
    budget: &mut Budget,
) -> Outcome<()> {
    if matches!(key, Value::List(_) | Value::Map(_) | Value::Bytes(_)) {
        return Err(RunError::failed(format!("{} cannot be the key of a map", key.kind())));
    }
    budget.take_steps(1 + steps_among(members.len(), &key))?;
    if let Some((_, slot)) = members.iter_mut().find(|(known, _)| same_key(known, &key)) {
        *slot = value;
        return Ok(());
    }
    budget.take_bytes(ITEM * 2)?;
    members.push((key, value));
    Ok(())
}

pub(super) fn reverse<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let mut items = items(list(arguments, 0)?, budget)?;
    items.reverse();
    Ok(Value::list(items))
}

pub(super) fn uniq<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let mut kept: Vec<Value<'a>> = Vec::new();
    for item in list(arguments, 0)?.iter() {
        let mut known = false;
        for other in &kept {
            if equal(&item, other, budget)? {
                known = true;
                break;
            }
        }
        if !known {
            budget.take_bytes(ITEM)?;
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

pub(super) fn concat<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let mut all = Vec::new();
    for at in 0..arguments.len() {
        all.append(&mut items(list(arguments, at)?, budget)?);
    }
    Ok(Value::list(all))
}

pub(super) fn flatten<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let mut out = Vec::new();
    flatten_into(list(arguments, 0)?, &mut out, budget)?;
    Ok(Value::list(out))
}

fn flatten_into<'a>(list: &List<'a>, out: &mut Vec<Value<'a>>, budget: &mut Budget) -> Outcome<()> {
    budget.nested(|budget| {
        for item in list.iter() {
            budget.step()?;
            if let Value::List(inner) = &item {
                flatten_into(inner, out, budget)?;
            } else {
                budget.take_bytes(ITEM)?;
                out.push(item);
            }
        }
        Ok(())
    })
}

/// Whether an order is descending.
pub(crate) fn is_descending(order: &str) -> Outcome<bool> {
    match order {
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => Err(RunError::failed("the order is `asc` or `desc`")),
    }
}

pub(super) fn sort<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let descending = if arguments.len() > 1 { is_descending(text_at(arguments, 1)?)? } else { false };
    let keyed = items(list(arguments, 0)?, budget)?.into_iter().map(|item| (item.clone(), item)).collect();
    sorted(keyed, descending, budget)
}

/// The second members, in the order of the first.
pub(crate) fn sorted<'a>(
    mut keyed: Vec<(Value<'a>, Value<'a>)>,
    descending: bool,
    budget: &mut Budget,
) -> Outcome<Value<'a>> {
    let count = keyed.len() as u64;
    let length = |key: &Value<'_>| if let Value::Str(text) = key { text.as_str().len() as u64 } else { 0 };
    let longest = keyed.iter().map(|(key, _)| length(key)).max().unwrap_or(0);
    // All comparisons are paid for before the first: an order that breaks off in the middle is none.
    let comparisons = count.saturating_mul(u64::from(count.max(2).ilog2()));
    budget.take_steps(comparisons.saturating_mul(1 + longest / 64))?;
    budget.take_bytes(keyed.len().saturating_mul(ITEM * 2))?;
    // Sorting needs a total order: every key must compare with the first, itself included.
    if let (Some((first, _)), true) = (keyed.first(), keyed.len() > 1) {
        for (key, _) in &keyed {
            order(first, key)?.ok_or_else(|| RunError::failed("a number that is none cannot be sorted"))?;
        }
    }
    // Integers beyond 2^53 may differ and yet both be equal to one double, so that among doubles all are doubles.
    let doubles = keyed.iter().any(|(key, _)| matches!(key, Value::Float(_)));
    keyed.sort_by(|(a, _), (b, _)| {
        let (a, b) = if descending { (b, a) } else { (a, b) };
        let order = if doubles { float_of(a).partial_cmp(&float_of(b)) } else { order(a, b).ok().flatten() };
        order.unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
}
