//! The Common Expression Language as Kubernetes' `AuthenticationConfiguration` speaks it.
//!
//! - [`Rule`]: an expression that was checked for one [`Dialect`] and one [`Kind`] of place.
//! - [`Reads`]: what it reads of the inputs.
//!
//! The stages: `lexer` and `parser` make a `tree` (macros expanded), `check` types it as Kubernetes
//! does and resolves its names and calls, `evaluate` runs it over borrowed inputs. Functions stand in
//! the tables of `library`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::{Budget, Inputs, List, LoadError, Pattern, RunError, Trace, Value};
use tree::Tree;

mod check;
mod evaluate;
mod lexer;
mod library;
mod parser;
mod reference;
mod relation;
mod signature;
mod tree;

pub use reference::reference_page;

#[cfg(test)]
mod tests;

/// How strictly a source is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Exactly what Kubernetes accepts.
    Kubernetes,
    /// Also macros over claims and claims as conditions: a claim may be of any type here.
    Claimgate,
}

/// Where a rule stands: what it can read, and what its value is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A claim validation rule: bool over `claims`.
    ClaimValidation,
    /// A user validation rule: bool over `user`.
    UserValidation,
    /// The user name: a string over `claims`.
    Username,
    /// The groups: a string or a list of strings over `claims`.
    Groups,
    /// The uid: a string over `claims`.
    Uid,
    /// A value of extra: a string or a list of strings over `claims`.
    Extra,
    /// A rule that allows or denies: bool over all inputs.
    Policy,
    /// A header's value: a string or a list of strings over all inputs.
    Header,
    /// A rule that selects an account: bool over all inputs.
    Account,
}

use Kind as RuleKind;

impl Kind {
    /// Whether Kubernetes has rules of this kind.
    fn is_kubernetes(self) -> bool {
        !matches!(self, Self::Policy | Self::Header | Self::Account)
    }
}

/// What a rule reads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reads {
    roots: BTreeSet<String>,
    selected: BTreeSet<String>,
    indexed: BTreeSet<String>,
    /// How often the claims stand in the rule, and how often a constant name follows.
    claims: (usize, usize),
}

impl Reads {
    /// Whether it reads the variable `root`: `claims`, `user`, `token`, `request`, `serviceAccounts`.
    pub fn root(&self, root: &str) -> bool {
        self.roots.contains(root)
    }

    /// Whether it reads the request.
    pub fn request(&self) -> bool {
        self.root("request")
    }

    /// Whether it reads the claim by selection, `claims.email`, `claims.?email` or `has(claims.email)`:
    /// what Kubernetes' rule about `email_verified` looks at.
    pub fn selects(&self, claim: &str) -> bool {
        self.selected.contains(claim)
    }

    /// Whether it reads the claim by a constant index, `claims["email"]`.
    pub fn indexes(&self, claim: &str) -> bool {
        self.indexed.contains(claim)
    }

    /// Whether it reads claims that it does not name: `dyn(claims)["email"]`, `claims["e" + "mail"]`,
    /// `claims.filter(…)`.
    pub fn reads_unnamed(&self) -> bool {
        self.claims.0 > self.claims.1
    }

    /// The claims it names, by selection or by constant index, in order.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.selected.union(&self.indexed).map(String::as_str)
    }
}

/// An expression that was checked, ready to be evaluated.
#[derive(Debug)]
pub struct Rule {
    source: Box<str>,
    kind: Kind,
    dialect: Dialect,
    tree: Tree,
    reads: Reads,
    refusal: Option<LoadError>,
    patterns: Vec<Arc<Pattern>>,
}

/// Kubernetes reads expressions up to this many code points.
const LONGEST_KUBERNETES: usize = 100_000;
const LONGEST: usize = 4096;
const MOST_NODES: usize = 2000;

impl Rule {
    /// Compiles `source` for one kind of place.
    ///
    /// # Errors
    /// What the dialect refuses: syntax, types, variables that the kind does not have, sizes.
    pub fn compile(dialect: Dialect, kind: Kind, source: &str) -> Result<Self, LoadError> {
        let start = crate::Span::new(0, 1);
        let (length, longest, unit) = match dialect {
            Dialect::Kubernetes => (crate::text::length(source), LONGEST_KUBERNETES, "characters"),
            Dialect::Claimgate => (source.len(), LONGEST, "bytes"),
        };
        if length > longest {
            return Err(LoadError::new(start, format!("the expression is longer than {longest} {unit}")));
        }
        let tree = parser::parse(source)?;
        if dialect == Dialect::Claimgate && tree.len() > MOST_NODES {
            return Err(LoadError::new(start, format!("the expression has more than {MOST_NODES} parts")));
        }
        let check::Checked { tree, reads, refusal, patterns } = check::check(tree, dialect, kind)?;
        Ok(Self { source: source.into(), kind, dialect, tree, reads, refusal, patterns })
    }

    /// The source as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it reads.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Why Kubernetes would refuse this rule, which Claimgate accepts.
    pub fn kubernetes_refusal(&self) -> Option<&LoadError> {
        self.refusal.as_ref()
    }

    /// Its value for `inputs`.
    ///
    /// # Errors
    /// An operation without a result, or the end of the budget.
    pub fn evaluate<'a>(
        &'a self,
        inputs: &Inputs<'a>,
        budget: &mut Budget,
        trace: Option<&mut Trace>,
    ) -> Result<Value<'a>, RunError> {
        evaluate::evaluate(&self.tree, &self.patterns, inputs, budget, trace)
    }

    /// Its value as a condition.
    ///
    /// # Errors
    /// As [`Rule::evaluate`], and [`RunError::WrongType`] for a value that is no bool.
    pub fn test<'a>(
        &'a self,
        inputs: &Inputs<'a>,
        budget: &mut Budget,
        trace: Option<&mut Trace>,
    ) -> Result<bool, RunError> {
        match self.evaluate(inputs, budget, trace)? {
            Value::Bool(value) => Ok(value),
            other => {
                let message = format!("the value must be bool, and is {}", other.type_name());
                Err(RunError::wrong_type(message).with_hint("compare it: `claims.level == 3`"))
            }
        }
    }

    /// Its value as one text: a user name or uid.
    ///
    /// # Errors
    /// As [`Rule::evaluate`], and [`RunError::WrongType`] for a value that is no text and for an
    /// empty user name.
    pub fn text<'a>(
        &'a self,
        inputs: &Inputs<'a>,
        budget: &mut Budget,
        trace: Option<&mut Trace>,
    ) -> Result<String, RunError> {
        let value = self.evaluate(inputs, budget, trace)?;
        let Some(text) = value.as_str() else {
            let message = format!("the value must be a string, and is {}", value.type_name());
            return Err(RunError::wrong_type(message).with_hint("convert it: `string(…)`"));
        };
        if text.is_empty() && self.kind == Kind::Username {
            return Err(RunError::wrong_type("the user name is empty"));
        }
        Ok(text.to_owned())
    }

    /// Its value as texts. `""`, `[]` and null are none, and empty texts in a list are left out.
    ///
    /// # Errors
    /// As [`Rule::evaluate`], and [`RunError::WrongType`] for anything but a text or a list of texts.
    pub fn texts<'a>(
        &'a self,
        inputs: &Inputs<'a>,
        budget: &mut Budget,
        trace: Option<&mut Trace>,
    ) -> Result<Vec<String>, RunError> {
        let wrong = || RunError::wrong_type("the value must be a string or a list of strings");
        match self.evaluate(inputs, budget, trace)? {
            Value::Null => Ok(Vec::new()),
            Value::Text(text) if text.as_str().is_empty() => Ok(Vec::new()),
            Value::Text(text) => Ok(vec![text.as_str().to_owned()]),
            Value::List(List::Native(_)) if self.dialect == Dialect::Kubernetes => Err(RunError::wrong_type(
                "Kubernetes takes no list that `split` or `findAll` made; write `….map(x, x)`",
            )),
            Value::List(list) => {
                let mut out = Vec::new();
                for item in list.iter() {
                    let text = item.as_str().ok_or_else(wrong)?;
                    if !text.is_empty() {
                        out.push(text.to_owned());
                    }
                }
                Ok(out)
            }
            _ => Err(wrong()),
        }
    }
}
