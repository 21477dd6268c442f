//! IP addresses and networks.

use super::opaque::{CIDR, IP, make, of, text};
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::kubernetes::address::{Cidr, Ip};
use crate::{RunError, Value};

const TEXT: Ty = Ty::Text;

pub(super) const IP_FUNCTIONS: &[Function] = &[
    Function::global("ip", &[TEXT], IP, ip).is(
        "The IP address of a text: no zone, no IPv4 address within IPv6, no leading zeros.",
        "ip('::1') == ip('0:0::1')",
        "true",
    ),
    Function::global("isIP", &[TEXT], Ty::Bool, is_ip).is(
        "Whether `ip` reads the text.",
        "isIP('127.0.0.256')",
        "false",
    ),
    Function::global("ip.isCanonical", &[TEXT], Ty::Bool, ip_is_canonical).is(
        "Whether the text is how this IP address is written (RFC 5952); an error if it is none.",
        "ip.isCanonical('2001:DB8::ABCD')",
        "false",
    ),
    Function::member("family", &[IP], Ty::Int, family).is("4 or 6.", "ip('::1').family()", "6"),
    Function::member("isUnspecified", &[IP], Ty::Bool, is_unspecified).is(
        "Whether it is `0.0.0.0` or `::`.",
        "ip('::').isUnspecified()",
        "true",
    ),
    Function::member("isLoopback", &[IP], Ty::Bool, is_loopback).is(
        "Whether it is of `127.0.0.0/8` or is `::1`.",
        "ip('127.0.0.1').isLoopback()",
        "true",
    ),
    Function::member("isLinkLocalMulticast", &[IP], Ty::Bool, is_link_local_multicast).is(
        "Whether it is a multicast address of the link.",
        "ip('224.0.0.1').isLinkLocalMulticast()",
        "true",
    ),
    Function::member("isLinkLocalUnicast", &[IP], Ty::Bool, is_link_local_unicast).is(
        "Whether it is of `169.254.0.0/16` or `fe80::/10`.",
        "ip('fe80::1').isLinkLocalUnicast()",
        "true",
    ),
    Function::member("isGlobalUnicast", &[IP], Ty::Bool, is_global_unicast).is(
        "Whether it may be a host beyond the link; private addresses may.",
        "ip('192.168.0.1').isGlobalUnicast()",
        "true",
    ),
    Function::global("string", &[IP], TEXT, ip_text).is(
        "The address as it is written (RFC 5952).",
        "string(ip('2001:DB8:0:0::1'))",
        r#""2001:db8::1""#,
    ),
];

pub(super) const CIDR_FUNCTIONS: &[Function] = &[
    Function::global("cidr", &[TEXT], CIDR, cidr).is(
        "The network of a text; host bits are kept.",
        "cidr('10.0.0.0/8') == cidr('10.0.0.1/8')",
        "false",
    ),
    Function::global("isCIDR", &[TEXT], Ty::Bool, is_cidr).is(
        "Whether `cidr` reads the text.",
        "isCIDR('192.168.0.0/33')",
        "false",
    ),
    Function::member("containsIP", &[CIDR, TEXT], Ty::Bool, contains_ip).is(
        "Whether an address is of the network.",
        "cidr('192.168.0.0/24').containsIP('192.168.0.1')",
        "true",
    ),
    Function::member("containsIP", &[CIDR, IP], Ty::Bool, contains_ip).is(
        "Whether an address is of the network.",
        "cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))",
        "false",
    ),
    Function::member("containsCIDR", &[CIDR, TEXT], Ty::Bool, contains_cidr).is(
        "Whether another network is within this one.",
        "cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24')",
        "true",
    ),
    Function::member("containsCIDR", &[CIDR, CIDR], Ty::Bool, contains_cidr).is(
        "Whether another network is within this one.",
        "cidr('192.168.1.0/24').containsCIDR(cidr('192.168.2.0/24'))",
        "false",
    ),
    Function::member("ip", &[CIDR], IP, cidr_ip).is(
        "The address part, host bits included.",
        "string(cidr('192.168.0.1/24').ip())",
        r#""192.168.0.1""#,
    ),
    Function::member("prefixLength", &[CIDR], Ty::Int, prefix_length).is(
        "The number of bits behind the `/`.",
        "cidr('::1/128').prefixLength()",
        "128",
    ),
    Function::member("masked", &[CIDR], CIDR, masked).is(
        "The network without host bits.",
        "string(cidr('192.168.0.1/24').masked())",
        r#""192.168.0.0/24""#,
    ),
    Function::global("string", &[CIDR], TEXT, cidr_text).is(
        "The network as it is written.",
        "string(cidr('10.0.0.1/8'))",
        r#""10.0.0.1/8""#,
    ),
];

fn ip<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let ip = Ip::parse(text(context, arguments)?).map_err(RunError::failed)?;
    make(context, size_of::<Ip>(), ip)
}

fn is_ip<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(Ip::parse(text(context, arguments)?).is_ok()))
}

fn ip_is_canonical<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let text = text(context, arguments)?;
    Ok(Value::Bool(Ip::parse(text).map_err(RunError::failed)?.to_string() == text))
}

fn family<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(receiver::<Ip>(arguments)?.family()))
}

fn is_unspecified<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(receiver::<Ip>(arguments)?.is_unspecified()))
}

fn is_loopback<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(receiver::<Ip>(arguments)?.is_loopback()))
}

fn is_link_local_multicast<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(receiver::<Ip>(arguments)?.is_link_local_multicast()))
}

fn is_link_local_unicast<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(receiver::<Ip>(arguments)?.is_link_local_unicast()))
}

fn is_global_unicast<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(receiver::<Ip>(arguments)?.is_global_unicast()))
}

fn ip_text<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    context.text(receiver::<Ip>(arguments)?.to_string())
}

fn cidr<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let cidr = Cidr::parse(text(context, arguments)?).map_err(RunError::failed)?;
    make(context, size_of::<Cidr>(), cidr)
}

fn is_cidr<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Bool(Cidr::parse(text(context, arguments)?).is_ok()))
}

fn contains_ip<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [cidr, ip] = arguments else { return Err(no_such_overload()) };
    let ip = match ip {
        Value::Text(_) => Ip::parse(text(context, std::slice::from_ref(ip))?).map_err(RunError::failed)?,
        ip => *of(ip)?,
    };
    Ok(Value::Bool(of::<Cidr>(cidr)?.contains_ip(ip)))
}

fn contains_cidr<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [cidr, other] = arguments else { return Err(no_such_overload()) };
    let other = match other {
        Value::Text(_) => {
            Cidr::parse(text(context, std::slice::from_ref(other))?).map_err(RunError::failed)?
        }
        other => *of(other)?,
    };
    Ok(Value::Bool(of::<Cidr>(cidr)?.contains_cidr(other)))
}

fn cidr_ip<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    make(context, size_of::<Ip>(), receiver::<Cidr>(arguments)?.ip())
}

fn prefix_length<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    Ok(Value::Int(receiver::<Cidr>(arguments)?.prefix_length()))
}

fn masked<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    make(context, size_of::<Cidr>(), receiver::<Cidr>(arguments)?.masked())
}

fn cidr_text<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    context.text(receiver::<Cidr>(arguments)?.to_string())
}

fn receiver<T: Copy + 'static>(arguments: &[Value<'_>]) -> Result<T, RunError> {
    arguments.first().map_or_else(|| Err(no_such_overload()), |value| of(value).copied())
}
