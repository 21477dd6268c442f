use std::collections::BTreeMap;

use super::{Decode, Decoder, SectionInfo, quoted, wrong_type};
use claimgate_rules::closest;

use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Entry, Node, Schema, Value};

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
            if let Some(renamed) = info.renamed.iter().find(|renamed| renamed.from == entry.key) {
                renamed.report(entry, entries, decoder);
            } else if info.later.contains(&entry.key.as_str()) {
                let message = format!("`{}` is not supported by this release yet", entry.key);
                decoder.problems.push(Diagnostic::error(Code::NotYetSupported, &entry.place, message));
            } else if !known.contains(&entry.key.as_str()) {
                report_unknown(entry, &known, decoder);
            }
        }
        let name = |entry: &'n Entry| {
            let renamed = info.renamed.iter().find(|renamed| renamed.from == entry.key);
            renamed.map_or(entry.key.as_str(), |renamed| renamed.to)
        };
        let entries = entries.iter().rev().map(|entry| (name(entry), &entry.value)).collect();
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
        let mut node = Node::plain(default, &self.node.place.below(key));
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

/// A release, by the first two numbers of its version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Release(pub(crate) u64, pub(crate) u64);

impl Release {
    /// This one.
    pub(crate) const THIS: Self =
        Self(number(env!("CARGO_PKG_VERSION_MAJOR")), number(env!("CARGO_PKG_VERSION_MINOR")));
}

/// A number of a version, which Cargo has read before.
const fn number(text: &str) -> u64 {
    let (bytes, mut number, mut index) = (text.as_bytes(), 0, 0);
    while index < bytes.len() {
        #[expect(clippy::indexing_slicing, reason = "within its bounds, and evaluated when it is compiled")]
        let digit = bytes[index];
        number = number * 10 + (digit - b'0') as u64;
        index += 1;
    }
    number
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// A key that had another name. The former name is read, with a warning, until the release `until`: two releases
/// after the one that renamed it.
pub(crate) struct Renamed {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) until: Release,
}

impl Renamed {
    /// Whether `release` reads the former name.
    pub(crate) fn is_read_by(&self, release: Release) -> bool {
        release < self.until
    }

    fn report(&self, entry: &Entry, all: &[Entry], decoder: &mut Decoder<'_>) {
        let Self { from, to, until } = self;
        let problem = if all.iter().any(|other| other.key == *to) {
            let message = format!("`{from}` is the former name of `{to}`, which is here as well");
            Diagnostic::error(Code::ConflictingKeys, &entry.place, message)
        } else if self.is_read_by(decoder.release) {
            let message = format!("`{from}` is called `{to}` now, and is read until release {until}");
            Diagnostic::warning(Code::RenamedKey, &entry.place, message)
        } else {
            Diagnostic::error(Code::UnknownKey, &entry.place, format!("unknown key `{from}`"))
        };
        decoder.problems.push(problem.hint(format!("write `{to}`")));
    }
}

#[cfg(test)]
mod tests;
