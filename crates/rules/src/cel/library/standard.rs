use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::{RunError, Value, text};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "contains",
        member: true,
        parameters: &[Ty::Text, Ty::Text],
        result: Ty::Bool,
        run: contains,
        documentation: "Whether the text contains another.",
        example: ("'refs/heads/main'.contains('heads')", "true"),
    },
    Function {
        name: "size",
        member: true,
        parameters: &[Ty::Text],
        result: Ty::Int,
        run: size_of_text,
        documentation: "The number of code points.",
        example: ("'für'.size()", "3"),
    },
];

fn contains<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(text), Value::Text(part)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(text.as_str().len())?;
    Ok(Value::Bool(text.as_str().contains(part.as_str())))
}

fn size_of_text<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(value)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(value.as_str().len())?;
    Ok(Value::Int(i64::try_from(text::length(value.as_str())).unwrap_or(i64::MAX)))
}
