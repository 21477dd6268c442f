//! Functions over numbers.

use crate::{Budget, RunError};

use super::super::operate::{Outcome, compare, truncated};
use super::super::value::Value;

fn number<'a>(arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    match arguments.first() {
        Some(value @ (Value::Int(_) | Value::Float(_))) => Ok(value.clone()),
        Some(other) => Err(RunError::failed(format!("{} is not a number", other.kind()))),
        None => Err(RunError::failed("an argument is missing")),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the language makes doubles of integers so")]
fn double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

pub(super) fn abs<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    Ok(match number(arguments)? {
        Value::Int(value) => Value::Int(value.wrapping_abs()),
        Value::Float(value) if value < 0.0 => Value::Float(-value),
        other => other,
    })
}

fn rounded<'a>(arguments: &[Value<'a>], round: fn(f64) -> f64) -> Outcome<Value<'a>> {
    let value = number(arguments)?;
    Ok(Value::Float(round(double(&value).unwrap_or(f64::NAN))))
}

pub(super) fn ceil<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    rounded(arguments, f64::ceil)
}

pub(super) fn floor<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    rounded(arguments, f64::floor)
}

pub(super) fn round<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    rounded(arguments, f64::round)
}

pub(super) fn int<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    match arguments.first() {
        Some(Value::Int(value) | Value::Duration(value)) => Ok(Value::Int(*value)),
        Some(Value::Float(value)) => Ok(Value::Int(truncated(*value))),
        Some(Value::Str(text)) => {
            let parsed = text.as_str().parse().map(Value::Int);
            parsed.map_err(|_| RunError::failed("the text is not an integer"))
        }
        Some(other) => Err(RunError::failed(format!("{} is not an integer", other.kind()))),
        None => Err(RunError::failed("an argument is missing")),
    }
}

pub(super) fn float<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    if let Some(Value::Str(text)) = arguments.first() {
        let text = text.as_str();
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
        let value = if plain { text.parse().ok().filter(|value: &f64| value.is_finite()) } else { None };
        return value.map(Value::Float).ok_or_else(|| RunError::failed("the text is not a number"));
    }
    let value = number(arguments)?;
    Ok(Value::Float(double(&value).unwrap_or(f64::NAN)))
}

/// The numbers of the arguments and of the lists in them.
fn flat(arguments: &[Value<'_>], budget: &mut Budget, out: &mut Vec<f64>) -> Outcome<()> {
    for value in arguments {
        budget.step()?;
        if let Value::List(list) = value {
            budget.nested(|budget| list.iter().try_for_each(|item| flat(&[item], budget, out)))?;
            continue;
        }
        let number =
            double(value).ok_or_else(|| RunError::failed(format!("{} is not a number", value.kind())))?;
        budget.take_bytes(8)?;
        out.push(number);
    }
    Ok(())
}

pub(super) fn mean<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let mut values = Vec::new();
    flat(arguments, budget, &mut values)?;
    #[expect(clippy::cast_precision_loss, reason = "a budget bounds the count")]
    let count = values.len() as f64;
    Ok(Value::Float(if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count }))
}

pub(super) fn median<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let mut values = Vec::new();
    flat(arguments, budget, &mut values)?;
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
    let odd = values.len() % 2 == 1;
    Ok(Value::Float(if values.is_empty() || odd {
        at(middle)
    } else {
        f64::midpoint(at(middle - 1), at(middle))
    }))
}

pub(super) fn max<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    extreme(arguments, budget, std::cmp::Ordering::Less, true)
}

pub(super) fn min<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    extreme(arguments, budget, std::cmp::Ordering::Greater, true)
}

/// The value that no other replaces; a value replaces the best so far that stands `when` to it.
fn extreme<'a>(
    arguments: &[Value<'a>],
    budget: &mut Budget,
    when: std::cmp::Ordering,
    outermost: bool,
) -> Outcome<Value<'a>> {
    let mut best = Value::Nil;
    for value in arguments {
        budget.step()?;
        let candidate = match value {
            Value::Int(_) | Value::Float(_) => value.clone(),
            Value::List(list) => budget.nested(|budget| {
                let mut inner = Value::Nil;
                for item in list.iter() {
                    let item = extreme(&[item], budget, when, false)?;
                    if !matches!(item, Value::Nil)
                        && (matches!(inner, Value::Nil) || compare(&inner, &item, budget)? == Some(when))
                    {
                        inner = item;
                    }
                }
                Outcome::Ok(inner)
            })?,
            other if outermost && arguments.len() == 1 => return Ok(other.clone()),
            other => return Err(RunError::failed(format!("{} is not a number", other.kind()))),
        };
        if !matches!(candidate, Value::Nil)
            && (matches!(best, Value::Nil) || compare(&best, &candidate, budget)? == Some(when))
        {
            best = candidate;
        }
    }
    Ok(best)
}

fn integers(arguments: &[Value<'_>]) -> Outcome<(i64, i64)> {
    match arguments {
        [Value::Int(x), Value::Int(y)] => Ok((*x, *y)),
        _ => Err(RunError::failed("two integers are needed")),
    }
}

macro_rules! bits {
    ($($name:ident: |$x:ident, $y:ident| $result:expr;)*) => {$(
        pub(super) fn $name<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
            let ($x, $y) = integers(arguments)?;
            Ok(Value::Int($result))
        }
    )*};
}

bits! {
    bitand: |x, y| x & y;
    bitor: |x, y| x | y;
    bitxor: |x, y| x ^ y;
    bitnand: |x, y| x & !y;
    bitshl: |x, y| shift(x, y, 0, i64::checked_shl)?;
    bitshr: |x, y| shift(x, y, if x < 0 { -1 } else { 0 }, i64::checked_shr)?;
    bitushr: |x, y| shift(x, y, 0, |x, by| x.cast_unsigned().checked_shr(by).map(u64::cast_signed))?;
}

fn shift(x: i64, by: i64, beyond: i64, shifted: fn(i64, u32) -> Option<i64>) -> Outcome<i64> {
    if by < 0 {
        return Err(RunError::failed("a shift cannot be negative"));
    }
    Ok(u32::try_from(by).ok().and_then(|by| shifted(x, by)).unwrap_or(beyond))
}

pub(super) fn bitnot<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    match arguments {
        [Value::Int(x)] => Ok(Value::Int(!x)),
        _ => Err(RunError::failed("an integer is needed")),
    }
}
