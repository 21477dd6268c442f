//! YAML and JSON documents whose every value knows its line.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{MessageFormatter as _, Spanned, UserMessageFormatter};

use crate::failure::Failure;

/// Values of one file: 100,000 accounts in one list.
const MOST_VALUES: usize = 4_000_000;

/// A value and where it begins.
pub(super) struct Node {
    /// Line and column, from 1.
    pub(super) place: (u64, u64),
    pub(super) value: Value,
}

pub(super) enum Value {
    Null,
    Bool(bool),
    /// A number as it reads.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Value::Map(members) = &self.value else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What the value is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// JSON text.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| serde_json::Value::from(text);
        match &self.value {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(number) => f.write_str(number),
            Value::Text(value) => write!(f, "{}", text(value)),
            Value::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Value::Map(members) => {
                f.write_str("{")?;
                for (at, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{}: {value}", if at == 0 { "" } else { ", " }, text(name))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The documents of a file.
pub(super) fn read(file: &Path, text: &str) -> Result<Vec<Node>, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if file.extension().is_some_and(|extension| extension == "json") {
        return read_json(file, text);
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MOST_VALUES,
            max_events: 2 * MOST_VALUES,
            max_documents: MOST_VALUES,
        },
        with_snippet: false,
    };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
        let message = UserMessageFormatter.format_message(error.without_snippet()).into_owned();
        let at = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        let advice = match error.without_snippet() {
            serde_saphyr::Error::DuplicateMappingKey { .. } => "keep one of the two".to_owned(),
            _ => advice(text.lines().nth(at).unwrap_or_default()),
        };
        Failure::new(format!("{}:{line}:{column}: {message}", file.display())).hint(advice)
    })
}

/// What is mostly wrong with a line that is no YAML.
fn advice(line: &str) -> String {
    if line.contains("{{") {
        return "this looks like a template; render it first, as with `helm template`".to_owned();
    }
    if let Some((name, value)) = line.split_once(": ") {
        let (name, value) = (name.trim(), value.trim());
        // A rule that begins with a quote of its own.
        if goes_on(value, '\'') && !value.contains('"') {
            return format!("put the whole value into double quotes: `{name}: \"{value}\"`");
        }
        if goes_on(value, '"') && !value.contains('\'') {
            return format!("put the whole value into single quotes: `{name}: '{value}'`");
        }
    }
    "indentation is in blanks, and a value with `: ` or ` #`, or that begins with a special character, needs quotes"
        .to_owned()
}

/// Whether something follows a quoted text.
fn goes_on(value: &str, quote: char) -> bool {
    let behind = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote));
    behind.is_some_and(|(_, rest)| !rest.trim().is_empty())
}

/// JSON documents one after another. Each value has the place of its document.
fn read_json(file: &Path, text: &str) -> Result<Vec<Node>, Failure> {
    let mut documents = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    loop {
        let before = text.get(..values.byte_offset()).unwrap_or_default();
        let blanks = text.get(before.len()..).unwrap_or_default();
        let skipped = blanks.len() - blanks.trim_start().len();
        let start = text.get(..before.len() + skipped).unwrap_or_default();
        match values.next() {
            None => return Ok(documents),
            Some(Ok(value)) => documents.push(Node::of_json(value, place_behind(start))),
            Some(Err(error)) => {
                let (line, column) = (error.line(), error.column());
                let whole = error.to_string();
                let message =
                    whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
                return Err(Failure::new(format!("{}:{line}:{column}: {message}", file.display()))
                    .hint("a file that ends in .json holds JSON objects, one after another"));
            }
        }
    }
}

fn place_behind(text: &str) -> (u64, u64) {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count();
    (count(text.matches('\n').count() + 1), count(column + 1))
}

impl Node {
    fn of_json(value: serde_json::Value, place: (u64, u64)) -> Self {
        let value = match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => Value::Number(number.to_string()),
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(items) => {
                Value::List(items.into_iter().map(|item| Self::of_json(item, place)).collect())
            }
            serde_json::Value::Object(members) => Value::Map(
                members.into_iter().map(|(name, value)| (name, Self::of_json(value, place))).collect(),
            ),
        };
        Self { place, value }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        let place = (spanned.referenced.line(), spanned.referenced.column());
        Ok(Self { place, value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Value, E> {
        Err(E::custom("bytes have no place in a manifest"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(name) = members.next_key::<Node>()? {
            let name = match name.value {
                Value::Text(name) => name,
                // As kubectl makes JSON of YAML.
                Value::Null | Value::Bool(_) | Value::Number(_) => name.to_string(),
                Value::List(_) | Value::Map(_) => {
                    return Err(A::Error::custom(format!("the key {name} is {}, not a text", name.kind())));
                }
            };
            map.push((name, members.next_value()?));
        }
        Ok(Value::Map(map))
    }
}
