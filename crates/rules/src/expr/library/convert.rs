//! Functions from one kind of value to another, and the methods of durations and times.

use std::collections::BTreeMap;
use std::rc::Rc;

use claimgate_json::{Json, Limits};

use crate::{Budget, RunError};

use super::super::format;
use super::super::nature::{Leaf, Nature};
use super::super::operate::Outcome;
use super::super::value::{Map, Value};
use super::Method;
use super::texts::{made, text_at};

pub(super) static METHODS: &[Method] = &[
    Method { name: "Hours", of: Leaf::Duration, result: Nature::FLOAT, run: |value| in_units(value, 3.6e12) },
    Method { name: "Minutes", of: Leaf::Duration, result: Nature::FLOAT, run: |value| in_units(value, 6e10) },
    Method { name: "Seconds", of: Leaf::Duration, result: Nature::FLOAT, run: |value| in_units(value, 1e9) },
    Method {
        name: "Milliseconds",
        of: Leaf::Duration,
        result: Nature::INT,
        run: |value| whole(value, 1_000_000),
    },
    Method {
        name: "Microseconds",
        of: Leaf::Duration,
        result: Nature::INT,
        run: |value| whole(value, 1_000),
    },
    Method { name: "Nanoseconds", of: Leaf::Duration, result: Nature::INT, run: |value| whole(value, 1) },
    Method {
        name: "String",
        of: Leaf::Duration,
        result: Nature::STR,
        run: |value| Value::text(format::shown(value)),
    },
    Method {
        name: "Unix",
        of: Leaf::Time,
        result: Nature::INT,
        run: |value| instant(value, jiff::Timestamp::as_second),
    },
    Method {
        name: "UnixMilli",
        of: Leaf::Time,
        result: Nature::INT,
        run: |value| instant(value, jiff::Timestamp::as_millisecond),
    },
    Method {
        name: "Year",
        of: Leaf::Time,
        result: Nature::INT,
        run: |value| civil(value, |at| i64::from(at.year())),
    },
    Method {
        name: "Day",
        of: Leaf::Time,
        result: Nature::INT,
        run: |value| civil(value, |at| i64::from(at.day())),
    },
    Method {
        name: "Hour",
        of: Leaf::Time,
        result: Nature::INT,
        run: |value| civil(value, |at| i64::from(at.hour())),
    },
    Method {
        name: "Minute",
        of: Leaf::Time,
        result: Nature::INT,
        run: |value| civil(value, |at| i64::from(at.minute())),
    },
    Method {
        name: "Second",
        of: Leaf::Time,
        result: Nature::INT,
        run: |value| civil(value, |at| i64::from(at.second())),
    },
];

#[expect(clippy::cast_precision_loss, reason = "the language gives durations in units as doubles")]
fn in_units<'a>(value: &Value<'a>, unit: f64) -> Value<'a> {
    if let Value::Duration(duration) = value { Value::Float(*duration as f64 / unit) } else { Value::Nil }
}

fn whole<'a>(value: &Value<'a>, unit: i64) -> Value<'a> {
    if let Value::Duration(duration) = value { Value::Int(duration / unit) } else { Value::Nil }
}

fn instant<'a>(value: &Value<'a>, read: fn(jiff::Timestamp) -> i64) -> Value<'a> {
    if let Value::Time(time) = value { Value::Int(read(*time)) } else { Value::Nil }
}

fn civil<'a>(value: &Value<'a>, read: fn(jiff::civil::DateTime) -> i64) -> Value<'a> {
    match value {
        Value::Time(time) => Value::Int(read(jiff::tz::TimeZone::UTC.to_datetime(*time))),
        _ => Value::Nil,
    }
}

fn argument<'v, 'a>(arguments: &'v [Value<'a>]) -> Outcome<&'v Value<'a>> {
    arguments.first().ok_or_else(|| RunError::failed("an argument is missing"))
}

/// Pays for a look at the whole value.
fn pay(value: &Value<'_>, budget: &mut Budget) -> Outcome<()> {
    budget.step()?;
    match value {
        Value::Str(text) => budget.take_bytes(text.as_str().len().saturating_mul(2))?,
        Value::Bytes(bytes) => budget.take_bytes(bytes.len().saturating_mul(4))?,
        Value::List(list) => {
            budget.nested(|budget| list.iter().try_for_each(|item| pay(&item, budget)))?;
        }
        Value::Map(map) => {
            budget.nested(|budget| {
                map.entries().try_for_each(|(key, item)| pay(&key, budget).and_then(|()| pay(&item, budget)))
            })?;
        }
        _ => budget.take_bytes(24)?,
    }
    Ok(())
}

pub(super) fn string<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let value = argument(arguments)?;
    if let Value::Str(_) = value {
        return Ok(value.clone());
    }
    pay(value, budget)?;
    Ok(Value::text(format::shown(value)))
}

pub(super) fn type_name<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    Ok(Value::text(match argument(arguments)? {
        Value::Nil => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "string",
        Value::Bytes(_) | Value::List(_) => "array",
        Value::Map(_) => "map",
        Value::Duration(_) => "time.Duration",
        Value::Time(_) => "time.Time",
    }))
}

pub(super) fn to_json<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let value = argument(arguments)?;
    pay(value, budget)?;
    let mut out = String::new();
    write_json(&mut out, value, 0, budget)?;
    Ok(Value::text(out))
}

fn write_json(out: &mut String, value: &Value<'_>, indent: usize, budget: &mut Budget) -> Outcome<()> {
    let line = |out: &mut String, indent: usize, budget: &mut Budget| {
        budget.take_bytes(indent * 2 + 2)?;
        out.push('\n');
        out.push_str(&"  ".repeat(indent));
        Ok::<(), RunError>(())
    };
    match value {
        Value::List(list) if list.is_empty() => out.push_str("[]"),
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, indent + 1, budget)?;
                write_json(out, &item, indent + 1, budget)?;
            }
            line(out, indent, budget)?;
            out.push(']');
        }
        Value::Map(Map::Any(..)) => return Err(RunError::failed("this map cannot be written as JSON")),
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::Map(map) => {
            out.push('{');
            for (index, (key, item)) in map.entries().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, indent + 1, budget)?;
                quote_json(out, &format::shown(&key));
                out.push_str(": ");
                write_json(out, &item, indent + 1, budget)?;
            }
            line(out, indent, budget)?;
            out.push('}');
        }
        Value::Str(text) => quote_json(out, text.as_str()),
        Value::Bytes(bytes) => quote_json(out, &crate::text::base64(bytes)),
        Value::Duration(value) => out.push_str(&value.to_string()),
        Value::Time(time) => quote_json(out, &time.to_string()),
        Value::Float(value) if !value.is_finite() => return Err(RunError::failed("JSON has no such number")),
        Value::Float(_) => {
            // RFC 8785 writes what the original writes, but for `e-07` there against `e-7` here.
            out.push_str(&value.to_json().to_string());
        }
        Value::Nil | Value::Bool(_) | Value::Int(_) => out.push_str(&value.to_json().to_string()),
    }
    Ok(())
}

fn quote_json(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

pub(super) fn from_json<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    budget.take_steps(text.len() as u64 / 8)?;
    budget.take_bytes(text.len().saturating_mul(32))?;
    let limits = Limits::default();
    let json = claimgate_json::parse(text.as_bytes(), limits)
        .map_err(|error| RunError::failed(format!("the text is not JSON: {error}")))?;
    Ok(owned(&json))
}

fn owned<'a>(json: &Json) -> Value<'a> {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Float(number.as_f64()),
        Json::String(text) => Value::text(&**text),
        Json::Array(items) => Value::list(items.iter().map(owned).collect()),
        Json::Object(object) => {
            let members: BTreeMap<Rc<str>, Value<'a>> =
                object.iter().map(|(k, v)| (k.into(), owned(v))).collect();
            Value::map(members)
        }
    }
}

/// RFC 4648 §4 with padding; line ends are skipped, as the original does.
fn decode(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let padding = letters.iter().rev().take_while(|b| **b == b'=').count();
    if !letters.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(letters.len() / 4 * 3);
    let significant = letters.len() - padding;
    let (mut group, mut bits) = (0_u32, 0_u32);
    for letter in letters.get(..significant)? {
        let sextet = crate::text::ALPHABET.iter().position(|known| known == letter)?;
        group = (group << 6 | u32::try_from(sextet).ok()?) & 0x00ff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(group >> bits & 0xff).ok()?);
        }
    }
    Some(out)
}

pub(super) fn to_base64<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    budget.scan(text.len())?;
    budget.take_bytes(text.len().saturating_mul(2))?;
    Ok(Value::text(crate::text::base64(text.as_bytes())))
}

pub(super) fn from_base64<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    budget.scan(text.len())?;
    budget.take_bytes(text.len().saturating_mul(2))?;
    let bytes = decode(text).ok_or_else(|| RunError::failed("the text is not base64"))?;
    let decoded = String::from_utf8(bytes).map_err(|_| RunError::failed("the decoded bytes are no text"))?;
    made(decoded, budget)
}

pub(super) fn duration<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    let parsed = format::parse_duration(text_at(arguments, 0)?);
    parsed.map(Value::Duration).ok_or_else(|| RunError::failed("the text is not a duration such as `1h30m`"))
}

/// `2006-01-02`, `2006-01-02 15:04:05` and RFC 3339, in UTC where no offset is written.
pub(super) fn date<'a>(arguments: &[Value<'a>], _: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let parsed = match shape.as_str() {
        "0000-00-00" | "0000-00-00 00:00:00" => text
            .parse::<jiff::civil::DateTime>()
            .ok()
            .and_then(|at| jiff::tz::TimeZone::UTC.to_timestamp(at).ok()),
        shape if shape.starts_with("0000-00-00T00:00:00") => text.parse::<jiff::Timestamp>().ok(),
        _ => None,
    };
    parsed.map(Value::Time).ok_or_else(|| RunError::failed("the text is not a date such as `2006-01-02`"))
}
