//! How entries of the tables are written, and lists that functions make.

use super::{Context, Function, Run};
use crate::cel::signature::Ty;
use crate::{List, RunError, Value};

impl Function {
    /// A function that is called on its first argument.
    pub(super) const fn member(name: &'static str, parameters: &'static [Ty], result: Ty, run: Run) -> Self {
        Self { name, member: true, parameters, result, run, documentation: "", example: ("", "") }
    }

    /// A function that is called by its name alone.
    pub(super) const fn global(name: &'static str, parameters: &'static [Ty], result: Ty, run: Run) -> Self {
        Self { name, member: false, parameters, result, run, documentation: "", example: ("", "") }
    }

    /// Its documentation, and an example with its value.
    pub(super) const fn is(
        self,
        documentation: &'static str,
        expression: &'static str,
        value: &'static str,
    ) -> Self {
        Self { documentation, example: (expression, value), ..self }
    }
}

/// A list that grows item by item, each paid for before it is kept.
#[derive(Default)]
pub(super) struct Items<'a>(Vec<Value<'a>>);

impl<'a> Items<'a> {
    pub(super) fn push(&mut self, context: &mut Context<'_>, item: Value<'a>) -> Result<(), RunError> {
        context.budget.step()?;
        context.budget.take_bytes(size_of::<Value<'_>>())?;
        self.0.push(item);
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn as_slice(&self) -> &[Value<'a>] {
        &self.0
    }

    pub(super) fn list(self) -> Value<'a> {
        Value::List(List::Owned(self.0.into()))
    }
}
