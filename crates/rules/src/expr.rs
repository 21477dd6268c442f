//! expr-lang, as Argo Workflows speaks it in the annotation `workflows.argoproj.io/rbac-rule`.
//!
//! The claims of a token are the variables. Names and types are checked against them before anything
//! is evaluated, so `'a' in groups` is an error, and not false, for a token without groups.

mod advice;
mod check;
mod direct;
mod environment;
mod eval;
mod format;
mod lexer;
mod library;
mod literal;
mod nature;
mod operate;
mod parser;
mod print;
mod reference;
mod tree;
mod value;

use thiserror::Error;

use crate::error::with_hint;
use crate::{Budget, LoadError, RunError, Span, Trace};

pub use environment::Environment;
pub use reference::{DIFFERENCES, Difference, reference_page};
pub use value::{List, Map, Text, Value};

/// Bytes that a source may have.
pub const LONGEST_SOURCE: usize = 4096;

/// A rule, parsed once and evaluated for every token.
#[derive(Debug, Clone)]
pub struct Expression {
    root: tree::Node,
    direct: Option<direct::Direct>,
}

/// A rule whose names and types fit certain claims.
#[derive(Debug, Clone)]
pub struct Checked<'e> {
    expression: &'e Expression,
    nature: nature::Nature,
    marks: check::Marks,
}

/// Why a rule has no answer for these claims.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// A name or a type does not fit the claims.
    #[error("the rule does not fit the claims: {0}")]
    Load(#[source] LoadError),
    /// An operation has no result.
    #[error("the rule failed: {0}")]
    Run(#[source] RunError),
    /// The value is not a boolean.
    #[error("the rule's value is {found}, not a boolean")]
    Type {
        /// What it is.
        found: &'static str,
        /// What to write instead.
        hint: &'static str,
    },
    /// A limit was reached.
    #[error("the rule exceeds a limit: {0}")]
    Budget(#[source] crate::Exhausted),
}

impl Error {
    /// What to write instead.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Load(error) => error.hint(),
            Self::Run(error) => error.hint(),
            Self::Type { hint, .. } => Some(hint),
            Self::Budget(_) => None,
        }
    }

    /// What is wrong with the rule, with the place in its source, the line and a caret, and a hint.
    pub fn render(&self, source: &str) -> String {
        match self {
            Self::Load(error) => error.render(source),
            Self::Run(error) => error.render(source),
            Self::Type { .. } | Self::Budget(_) => with_hint(self.to_string(), "\n", self.hint()),
        }
    }

    /// What is wrong with the rule, with `line:column` and the hint, in one line.
    pub fn in_one_line(&self, source: &str) -> String {
        match self {
            Self::Load(error) => error.in_one_line(source),
            Self::Run(error) => error.in_one_line(source),
            Self::Type { .. } | Self::Budget(_) => with_hint(self.to_string(), "; ", self.hint()),
        }
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Exhausted(limit) => Self::Budget(limit),
            error => Self::Run(error),
        }
    }
}

impl Expression {
    /// Parses a source.
    ///
    /// # Errors
    /// A source over 4 KiB, nested more than 64 levels deep, or against the grammar.
    pub fn parse(source: &str) -> Result<Self, LoadError> {
        if source.len() > LONGEST_SOURCE {
            return Err(LoadError::new(Span::default(), "the expression is longer than 4096 bytes"));
        }
        let root = parser::parse(source)?.root;
        let direct = direct::Direct::of(&root);
        Ok(Self { root, direct })
    }

    /// Checks names and types against these claims.
    ///
    /// # Errors
    /// The first name that is no claim, or the first operation that these types do not have.
    pub fn check<'e>(&'e self, environment: impl Into<Environment<'e>>) -> Result<Checked<'e>, LoadError> {
        let (nature, marks) = check::check(&self.root, environment.into())?;
        Ok(Checked { expression: self, nature, marks })
    }

    /// Checks and evaluates the rule for these claims.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn evaluate<'a>(
        &'a self,
        environment: impl Into<Environment<'a>>,
        budget: &mut Budget,
        trace: Option<&mut Trace>,
    ) -> Result<Value<'a>, Error> {
        let environment = environment.into();
        if let (Some(direct), None) = (&self.direct, &trace)
            && let Some(holds) = direct.holds(environment, None, budget)
        {
            return Ok(Value::Bool(holds));
        }
        let checked = self.check(environment).map_err(Error::Load)?;
        checked.evaluate(environment, budget, trace)
    }

    /// Checks and evaluates the rule for these claims; whether it holds.
    ///
    /// # Errors
    /// As [`Error`] says; a value that is not a boolean is [`Error::Type`].
    pub fn test<'a>(
        &'a self,
        environment: impl Into<Environment<'a>>,
        budget: &mut Budget,
        trace: Option<&mut Trace>,
    ) -> Result<bool, Error> {
        match self.evaluate(environment, budget, trace)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(Error::Type { found: other.kind(), hint: hint_for(&other) }),
        }
    }
}

/// How a value that is not a boolean becomes one.
fn hint_for(value: &Value<'_>) -> &'static str {
    match value {
        Value::Str(_) => "compare it: `sub == 'ann'`; a rule that is a text as a whole has quotes too many",
        Value::List(_) => "ask whether it holds something: `'admins' in groups`",
        Value::Map(_) => "ask for a member: `$env?.realm == 'main'`",
        Value::Nil => "compare it: `$env?.email != nil`",
        _ => "compare it: `level == 3`",
    }
}

/// The rule as source: what parses to the same rule.
impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.root.fmt(f)
    }
}

impl<'e> Checked<'e> {
    /// Whether the value is known to be a boolean before the rule runs.
    pub fn is_boolean(&self) -> bool {
        self.nature.is(nature::Leaf::Bool)
    }

    /// Evaluates the rule for the claims it was checked against, or for others of the same shape: the
    /// same names with the same types.
    ///
    /// # Errors
    /// [`Error::Run`] and [`Error::Budget`].
    pub fn evaluate<'a>(
        &self,
        environment: impl Into<Environment<'a>>,
        budget: &mut Budget,
        trace: Option<&mut Trace>,
    ) -> Result<Value<'a>, Error>
    where
        'e: 'a,
    {
        let mut evaluation = eval::Evaluation {
            environment: environment.into(),
            budget,
            trace,
            marks: &self.marks,
            joined: String::new(),
            locals: Vec::new(),
            scopes: Vec::new(),
        };
        Ok(evaluation.eval(&self.expression.root)?)
    }
}

#[cfg(test)]
mod tests;
