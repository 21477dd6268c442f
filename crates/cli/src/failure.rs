//! What a command says when it cannot do its work: one sentence, and a hint.

use std::fmt::Display;
use std::process::ExitCode;

use claimgate_rules::printable;

/// The end of a command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
    hint: Option<String>,
    /// What else failed.
    further: Vec<Failure>,
}

impl Failure {
    /// A failure with exit code 1.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string(), hint: None, further: Vec::new() }
    }

    /// A failure of how the command was called, with exit code 2.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { code: 2, ..Self::new(message) }
    }

    /// All of them, as one; `None` without any.
    pub(crate) fn all(failures: Vec<Self>) -> Option<Self> {
        let mut failures = failures.into_iter();
        let first = failures.next()?;
        Some(Self { further: failures.collect(), ..first })
    }

    /// The same with a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Says it on standard error.
    pub(crate) fn report(self) -> ExitCode {
        eprintln!("error: {}", lines(&self.message));
        if let Some(hint) = self.hint {
            eprintln!("hint: {}", lines(&hint));
        }
        for failure in self.further {
            failure.report();
        }
        ExitCode::from(self.code)
    }
}

/// Texts out of files can hold what a terminal would obey.
fn lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}
