//! Decoding of positioned trees into sections, collecting every problem on the way.
//!
//! A section is declared once, by [`section!`]: its keys, their types, defaults and docs. The decoder,
//! the JSON schema and the reference page all come from that declaration.

mod declare;
mod fields;
mod shape;
mod values;

use std::borrow::Cow;
use std::sync::Arc;

use claimgate_rules::closest;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::yaml::{Document, Entry, Node, Scalar, Schema, Spot, Value};

pub(crate) use declare::{choice, need_of, read_field, restart_field, restart_of, section};
pub(crate) use fields::{Fields, Release, Renamed};
pub(crate) use shape::{FieldInfo, Need, Restart, SectionInfo, Shape};
pub use values::{Expression, Ratio, Size};
pub(crate) use values::{invalid, text, wrong_type};

/// A value and where it stands. Two are equal if the values are, wherever they stand.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

/// What a decoder works with.
pub(crate) struct Decoder<'a> {
    pub(crate) problems: &'a mut Diagnostics,
    pub(crate) schema: Schema,
    /// The release that reads, by which former names of keys are known or no longer.
    pub(crate) release: Release,
    document: &'a Arc<Document>,
    /// The keys of the default that is being read, from the first one that is not written.
    defaults: Vec<&'static str>,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(document: &'a Arc<Document>, problems: &'a mut Diagnostics, schema: Schema) -> Self {
        Self { problems, schema, release: Release::THIS, document, defaults: Vec::new() }
    }

    /// The place of what stands at `spot`.
    pub(crate) fn place(&self, spot: Spot) -> Place {
        let place = spot.in_document(self.document);
        if self.defaults.is_empty() { place } else { place.below(&self.defaults.join(".")) }
    }

    /// Reads `node`, the default of `key` in the section at its spot.
    fn default<T: Decode>(&mut self, key: &'static str, node: &Node<'_>) -> Option<T> {
        self.defaults.push(key);
        let value = T::decode(node, self);
        self.defaults.pop();
        value
    }
}

/// A type that a configuration's value is read into.
pub(crate) trait Decode: Sized {
    /// What the value may be, for the schema and the reference.
    fn shape() -> Shape;

    /// Reads the value; `None` once a problem was reported.
    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self>;

    /// The places of keys below this value that differ from those of `before` and count at the next start only.
    fn restarts(&self, _before: &Self, _found: &mut Vec<Place>) {}
}

impl<T: Decode> Decode for At<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        Some(Self { value: T::decode(node, decoder)?, place: decoder.place(node.spot) })
    }
}

impl<T: Decode> Decode for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        T::decode(node, decoder).map(Some)
    }

    fn restarts(&self, before: &Self, found: &mut Vec<Place>) {
        if let (Some(now), Some(before)) = (self, before) {
            now.restarts(before, found);
        }
    }
}

/// A broken item is left out, so that the others are judged all the same.
impl<T: Decode> Decode for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
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

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            wrong_type(node, "a mapping", decoder);
            return None;
        };
        let read = |entry: &Entry<'_>| {
            let text = Cow::Borrowed(entry.key.as_ref());
            let key = Value::Scalar(Scalar { text, plain: false, origin: None });
            let key = At::<K>::decode(&Node { spot: entry.spot, value: key }, decoder);
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

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let items = match &node.value {
            Value::List(_) => Vec::decode(node, decoder)?,
            _ => vec![T::decode(node, decoder)?],
        };
        Some(Self { items })
    }
}

/// `a`, `b`, `c` in backticks.
pub(crate) fn quoted<T: AsRef<str>>(words: &[T]) -> String {
    words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", ")
}

/// Reports `word` as none of `known`.
pub(crate) fn not_one_of<T>(
    node: &Node<'_>,
    word: &str,
    known: &[&str],
    decoder: &mut Decoder<'_>,
) -> Option<T> {
    let mut problem = Diagnostic::error(
        Code::InvalidValue,
        &decoder.place(node.spot),
        format!("`{word}` is not known here"),
    )
    .expected(format!("one of {}", quoted(known)));
    if let Some(close) = closest(word, known) {
        problem = problem.hint(format!("did you mean `{close}`?"));
    }
    decoder.problems.push(problem);
    None
}
