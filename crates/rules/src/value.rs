use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use claimgate_json::{Json, Object};

use crate::{Instant, Request, Token, User};

mod key;
mod show;

pub use key::Key;
pub(crate) use show::seconds;

/// A value of an expression. What stands in the claims is borrowed, what the rule makes is shared.
///
/// A number of the claims is a [`Value::Double`] to both languages.
// A tag as wide as a word: one of a byte with a `bool` beside it makes every move of a value a copy of
// bytes across words, which costs the processor more than the operation does.
#[derive(Clone, Debug)]
#[repr(u64)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer (CEL only).
    Uint(u64),
    /// A double.
    Double(f64),
    /// A text.
    Text(Text<'a>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// A list.
    List(List<'a>),
    /// A map, or a record with fixed members.
    Map(Map<'a>),
    /// An instant.
    Timestamp(Instant),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A type as a value (CEL only).
    Type(TypeValue),
    /// An optional value (CEL only).
    Optional(Option<Rc<Value<'a>>>),
    /// A value of a library's own type: an IP address, a URL, a quantity.
    Opaque(Rc<dyn Opaque>),
}

/// A text, borrowed from the inputs or the rule, or made by the rule.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// From the inputs or the rule.
    Borrowed(&'a str),
    /// Made by the rule.
    Shared(Rc<str>),
}

/// A list.
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// A list in the claims.
    Json(&'a [Json]),
    /// A list of texts of the identity, token or request.
    Texts(&'a [String]),
    /// A list in the claims that was reached by selection: names below it are un-escaped.
    Member(&'a [Json]),
    /// A list that the rule made.
    Owned(Rc<[Value<'a>]>),
    /// A list that `split` or `findAll` made, which Kubernetes does not take as groups.
    Native(Rc<[Value<'a>]>),
}

/// A map.
#[derive(Clone, Debug)]
pub enum Map<'a> {
    /// An object in the claims.
    Json(&'a Object),
    /// An object in the claims that was reached by selection: names are un-escaped.
    Member(&'a Object),
    /// `user.extra`.
    Lists(&'a BTreeMap<String, Vec<String>>),
    /// A record with fixed members.
    Record(Rc<Record<'a>>),
    /// A map that the rule made.
    Owned(Rc<BTreeMap<Key<'a>, Value<'a>>>),
}

/// A record with fixed members, taken as a whole.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// `claims`
    Claims(&'a Object),
    /// `user`
    User(User<'a>),
    /// `token`
    Token(Token<'a>),
    /// `request`
    Request(Request<'a>),
}

/// A value of a library's own type.
pub trait Opaque: fmt::Debug {
    /// The type's name as CEL writes it: `net.IP`, `kubernetes.URL`.
    fn type_name(&self) -> &'static str;
    /// Equality with a value of the same or another type.
    fn equals(&self, other: &dyn Opaque) -> bool;
    /// The value as text for people.
    fn shown(&self) -> String;
    /// For down-casts.
    fn as_any(&self) -> &dyn Any;
}

/// A type as a value, without its parameters: CEL's `type([1])` is `list`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeValue(pub &'static str);

impl<'a> Value<'a> {
    /// The value of a member or item of the claims.
    #[inline]
    pub fn of_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Double(number.as_f64()),
            Json::String(text) => Self::Text(Text::Borrowed(text)),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(object) => Self::Map(Map::Json(object)),
        }
    }

    /// The value of a member of the claims that was reached by selection.
    #[inline]
    pub(crate) fn member(json: &'a Json) -> Self {
        match json {
            Json::Array(items) => Self::List(List::Member(items)),
            Json::Object(object) => Self::Map(Map::Member(object)),
            other => Self::of_json(other),
        }
    }

    /// A borrowed text.
    #[inline]
    pub fn borrowed(text: &'a str) -> Self {
        Self::Text(Text::Borrowed(text))
    }

    /// The text, if this is one.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.as_str()) } else { None }
    }

    /// The name of its type as CEL's `type()` has it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(Map::Record(record)) => record.type_name(),
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Opaque(object) => object.type_name(),
        }
    }

    /// The value as CEL would write it, cut off behind about `longest` bytes.
    pub fn shown(&self, longest: usize) -> String {
        show::shown(self, longest)
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(4096))
    }
}

impl<'a> Text<'a> {
    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }

    /// The part from byte `from` up to `to`, borrowed where this is borrowed; empty when these are
    /// no boundaries.
    #[must_use]
    pub fn part(&self, from: usize, to: usize) -> Self {
        match self {
            Self::Borrowed(text) => Self::Borrowed(text.get(from..to).unwrap_or_default()),
            Self::Shared(text) => Self::Shared(text.get(from..to).unwrap_or_default().into()),
        }
    }

    /// The text as bytes of a part that the rule made, or 0 when it is borrowed: what taking a part
    /// of this costs.
    pub fn cost_of_part(&self, length: usize) -> usize {
        if matches!(self, Self::Borrowed(_)) { 0 } else { length }
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Borrowed(text),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl<'a> List<'a> {
    /// The number of items.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Self::Json(items) | Self::Member(items) => items.len(),
            Self::Texts(items) => items.len(),
            Self::Owned(items) | Self::Native(items) => items.len(),
        }
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(items) | Self::Member(items) => items.get(index).map(Value::of_json),
            Self::Texts(items) => items.get(index).map(|text| Value::borrowed(text)),
            Self::Owned(items) | Self::Native(items) => items.get(index).cloned(),
        }
    }

    /// The items in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'a>> + DoubleEndedIterator + '_ {
        (0..self.len()).map(|index| self.get(index).unwrap_or(Value::Null))
    }
}

impl<'a> Map<'a> {
    /// The number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(object) | Self::Member(object) => object.len(),
            Self::Lists(map) => map.len(),
            Self::Record(record) => record.len(),
            Self::Owned(map) => map.len(),
        }
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value under the text `key`.
    #[inline]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::Json(object) | Self::Member(object) => object.get(key).map(Value::of_json),
            Self::Lists(map) => map.get(key).map(|list| Value::List(List::Texts(list))),
            Self::Record(record) => record.get(key),
            Self::Owned(_) => self.get_key(&Key::Text(Text::Shared(key.into()))),
        }
    }

    /// The value under `key`.
    pub fn get_key(&self, key: &Key<'a>) -> Option<Value<'a>> {
        match (self, key) {
            (Self::Owned(map), key) => map.get(key).cloned(),
            (_, Key::Text(text)) => self.get(text.as_str()),
            _ => None,
        }
    }

    /// The keys: in the order of the names, of a record in the order of its declaration.
    pub fn keys(&self) -> Vec<Key<'a>> {
        match self {
            Self::Json(object) | Self::Member(object) => names_of(object),
            Self::Lists(map) => map.keys().map(|name| Key::Text(Text::Borrowed(name))).collect(),
            Self::Record(record) => record.keys(),
            Self::Owned(map) => map.keys().cloned().collect(),
        }
    }
}

impl<'a> Record<'a> {
    fn len(&self) -> usize {
        if let Self::Claims(object) = self { object.len() } else { self.names().len() }
    }

    fn keys(&self) -> Vec<Key<'a>> {
        match self {
            Self::Claims(object) => names_of(object),
            other => other.names().iter().map(|name| Key::Text(Text::Borrowed(name))).collect(),
        }
    }

    /// The names of its fixed members.
    pub fn names(&self) -> &'static [&'static str] {
        match self {
            Self::Claims(_) => &[],
            Self::User(_) => &["username", "uid", "groups", "extra"],
            Self::Token(_) => &["entry", "issuer", "audiences", "expiresAt"],
            Self::Request(_) => &["method", "scheme", "host", "path"],
        }
    }

    /// The member `name`.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        Some(match (self, name) {
            (Self::Claims(object), name) => Value::member(object.get(name)?),
            (Self::User(user), "username") => Value::borrowed(user.username),
            (Self::User(user), "uid") => Value::borrowed(user.uid),
            (Self::User(user), "groups") => Value::List(List::Texts(user.groups)),
            (Self::User(user), "extra") => Value::Map(Map::Lists(user.extra)),
            (Self::Token(token), "entry") => Value::borrowed(token.entry),
            (Self::Token(token), "issuer") => Value::borrowed(token.issuer),
            (Self::Token(token), "audiences") => Value::List(List::Texts(token.audiences)),
            (Self::Token(token), "expiresAt") => Value::Timestamp(Instant::nearest(token.expires_at)),
            (Self::Request(request), "method") => Value::borrowed(request.method),
            (Self::Request(request), "scheme") => Value::borrowed(request.scheme),
            (Self::Request(request), "host") => Value::borrowed(request.host),
            (Self::Request(request), "path") => Value::borrowed(request.path),
            _ => return None,
        })
    }

    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Claims(_) => "kubernetes.claims",
            Self::User(_) => "kubernetes.UserInfo",
            Self::Token(_) => "claimgate.Token",
            Self::Request(_) => "claimgate.Request",
        }
    }
}

fn names_of(object: &Object) -> Vec<Key<'_>> {
    object.iter().map(|(name, _)| Key::Text(Text::Borrowed(name))).collect()
}
