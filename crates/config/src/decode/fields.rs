use claimgate_rules::closest;

use super::{Decode, Decoder, SectionInfo, quoted, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Entry, Node, Schema, Value};

/// The keys of a mapping that is read as a section.
pub(crate) struct Fields<'n> {
    node: &'n Node<'n>,
    entries: &'n [Entry<'n>],
    renamed: &'static [Renamed],
}

impl<'n> Fields<'n> {
    /// Opens `node`, reporting what is not a mapping and keys that the section does not have.
    pub(crate) fn open(
        node: &'n Node<'n>,
        info: &'static SectionInfo,
        decoder: &mut Decoder<'_>,
    ) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            wrong_type(node, "a mapping", decoder);
            return None;
        };
        let known = (info.keys)();
        for entry in entries {
            let key = entry.key.as_ref();
            if let Some(renamed) = info.renamed.iter().find(|renamed| renamed.from == key) {
                renamed.report(entry, entries, decoder);
            } else if info.later.contains(&key) {
                let message = format!("`{key}` is not supported by this release yet");
                let problem = Diagnostic::error(Code::NotYetSupported, &decoder.place(entry.spot), message);
                decoder.problems.push(problem);
            } else if !known.contains(&key) {
                report_unknown(entry, known, decoder);
            }
        }
        Some(Self { node, entries, renamed: info.renamed })
    }

    /// The first value of `key`, under whichever of its names.
    fn find(&self, key: &str, decoder: &Decoder<'_>) -> Option<&'n Node<'n>> {
        let is_former =
            |name: &str| self.renamed.iter().any(|renamed| renamed.to == key && renamed.from == name);
        let entry = self.entries.iter().find(|entry| entry.key == key || is_former(&entry.key))?;
        let node = &entry.value;
        // Kubernetes reads null as absent; here a key without a value is a mistake that the type reports.
        (decoder.schema == Schema::Core || !node.is_null(decoder.schema)).then_some(node)
    }

    pub(crate) fn required<T: Decode>(&self, key: &str, decoder: &mut Decoder<'_>) -> Option<T> {
        if let Some(node) = self.find(key, decoder) {
            return T::decode(node, decoder);
        }
        let problem = Diagnostic::error(
            Code::MissingKey,
            &decoder.place(self.node.spot),
            format!("`{key}` is missing"),
        );
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
        key: &'static str,
        default: &'static str,
        decoder: &mut Decoder<'_>,
    ) -> Option<T> {
        if let Some(value) = self.find(key, decoder).map(|node| T::decode(node, decoder)) {
            return value.or_else(|| self.decode_default(key, default, decoder));
        }
        self.decode_default(key, default, decoder)
    }

    fn decode_default<T: Decode>(
        &self,
        key: &'static str,
        default: &'static str,
        decoder: &mut Decoder<'_>,
    ) -> Option<T> {
        let mut node = Node::plain(default, self.node.spot);
        match default {
            "{}" => node.value = Value::Map(Vec::new()),
            "[]" => node.value = Value::List(Vec::new()),
            _ => {}
        }
        decoder.default(key, &node)
    }
}

fn report_unknown(entry: &Entry<'_>, known: &[&str], decoder: &mut Decoder<'_>) {
    let mut problem = Diagnostic::error(
        Code::UnknownKey,
        &decoder.place(entry.spot),
        format!("unknown key `{}`", entry.key),
    );
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

    fn report(&self, entry: &Entry<'_>, all: &[Entry<'_>], decoder: &mut Decoder<'_>) {
        let Self { from, to, until } = self;
        let place = decoder.place(entry.spot);
        let problem = if all.iter().any(|other| other.key == *to) {
            let message = format!("`{from}` is the former name of `{to}`, which is here as well");
            Diagnostic::error(Code::ConflictingKeys, &place, message)
        } else if self.is_read_by(decoder.release) {
            let message = format!("`{from}` is called `{to}` now, and is read until release {until}");
            Diagnostic::warning(Code::RenamedKey, &place, message)
        } else {
            Diagnostic::error(Code::UnknownKey, &place, format!("unknown key `{from}`"))
        };
        decoder.problems.push(problem.hint(format!("write `{to}`")));
    }
}

#[cfg(test)]
mod tests;
