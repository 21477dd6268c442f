//! The functions: one table of name, signature, checker, implementation, documentation, example.

mod convert;
mod lists;
mod numbers;
mod shapes;
mod signature;
mod table;
mod texts;

pub(crate) use lists::{is_descending, sorted};
pub(crate) use table::FUNCTIONS;

use crate::{Budget, RunError};

use super::nature::{Leaf, Nature};
use super::tree::LoopKind;
use super::value::Value;

/// A function of the language.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) signature: &'static str,
    pub(crate) doc: &'static str,
    /// An expression and its value as `string()` writes it.
    pub(crate) example: (&'static str, &'static str),
    pub(crate) body: Body,
}

pub(crate) type CheckArguments = fn(&[Nature]) -> Result<Nature, String>;
pub(crate) type Run = for<'a> fn(&[Value<'a>], &mut Budget) -> Result<Value<'a>, RunError>;

pub(crate) enum Body {
    /// Runs a predicate over a list; the evaluator does it.
    Loop(LoopKind),
    Plain {
        check: CheckArguments,
        run: Run,
    },
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Loop(_)) { "Loop" } else { "Plain" })
    }
}

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    let at = FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
    FUNCTIONS.get(at)
}

/// A method without arguments of a duration or a time.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) of: Leaf,
    pub(crate) result: Nature,
    pub(crate) run: for<'a> fn(&Value<'a>) -> Value<'a>,
}

/// The method `name` of values of this nature.
pub(crate) fn method(base: Nature, name: &str) -> Option<&'static Method> {
    convert::METHODS.iter().find(|method| base.is(method.of) && method.name == name)
}

/// The method `name` of this value.
pub(crate) fn method_of(value: &Value<'_>, name: &str) -> Option<&'static Method> {
    let leaf = match value {
        Value::Duration(_) => Leaf::Duration,
        Value::Time(_) => Leaf::Time,
        _ => return None,
    };
    method(Nature::of(leaf), name)
}
