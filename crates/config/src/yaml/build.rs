use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{Document, Documents, Entry, Node, Origin, Scalar, Spot, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};

/// Bytes of one configuration file.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Values of one document, those that aliases repeat included.
const MAX_NODES: usize = 1_000_000;
/// Of these, values that aliases repeat.
const MAX_ALIASED: usize = 10_000;
/// Levels of nesting.
const MAX_DEPTH: usize = 64;
/// From how many keys on a mapping's are looked up instead of compared.
const MANY_KEYS: usize = 16;

/// The value of the text of `document`, numbered; `None` if it is empty.
pub(super) fn build(document: &Arc<Document>) -> Built<Option<Node<'_>>> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut builder = Builder {
        document,
        events: Parser::new_from_str_with_options(document.text(), options),
        anchors: BTreeMap::new(),
        nodes: 0,
        aliased: 0,
    };
    let mut root = builder.document()?;
    if let Some(root) = &mut root {
        number(root, &mut 0);
    }
    Ok(root)
}

/// Gives each value its number: those that aliases and merges repeat are values of their own.
fn number(node: &mut Node<'_>, next: &mut u32) {
    node.spot.node = *next;
    *next += 1;
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::List(items) => items.iter_mut().for_each(|item| number(item, next)),
        Value::Map(entries) => {
            for entry in entries {
                entry.spot.node = *next;
                number(&mut entry.value, next);
            }
        }
    }
}

/// Reports each key that stood before in its mapping.
pub(super) fn report_duplicates(document: &Arc<Document>, node: &Node<'_>, problems: &mut Diagnostics) {
    match &node.value {
        Value::Scalar(_) => {}
        Value::List(items) => items.iter().for_each(|item| report_duplicates(document, item, problems)),
        Value::Map(entries) => {
            let mut seen = BTreeSet::new();
            for (index, entry) in entries.iter().enumerate() {
                let key = entry.key.as_ref();
                let again = if entries.len() < MANY_KEYS {
                    entries.iter().take(index).any(|before| before.key == key)
                } else {
                    !seen.insert(key)
                };
                if again {
                    let message = format!("the key `{key}` stands twice");
                    let problem =
                        Diagnostic::error(Code::DuplicateKey, &entry.spot.in_document(document), message);
                    problems.push(problem.hint("keep one of the two"));
                }
                report_duplicates(document, &entry.value, problems);
            }
        }
    }
}

struct Builder<'s> {
    document: &'s Arc<Document>,
    events: Parser<'s, StrInput<'s>>,
    anchors: BTreeMap<usize, Node<'s>>,
    nodes: usize,
    aliased: usize,
}

pub(super) type Built<T> = Result<T, Box<Diagnostic>>;

impl<'s> Builder<'s> {
    fn document(&mut self) -> Built<Option<Node<'s>>> {
        let documents = self.document.documents();
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::StreamEnd => {}
                Event::DocumentStart(_, Some(version))
                    if documents == Documents::First && (version.major, version.minor) != (1, 1) =>
                {
                    return Err(self.error(Code::Syntax, span, "Kubernetes reads YAML 1.1 only").into());
                }
                Event::DocumentStart(..) if root.is_none() => {}
                Event::DocumentStart(..) if documents == Documents::First => break,
                Event::DocumentStart(..) => {
                    return Err(self.error(Code::Syntax, span, "a second document in one file").into());
                }
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        Ok(root)
    }

    fn next(&mut self) -> Built<Option<(Event<'s>, Span)>> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok(found)) => Ok(Some(found)),
            Some(Err(error)) => {
                let marker = error.marker();
                let place = Place::of_document(self.document, marker.line().max(1), marker.col() + 1);
                let hint = "indentation is in blanks, a value with `: ` or ` #` or a leading `*`, `&`, `{`, `[`, `!` needs quotes";
                Err(Diagnostic::error(Code::Syntax, &place, format!("not YAML: {}", error.kind()))
                    .hint(hint)
                    .into())
            }
        }
    }

    fn error(&self, code: Code, span: Span, message: &str) -> Diagnostic {
        Diagnostic::error(code, &spot(span).in_document(self.document), message)
    }

    fn node(&mut self, event: Event<'s>, span: Span, depth: usize) -> Built<Node<'s>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.error(Code::TooLarge, span, "the file holds more than a million values").into());
        }
        if depth > MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(self.error(Code::TooLarge, span, &message).into());
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (self.scalar(text, style, tag.as_deref(), span)?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", span)?;
                (self.list(span, depth)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", span)?;
                (self.map(span, depth)?, anchor)
            }
            Event::Alias(anchor) => return self.alias(anchor, span),
            _ => return Err(self.error(Code::Syntax, span, "a value is missing").into()),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn scalar(
        &self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> Built<Node<'s>> {
        let plain = match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) if tag.is_yaml_core_schema_tag("str") => false,
            Some(tag)
                if ["int", "bool", "null", "float"]
                    .iter()
                    .any(|known| tag.is_yaml_core_schema_tag(known)) =>
            {
                style == ScalarStyle::Plain
            }
            Some(_) => return Err(self.error(Code::Syntax, span, "an unknown tag").into()),
        };
        let start = span.start.byte_offset().unwrap_or(0);
        let scalar = Scalar { text, plain, origin: Some(Origin::new(start, style)) };
        Ok(Node { spot: spot(span), value: Value::Scalar(scalar) })
    }

    fn check_tag(&self, tag: Option<&Tag>, known: &str, span: Span) -> Built<()> {
        match tag {
            Some(tag) if !tag.is_yaml_core_schema_tag(known) => {
                Err(self.error(Code::Syntax, span, "an unknown tag").into())
            }
            _ => Ok(()),
        }
    }

    fn list(&mut self, span: Span, depth: usize) -> Built<Node<'s>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Some((Event::SequenceEnd, _)) => break,
                Some((event, at)) => items.push(self.node(event, at, depth + 1)?),
                None => return Err(self.error(Code::Syntax, span, "a list without an end").into()),
            }
        }
        Ok(Node { spot: spot(span), value: Value::List(items) })
    }

    fn map(&mut self, span: Span, depth: usize) -> Built<Node<'s>> {
        let mut entries: Vec<Entry<'s>> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, at) = match self.next()? {
                Some((Event::MappingEnd, _)) => break,
                Some(found) => found,
                None => return Err(self.error(Code::Syntax, span, "a mapping without an end").into()),
            };
            let key = self.node(event, at, depth + 1)?;
            let Value::Scalar(Scalar { text, plain, .. }) = key.value else {
                return Err(self.error(Code::Syntax, at, "a key that is not a text").into());
            };
            let (event, value_at) =
                self.next()?.ok_or_else(|| Box::new(self.error(Code::Syntax, at, "a value is missing")))?;
            let value = self.node(event, value_at, depth + 1)?;
            let entry = Entry { key: text, plain, spot: key.spot, value };
            if entry.plain && entry.key == "<<" { merged.push(entry) } else { entries.push(entry) }
        }
        for entry in merged {
            self.merge(&mut entries, entry)?;
        }
        Ok(Node { spot: spot(span), value: Value::Map(entries) })
    }

    /// The merge key `<<` of YAML 1.1: what is there already wins.
    fn merge(&mut self, entries: &mut Vec<Entry<'s>>, merge: Entry<'s>) -> Built<()> {
        let sources = match merge.value.value {
            Value::Map(source) => vec![source],
            Value::List(items) => items
                .into_iter()
                .filter_map(|item| match item.value {
                    Value::Map(source) => Some(source),
                    _ => None,
                })
                .collect(),
            Value::Scalar(_) => {
                let problem = Diagnostic::error(
                    Code::Syntax,
                    &merge.spot.in_document(self.document),
                    "`<<` merges mappings only",
                );
                return Err(problem.into());
            }
        };
        for entry in sources.into_iter().flatten() {
            if !entries.iter().any(|known| known.key == entry.key) {
                entries.push(entry);
            }
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Built<Node<'s>> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(self.error(Code::Syntax, span, "an alias inside of its own anchor").into());
        };
        self.aliased += size(node);
        if self.aliased > MAX_ALIASED {
            let message = format!("aliases repeat more than {MAX_ALIASED} values");
            return Err(self.error(Code::TooLarge, span, &message).into());
        }
        Ok(node.clone())
    }
}

/// Not numbered yet, which counts as the document's own.
fn spot(span: Span) -> Spot {
    Spot { line: short(span.start.line().max(1)), column: short(span.start.col() + 1), node: 0 }
}

/// No file is longer than [`MAX_BYTES`].
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn size(node: &Node<'_>) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|entry| 1 + size(&entry.value)).sum::<usize>(),
    }
}
