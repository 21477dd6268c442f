use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Options, Parser, Span, StrInput, Tag};

use super::origin::line_and_column;
use super::{Entry, Node, Origin, Scalar, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};

/// Bytes of one configuration file.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Values of one document, those that aliases repeat included.
const MAX_NODES: usize = 1_000_000;
/// Of these, values that aliases repeat.
const MAX_ALIASED: usize = 10_000;
/// Levels of nesting.
const MAX_DEPTH: usize = 64;

/// How many documents a file may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Documents {
    /// One.
    One,
    /// Any; the first one counts.
    First,
}

/// The document in `bytes`; `None` if there is none that can be read. Problems go to `problems`.
pub(crate) fn load(
    file: &Arc<str>,
    bytes: &[u8],
    documents: Documents,
    problems: &mut Diagnostics,
) -> Option<Node> {
    let start = Place::start(file);
    if bytes.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        problems.push(Diagnostic::error(Code::TooLarge, &start, message));
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let good = bytes
                .get(..error.valid_up_to())
                .and_then(|good| std::str::from_utf8(good).ok())
                .unwrap_or("");
            let (line, column) = line_and_column(good, good.len());
            let place = Place { line, column, ..start };
            problems.push(Diagnostic::error(Code::Syntax, &place, "the file is not UTF-8"));
            return None;
        }
    };
    let source: Arc<str> = Arc::from(text);
    problems.add_source(file, &source);
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut builder = Builder {
        file,
        source: Arc::clone(&source),
        events: Parser::new_from_str_with_options(&source, options),
        anchors: BTreeMap::new(),
        nodes: 0,
        aliased: 0,
        problems,
    };
    let mut root = match builder.document(documents) {
        Ok(root) => root?,
        Err(problem) => {
            builder.problems.push(*problem);
            return None;
        }
    };
    root.set_paths("");
    builder.report_duplicates(&root);
    Some(root)
}

struct Builder<'a, 's> {
    file: &'a Arc<str>,
    source: Arc<str>,
    events: Parser<'s, StrInput<'s>>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    aliased: usize,
    problems: &'a mut Diagnostics,
}

type Built<T> = Result<T, Box<Diagnostic>>;

impl<'s> Builder<'_, 's> {
    fn document(&mut self, documents: Documents) -> Built<Option<Node>> {
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
                let place = Place {
                    line: error.marker().line().max(1),
                    column: error.marker().col() + 1,
                    ..Place::start(self.file)
                };
                let hint = "indentation is in blanks, a value with `: ` or ` #` or a leading `*`, `&`, `{`, `[`, `!` needs quotes";
                Err(Diagnostic::error(Code::Syntax, &place, format!("not YAML: {}", error.kind()))
                    .hint(hint)
                    .into())
            }
        }
    }

    fn place(&self, span: Span) -> Place {
        Place { line: span.start.line().max(1), column: span.start.col() + 1, ..Place::start(self.file) }
    }

    fn error(&self, code: Code, span: Span, message: &str) -> Diagnostic {
        Diagnostic::error(code, &self.place(span), message)
    }

    fn node(&mut self, event: Event<'s>, span: Span, depth: usize) -> Built<Node> {
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
                (self.scalar(&text, style, tag.as_deref(), span)?, anchor)
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
        text: &str,
        style: serde_saphyr::granit_parser::ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> Built<Node> {
        let plain = match tag {
            None => style == serde_saphyr::granit_parser::ScalarStyle::Plain,
            Some(tag) if tag.is_yaml_core_schema_tag("str") => false,
            Some(tag)
                if ["int", "bool", "null", "float"]
                    .iter()
                    .any(|known| tag.is_yaml_core_schema_tag(known)) =>
            {
                style == serde_saphyr::granit_parser::ScalarStyle::Plain
            }
            Some(_) => return Err(self.error(Code::Syntax, span, "an unknown tag").into()),
        };
        let start = span.start.byte_offset().unwrap_or(0);
        let end = span.end.byte_offset().unwrap_or(start);
        let origin = Origin::new(&self.source, start..end, style);
        let scalar = Scalar { text: text.to_owned(), plain, origin };
        Ok(Node { place: self.place(span), value: Value::Scalar(scalar) })
    }

    fn check_tag(&self, tag: Option<&Tag>, known: &str, span: Span) -> Built<()> {
        match tag {
            Some(tag) if !tag.is_yaml_core_schema_tag(known) => {
                Err(self.error(Code::Syntax, span, "an unknown tag").into())
            }
            _ => Ok(()),
        }
    }

    fn list(&mut self, span: Span, depth: usize) -> Built<Node> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Some((Event::SequenceEnd, _)) => break,
                Some((event, at)) => items.push(self.node(event, at, depth + 1)?),
                None => return Err(self.error(Code::Syntax, span, "a list without an end").into()),
            }
        }
        Ok(Node { place: self.place(span), value: Value::List(items) })
    }

    fn map(&mut self, span: Span, depth: usize) -> Built<Node> {
        let mut entries: Vec<Entry> = Vec::new();
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
            let entry = Entry { key: text, plain, place: key.place, value };
            if entry.plain && entry.key == "<<" { merged.push(entry) } else { entries.push(entry) }
        }
        for entry in merged {
            self.merge(&mut entries, entry)?;
        }
        Ok(Node { place: self.place(span), value: Value::Map(entries) })
    }

    /// The merge key `<<` of YAML 1.1: what is there already wins.
    fn merge(&mut self, entries: &mut Vec<Entry>, merge: Entry) -> Built<()> {
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
                let problem = Diagnostic::error(Code::Syntax, &merge.place, "`<<` merges mappings only");
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

    fn alias(&mut self, anchor: usize, span: Span) -> Built<Node> {
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

    fn report_duplicates(&mut self, node: &Node) {
        match &node.value {
            Value::Scalar(_) => {}
            Value::List(items) => items.iter().for_each(|item| self.report_duplicates(item)),
            Value::Map(entries) => {
                let mut seen = BTreeSet::new();
                for entry in entries {
                    if !seen.insert(entry.key.as_str()) {
                        let message = format!("the key `{}` stands twice", entry.key);
                        let hint = "keep one of the two";
                        self.problems
                            .push(Diagnostic::error(Code::DuplicateKey, &entry.place, message).hint(hint));
                    }
                    self.report_duplicates(&entry.value);
                }
            }
        }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|entry| 1 + size(&entry.value)).sum::<usize>(),
    }
}
