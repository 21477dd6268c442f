//! Conversions between types.

use super::Outcome;
use crate::cel::library::time::parse_duration;
use crate::cel::library::{Context, no_such_overload};
use crate::value::seconds;
use crate::{Instant, RunError, Value, text};

pub(super) fn to_bool<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments.first().and_then(Value::as_str) {
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(Value::Bool(true)),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(Value::Bool(false)),
        Some(other) => Err(not_a(other, "bool")),
        None => Err(no_such_overload()),
    }
}

pub(super) fn to_bytes<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Text(text)] = arguments else { return Err(no_such_overload()) };
    context.budget.take_bytes(text.as_str().len())?;
    Ok(Value::Bytes(text.as_str().as_bytes().into()))
}

#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
pub(super) fn to_double<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(value)] => Ok(Value::Double(*value as f64)),
        [Value::Uint(value)] => Ok(Value::Double(*value as f64)),
        [Value::Text(text)] => {
            parse_double(text.as_str()).map(Value::Double).ok_or_else(|| not_a(text.as_str(), "double"))
        }
        _ => Err(no_such_overload()),
    }
}

/// A double as Go reads it: digits, `inf`, `infinity`, `nan` without a sign; what is too large for a double is none.
fn parse_double(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let named = text.trim_start_matches(['+', '-']).starts_with(['i', 'I', 'n', 'N']);
    let signed = text.starts_with(['+', '-']);
    (value.is_finite() || named && !(value.is_nan() && signed)).then_some(value)
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn to_int<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Double(value)]
            if *value > -9_223_372_036_854_775_808.0 && *value < 9_223_372_036_854_775_808.0 =>
        {
            Ok(Value::Int(*value as i64))
        }
        [Value::Duration(value)] => Ok(Value::Int(*value)),
        [Value::Timestamp(instant)] => Ok(Value::Int(instant.seconds())),
        [Value::Uint(value)] => i64::try_from(*value).map(Value::Int).map_err(|_| out_of_range("int")),
        [Value::Double(_)] => Err(out_of_range("int")),
        [Value::Text(text)] => text.as_str().parse().map(Value::Int).map_err(|_| not_a(text.as_str(), "int")),
        _ => Err(no_such_overload()),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
pub(super) fn to_uint<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Double(value)] if *value >= 0.0 && *value < 18_446_744_073_709_551_615.0 => {
            Ok(Value::Uint(*value as u64))
        }
        [Value::Int(value)] => u64::try_from(*value).map(Value::Uint).map_err(|_| out_of_range("uint")),
        [Value::Double(_)] => Err(out_of_range("uint")),
        [Value::Text(text)] if !text.as_str().starts_with('+') => {
            text.as_str().parse().map(Value::Uint).map_err(|_| not_a(text.as_str(), "uint"))
        }
        [Value::Text(text)] => Err(not_a(text.as_str(), "uint")),
        _ => Err(no_such_overload()),
    }
}

pub(super) fn to_text<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = match arguments {
        [Value::Bool(value)] => value.to_string(),
        [Value::Int(value)] => value.to_string(),
        [Value::Uint(value)] => value.to_string(),
        [Value::Double(value)] => double_text(*value),
        [Value::Duration(value)] => seconds(*value),
        [Value::Timestamp(instant)] => instant.to_string(),
        [Value::Bytes(bytes)] => {
            context.budget.take_bytes(bytes.len())?;
            let text =
                std::str::from_utf8(bytes).map_err(|_| RunError::failed("the bytes are not valid UTF-8"))?;
            return Ok(Value::Text(text.to_owned().into()));
        }
        _ => return Err(no_such_overload()),
    };
    context.text(text)
}

/// A double as Go's `%g` writes it: shortest digits, an exponent below 1e-4 and from 1e6 on.
fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

pub(super) fn to_duration<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Text(text)] = arguments else { return Err(no_such_overload()) };
    parse_duration(text.as_str()).map(Value::Duration).ok_or_else(|| not_a(text.as_str(), "duration"))
}

pub(super) fn to_timestamp<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(value)] => {
            Instant::from_seconds(*value).map(Value::Timestamp).ok_or_else(|| out_of_range("timestamp"))
        }
        [Value::Text(text)] => Instant::parse(text.as_str())
            .map(Value::Timestamp)
            .ok_or_else(|| not_a(text.as_str(), "timestamp")),
        _ => Err(no_such_overload()),
    }
}

fn not_a(text: &str, wanted: &str) -> RunError {
    let shown: String = text.chars().take(60).collect();
    RunError::failed(format!("{} is no {wanted}", text::quoted(&shown)))
}

fn out_of_range(wanted: &str) -> RunError {
    RunError::failed(format!("the number is out of the range of {wanted}"))
}
