//! The functions of CEL: one table per library, one entry per overload.
//!
//! To add a function, add an entry to the table of its library; to add a library, write
//! `library/<name>.rs` with a `FUNCTIONS` table and name it in [`TABLES`]. The checker, the
//! evaluator, the reference page and the test of all examples read these tables.

use std::collections::VecDeque;
use std::sync::Arc;

use super::signature::Ty;
use crate::{Budget, List, Pattern, RunError, Text, Value};

mod entry;
mod lists;
mod named_format;
mod network;
mod opaque;
mod optional;
mod quantity;
mod regex;
mod semver;
mod sets;
pub(crate) mod standard;
pub(crate) mod strings;
pub(crate) mod time;
mod url;

pub(super) use lists::sorted_pairs;

/// One overload of a function.
#[derive(Debug)]
pub(crate) struct Function {
    /// The name as it is written, with a qualifier where there is one: `sets.contains`, `ip.isCanonical`.
    pub(crate) name: &'static str,
    /// Whether it is called on its first argument: `'a'.contains('b')`.
    pub(crate) member: bool,
    /// The types of the arguments; of a member the receiver's first.
    pub(crate) parameters: &'static [Ty],
    /// The type of the result.
    pub(crate) result: Ty,
    /// The implementation. It gets exactly as many arguments as there are parameters, each of its
    /// parameter's run-time type (item types of lists and maps are only checked on the first entry).
    pub(crate) run: Run,
    /// One sentence of documentation.
    pub(crate) documentation: &'static str,
    /// An expression over no variables, and its value as [`Value`]'s `Display` writes it.
    pub(crate) example: (&'static str, &'static str),
}

/// The implementation of a function.
pub(crate) type Run = for<'a> fn(&mut Context<'_>, &[Value<'a>]) -> Result<Value<'a>, RunError>;

/// A library: its title on the reference page and its functions.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) functions: &'static [Function],
}

/// All libraries, in the order of the reference page.
pub(crate) static TABLES: &[Table] = &[
    Table { title: "Standard functions", functions: standard::FUNCTIONS },
    Table { title: "Timestamps and durations", functions: time::FUNCTIONS },
    Table { title: "Optional values", functions: optional::FUNCTIONS },
    Table { title: "Texts", functions: strings::FUNCTIONS },
    Table { title: "Lists", functions: lists::FUNCTIONS },
    Table { title: "Lists: isSorted", functions: lists::IS_SORTED },
    Table { title: "Lists: min", functions: lists::MIN },
    Table { title: "Lists: max", functions: lists::MAX },
    Table { title: "Lists: sort", functions: lists::SORT },
    Table { title: "Lists: sortBy", functions: lists::SORT_BY_KEYS },
    Table { title: "Sets", functions: sets::FUNCTIONS },
    Table { title: "Regular expressions", functions: regex::FUNCTIONS },
    Table { title: "URLs", functions: url::FUNCTIONS },
    Table { title: "IP addresses", functions: network::IP_FUNCTIONS },
    Table { title: "Networks", functions: network::CIDR_FUNCTIONS },
    Table { title: "Quantities", functions: quantity::FUNCTIONS },
    Table { title: "Semantic versions", functions: semver::FUNCTIONS },
    Table { title: "Named formats", functions: named_format::FUNCTIONS },
];

/// What an implementation may use: the budget, through which it pays for what it looks at and makes,
/// and the compiled patterns.
///
/// Text and bytes are paid for *before* they are allocated.
pub(crate) struct Context<'c> {
    pub(crate) budget: &'c mut Budget,
    /// The patterns that were compiled with the rule.
    pub(crate) known: &'c [Arc<Pattern>],
    pub(crate) patterns: &'c mut Patterns,
}

/// The last patterns that were compiled during this evaluation.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    compiled: VecDeque<Arc<Pattern>>,
}

/// A pattern with all that it learns while searching takes up to a megabyte.
const MOST_PATTERNS: usize = 16;

impl Context<'_> {
    /// The compiled form of `source`, from the patterns known so far or compiled now.
    pub(crate) fn pattern(&mut self, source: &str) -> Result<Arc<Pattern>, RunError> {
        if let Some(known) =
            self.known.iter().chain(&self.patterns.compiled).find(|known| known.as_str() == source)
        {
            return Ok(Arc::clone(known));
        }
        self.budget.take_bytes(16 << 10)?;
        let compiled = Arc::new(Pattern::compile_within(source, self.budget)?);
        if self.patterns.compiled.len() == MOST_PATTERNS {
            self.patterns.compiled.pop_front();
        }
        self.patterns.compiled.push_back(Arc::clone(&compiled));
        Ok(compiled)
    }

    /// A text that the function made; pays for its bytes. When it may be long, pay first and use
    /// [`Value::Text`].
    pub(crate) fn text<'a>(&mut self, text: String) -> Result<Value<'a>, RunError> {
        self.budget.take_bytes(text.len())?;
        Ok(Value::Text(text.into()))
    }

    /// A part of a text, from byte `from` up to `to`: free when the text is borrowed.
    pub(crate) fn part<'a>(
        &mut self,
        text: &Text<'a>,
        from: usize,
        to: usize,
    ) -> Result<Value<'a>, RunError> {
        self.budget.take_bytes(text.cost_of_part(to.saturating_sub(from)))?;
        Ok(Value::Text(text.part(from, to)))
    }

    /// A list that the function made; pays for its items' places.
    pub(crate) fn list<'a>(&mut self, items: Vec<Value<'a>>) -> Result<Value<'a>, RunError> {
        self.budget.take_bytes(items.len().saturating_mul(size_of::<Value<'_>>()))?;
        Ok(Value::List(List::Owned(items.into())))
    }
}

/// Arguments that are not of the types that the signature promises, or a run-time type that no
/// overload takes.
pub(crate) fn no_such_overload() -> RunError {
    RunError::failed("no such overload").with_hint(
        "a value has another type than this takes: convert it with `string(…)` or `int(…)`; a list is asked by \
         `'a' in claims.groups`",
    )
}

#[cfg(test)]
mod tests {
    use super::TABLES;
    use crate::cel::signature::Ty;

    fn names(ty: &Ty, out: &mut Vec<char>) {
        match ty {
            Ty::Param(name) => out.push(*name),
            Ty::List(inner) | Ty::Optional(inner) | Ty::Type(inner) => names(inner, out),
            Ty::Map(key, value) => {
                names(key, out);
                names(value, out);
            }
            _ => {}
        }
    }

    /// The check has room for this much.
    #[test]
    fn a_function_has_up_to_four_arguments_and_two_type_parameters() {
        for function in TABLES.iter().flat_map(|table| table.functions) {
            let mut found = Vec::new();
            function.parameters.iter().chain([&function.result]).for_each(|ty| names(ty, &mut found));
            found.sort_unstable();
            found.dedup();
            assert!(function.parameters.len() <= 4 && found.len() <= 2, "{}", function.name);
        }
    }
}
