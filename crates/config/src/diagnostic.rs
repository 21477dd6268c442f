//! What is wrong with a configuration, where, and what to do about it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

mod code;
mod place;

pub use code::Code;
pub use place::{Location, Place};

/// How much a problem matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration is not used.
    Error,
    /// The configuration is used, and somebody should look at it.
    Warning,
}

/// One problem of a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// Its kind, stable for scripts.
    pub code: Code,
    /// Where it is.
    pub place: Location,
    /// What is wrong.
    pub message: String,
    /// What was expected in its stead.
    pub expected: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(code: Code, place: &Place, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { severity: Severity::Error, code, place: place.location(), message, expected: None, hint: None }
    }

    /// A warning at `place`.
    pub fn warning(code: Code, place: &Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// The same, saying what was expected.
    #[must_use]
    pub fn expected(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    /// The same, saying what to do.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// One line, `file:line:column: severity[code]: path: message`, and a line each for what was expected
/// and for the hint.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { file, line, column, path } = &self.place;
        write!(f, "{file}:{line}:{column}: {}[{}]: ", severity_name(self.severity), self.code)?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, "\n  expected: {expected}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// All problems of a configuration, in the order of the file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Diagnostics {
    problems: Vec<Diagnostic>,
    sources: BTreeMap<Arc<str>, Arc<str>>,
}

impl Diagnostics {
    /// No problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// The problems, by file, line and column.
    pub fn problems(&self) -> &[Diagnostic] {
        &self.problems
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Adds the problems of `other`.
    pub fn extend(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.sources.extend(other.sources);
    }

    /// Keeps a file's text, so that [`Self::render`] can show the lines.
    pub(crate) fn add_source(&mut self, file: &Arc<str>, text: &Arc<str>) {
        self.sources.insert(Arc::clone(file), Arc::clone(text));
    }

    /// Whether an error stands at `place` or below it; what depends on a broken part is not judged again.
    pub(crate) fn broken(&self, place: &Place) -> bool {
        // Nearly always there is none, and then nobody needs to know what the place is called.
        self.has_errors() && {
            let Location { file, path, .. } = place.location();
            self.problems.iter().any(|problem| {
                problem.severity == Severity::Error
                    && problem.place.file == file
                    && problem.place.path.strip_prefix(&*path).is_some_and(|rest| {
                        path.is_empty() || rest.is_empty() || rest.starts_with(['.', '['])
                    })
            })
        }
    }

    /// Whether an error stands at `key` of the section at `place`, or below it.
    pub(crate) fn broken_key(&self, place: &Place, key: &str) -> bool {
        self.has_errors() && self.broken(&place.below(key))
    }

    /// Sorts by place and drops repetitions.
    pub(crate) fn sort(&mut self) {
        self.problems.sort_by(|a, b| {
            let key =
                |d: &Diagnostic| (d.place.file.clone(), d.place.line, d.place.column, d.severity, d.code);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        self.problems.dedup();
    }

    /// The problems as `{"problems": […]}`, the machine output of `claimgate check`.
    pub fn to_json(&self) -> serde_json::Value {
        let problem = |d: &Diagnostic| {
            serde_json::json!({
                "severity": d.severity, "code": d.code.as_str(), "file": &*d.place.file,
                "line": d.place.line, "column": d.place.column, "path": &*d.place.path,
                "message": d.message, "expected": d.expected, "hint": d.hint,
            })
        };
        serde_json::json!({ "problems": self.problems.iter().map(problem).collect::<Vec<_>>() })
    }

    /// The problems with the lines of the file that they are about, each beginning with
    /// `file:line:column:`, and their number at the end.
    pub fn render(&self, color: bool) -> String {
        let mut text = String::new();
        for problem in &self.problems {
            self.render_one(problem, color, &mut text);
            text.push('\n');
        }
        let count = |severity| self.problems.iter().filter(|problem| problem.severity == severity).count();
        let plural =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let errors = plural(count(Severity::Error), "error");
        let warnings = plural(count(Severity::Warning), "warning");
        text.push_str(&format!("{errors}, {warnings}\n"));
        text
    }

    fn render_one(&self, problem: &Diagnostic, color: bool, text: &mut String) {
        let Location { file, line, column, path } = &problem.place;
        let (paint, plain) = match (color, problem.severity) {
            (false, _) => ("", ""),
            (true, Severity::Error) => ("\x1b[1;31m", "\x1b[0m"),
            (true, Severity::Warning) => ("\x1b[1;33m", "\x1b[0m"),
        };
        let severity = severity_name(problem.severity);
        let between = if path.is_empty() { "" } else { ": " };
        let (code, message) = (problem.code, printable(&problem.message));
        text.push_str(&format!(
            "{file}:{line}:{column}: {paint}{severity}[{code}]{plain}: {path}{between}{message}\n"
        ));
        if let Some(shown) = self.sources.get(file).and_then(|source| source.lines().nth(line - 1)) {
            let before: String = shown.chars().take(column - 1).map(blank).collect();
            let marks = "^".repeat(width_of_word(shown, *column));
            let margin = " ".repeat(line.to_string().len());
            text.push_str(&format!("  {line} | {}\n", printable(shown)));
            text.push_str(&format!("  {margin} | {before}{paint}{marks}{plain}\n"));
        }
        if let Some(expected) = &problem.expected {
            text.push_str(&format!("  expected: {}\n", printable(expected)));
        }
        if let Some(hint) = &problem.hint {
            text.push_str(&format!("  hint: {}\n", printable(hint)));
        }
    }
}

/// Without the characters that would command a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

fn blank(c: char) -> char {
    if c == '\t' { c } else { ' ' }
}

/// The number of characters to underline: to the end of the word at `column`, at least one.
fn width_of_word(line: &str, column: usize) -> usize {
    let ends = |c: &char| c.is_whitespace() || matches!(c, ',' | '}' | ']');
    line.chars().skip(column - 1).take_while(|c| !ends(c)).count().max(1)
}

/// One problem a paragraph, the text output of `claimgate check`.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problems.iter().try_for_each(|problem| writeln!(f, "{problem}"))
    }
}

impl std::error::Error for Diagnostics {}
