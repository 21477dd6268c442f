//! Reading a configuration file.

use std::sync::Arc;

use crate::check;
use crate::decode::{Decode, Decoder};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::sections::Config;
use crate::yaml::{self, Documents, Schema};

/// The configuration in `bytes`, the text of `file`, and everything that is wrong with it on its own.
///
/// Parts that cannot be read are left out, so that the rest is judged all the same; a configuration with
/// an error among its diagnostics must not be used. What needs other files is judged by
/// [`crate::compile()`].
pub fn load(file: &str, bytes: &[u8]) -> (Option<Config>, Diagnostics) {
    let file: Arc<str> = file.into();
    let mut problems = Diagnostics::new();
    let mut config = None;
    match yaml::load(&file, bytes, Documents::One, &mut problems) {
        Some(node) => {
            let mut decoder = Decoder::new(&mut problems, Schema::Core);
            config = Config::decode(&node, &mut decoder);
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
    (config, problems)
}
