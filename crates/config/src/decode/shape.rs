use std::fmt;

use super::Renamed;

/// What a value may be.
pub(crate) enum Shape {
    /// A text of a kind: the word for people, a pattern for the schema if one helps.
    Text(&'static str, Option<&'static str>),
    Integer {
        min: u64,
        max: u64,
    },
    /// A number between the two, both included.
    Number {
        min: u64,
        max: u64,
    },
    Bool,
    Choice(Vec<&'static str>),
    List(Box<Self>),
    Map(Box<Self>),
    Section(&'static SectionInfo),
    /// A mapping with exactly one of the keys.
    Tagged(Vec<(&'static str, Self)>),
    Either(Vec<Self>),
    Any,
}

/// A section as declared.
pub(crate) struct SectionInfo {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static [&'static str],
    pub(crate) keys: fn() -> &'static [&'static str],
    /// Keys that a later release has.
    pub(crate) later: &'static [&'static str],
    /// Former names of keys.
    pub(crate) renamed: &'static [Renamed],
    pub(crate) fields: fn() -> Vec<FieldInfo>,
}

pub(crate) struct FieldInfo {
    pub(crate) key: &'static str,
    pub(crate) doc: &'static [&'static str],
    pub(crate) shape: Shape,
    pub(crate) need: Need,
    pub(crate) restart: Restart,
}

/// What of a key counts at the next start only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    No,
    Value,
    /// Whether the key is there.
    Presence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    Default(&'static str),
}

/// The shape in words: `list of texts`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(word, _) => f.write_str(word),
            Self::Integer { .. } => f.write_str("integer"),
            Self::Number { .. } => f.write_str("number"),
            Self::Bool => f.write_str("boolean"),
            Self::Choice(words) => {
                f.write_str(&words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "))
            }
            Self::List(item) => write!(f, "list of {item}"),
            Self::Map(value) => write!(f, "mapping to {value}"),
            Self::Section(info) => f.write_str(info.name),
            Self::Tagged(alternatives) => {
                let words: Vec<_> =
                    alternatives.iter().map(|(key, shape)| format!("`{key}:` {shape}")).collect();
                f.write_str(&words.join(" or "))
            }
            Self::Either(shapes) => {
                f.write_str(&shapes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "))
            }
            Self::Any => f.write_str("any value"),
        }
    }
}
