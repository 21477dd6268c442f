//! Regular expressions in the syntax of RE2.

use super::entry::Items;
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::{RunError, Text, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::member("find", &[Ty::Text, Ty::Text], Ty::Text, find).is(
        "The first part that matches; empty if there is none.",
        "'abc 123'.find('[0-9]+')",
        r#""123""#,
    ),
    Function::member("findAll", &[Ty::Text, Ty::Text], Ty::LIST_TEXT, find_all).is(
        "All parts that match, not overlapping.",
        "'123 abc 456'.findAll('[0-9]+')",
        r#"["123", "456"]"#,
    ),
    Function::member("findAll", &[Ty::Text, Ty::Text, Ty::Int], Ty::LIST_TEXT, find_all).is(
        "The same, at most so many; a negative number sets no limit.",
        "'123 abc 456'.findAll('[0-9]+', 1)",
        r#"["123"]"#,
    ),
];

fn find<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(text), Value::Text(pattern)] = arguments else { return Err(no_such_overload()) };
    let pattern = context.pattern(pattern.as_str())?;
    context.budget.take_steps(pattern.steps(text.as_str().len()))?;
    match pattern.regex().find(text.as_str()) {
        Some(found) => context.part(text, found.start(), found.end()),
        None => Ok(Value::Text(Text::Borrowed(""))),
    }
}

fn find_all<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (text, pattern, most) = match arguments {
        [Value::Text(text), Value::Text(pattern)] => (text, pattern, -1),
        [Value::Text(text), Value::Text(pattern), Value::Int(most)] => (text, pattern, *most),
        _ => return Err(no_such_overload()),
    };
    let pattern = context.pattern(pattern.as_str())?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = pattern.regex().find_iter(text.as_str());
    let mut items = Items::default();
    let mut from = 0;
    while items.len() < most {
        // Each search may look at all that is left.
        context.budget.take_steps(pattern.steps(text.as_str().len().saturating_sub(from)))?;
        let Some(next) = found.next() else { break };
        from = next.end();
        let part = context.part(text, next.start(), next.end())?;
        items.push(context, part)?;
    }
    Ok(items.list())
}
