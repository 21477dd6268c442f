//! `text.format(list)`: clauses as CEL's strings extension has them before its version 4, numbers as English has them.

use std::fmt::Write as _;

use super::simple_escape;
use crate::cel::library::{Context, no_such_overload};
use crate::{List, Map, RunError, Value};
use digits::{fixed, general, scientific};

mod digits;

/// The precision of `%f` and `%e` without a number.
const PRECISION: usize = 6;
/// A larger precision is refused.
const MOST_PRECISION: usize = 1_000_000;

/// A clause of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clause {
    Text,
    Decimal,
    Fixed(usize),
    Scientific(usize),
    Binary,
    Octal,
    Hexadecimal { upper: bool },
}

/// A piece of a format.
enum Piece<'f> {
    Literal(&'f str),
    Clause(Clause),
}

impl Clause {
    /// Whether a value of this type can stand in the clause, by the type's name without parameters. `dyn` may be
    /// anything.
    pub(crate) fn takes(self, type_name: &str) -> bool {
        let types: &[&str] = match self {
            Self::Text => &[
                "list",
                "map",
                "int",
                "uint",
                "double",
                "bool",
                "string",
                "timestamp",
                "bytes",
                "duration",
                "type",
                "null",
                "null_type",
                "google.protobuf.Timestamp",
                "google.protobuf.Duration",
            ],
            Self::Decimal | Self::Octal => &["int", "uint"],
            Self::Fixed(_) | Self::Scientific(_) => &["double", "string"],
            Self::Binary => &["int", "uint", "bool"],
            Self::Hexadecimal { .. } => &["int", "uint", "string", "bytes"],
        };
        type_name == "dyn" || types.contains(&type_name)
    }

    /// Why a value of this type cannot stand in the clause.
    pub(crate) fn refusal(self, type_name: &str) -> String {
        let (name, takes) = match self {
            Self::Text => ("%s", "all values but optional ones and those of Kubernetes' own types"),
            Self::Decimal => ("%d", "integers"),
            Self::Octal => ("%o", "integers"),
            Self::Fixed(_) => ("%f", "doubles"),
            Self::Scientific(_) => ("%e", "doubles"),
            Self::Binary => ("%b", "integers and booleans"),
            Self::Hexadecimal { .. } => ("%x", "integers, texts and bytes"),
        };
        format!("`{name}` takes {takes}, not {type_name}")
    }
}

/// Checks a format that stands in the source with a list of `count` items behind it.
///
/// # Errors
/// Why the call could not succeed.
pub(crate) fn check(format: &str, count: usize) -> Result<Vec<Clause>, String> {
    let mut clauses = Vec::new();
    let mut rest = format;
    while let Some(piece) = next(&mut rest, || clauses.len() < count)? {
        if let Piece::Clause(clause) = piece {
            clauses.push(clause);
        }
    }
    if clauses.len() < count {
        return Err(format!("the format has {} clauses, but the list has {count} items", clauses.len()));
    }
    Ok(clauses)
}

pub(super) fn run<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(format), Value::List(items)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(format.as_str().len())?;
    let mut output = Output { text: String::new(), context };
    let mut rest = format.as_str();
    let mut index = 0;
    while let Some(piece) = next(&mut rest, || index < items.len()).map_err(RunError::failed)? {
        match piece {
            Piece::Literal(text) => output.push(text)?,
            Piece::Clause(clause) => {
                let item = items.get(index).ok_or_else(no_such_overload)?;
                output.clause(clause, &item)?;
                index += 1;
            }
        }
    }
    Ok(Value::Text(output.text.into()))
}

/// Takes the next piece off the front of a format.
fn next<'f>(rest: &mut &'f str, has_item: impl FnOnce() -> bool) -> Result<Option<Piece<'f>>, String> {
    let Some(after) = rest.strip_prefix('%') else {
        let (literal, after) = rest.split_at(rest.find('%').unwrap_or(rest.len()));
        *rest = after;
        return Ok((!literal.is_empty()).then_some(Piece::Literal(literal)));
    };
    if let Some(after) = after.strip_prefix('%') {
        *rest = after;
        return Ok(Some(Piece::Literal("%")));
    }
    if !has_item() {
        return Err("the format has more clauses than the list has items".to_owned());
    }
    let mut precision = PRECISION;
    let mut after = after;
    if let Some(number) = after.strip_prefix('.') {
        let (digits, verb) =
            number.split_at(number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len()));
        precision = digits
            .parse()
            .ok()
            .filter(|precision| *precision <= MOST_PRECISION)
            .ok_or_else(|| format!("`.{digits}` is not a precision from `.0` to `.{MOST_PRECISION}`"))?;
        after = verb;
    }
    let mut characters = after.chars();
    let clause = match characters.next() {
        Some('s') => Clause::Text,
        Some('d') => Clause::Decimal,
        Some('f') => Clause::Fixed(precision),
        Some('e') => Clause::Scientific(precision),
        Some('b') => Clause::Binary,
        Some('o') => Clause::Octal,
        Some('x') => Clause::Hexadecimal { upper: false },
        Some('X') => Clause::Hexadecimal { upper: true },
        Some(other) => {
            return Err(format!("`%{other}` is not a clause: use one of %s %d %f %e %b %o %x %X %%"));
        }
        None => return Err("the format ends within a clause: write `%%` for a `%`".to_owned()),
    };
    *rest = characters.as_str();
    Ok(Some(Piece::Clause(clause)))
}

/// The text so far; every byte is paid for before it is kept.
struct Output<'o, 'c> {
    text: String,
    context: &'o mut Context<'c>,
}

impl Output<'_, '_> {
    fn push(&mut self, text: &str) -> Result<(), RunError> {
        self.context.budget.step()?;
        self.context.budget.take_bytes(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    fn clause(&mut self, clause: Clause, value: &Value<'_>) -> Result<(), RunError> {
        let text = match (clause, value) {
            (Clause::Text, value) => return self.plain(value),
            (Clause::Decimal, Value::Int(value)) => value.to_string(),
            (Clause::Decimal, Value::Uint(value)) => value.to_string(),
            (Clause::Fixed(precision), value) => fixed(double(clause, value)?, precision),
            (Clause::Scientific(precision), value) => scientific(double(clause, value)?, precision),
            (Clause::Binary, Value::Bool(value)) => u8::from(*value).to_string(),
            (Clause::Binary, Value::Int(value)) => signed(*value, |value| format!("{value:b}")),
            (Clause::Binary, Value::Uint(value)) => format!("{value:b}"),
            (Clause::Octal, Value::Int(value)) => signed(*value, |value| format!("{value:o}")),
            (Clause::Octal, Value::Uint(value)) => format!("{value:o}"),
            (Clause::Hexadecimal { upper }, value) => {
                return self.hexadecimal(clause, value, upper);
            }
            (clause, value) => return Err(RunError::failed(clause.refusal(value.type_name()))),
        };
        self.push(&text)
    }

    fn hexadecimal(&mut self, clause: Clause, value: &Value<'_>, upper: bool) -> Result<(), RunError> {
        let bytes: &[u8] = match value {
            Value::Int(value) if upper => return self.push(&signed(*value, |value| format!("{value:X}"))),
            Value::Int(value) => return self.push(&signed(*value, |value| format!("{value:x}"))),
            Value::Uint(value) if upper => return self.push(&format!("{value:X}")),
            Value::Uint(value) => return self.push(&format!("{value:x}")),
            Value::Text(text) => text.as_str().as_bytes(),
            Value::Bytes(bytes) => bytes,
            value => return Err(RunError::failed(clause.refusal(value.type_name()))),
        };
        self.context.budget.scan(bytes.len())?;
        self.context.budget.take_bytes(bytes.len().saturating_mul(2))?;
        for byte in bytes {
            let _ = if upper { write!(self.text, "{byte:02X}") } else { write!(self.text, "{byte:02x}") };
        }
        Ok(())
    }

    /// A value as `%s` writes it.
    fn plain(&mut self, value: &Value<'_>) -> Result<(), RunError> {
        match value {
            Value::Text(text) => self.push(text.as_str()),
            Value::Double(value) => self.push(&general(*value)),
            Value::Bytes(bytes) => self.push(utf8(bytes)?),
            Value::Timestamp(_) | Value::Duration(_) => {
                let shown = value.shown(64);
                self.push(shown.split('"').nth(1).unwrap_or_default())
            }
            value => self.nested(value),
        }
    }

    /// A value as it stands within a list or a map.
    fn nested(&mut self, value: &Value<'_>) -> Result<(), RunError> {
        match value {
            Value::Null => self.push("null"),
            Value::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Value::Int(value) => self.push(&value.to_string()),
            Value::Uint(value) => self.push(&value.to_string()),
            Value::Double(value) if value.is_finite() => self.push(&format!("{value:.6}")),
            Value::Double(value) => self.push(&format!("\"{}\"", general(*value))),
            Value::Text(text) => self.quoted(text.as_str()),
            Value::Bytes(bytes) => {
                let text = utf8(bytes)?;
                self.push("b")?;
                self.quoted(text)
            }
            Value::Type(name) => self.push(name.0),
            Value::Timestamp(_) | Value::Duration(_) => self.push(&value.shown(64)),
            Value::List(list) => {
                self.context.budget.enter()?;
                let outcome = self.list(list);
                self.context.budget.leave();
                outcome
            }
            Value::Map(map) => {
                self.context.budget.enter()?;
                let outcome = self.map(map);
                self.context.budget.leave();
                outcome
            }
            Value::Optional(_) | Value::Opaque(_) => {
                Err(RunError::failed(Clause::Text.refusal(value.type_name())))
            }
        }
    }

    fn list(&mut self, list: &List<'_>) -> Result<(), RunError> {
        self.push("[")?;
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.push(", ")?;
            }
            self.nested(&item)?;
        }
        self.push("]")
    }

    /// The entries in the order of their written keys.
    fn map(&mut self, map: &Map<'_>) -> Result<(), RunError> {
        let mut keys = Vec::new();
        for key in map.keys() {
            let before = self.text.len();
            self.nested(&key.value())?;
            keys.push((self.text.split_off(before), key));
        }
        keys.sort_by(|(left, _), (right, _)| left.cmp(right));
        self.push("{")?;
        for (index, (written, key)) in keys.iter().enumerate() {
            if index > 0 {
                self.push(", ")?;
            }
            self.push(written)?;
            self.push(":")?;
            self.nested(&map.get_key(key).unwrap_or(Value::Null))?;
        }
        self.push("}")
    }

    fn quoted(&mut self, text: &str) -> Result<(), RunError> {
        self.context.budget.scan(text.len())?;
        let mut quoted = String::from('"');
        for c in text.chars() {
            match simple_escape(c) {
                Some(letter) => quoted.extend(['\\', letter]),
                None if is_printable(c) => quoted.push(c),
                None if c.is_ascii() => {
                    let _ = write!(quoted, "\\x{:02x}", u32::from(c));
                }
                None if u32::from(c) < 0x1_0000 => {
                    let _ = write!(quoted, "\\u{:04x}", u32::from(c));
                }
                None => {
                    let _ = write!(quoted, "\\U{:08x}", u32::from(c));
                }
            }
            if quoted.len() >= 4096 {
                self.push(&quoted)?;
                quoted.clear();
            }
        }
        quoted.push('"');
        self.push(&quoted)
    }
}

/// Letters, marks, numbers, punctuation, symbols and the plain space, which is what the standard library leaves
/// unescaped behind another character.
fn is_printable(c: char) -> bool {
    let mut buffer = [b'a', 0, 0, 0, 0];
    let (_, rest) = buffer.split_at_mut(1);
    let length = c.encode_utf8(rest).len() + 1;
    buffer
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .is_some_and(|text| matches!(c, '\'' | '"' | '\\') || text.escape_debug().count() == 2)
}

fn utf8(bytes: &[u8]) -> Result<&str, RunError> {
    std::str::from_utf8(bytes).map_err(|_| RunError::failed("the bytes are no UTF-8 and so no text"))
}

/// The double of `%f` and `%e`, which texts of special values are as well.
fn double(clause: Clause, value: &Value<'_>) -> Result<f64, RunError> {
    match value {
        Value::Double(value) => Ok(*value),
        Value::Text(text) => match text.as_str() {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(RunError::failed(clause.refusal("string"))),
        },
        value => Err(RunError::failed(clause.refusal(value.type_name()))),
    }
}

fn signed(value: i64, write: impl Fn(u64) -> String) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", write(value.unsigned_abs()))
}

#[cfg(test)]
mod tests;
