use super::Outcome;
use crate::cel::library::no_such_overload;
use crate::cel::tree::Binary;
use crate::{Budget, Instant, List, RunError, Value};

pub(super) fn negate<'a>(value: &Value<'a>) -> Outcome<'a> {
    match value {
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(overflow),
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Duration(value) => value.checked_neg().map(Value::Duration).ok_or_else(overflow),
        _ => Err(no_such_overload()),
    }
}

pub(super) fn binary<'a>(
    operator: Binary,
    left: Value<'a>,
    right: Value<'a>,
    budget: &mut Budget,
) -> Outcome<'a> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => integers(operator, a, b),
        (Value::Uint(a), Value::Uint(b)) => unsigned(operator, a, b),
        (Value::Double(a), Value::Double(b)) => doubles(operator, a, b),
        (Value::Text(a), Value::Text(b)) if operator == Binary::Add => {
            let (a, b) = (a.as_str(), b.as_str());
            budget.take_bytes(a.len() + b.len())?;
            Ok(Value::Text([a, b].concat().into()))
        }
        (Value::Bytes(a), Value::Bytes(b)) if operator == Binary::Add => {
            budget.take_bytes(a.len() + b.len())?;
            Ok(Value::Bytes([&*a, &*b].concat().into()))
        }
        (Value::List(a), Value::List(b)) if operator == Binary::Add => concatenated(&a, &b, budget),
        (left, right) => times(operator, &left, &right),
    }
}

fn concatenated<'a>(a: &List<'a>, b: &List<'a>, budget: &mut Budget) -> Outcome<'a> {
    let length = a.len() + b.len();
    budget.take_steps(u64::try_from(length).unwrap_or(u64::MAX))?;
    budget.take_bytes(length.saturating_mul(size_of::<Value<'_>>()))?;
    let items: Vec<Value<'a>> = a.iter().chain(b.iter()).collect();
    Ok(Value::List(List::Owned(items.into())))
}

/// Integers of 64 bits, with a sign or without; `None` when the result does not fit.
macro_rules! whole {
    ($operator:expr, $a:expr, $b:expr) => {
        match $operator {
            Binary::Add => $a.checked_add($b),
            Binary::Subtract => $a.checked_sub($b),
            Binary::Multiply => $a.checked_mul($b),
            Binary::Divide if $b == 0 => return Err(RunError::failed("division by zero")),
            Binary::Divide => $a.checked_div($b),
            Binary::Modulo if $b == 0 => return Err(RunError::failed("modulus by zero")),
            Binary::Modulo => $a.checked_rem($b),
            _ => return Err(no_such_overload()),
        }
    };
}

fn integers<'a>(operator: Binary, a: i64, b: i64) -> Outcome<'a> {
    whole!(operator, a, b).map(Value::Int).ok_or_else(overflow)
}

fn unsigned<'a>(operator: Binary, a: u64, b: u64) -> Outcome<'a> {
    whole!(operator, a, b).map(Value::Uint).ok_or_else(overflow)
}

fn doubles<'a>(operator: Binary, a: f64, b: f64) -> Outcome<'a> {
    Ok(Value::Double(match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        _ => return Err(no_such_overload()),
    }))
}

/// Sums of instants and spans of time.
fn times<'a>(operator: Binary, left: &Value<'a>, right: &Value<'a>) -> Outcome<'a> {
    let moved = |instant: &Instant, by: i64| instant.later(by).map(Value::Timestamp).ok_or_else(overflow);
    match (operator, left, right) {
        (Binary::Add, Value::Duration(a), Value::Duration(b)) => {
            a.checked_add(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (Binary::Subtract, Value::Duration(a), Value::Duration(b)) => {
            a.checked_sub(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (Binary::Add, Value::Timestamp(instant), Value::Duration(by))
        | (Binary::Add, Value::Duration(by), Value::Timestamp(instant)) => moved(instant, *by),
        (Binary::Subtract, Value::Timestamp(instant), Value::Duration(by)) => {
            moved(instant, by.checked_neg().ok_or_else(overflow)?)
        }
        (Binary::Subtract, Value::Timestamp(a), Value::Timestamp(b)) => {
            a.since(b).map(Value::Duration).ok_or_else(overflow)
        }
        _ => Err(no_such_overload()),
    }
}

fn overflow() -> RunError {
    RunError::failed("the result is out of range")
}
