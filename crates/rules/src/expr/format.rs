//! Values as texts: as `string()` writes them, and durations.

use super::value::Value;

/// The text of a value as `string()` gives it.
pub(crate) fn shown(value: &Value<'_>) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value<'_>) {
    match value {
        Value::Nil => out.push_str("<nil>"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Float(value) => out.push_str(&float(*value)),
        Value::Str(text) => out.push_str(text.as_str()),
        Value::Bytes(bytes) => {
            let items: Vec<String> = bytes.iter().map(u8::to_string).collect();
            out.push_str(&format!("[{}]", items.join(" ")));
        }
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write(out, &item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            let mut members: Vec<(String, Value<'_>)> = map.entries().map(|(k, v)| (shown(&k), v)).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            out.push_str("map[");
            for (index, (key, item)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                write(out, item);
            }
            out.push(']');
        }
        Value::Duration(nanoseconds) => out.push_str(&duration(*nanoseconds)),
        Value::Time(time) => {
            let text = time.strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC").to_string();
            out.push_str(&text);
        }
    }
}

/// A double with the fewest digits that read back, with an exponent below -4 and from 6 on.
pub(crate) fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.into();
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

/// A duration as `1h2m3.5s`, the smallest unit that is not zero below a second.
pub(crate) fn duration(nanoseconds: i64) -> String {
    if nanoseconds == 0 {
        return "0s".into();
    }
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let left = nanoseconds.unsigned_abs();
    let decimal = |value: u64, unit: u64| {
        let fraction = format!("{:0width$}", value % unit, width = unit.ilog10() as usize);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { format!("{}", value / unit) } else { format!("{}.{fraction}", value / unit) }
    };
    match left {
        0..=999 => format!("{sign}{left}ns"),
        1_000..=999_999 => format!("{sign}{}µs", decimal(left, 1_000)),
        1_000_000..=999_999_999 => format!("{sign}{}ms", decimal(left, 1_000_000)),
        _ => {
            const MINUTE: u64 = 60_000_000_000;
            let seconds = decimal(left % MINUTE, 1_000_000_000);
            let minutes = left / MINUTE;
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// Reads `1h30m`, `-1.5s`, `100ms`.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, tail) = rest.split_at_checked(number)?;
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit)?;
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() > 19 || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fraction = fraction.get(..fraction.len().min(18))?;
        let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        let ten = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        total = total.checked_add(whole.checked_mul(scale)?)?.checked_add(part * scale / ten)?;
        rest = tail;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// The value for people, texts in quotes, cut off after `longest` characters: a list whose items share their
/// parts may be longer than any memory when it is written out.
pub(crate) fn literal(value: &Value<'_>, longest: usize) -> String {
    let mut text = String::new();
    write_literal(&mut text, value, longest);
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn write_literal(out: &mut String, value: &Value<'_>, longest: usize) {
    // A character has up to four bytes.
    let is_full = |out: &String| out.len() > longest.saturating_mul(4);
    match value {
        _ if is_full(out) => {}
        Value::Str(text) => {
            let text = text.as_str();
            let end = text.char_indices().nth(longest).map_or(text.len(), |(end, _)| end);
            out.push_str(&crate::text::quoted(text.get(..end).unwrap_or_default()));
        }
        Value::Nil => out.push_str("nil"),
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_literal(out, &item, longest);
                if is_full(out) {
                    return;
                }
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, item)) in map.entries().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_literal(out, &key, longest);
                out.push_str(": ");
                write_literal(out, &item, longest);
                if is_full(out) {
                    return;
                }
            }
            out.push('}');
        }
        Value::Bytes(bytes) => {
            write(out, &Value::Bytes(bytes.get(..longest.min(bytes.len())).unwrap_or_default().into()));
        }
        other => write(out, other),
    }
}
