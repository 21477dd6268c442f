//! Equality and order of values as CEL has them: numbers of all three types compare by value, values
//! of different types are unequal and have no order.

use std::cmp::Ordering;

use crate::{Budget, Key, List, Map, RunError, Value};

/// Whether two values are equal. Never fails but for the budget.
pub(crate) fn equal(a: &Value<'_>, b: &Value<'_>, budget: &mut Budget) -> Result<bool, RunError> {
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            if a.len() > 64 && a.len() == b.len() {
                budget.scan(a.len())?;
            }
            a == b
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.scan(a.len().min(b.len()))?;
            a == b
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => {
            budget.nested(|budget| equal(a, b, budget))?
        }
        (Value::Opaque(a), Value::Opaque(b)) => a.equals(&**b),
        (Value::List(a), Value::List(b)) => budget.nested(|budget| equal_lists(a, b, budget))?,
        (Value::Map(Map::Record(a)), Value::Map(Map::Record(b))) if a.type_name() == b.type_name() => true,
        (Value::Map(Map::Record(_)), _) | (_, Value::Map(Map::Record(_))) => {
            return Err(RunError::failed("a record has no equality with other values"));
        }
        (Value::Map(a), Value::Map(b)) => budget.nested(|budget| equal_maps(a, b, budget))?,
        (a, b) => compare_numbers(a, b).is_some_and(Ordering::is_eq),
    })
}

/// The order of two values; `None` when they have none: values of different types (numbers apart),
/// lists, maps, null, NaN.
pub(crate) fn compare(
    a: &Value<'_>,
    b: &Value<'_>,
    budget: &mut Budget,
) -> Result<Option<Ordering>, RunError> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => budget.scan(a.as_str().len().min(b.as_str().len()))?,
        (Value::Bytes(a), Value::Bytes(b)) => budget.scan(a.len().min(b.len()))?,
        _ => {}
    }
    Ok(order(a, b))
}

/// The order of two values for whom a budget was charged already.
pub(crate) fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.as_str().cmp(b.as_str())),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (a, b) => compare_numbers(a, b),
    }
}

/// The order of two numbers of any types.
fn compare_numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Double(a), b) => compare_double(*a, integer(b)?),
        (a, Value::Double(b)) => compare_double(*b, integer(a)?).map(Ordering::reverse),
        (a, b) => Some(integer(a)?.cmp(&integer(b)?)),
    }
}

fn integer(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// The order of a double and an integer of 64 bits, compared as doubles, as the original does it.
#[expect(clippy::cast_precision_loss, reason = "the original rounds the integer too")]
fn compare_double(a: f64, b: i128) -> Option<Ordering> {
    a.partial_cmp(&(b as f64))
}

fn equal_lists(a: &List<'_>, b: &List<'_>, budget: &mut Budget) -> Result<bool, RunError> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b.iter()) {
        budget.step()?;
        if !equal(&a, &b, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps(a: &Map<'_>, b: &Map<'_>, budget: &mut Budget) -> Result<bool, RunError> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for key in a.keys() {
        budget.step()?;
        if let Key::Text(name) = &key {
            budget.search(a.len(), name.as_str().len())?;
        }
        match (a.get_key(&key), b.get_key(&key)) {
            (Some(a), Some(b)) if equal(&a, &b, budget)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
