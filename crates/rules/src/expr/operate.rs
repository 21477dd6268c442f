//! What the operators do with values.

use crate::{Budget, RunError};

use super::value::{List, Map, Text, Value};

pub(crate) type Outcome<T> = Result<T, RunError>;

/// Whether two values are equal, numbers by value, lists item by item.
#[expect(clippy::float_cmp, reason = "equality as the language defines it")]
pub(crate) fn equal(a: &Value<'_>, b: &Value<'_>, budget: &mut Budget) -> Outcome<bool> {
    budget.step()?;
    Ok(match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) | (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => float_of(a) == float_of(b),
        (Value::Str(a), Value::Str(b)) => {
            budget.scan(a.as_str().len().min(b.as_str().len()))?;
            a.as_str() == b.as_str()
        }
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => equal_lists(a, b, budget)?,
        (Value::Map(a), Value::Map(b)) => identical_maps(a, b, budget)?,
        _ => false,
    })
}

pub(crate) fn float_of(value: &Value<'_>) -> f64 {
    match value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "the language compares an integer with a double as doubles"
        )]
        Value::Int(value) => *value as f64,
        Value::Float(value) => *value,
        _ => f64::NAN,
    }
}

fn equal_lists(a: &List<'_>, b: &List<'_>, budget: &mut Budget) -> Outcome<bool> {
    let incomparable =
        matches!((a, b), (List::Range(..), List::Texts(_)) | (List::Texts(_), List::Range(..)));
    if incomparable || a.len() != b.len() {
        return Ok(false);
    }
    budget.nested(|budget| {
        for (a, b) in a.iter().zip(b.iter()) {
            if !equal(&a, &b, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Members of maps are compared strictly: `1` and `1.0` differ within them.
fn identical_maps(a: &Map<'_>, b: &Map<'_>, budget: &mut Budget) -> Outcome<bool> {
    if matches!(a, Map::Any(..)) != matches!(b, Map::Any(..)) || a.len() != b.len() {
        return Ok(false);
    }
    budget.nested(|budget| {
        for (key, value) in a.entries() {
            budget.step()?;
            let Some(other) = lookup(b, &key, budget)? else { return Ok(false) };
            if !identical(&value, &other, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

fn identical(a: &Value<'_>, b: &Value<'_>, budget: &mut Budget) -> Outcome<bool> {
    match (a, b) {
        (Value::Int(_), Value::Float(_)) | (Value::Float(_), Value::Int(_)) => Ok(false),
        (Value::List(a), Value::List(b)) => {
            let shape = |list: &List<'_>| match list {
                List::Json(_) | List::Strings(_) | List::Values(..) => 0,
                List::Range(..) => 1,
                List::Texts(_) => 2,
            };
            if shape(a) != shape(b) || a.len() != b.len() {
                return Ok(false);
            }
            budget.nested(|budget| {
                for (a, b) in a.iter().zip(b.iter()) {
                    if !identical(&a, &b, budget)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            })
        }
        _ => equal(a, b, budget),
    }
}

/// The member of a map under a key of any kind.
///
/// # Errors
/// A key that a map cannot have.
pub(crate) fn lookup<'a>(map: &Map<'a>, key: &Value<'_>, budget: &mut Budget) -> Outcome<Option<Value<'a>>> {
    if let Map::Any(members, _) = map {
        budget.take_steps(steps_among(members.len(), key))?;
    } else if let Value::Str(name) = key {
        budget.look(name.as_str().len())?;
    }
    match (map, key) {
        (_, Value::Str(name)) => Ok(map.get(name.as_str())),
        (Map::Any(members, _), key) if !matches!(key, Value::List(_) | Value::Map(_) | Value::Bytes(_)) => {
            Ok(members.iter().find(|(known, _)| same_key(known, key)).map(|(_, value)| value.clone()))
        }
        // The original looks up the zero value of the key's type.
        (Map::Json(_) | Map::Environment(_) | Map::Texts(..), Value::Nil) => Ok(map.get("")),
        _ => Err(RunError::failed(format!("{} cannot be the key of a map", key.kind()))),
    }
}

/// The steps of looking for a key among so many, one by one.
pub(crate) fn steps_among(count: usize, key: &Value<'_>) -> u64 {
    let length = if let Value::Str(text) = key { text.as_str().len() as u64 } else { 0 };
    (count as u64 / 4).saturating_mul(1 + length / 64) + length / 64
}

/// Keys are compared with their types: `1` and `1.0` are two keys.
#[expect(clippy::float_cmp, reason = "equality as the language defines it")]
pub(crate) fn same_key(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) | (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a.as_str() == b.as_str(),
        (Value::Time(a), Value::Time(b)) => a == b,
        _ => false,
    }
}

/// `needle in haystack`
pub(crate) fn contains_item(needle: &Value<'_>, haystack: &Value<'_>, budget: &mut Budget) -> Outcome<bool> {
    match haystack {
        Value::Nil => Ok(false),
        Value::List(list) => {
            for item in list.iter() {
                if equal(&item, needle, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Bytes(bytes) => {
            for byte in bytes.iter() {
                if equal(&Value::Int(i64::from(*byte)), needle, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(map) => {
            budget.step()?;
            Ok(lookup(map, needle, budget)?.is_some())
        }
        _ => Err(RunError::failed(format!("`in` needs a list or a map, not {}", haystack.kind()))),
    }
}

/// How `a` stands to `b`.
///
/// # Errors
/// Values without an order.
pub(crate) fn compare(
    a: &Value<'_>,
    b: &Value<'_>,
    budget: &mut Budget,
) -> Outcome<Option<std::cmp::Ordering>> {
    if let (Value::Str(a), Value::Str(b)) = (a, b) {
        budget.look(a.as_str().len().min(b.as_str().len()))?;
    }
    order(a, b)
}

/// The same where the budget was charged already.
pub(crate) fn order(a: &Value<'_>, b: &Value<'_>) -> Outcome<Option<std::cmp::Ordering>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            float_of(a).partial_cmp(&float_of(b))
        }
        (Value::Str(a), Value::Str(b)) => Some(a.as_str().cmp(b.as_str())),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        _ => return Err(RunError::failed(format!("{} and {} have no order", a.kind(), b.kind()))),
    })
}

/// `a + b`
pub(crate) fn add<'a>(a: &Value<'a>, b: &Value<'a>, budget: &mut Budget) -> Outcome<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Int(a.wrapping_add(*b)),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            Value::Float(float_of(a) + float_of(b))
        }
        (Value::Str(a), Value::Str(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            budget.take_bytes(a.len() + b.len() + 16)?;
            let mut text = String::with_capacity(a.len() + b.len());
            text.push_str(a);
            text.push_str(b);
            Value::text(text)
        }
        (Value::Duration(a), Value::Duration(b)) => Value::Duration(a.wrapping_add(*b)),
        (Value::Time(time), Value::Duration(by)) | (Value::Duration(by), Value::Time(time)) => {
            shift(*time, *by)?
        }
        _ => return Err(unsuited("+", a, b)),
    })
}

/// `a - b`
pub(crate) fn subtract<'a>(a: &Value<'a>, b: &Value<'a>) -> Outcome<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Int(a.wrapping_sub(*b)),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            Value::Float(float_of(a) - float_of(b))
        }
        (Value::Duration(a), Value::Duration(b)) => Value::Duration(a.wrapping_sub(*b)),
        (Value::Time(a), Value::Time(b)) => {
            let difference = a.as_nanosecond() - b.as_nanosecond();
            let saturated = if difference < 0 { i64::MIN } else { i64::MAX };
            Value::Duration(i64::try_from(difference).unwrap_or(saturated))
        }
        (Value::Time(time), Value::Duration(by)) => shift(*time, by.wrapping_neg())?,
        _ => return Err(unsuited("-", a, b)),
    })
}

fn shift<'a>(time: jiff::Timestamp, by: i64) -> Outcome<Value<'a>> {
    let moved = time.checked_add(jiff::SignedDuration::from_nanos(by));
    moved.map(Value::Time).map_err(|_| RunError::failed("the time is out of range"))
}

/// `a * b`
pub(crate) fn multiply<'a>(a: &Value<'a>, b: &Value<'a>) -> Outcome<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Int(a.wrapping_mul(*b)),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            Value::Float(float_of(a) * float_of(b))
        }
        (Value::Duration(a), Value::Duration(b) | Value::Int(b)) | (Value::Int(a), Value::Duration(b)) => {
            Value::Duration(a.wrapping_mul(*b))
        }
        #[expect(clippy::cast_precision_loss, reason = "the language multiplies as doubles here")]
        (Value::Duration(a), Value::Float(b)) | (Value::Float(b), Value::Duration(a)) => {
            Value::Float(*a as f64 * b)
        }
        _ => return Err(unsuited("*", a, b)),
    })
}

/// `a / b`, `a ** b`
pub(crate) fn with_doubles<'a>(
    name: &str,
    a: &Value<'a>,
    b: &Value<'a>,
    operate: fn(f64, f64) -> f64,
) -> Outcome<Value<'a>> {
    match (a, b) {
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            Ok(Value::Float(operate(float_of(a), float_of(b))))
        }
        _ => Err(unsuited(name, a, b)),
    }
}

/// `a % b`
pub(crate) fn modulo<'a>(a: &Value<'a>, b: &Value<'a>) -> Outcome<Value<'a>> {
    match (a, b) {
        (Value::Int(_), Value::Int(0)) => Err(RunError::failed("division by zero")),
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(a.wrapping_rem(*b))),
        _ => Err(unsuited("%", a, b)),
    }
}

/// `from..to`
pub(crate) fn range<'a>(from: &Value<'a>, to: &Value<'a>, budget: &mut Budget) -> Outcome<Value<'a>> {
    let (from, to) = (integer(from)?, integer(to)?);
    let count = to.wrapping_sub(from).wrapping_add(1);
    let count = usize::try_from(count).unwrap_or(0);
    budget.take_bytes(count.saturating_mul(8))?;
    Ok(Value::List(List::Range(from, count)))
}

/// A number as an integer, cut off towards zero.
pub(crate) fn integer(value: &Value<'_>) -> Outcome<i64> {
    match value {
        Value::Int(value) => Ok(*value),
        Value::Float(value) => Ok(truncated(*value)),
        _ => Err(RunError::failed(format!("{} stands where an integer must", value.kind()))),
    }
}

/// A double beyond 64 bits becomes the smallest integer, as on the original's machines.
pub(crate) fn truncated(value: f64) -> i64 {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range was tested")]
    if (-BEYOND..BEYOND).contains(&value) { value as i64 } else { i64::MIN }
}

fn unsuited(operator: &str, a: &Value<'_>, b: &Value<'_>) -> RunError {
    RunError::failed(format!("`{operator}` has no meaning for {} and {}", a.kind(), b.kind()))
}

/// `value[index]`
pub(crate) fn item<'a>(value: &Value<'a>, index: &Value<'_>, budget: &mut Budget) -> Outcome<Value<'a>> {
    match value {
        Value::Map(map) => Ok(lookup(map, index, budget)?.unwrap_or(Value::Nil)),
        Value::List(_) | Value::Bytes(_) | Value::Str(_) => {
            let wanted = integer(index)?;
            let found = position(wanted, length(value)).and_then(|at| element(value, at));
            found.ok_or_else(|| {
                RunError::failed(format!("there is no item {wanted}, there are {}", length(value)))
            })
        }
        _ => Err(RunError::failed(format!("nothing can be selected from {}", value.kind()))),
    }
}

/// Items of a list, bytes of a text.
pub(crate) fn length(value: &Value<'_>) -> usize {
    match value {
        Value::List(list) => list.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Str(text) => text.as_str().len(),
        Value::Map(map) => map.len(),
        _ => 0,
    }
}

pub(crate) fn element<'a>(value: &Value<'a>, at: usize) -> Option<Value<'a>> {
    match value {
        Value::List(list) => list.get(at),
        Value::Bytes(bytes) => bytes.get(at).map(|byte| Value::Int(i64::from(*byte))),
        Value::Str(text) => text.as_str().as_bytes().get(at).map(|byte| Value::Int(i64::from(*byte))),
        _ => None,
    }
}

/// A place in a list of `length` items; negative places count from the end.
pub(crate) fn position(wanted: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if wanted < 0 { length.checked_add(wanted)? } else { wanted };
    usize::try_from(at).ok().filter(|_| at < length)
}

/// `value[from:to]`; places beyond the ends are the ends.
pub(crate) fn slice<'a>(
    value: &Value<'a>,
    from: i64,
    to: Option<i64>,
    budget: &mut Budget,
) -> Outcome<Value<'a>> {
    let length = length(value);
    let end = i64::try_from(length).unwrap_or(i64::MAX);
    let place = |at: i64| if at < 0 { end.saturating_add(at).max(0) } else { at.min(end) };
    let to = to.map_or(end, place);
    let from = place(from).min(to);
    let (from, to) = (usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0));
    match value {
        Value::Str(text) => {
            let part = |text: &str| text.get(from..to).is_some();
            if !part(text.as_str()) {
                return Err(RunError::failed("the slice cuts a character in two"));
            }
            match text {
                Text::Borrowed(text) => {
                    Ok(Value::Str(Text::Borrowed(text.get(from..to).unwrap_or_default())))
                }
                Text::Owned(text) => {
                    budget.take_bytes(to - from + 16)?;
                    Ok(Value::text(text.get(from..to).unwrap_or_default()))
                }
            }
        }
        Value::List(list) => {
            if !matches!(list, List::Json(_) | List::Strings(_) | List::Range(..)) {
                budget.take_bytes((to - from).saturating_mul(32))?;
            }
            Ok(Value::List(list.slice(from, to)))
        }
        Value::Bytes(bytes) => {
            budget.take_bytes(to - from + 16)?;
            Ok(Value::Bytes(bytes.get(from..to).unwrap_or_default().into()))
        }
        _ => Err(RunError::failed(format!("{} cannot be sliced", value.kind()))),
    }
}
