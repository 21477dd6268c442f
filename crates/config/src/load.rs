//! Reading a configuration file.

use std::sync::Arc;

use crate::check;
use crate::decode::{Decode, Decoder};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::sections::Config;
use crate::yaml::{Document, Documents, Node, Schema};

/// The configuration in `bytes`, the text of `file`, and everything that is wrong with it on its own.
///
/// Parts that cannot be read are left out, so that the rest is judged all the same; a configuration with
/// an error among its diagnostics must not be used. What needs other files is judged by
/// [`crate::compile()`].
pub fn load(file: &str, bytes: &[u8]) -> (Option<Config>, Diagnostics) {
    load_unless(file, bytes, |_| false).unwrap_or_default()
}

/// The same, or `None` if `is_other` says so of the document, which is absent if it cannot be read.
pub(crate) fn load_unless(
    file: &str,
    bytes: &[u8],
    is_other: impl FnOnce(Option<&Node<'_>>) -> bool,
) -> Option<(Option<Config>, Diagnostics)> {
    let file: Arc<str> = file.into();
    let mut problems = Diagnostics::new();
    let document = Document::read(&file, bytes, Documents::One, &mut problems);
    let root = document.as_ref().and_then(|document| document.parse(&mut problems));
    if is_other(root.as_ref()) {
        return None;
    }
    let mut config = None;
    match document.as_ref().zip(root) {
        Some((document, root)) => {
            let mut decoder = Decoder::new(document, &mut problems, Schema::Core);
            config = Config::decode(&root, &mut decoder);
        }
        None if !problems.has_errors() => {
            let problem = Diagnostic::error(Code::Syntax, &Place::start(&file), "the file is empty");
            problems.push(problem.hint("`claimgate init` writes a configuration to begin with"));
        }
        None => {}
    }
    if let Some(config) = &config {
        check::check(config, &mut problems);
    }
    problems.sort();
    Some((config, problems))
}
