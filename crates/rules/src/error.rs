use std::fmt;

use thiserror::Error;

use crate::{Exhausted, Span};

/// Why a source is not a rule that can be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError(Box<Inner>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Inner {
    message: String,
    span: Span,
    hint: Option<String>,
}

impl LoadError {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { message: message.into(), span, hint: None }))
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What is wrong, without the source.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it is wrong.
    pub fn span(&self) -> Span {
        self.0.span
    }

    /// What to write instead.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The message with `line:column`, the line and a caret below the place.
    pub fn render(&self, source: &str) -> String {
        let out = format!("{} at {}", self.0.message, self.0.span.excerpt(source));
        with_hint(out, "\n", self.hint())
    }

    /// The message with `line:column` and the hint, in one line: for machine outputs, logs and lists.
    pub fn in_one_line(&self, source: &str) -> String {
        let out = format!("{} at {}", self.0.message, self.0.span.position(source));
        with_hint(out, "; ", self.hint())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for LoadError {}

/// Why a rule has no value for these inputs.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum RunError {
    /// A limit was reached. No operator absorbs this.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// An operation has no result: a missing claim, a wrong type, a division by zero.
    #[error("{}", .0.message)]
    Failed(Box<Failure>),
    /// The value is not of the type that this kind of rule yields.
    #[error("{}", .0.message)]
    WrongType(Box<Failure>),
}

/// What failed, and where once that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    message: String,
    span: Option<Span>,
    hint: Option<&'static str>,
}

impl RunError {
    /// An operation without a result.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(Box::new(Failure { message: message.into(), span: None, hint: None }))
    }

    /// A rule's value that is not of the type that its kind yields.
    pub(crate) fn wrong_type(message: impl Into<String>) -> Self {
        Self::WrongType(Box::new(Failure { message: message.into(), span: None, hint: None }))
    }

    /// The same error with what to write instead.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        if let Self::Failed(failure) | Self::WrongType(failure) = &mut self {
            failure.hint = Some(hint);
        }
        self
    }

    /// The same error at `span`, unless a place is known already.
    #[must_use]
    pub(crate) fn at(mut self, span: Span) -> Self {
        if let Self::Failed(failure) | Self::WrongType(failure) = &mut self {
            failure.span.get_or_insert(span);
        }
        self
    }

    /// Where it failed, if that is known.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Exhausted(_) => None,
            Self::Failed(failure) | Self::WrongType(failure) => failure.span,
        }
    }

    /// What to write instead.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exhausted(_) => None,
            Self::Failed(failure) | Self::WrongType(failure) => failure.hint,
        }
    }

    /// Whether this is the end of the budget.
    pub fn is_exhausted(&self) -> bool {
        matches!(self, Self::Exhausted(_))
    }

    /// The message with `line:column`, the line and a caret below the place, if that is known.
    pub fn render(&self, source: &str) -> String {
        let out = match self.span() {
            Some(span) => format!("{self} at {}", span.excerpt(source)),
            None => self.to_string(),
        };
        with_hint(out, "\n", self.hint())
    }

    /// The message with `line:column`, if that is known, and the hint, in one line.
    pub fn in_one_line(&self, source: &str) -> String {
        let out = match self.span() {
            Some(span) => format!("{self} at {}", span.position(source)),
            None => self.to_string(),
        };
        with_hint(out, "; ", self.hint())
    }
}

pub(crate) fn with_hint(mut message: String, separator: &str, hint: Option<&str>) -> String {
    if let Some(hint) = hint {
        message.push_str(separator);
        message.push_str("hint: ");
        message.push_str(hint);
    }
    message
}
