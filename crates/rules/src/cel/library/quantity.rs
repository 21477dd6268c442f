//! Resource quantities.

use super::opaque::{QUANTITY, make, of, text};
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::kubernetes::quantity::Quantity;
use crate::{RunError, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("quantity", &[Ty::Text], QUANTITY, quantity).is(
        "The quantity of a text: a number with an optional suffix such as `m`, `k`, `Mi` or `e3`.",
        "quantity('1.5G') == quantity('1500M')",
        "true",
    ),
    Function::global("isQuantity", &[Ty::Text], Ty::Bool, is_quantity).is(
        "Whether `quantity` reads the text.",
        "isQuantity('200K')",
        "false",
    ),
    Function::global("sign", &[QUANTITY], Ty::Int, sign).is("-1, 0 or 1.", "sign(quantity('-5m'))", "-1"),
    Function::member("isGreaterThan", &[QUANTITY, QUANTITY], Ty::Bool, is_greater).is(
        "Whether it is greater than another.",
        "quantity('50Mi').isGreaterThan(quantity('50M'))",
        "true",
    ),
    Function::member("isLessThan", &[QUANTITY, QUANTITY], Ty::Bool, is_less).is(
        "Whether it is less than another.",
        "quantity('50M').isLessThan(quantity('100M'))",
        "true",
    ),
    Function::member("compareTo", &[QUANTITY, QUANTITY], Ty::Int, compare).is(
        "-1, 0 or 1: less than, equal to or greater than another.",
        "quantity('200M').compareTo(quantity('0.2G'))",
        "0",
    ),
    Function::member("asApproximateFloat", &[QUANTITY], Ty::Double, as_float).is(
        "The value as a double.",
        "quantity('1500m').asApproximateFloat()",
        "1.5",
    ),
    Function::member("asInteger", &[QUANTITY], Ty::Int, as_integer).is(
        "The value as an integer; an error if it is held as none.",
        "quantity('50k').asInteger()",
        "50000",
    ),
    Function::member("isInteger", &[QUANTITY], Ty::Bool, is_integer).is(
        "Whether `asInteger` succeeds.",
        "quantity('1.5').isInteger()",
        "false",
    ),
    Function::member("add", &[QUANTITY, QUANTITY], QUANTITY, add).is(
        "The sum.",
        "quantity('50k').add(quantity('20k')).asInteger()",
        "70000",
    ),
    Function::member("add", &[QUANTITY, Ty::Int], QUANTITY, add).is(
        "The sum.",
        "quantity('50k').add(20).asInteger()",
        "50020",
    ),
    Function::member("sub", &[QUANTITY, QUANTITY], QUANTITY, subtract).is(
        "The difference.",
        "quantity('50k').sub(quantity('20k')).asInteger()",
        "30000",
    ),
    Function::member("sub", &[QUANTITY, Ty::Int], QUANTITY, subtract).is(
        "The difference.",
        "quantity('50k').sub(20000).asInteger()",
        "30000",
    ),
];

fn quantity<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let text = text(context, arguments)?;
    let quantity = Quantity::parse(text).map_err(RunError::failed)?;
    make(context, quantity.size(), quantity)
}

fn is_quantity<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(Quantity::parse(text(context, arguments)?).is_ok()))
}

fn sign<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(receiver(arguments)?.sign()))
}

fn is_greater<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(order(context, arguments)?.is_gt()))
}

fn is_less<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(order(context, arguments)?.is_lt()))
}

fn compare<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(order(context, arguments)? as i64))
}

fn as_float<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Double(receiver(arguments)?.as_approximate_float()))
}

fn as_integer<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let value = receiver(arguments)?.as_integer();
    value.map(Value::Int).ok_or_else(|| RunError::failed("the quantity is not held as an integer"))
}

fn is_integer<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(receiver(arguments)?.as_integer().is_some()))
}

fn add<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    combined(context, arguments, Quantity::add)
}

fn subtract<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    combined(context, arguments, Quantity::subtract)
}

fn combined<'a>(
    context: &mut Context<'_>,
    arguments: &[Value<'a>],
    operation: impl Fn(&Quantity, &Quantity) -> Option<Quantity>,
) -> Result<Value<'a>, RunError> {
    let [left, right] = arguments else { return Err(no_such_overload()) };
    let left = of::<Quantity>(left)?;
    let number;
    let right = if let Value::Int(value) = right {
        number = Quantity::from_integer(*value);
        &number
    } else {
        of(right)?
    };
    context.budget.scan(left.size() + right.size())?;
    let result = operation(left, right)
        .ok_or_else(|| RunError::failed("the quantities are of too different a size"))?;
    make(context, result.size(), result)
}

fn order(context: &mut Context<'_>, arguments: &[Value<'_>]) -> Result<std::cmp::Ordering, RunError> {
    let [left, right] = arguments else { return Err(no_such_overload()) };
    let (left, right) = (of::<Quantity>(left)?, of::<Quantity>(right)?);
    context.budget.scan(left.size() + right.size())?;
    Ok(left.compare(right))
}

fn receiver<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Quantity, RunError> {
    arguments.first().map_or_else(|| Err(no_such_overload()), of)
}
