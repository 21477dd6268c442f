//! YAML documents as trees whose every value knows its place.
//!
//! The parser is serde-saphyr's; the tree is our own, since a decoder over serde stops at the first
//! problem and a person wants to see all of them.

mod build;
mod origin;
mod scalar;

use std::sync::Arc;

use crate::diagnostic::Place;

pub(crate) use build::{Documents, load};
pub(crate) use origin::Origin;
pub(crate) use scalar::{Resolved, Schema};

/// A value of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Whether the key is a plain scalar, so that it may be the merge key `<<`.
    pub(crate) plain: bool,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Whether it is written without quotes and so may be a number, a boolean or null.
    pub(crate) plain: bool,
    pub(crate) origin: Origin,
}

impl Node {
    /// A plain scalar that stands in no file: the default of a key.
    pub(crate) fn plain(text: &str, place: &Place) -> Self {
        let scalar = Scalar { text: text.to_owned(), plain: true, origin: Origin::none() };
        Self { place: place.clone(), value: Value::Scalar(scalar) }
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

    /// Writes every path below this value, starting with `path`.
    pub(crate) fn set_paths(&mut self, path: &str) {
        self.place.path = path.into();
        match &mut self.value {
            Value::Scalar(_) => {}
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    item.set_paths(&format!("{path}[{index}]"));
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    let below =
                        if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                    entry.place.path = Arc::from(below.as_str());
                    entry.value.set_paths(&below);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
