//! Decoding of positioned trees into sections, collecting every problem on the way.
//!
//! A section is declared once, by [`section!`]: its keys, their types, defaults and docs. The decoder,
//! the JSON schema and the reference page all come from that declaration.

mod shape;
mod values;

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::yaml::{Entry, Node, Schema, Value};

pub(crate) use shape::{FieldInfo, Need, SectionInfo, Shape};
pub use values::{Expression, Ratio, Size};
pub(crate) use values::{invalid, text, wrong_type};

/// A value and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// What a decoder works with.
pub(crate) struct Decoder<'a> {
    pub(crate) problems: &'a mut Diagnostics,
    pub(crate) schema: Schema,
}

/// A type that a configuration's value is read into.
pub(crate) trait Decode: Sized {
    /// What the value may be, for the schema and the reference.
    fn shape() -> Shape;

    /// Reads the value; `None` once a problem was reported.
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self>;
}

impl<T: Decode> Decode for At<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        Some(Self { value: T::decode(node, decoder)?, place: node.place.clone() })
    }
}

impl<T: Decode> Decode for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        T::decode(node, decoder).map(Some)
    }
}

/// A broken item is left out, so that the others are judged all the same.
impl<T: Decode> Decode for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::List(items) = &node.value else {
            wrong_type(node, "a list", decoder);
            return None;
        };
        Some(items.iter().filter_map(|item| T::decode(item, decoder)).collect())
    }
}

/// A mapping whose keys are free; in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named<K, T> {
    /// The keys and their values.
    pub entries: Vec<(At<K>, T)>,
}

impl<K, T> Default for Named<K, T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: Decode, T: Decode> Decode for Named<K, T> {
    fn shape() -> Shape {
        Shape::Map(Box::new(T::shape()))
    }

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            wrong_type(node, "a mapping", decoder);
            return None;
        };
        let read = |entry: &Entry| {
            let mut key = Node::plain(&entry.key, &entry.place);
            if let Value::Scalar(scalar) = &mut key.value {
                scalar.plain = false;
            }
            let key = At::<K>::decode(&key, decoder);
            let value = T::decode(&entry.value, decoder);
            Some((key?, value?))
        };
        Some(Self { entries: entries.iter().filter_map(read).collect() })
    }
}

/// One value, or a list of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OneOrMany<T> {
    /// The values.
    pub items: Vec<T>,
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn shape() -> Shape {
        Shape::Either(vec![T::shape(), Shape::List(Box::new(T::shape()))])
    }

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let items = match &node.value {
            Value::List(_) => Vec::decode(node, decoder)?,
            _ => vec![T::decode(node, decoder)?],
        };
        Some(Self { items })
    }
}

/// The keys of a mapping that is read as a section.
pub(crate) struct Fields<'n> {
    node: &'n Node,
    entries: BTreeMap<&'n str, &'n Node>,
}

impl<'n> Fields<'n> {
    /// Opens `node`, reporting what is not a mapping and keys that the section does not have.
    pub(crate) fn open(node: &'n Node, info: &SectionInfo, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            wrong_type(node, "a mapping", decoder);
            return None;
        };
        let known: Vec<&str> = (info.keys)().to_vec();
        for entry in entries {
            if info.later.contains(&entry.key.as_str()) {
                let message = format!("`{}` is not supported by this release yet", entry.key);
                decoder.problems.push(Diagnostic::error(Code::NotYetSupported, &entry.place, message));
            } else if !known.contains(&entry.key.as_str()) {
                report_unknown(entry, &known, decoder);
            }
        }
        let entries = entries.iter().rev().map(|entry| (entry.key.as_str(), &entry.value)).collect();
        Some(Self { node, entries })
    }

    fn find(&self, key: &str, decoder: &Decoder<'_>) -> Option<&'n Node> {
        let node = *self.entries.get(key)?;
        // Kubernetes reads null as absent; here a key without a value is a mistake that the type reports.
        (decoder.schema == Schema::Core || !node.is_null(decoder.schema)).then_some(node)
    }

    pub(crate) fn required<T: Decode>(&self, key: &str, decoder: &mut Decoder<'_>) -> Option<T> {
        if let Some(node) = self.find(key, decoder) {
            return T::decode(node, decoder);
        }
        let problem = Diagnostic::error(Code::MissingKey, &self.node.place, format!("`{key}` is missing"));
        decoder.problems.push(problem.expected(T::shape().to_string()));
        None
    }

    #[expect(clippy::unnecessary_wraps, reason = "one shape for every kind of key")]
    pub(crate) fn optional<T: Decode + Default>(&self, key: &str, decoder: &mut Decoder<'_>) -> Option<T> {
        let node = self.find(key, decoder);
        Some(node.and_then(|node| T::decode(node, decoder)).unwrap_or_default())
    }

    /// The value, or what the literal `default` reads as.
    pub(crate) fn default<T: Decode>(
        &self,
        key: &str,
        default: &str,
        decoder: &mut Decoder<'_>,
    ) -> Option<T> {
        if let Some(value) = self.find(key, decoder).map(|node| T::decode(node, decoder)) {
            return value.or_else(|| self.decode_default(key, default, decoder));
        }
        self.decode_default(key, default, decoder)
    }

    fn decode_default<T: Decode>(&self, key: &str, default: &str, decoder: &mut Decoder<'_>) -> Option<T> {
        let parent = &self.node.place;
        let path = if parent.path.is_empty() { key.to_owned() } else { format!("{}.{key}", parent.path) };
        let place = Place { path: path.into(), ..parent.clone() };
        let mut node = Node::plain(default, &place);
        match default {
            "{}" => node.value = Value::Map(Vec::new()),
            "[]" => node.value = Value::List(Vec::new()),
            _ => {}
        }
        T::decode(&node, decoder)
    }
}

fn report_unknown(entry: &Entry, known: &[&str], decoder: &mut Decoder<'_>) {
    let mut problem =
        Diagnostic::error(Code::UnknownKey, &entry.place, format!("unknown key `{}`", entry.key));
    if let Some(close) = closest(&entry.key, known) {
        problem = problem.hint(format!("did you mean `{close}`?"));
    } else if !known.is_empty() {
        problem = problem.expected(format!("one of {}", quoted(known)));
    }
    decoder.problems.push(problem);
}

/// `a`, `b`, `c` in backticks.
pub(crate) fn quoted<T: AsRef<str>>(words: &[T]) -> String {
    words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", ")
}

/// The one of `known` that a person who wrote `word` most likely meant.
pub(crate) fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let fold = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
    let (distance, best) = known.iter().map(|k| (distance(&fold(word), &fold(k)), *k)).min()?;
    (distance <= 1 + word.chars().count().min(best.chars().count()) / 5).then_some(best)
}

/// Levenshtein's distance, in characters; texts that are far too long for a key count as different.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX / 2;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (pair, y) in row.windows(2).zip(&b) {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(x != *y)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

macro_rules! read_field {
    (required, $fields:ident, $key:literal, $decoder:ident) => {
        $fields.required($key, $decoder)
    };
    (optional, $fields:ident, $key:literal, $decoder:ident) => {
        $fields.optional($key, $decoder)
    };
    (default, $fields:ident, $key:literal, $decoder:ident, $default:literal) => {
        $fields.default($key, $default, $decoder)
    };
}

macro_rules! need_of {
    (required) => {
        $crate::decode::Need::Required
    };
    (optional) => {
        $crate::decode::Need::Optional
    };
    (default, $default:literal) => {
        $crate::decode::Need::Default($default)
    };
}

/// Declares a section: a struct whose fields are the section's keys.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])+
                $key:literal $field:ident: $type:ty = $need:ident $(($default:literal))?,
            )*
        }
        $(later [$($later:literal),* $(,)?])?
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Where the section stands.
            pub place: $crate::diagnostic::Place,
            $($(#[doc = $field_doc])+ pub $field: $type,)*
        }

        impl $name {
            pub(crate) const INFO: $crate::decode::SectionInfo = $crate::decode::SectionInfo {
                name: stringify!($name),
                doc: &[$($doc),+],
                keys: || &[$($key),*],
                later: &[$($($later),*)?],
                fields: || vec![$($crate::decode::FieldInfo {
                    key: $key,
                    doc: &[$($field_doc),+],
                    shape: <$type as $crate::decode::Decode>::shape(),
                    need: $crate::decode::need_of!($need $(, $default)?),
                }),*],
            };
        }

        impl $crate::decode::Decode for $name {
            fn shape() -> $crate::decode::Shape {
                $crate::decode::Shape::Section(&Self::INFO)
            }

            fn decode(node: &$crate::yaml::Node, decoder: &mut $crate::decode::Decoder<'_>) -> Option<Self> {
                let fields = $crate::decode::Fields::open(node, &Self::INFO, decoder)?;
                $(let $field: Option<$type> = $crate::decode::read_field!($need, fields, $key, decoder $(, $default)?);)*
                Some(Self { place: node.place.clone(), $($field: $field?,)* })
            }
        }
    };
}

/// Declares a choice between literals.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $text:literal,)+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[doc = $variant_doc])+ $variant,)+ }

        impl $crate::decode::Decode for $name {
            fn shape() -> $crate::decode::Shape {
                $crate::decode::Shape::Choice(vec![$($text),+])
            }

            fn decode(node: &$crate::yaml::Node, decoder: &mut $crate::decode::Decoder<'_>) -> Option<Self> {
                match $crate::decode::text(node, decoder)? {
                    $($text => Some(Self::$variant),)+
                    other => $crate::decode::not_one_of(node, other, &[$($text),+], decoder),
                }
            }
        }
    };
}

pub(crate) use {choice, need_of, read_field, section};

/// Reports `word` as none of `known`.
pub(crate) fn not_one_of<T>(node: &Node, word: &str, known: &[&str], decoder: &mut Decoder<'_>) -> Option<T> {
    let mut problem =
        Diagnostic::error(Code::InvalidValue, &node.place, format!("`{word}` is not known here"))
            .expected(format!("one of {}", quoted(known)));
    if let Some(close) = closest(word, known) {
        problem = problem.hint(format!("did you mean `{close}`?"));
    }
    decoder.problems.push(problem);
    None
}
