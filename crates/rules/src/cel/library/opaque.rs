//! The types of Kubernetes' libraries as values.

use std::any::Any;
use std::rc::Rc;

use super::{Context, no_such_overload};
use crate::cel::signature::Ty;
use crate::kubernetes::address::{Cidr, Ip};
use crate::kubernetes::named_format::NamedFormat;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::semver::Semver;
use crate::kubernetes::url::Url;
use crate::{Opaque, RunError, Value};

pub(super) const IP: Ty = Ty::Opaque("net.IP");
pub(super) const CIDR: Ty = Ty::Opaque("net.CIDR");
pub(super) const URL: Ty = Ty::Opaque("kubernetes.URL");
pub(super) const QUANTITY: Ty = Ty::Opaque("kubernetes.Quantity");
pub(super) const SEMVER: Ty = Ty::Opaque("kubernetes.Semver");
pub(super) const FORMAT: Ty = Ty::Opaque("kubernetes.NamedFormat");

macro_rules! opaque {
    ($type:ty, $name:literal, |$left:ident, $right:ident| $equal:expr, |$value:ident| $shown:expr) => {
        impl Opaque for $type {
            fn type_name(&self) -> &'static str {
                $name
            }
            fn equals(&self, other: &dyn Opaque) -> bool {
                let $left = self;
                other.as_any().downcast_ref::<Self>().is_some_and(|$right| $equal)
            }
            fn shown(&self) -> String {
                let $value = self;
                $shown
            }
            fn as_any(&self) -> &dyn Any {
                self
            }
        }
    };
}

opaque!(Ip, "net.IP", |a, b| a == b, |value| format!("ip(\"{value}\")"));
opaque!(Cidr, "net.CIDR", |a, b| a == b, |value| format!("cidr(\"{value}\")"));
opaque!(Url, "kubernetes.URL", |a, b| a == b, |value| format!("url({:?})", value.to_string()));
opaque!(Quantity, "kubernetes.Quantity", |a, b| a.compare(b).is_eq(), |value| format!(
    "quantity(\"{value}\")"
));
opaque!(Semver, "kubernetes.Semver", |a, b| a.compare(b).is_eq(), |value| format!("semver(\"{value}\")"));
opaque!(NamedFormat, "kubernetes.NamedFormat", |a, b| a == b, |value| format!("format.{}()", value.name()));

/// The value behind an argument of a library's own type.
pub(super) fn of<'v, T: 'static>(value: &'v Value<'_>) -> Result<&'v T, RunError> {
    match value {
        Value::Opaque(value) => value.as_any().downcast_ref().ok_or_else(no_such_overload),
        _ => Err(no_such_overload()),
    }
}

/// A value of a library's own type that the function made of so many bytes.
pub(super) fn make<'a>(
    context: &mut Context<'_>,
    size: usize,
    value: impl Opaque + 'static,
) -> Result<Value<'a>, RunError> {
    context.budget.take_bytes(size)?;
    Ok(Value::Opaque(Rc::new(value)))
}

/// The text of the only argument, paid for.
pub(super) fn text<'v>(context: &mut Context<'_>, arguments: &'v [Value<'_>]) -> Result<&'v str, RunError> {
    let [Value::Text(text)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(text.as_str().len())?;
    Ok(text.as_str())
}
