use std::fmt;
use std::sync::{Arc, OnceLock};

use super::build::{self, MAX_BYTES};
use super::origin::line_and_column;
use super::{Node, Paths};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};

/// How many documents a file may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Documents {
    /// One.
    One,
    /// Any; the first one counts.
    First,
}

/// The text of a file, which its places refer to.
pub(crate) struct Document {
    file: Arc<str>,
    text: Arc<str>,
    documents: Documents,
    /// Where the values stand, once somebody has asked.
    pub(super) paths: OnceLock<Paths>,
}

impl Document {
    /// The text in `bytes`; `None` if it is none. Problems go to `problems`.
    pub(crate) fn read(
        file: &Arc<str>,
        bytes: &[u8],
        documents: Documents,
        problems: &mut Diagnostics,
    ) -> Option<Arc<Self>> {
        if bytes.len() > MAX_BYTES {
            let message = format!("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024);
            problems.push(Diagnostic::error(Code::TooLarge, &Place::start(file), message));
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
                let place = Place::at(file, line, column);
                problems.push(Diagnostic::error(Code::Syntax, &place, "the file is not UTF-8"));
                return None;
            }
        };
        let text: Arc<str> = text.into();
        problems.add_source(file, &text);
        Some(Arc::new(Self { text, documents, ..Self::empty(file) }))
    }

    /// No text.
    pub(crate) fn empty(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), text: "".into(), documents: Documents::One, paths: OnceLock::new() }
    }

    pub(crate) fn file(&self) -> &Arc<str> {
        &self.file
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn documents(&self) -> Documents {
        self.documents
    }

    /// The values; `None` if there are none that can be read. Problems go to `problems`.
    pub(crate) fn parse(self: &Arc<Self>, problems: &mut Diagnostics) -> Option<Node<'_>> {
        let root = build::build(self).unwrap_or_else(|problem| {
            problems.push(*problem);
            None
        })?;
        build::report_duplicates(self, &root, problems);
        Some(root)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({})", self.file)
    }
}
