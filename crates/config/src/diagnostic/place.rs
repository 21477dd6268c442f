use std::fmt;
use std::sync::Arc;

use crate::yaml::{Document, Paths};

/// Where a value of a configuration stands. Cheap to keep with every value: what people are told of it,
/// [`Location`], is put together only where there is something to say.
#[derive(Clone)]
pub struct Place {
    document: Arc<Document>,
    line: u32,
    column: u32,
    /// The value's number in the document; 0 is the document itself.
    node: u32,
    /// The path below the value, of a key that is not written and has its default.
    below: Option<Arc<str>>,
}

/// A place in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// The file, as it was named to the loader.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key's path, such as `jwt[0].issuer.url`; empty for the document itself.
    pub path: Arc<str>,
}

impl Place {
    /// The first character of `file`.
    pub(crate) fn start(file: &Arc<str>) -> Self {
        Self::at(file, 1, 1)
    }

    /// A place of `file` that is about no value.
    pub(crate) fn at(file: &Arc<str>, line: usize, column: usize) -> Self {
        Self::of_document(&Arc::new(Document::empty(file)), line, column)
    }

    /// A place of `document` that is about no value.
    pub(crate) fn of_document(document: &Arc<Document>, line: usize, column: usize) -> Self {
        Self {
            document: Arc::clone(document),
            line: short(line),
            column: short(column),
            node: 0,
            below: None,
        }
    }

    /// The value of this number in `document`.
    pub(crate) fn of_node(document: &Arc<Document>, line: u32, column: u32, node: u32) -> Self {
        Self { document: Arc::clone(document), line, column, node, below: None }
    }

    /// The same value, at another of its characters.
    pub(crate) fn moved(&self, line: usize, column: usize) -> Self {
        Self { line: short(line), column: short(column), ..self.clone() }
    }

    /// Where `key` of the mapping at this place would stand.
    pub(crate) fn below(&self, key: &str) -> Self {
        let below = match &self.below {
            Some(before) => format!("{before}.{key}").into(),
            None => key.into(),
        };
        Self { below: Some(below), ..self.clone() }
    }

    /// The document.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// The file, as it was named to the loader.
    pub fn file(&self) -> &Arc<str> {
        self.document.file()
    }

    /// Line, from 1.
    pub fn line(&self) -> usize {
        self.line as usize
    }

    /// Column in characters, from 1.
    pub fn column(&self) -> usize {
        self.column as usize
    }

    /// The key's path, such as `jwt[0].issuer.url`; empty for the document itself.
    pub fn path(&self) -> String {
        let mut path = if self.node == 0 { String::new() } else { Paths::of(&self.document).path(self.node) };
        if let Some(below) = &self.below {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(below);
        }
        path
    }

    /// The place in words.
    pub fn location(&self) -> Location {
        Location {
            file: Arc::clone(self.file()),
            line: self.line(),
            column: self.column(),
            path: self.path().into(),
        }
    }
}

/// Files are far smaller than 4 GiB.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `file:line:column`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file(), self.line, self.column)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}
