use std::fmt::Write as _;

use super::{Key, Value};
use crate::text;

/// The value as CEL would write it. A value behind `longest` bytes is left out as `…`.
pub(super) fn shown(value: &Value<'_>, longest: usize) -> String {
    let mut writer = Writer { out: String::new(), longest };
    writer.value(value, 0);
    writer.out
}

struct Writer {
    out: String,
    longest: usize,
}

const DEEPEST: usize = 16;

impl Writer {
    fn value(&mut self, value: &Value<'_>, depth: usize) {
        if self.out.len() >= self.longest || depth >= DEEPEST {
            self.out.push('…');
            return;
        }
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(value) => self.write(value),
            Value::Int(value) => self.write(value),
            Value::Uint(value) => {
                self.write(value);
                self.out.push('u');
            }
            Value::Double(value) => self.out.push_str(&double(*value)),
            Value::Text(value) => self.text(value.as_str()),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::List(list) => self.items('[', ']', list.len(), |writer, index| {
                writer.value(&list.get(index).unwrap_or(Value::Null), depth + 1);
            }),
            Value::Map(map) => {
                let keys: Vec<Key<'_>> = map.keys();
                self.items('{', '}', keys.len(), |writer, index| {
                    if let Some(key) = keys.get(index) {
                        writer.value(&key.value(), depth + 1);
                        writer.out.push_str(": ");
                        writer.value(&map.get_key(key).unwrap_or(Value::Null), depth + 1);
                    }
                });
            }
            Value::Timestamp(instant) => {
                let _ = write!(self.out, "timestamp(\"{instant}\")");
            }
            Value::Duration(nanoseconds) => {
                let _ = write!(self.out, "duration(\"{}\")", seconds(*nanoseconds));
            }
            Value::Type(name) => self.out.push_str(name.0),
            Value::Optional(None) => self.out.push_str("optional.none()"),
            Value::Optional(Some(value)) => {
                self.out.push_str("optional.of(");
                self.value(value, depth + 1);
                self.out.push(')');
            }
            Value::Opaque(value) => self.out.push_str(&value.shown()),
        }
    }

    fn items(&mut self, open: char, close: char, count: usize, mut item: impl FnMut(&mut Self, usize)) {
        self.out.push(open);
        for index in 0..count {
            if index > 0 {
                self.out.push_str(", ");
            }
            if self.out.len() >= self.longest {
                self.out.push('…');
                break;
            }
            item(self, index);
        }
        self.out.push(close);
    }

    fn text(&mut self, value: &str) {
        let room = self.longest.saturating_sub(self.out.len());
        if value.len() <= room {
            self.out.push_str(&text::quoted(value));
        } else {
            let end = (0..=room).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
            self.out.push_str(&text::quoted(value.get(..end).unwrap_or_default()));
            self.out.push('…');
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.out.push_str("b\"");
        for byte in bytes.iter().take(self.longest) {
            let _ = write!(self.out, "{}", byte.escape_ascii());
        }
        self.out.push('"');
    }

    fn write(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.out, "{value}");
    }
}

/// A double as a literal of CEL, so that it is not taken for an integer.
fn double(value: f64) -> String {
    if value.is_finite() && value.abs() < 1e21 && value.fract() == 0.0 {
        format!("{value:.1}")
    } else if value.is_finite() && value != 0.0 && (value.abs() < 1e-6 || value.abs() >= 1e21) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// A number of nanoseconds as seconds with a fraction, as CEL writes a duration.
pub(crate) fn seconds(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let (whole, rest) =
        (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
    if rest == 0 {
        return format!("{sign}{whole}s");
    }
    let fraction = format!("{rest:09}");
    format!("{sign}{whole}.{}s", fraction.trim_end_matches('0'))
}
