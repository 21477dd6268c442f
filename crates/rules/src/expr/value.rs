//! Values while a rule runs: borrowed from the claims and the rule wherever they can be.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use claimgate_json::{Json, Number, Object};

use super::environment::Environment;

/// A value of a rule.
// A tag as wide as a word, as in `crate::Value`: moves are of whole words then.
#[derive(Clone, Debug)]
#[repr(u64)]
pub enum Value<'a> {
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// An integer: a literal without point, a length, an index.
    Int(i64),
    /// A double: every number of the claims.
    Float(f64),
    /// A text.
    Str(Text<'a>),
    /// Bytes: `b'…'`.
    Bytes(Rc<[u8]>),
    /// A list.
    List(List<'a>),
    /// A map.
    Map(Map<'a>),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A point in time.
    Time(jiff::Timestamp),
}

/// A text, borrowed or made by the rule.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// Out of the claims or the rule.
    Borrowed(&'a str),
    /// Made by the rule.
    Owned(Rc<str>),
}

/// A list, by how its items are held. Which one it is shows in comparisons only: a list of integers
/// never equals a list of texts, not even when both are empty.
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// A list of the claims.
    Json(&'a [Json]),
    /// The groups of an identity.
    Strings(&'a [String]),
    /// A list that the rule made, and how deep it is nested.
    Values(Rc<[Value<'a>]>, Height),
    /// `from..to`: first item and number of items.
    Range(i64, usize),
    /// A list of texts, as `split` makes it.
    Texts(Rc<[Text<'a>]>),
}

/// A map, by how its members are held.
#[derive(Clone, Debug)]
pub enum Map<'a> {
    /// An object of the claims.
    Json(&'a Object),
    /// All variables, where not all of them are claims.
    Environment(Environment<'a>),
    /// A map from texts that the rule made.
    Texts(Rc<BTreeMap<Rc<str>, Value<'a>>>, Height),
    /// A map from values of any kind, as `fromPairs` and `groupBy` make it, in the order of making.
    Any(Rc<[(Value<'a>, Value<'a>)]>, Height),
}

/// How many lists and maps that the rule made lie within each other. Whoever reads, compares or drops a
/// value goes down so far, on the stack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Height(u16);

impl Height {
    /// That of a list or map of these values.
    fn above<'v, 'a: 'v>(values: impl IntoIterator<Item = &'v Value<'a>>) -> Self {
        let highest = values.into_iter().map(|value| value.height().0).max().unwrap_or(0);
        Self(highest.saturating_add(1))
    }

    /// The number of levels.
    pub(crate) fn levels(self) -> u32 {
        self.0.into()
    }
}

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

impl<'a> Value<'a> {
    pub(crate) fn from_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Nil,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Float(number.as_f64()),
            Json::String(text) => Self::Str(Text::Borrowed(text)),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(object) => Self::Map(Map::Json(object)),
        }
    }

    pub(crate) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::Str(Text::Owned(text.into()))
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        let height = Height::above(&items);
        Self::List(List::Values(items.into(), height))
    }

    pub(crate) fn map(members: BTreeMap<Rc<str>, Self>) -> Self {
        let height = Height::above(members.values());
        Self::Map(Map::Texts(members.into(), height))
    }

    pub(crate) fn pairs(members: Vec<(Self, Self)>) -> Self {
        let height = Height::above(members.iter().map(|member| &member.1));
        Self::Map(Map::Any(members.into(), height))
    }

    /// How deep the value is nested, the claims aside.
    pub(crate) fn height(&self) -> Height {
        match self {
            Self::List(List::Values(_, height)) | Self::Map(Map::Texts(_, height) | Map::Any(_, height)) => {
                *height
            }
            _ => Height::default(),
        }
    }

    /// The name of the value's type in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Str(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Duration(_) => "a duration",
            Self::Time(_) => "a time",
        }
    }

    /// The value as JSON; times and durations as their texts, bytes as a list of numbers.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Nil => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::Float(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Self::Str(text) => Json::from(text.as_str()),
            Self::Bytes(bytes) => {
                Json::Array(bytes.iter().map(|byte| Json::from(i64::from(*byte))).collect())
            }
            Self::List(list) => Json::Array(list.iter().map(|item| item.to_json()).collect()),
            Self::Map(map) => Json::Object(
                map.entries()
                    .map(|(key, value)| (super::format::shown(&key), value.to_json()))
                    .collect::<Object>(),
            ),
            Self::Duration(_) | Self::Time(_) => Json::from(super::format::shown(self)),
        }
    }
}

/// The value as the language's `string()` writes it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::format::shown(self))
    }
}

impl<'a> List<'a> {
    /// The number of items.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Strings(items) => items.len(),
            Self::Values(items, _) => items.len(),
            Self::Range(_, count) => *count,
            Self::Texts(items) => items.len(),
        }
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(items) => items.get(index).map(Value::from_json),
            Self::Strings(items) => items.get(index).map(|item| Value::Str(Text::Borrowed(item))),
            Self::Values(items, _) => items.get(index).cloned(),
            Self::Range(first, count) => {
                let offset = i64::try_from(index).ok()?;
                (index < *count).then(|| Value::Int(first.wrapping_add(offset)))
            }
            Self::Texts(items) => items.get(index).cloned().map(Value::Str),
        }
    }

    /// The items.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The items from `from` up to before `to`.
    pub(crate) fn slice(&self, from: usize, to: usize) -> Self {
        match self {
            Self::Json(items) => Self::Json(items.get(from..to).unwrap_or_default()),
            Self::Strings(items) => Self::Strings(items.get(from..to).unwrap_or_default()),
            Self::Values(items, height) => {
                Self::Values(items.get(from..to).unwrap_or_default().into(), *height)
            }
            Self::Range(first, _) => {
                let offset = i64::try_from(from).unwrap_or(i64::MAX);
                Self::Range(first.wrapping_add(offset), to.saturating_sub(from))
            }
            Self::Texts(items) => Self::Texts(items.get(from..to).unwrap_or_default().into()),
        }
    }
}

impl<'a> From<Environment<'a>> for Map<'a> {
    fn from(environment: Environment<'a>) -> Self {
        environment.as_claims().map_or(Self::Environment(environment), Self::Json)
    }
}

impl<'a> Map<'a> {
    /// The number of members.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(object) => object.len(),
            Self::Environment(environment) => environment.len(),
            Self::Texts(members, _) => members.len(),
            Self::Any(members, _) => members.len(),
        }
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member of a text key.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Json(object) => object.get(name).map(Value::from_json),
            Self::Environment(environment) => environment.get(name),
            Self::Texts(members, _) => members.get(name).cloned(),
            Self::Any(members, _) => {
                let is_name = |key: &Value<'_>| matches!(key, Value::Str(text) if text.as_str() == name);
                members.iter().find(|(key, _)| is_name(key)).map(|(_, value)| value.clone())
            }
        }
    }

    /// The members.
    pub fn entries(&self) -> Box<dyn Iterator<Item = (Value<'a>, Value<'a>)> + '_> {
        match self {
            Self::Json(object) => {
                let object: &'a Object = object;
                Box::new(object.iter().map(|(k, v)| (Value::Str(Text::Borrowed(k)), Value::from_json(v))))
            }
            Self::Environment(environment) => Box::new(environment.entries()),
            Self::Texts(members, _) => {
                Box::new(members.iter().map(|(k, v)| (Value::Str(Text::Owned(Rc::clone(k))), v.clone())))
            }
            Self::Any(members, _) => Box::new(members.iter().cloned()),
        }
    }
}
