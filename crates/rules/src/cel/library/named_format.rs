//! Named formats.

use std::rc::Rc;

use super::entry::Items;
use super::opaque::{FORMAT, make, of, text};
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::kubernetes::named_format::NamedFormat;
use crate::{RunError, Value};

macro_rules! formats {
    ($($function:ident $name:literal $documentation:literal $good:literal)*) => {
        pub(super) const FUNCTIONS: &[Function] = &[
            Function::global("format.named", &[Ty::Text], Ty::Optional(&FORMAT), named).is(
                "The format of a name, if there is one.",
                "format.named('email').hasValue()",
                "false",
            ),
            Function::member("validate", &[FORMAT, Ty::Text], Ty::Optional(&Ty::LIST_TEXT), validate).is(
                "What is wrong with a text; nothing if it is of the format.",
                "format.dns1123Label().validate('my-label').hasValue()",
                "false",
            ),
            $(Function::global(concat!("format.", $name), &[], FORMAT, $function).is(
                $documentation,
                concat!("format.", $name, "().validate('", $good, "').hasValue()"),
                "false",
            ),)*
        ];

        $(fn $function<'a>(context: &mut Context<'_>, _: &[Value<'a>]) -> Result<Value<'a>, RunError> {
            constant(context, $name)
        })*
    };
}

formats! {
    byte "byte" "Base64 with padding." "aGVsbG8="
    date "date" "A date (RFC 3339 full-date)." "2026-01-31"
    datetime "datetime" "A time (RFC 3339 date-time)." "2026-01-31T12:00:00Z"
    dns1035_label "dns1035Label" "A DNS label (RFC 1035)." "my-label"
    dns1035_label_prefix "dns1035LabelPrefix" "The beginning of a DNS label (RFC 1035)." "my-label-"
    dns1123_label "dns1123Label" "A DNS label (RFC 1123)." "1-label"
    dns1123_label_prefix "dns1123LabelPrefix" "The beginning of a DNS label (RFC 1123)." "1-label-"
    dns1123_subdomain "dns1123Subdomain" "A DNS name (RFC 1123)." "apps.example.com"
    dns1123_subdomain_prefix "dns1123SubdomainPrefix" "The beginning of a DNS name (RFC 1123)." "apps.example-"
    label_value "labelValue" "The value of a Kubernetes label." "a_value"
    qualified_name "qualifiedName" "A Kubernetes qualified name." "example.com/name"
    uri "uri" "An absolute URL or an absolute path." "http://example.com"
    uuid "uuid" "A UUID." "123e4567-e89b-12d3-a456-426614174000"
}

fn constant<'a>(context: &mut Context<'_>, name: &str) -> Result<Value<'a>, RunError> {
    let format = NamedFormat::named(name).ok_or_else(no_such_overload)?;
    make(context, size_of::<NamedFormat>(), format)
}

fn named<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let Some(format) = NamedFormat::named(text(context, arguments)?) else {
        return Ok(Value::Optional(None));
    };
    let format = make(context, size_of::<NamedFormat>(), format)?;
    Ok(Value::Optional(Some(Rc::new(format))))
}

fn validate<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [format, text] = arguments else { return Err(no_such_overload()) };
    let (format, text) = (of::<NamedFormat>(format)?, self::text(context, std::slice::from_ref(text))?);
    context.budget.take_bytes(text.len().saturating_mul(4))?;
    let problems = format.validate(text);
    if problems.is_empty() {
        return Ok(Value::Optional(None));
    }
    let mut items = Items::default();
    for problem in problems {
        let problem = context.text(problem)?;
        items.push(context, problem)?;
    }
    Ok(Value::Optional(Some(Rc::new(items.list()))))
}
