//! YAML documents as trees whose every value knows its place.
//!
//! The parser is serde-saphyr's; the tree is our own, since a decoder over serde stops at the first
//! problem and a person wants to see all of them.

mod build;
mod document;
mod origin;
mod paths;
mod scalar;

use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostic::Place;

pub(crate) use document::{Document, Documents};
pub(crate) use origin::Origin;
pub(crate) use paths::Paths;
pub(crate) use scalar::{Resolved, Schema};

/// A value of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node<'s> {
    pub(crate) spot: Spot,
    pub(crate) value: Value<'s>,
}

/// Where a value or a key stands in its document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// The value's number, the document's own being 0. A key has its value's.
    pub(crate) node: u32,
}

impl Spot {
    /// The place for diagnostics.
    pub(crate) fn in_document(self, document: &Arc<Document>) -> Place {
        Place::of_node(document, self.line, self.column, self.node)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Value<'s> {
    Scalar(Scalar<'s>),
    List(Vec<Node<'s>>),
    Map(Vec<Entry<'s>>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'s> {
    pub(crate) key: Cow<'s, str>,
    /// Whether the key is a plain scalar, so that it may be the merge key `<<`.
    pub(crate) plain: bool,
    pub(crate) spot: Spot,
    pub(crate) value: Node<'s>,
}

#[derive(Clone, Debug)]
pub(crate) struct Scalar<'s> {
    pub(crate) text: Cow<'s, str>,
    /// Whether it is written without quotes and so may be a number, a boolean or null.
    pub(crate) plain: bool,
    /// Absent if it stands in no file: the default of a key.
    pub(crate) origin: Option<Origin>,
}

impl<'s> Node<'s> {
    /// A plain scalar that stands in no file.
    pub(crate) fn plain(text: &'s str, spot: Spot) -> Self {
        let scalar = Scalar { text: Cow::Borrowed(text), plain: true, origin: None };
        Self { spot, value: Value::Scalar(scalar) }
    }

    pub(crate) fn resolve(&self, schema: Schema) -> Option<Resolved> {
        match &self.value {
            Value::Scalar(scalar) if scalar.plain => Some(schema.resolve(&scalar.text)),
            Value::Scalar(_) => Some(Resolved::Text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self, schema: Schema) -> bool {
        self.resolve(schema) == Some(Resolved::Null)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// What the value is, for messages.
    pub(crate) fn kind(&self, schema: Schema) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Scalar(_) => match self.resolve(schema) {
                Some(Resolved::Null) => "nothing",
                Some(Resolved::Bool(_)) => "a boolean",
                Some(Resolved::Integer(_) | Resolved::Float(_)) => "a number",
                _ => "a text",
            },
        }
    }
}

#[cfg(test)]
mod tests;
