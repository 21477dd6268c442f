//! URLs.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::entry::Items;
use super::opaque::{URL, make, of, text};
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::kubernetes::url::Url;
use crate::{Key, Map, RunError, Value};

const TEXT: Ty = Ty::Text;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("url", &[TEXT], URL, url).is(
        "The URL of a text: an absolute URL or an absolute path.",
        "url('https://example.com/a') == url('HTTPS://example.com/a')",
        "true",
    ),
    Function::global("isURL", &[TEXT], Ty::Bool, is_url).is(
        "Whether `url` reads the text.",
        "isURL('../relative-path')",
        "false",
    ),
    Function::member("getScheme", &[URL], TEXT, scheme).is(
        "The scheme, or nothing.",
        "url('https://example.com/').getScheme()",
        r#""https""#,
    ),
    Function::member("getHost", &[URL], TEXT, host).is(
        "Host and port, or nothing.",
        "url('https://[::1]:80/').getHost()",
        r#""[::1]:80""#,
    ),
    Function::member("getHostname", &[URL], TEXT, hostname).is(
        "The host without port and brackets, or nothing.",
        "url('https://[::1]:80/').getHostname()",
        r#""::1""#,
    ),
    Function::member("getPort", &[URL], TEXT, port).is(
        "The port, or nothing.",
        "url('https://example.com:80/').getPort()",
        r#""80""#,
    ),
    Function::member("getEscapedPath", &[URL], TEXT, escaped_path).is(
        "The path with its escapes, or nothing.",
        "url('https://example.com/with space/').getEscapedPath()",
        r#""/with%20space/""#,
    ),
    Function::member("getQuery", &[URL], Ty::Map(&Ty::Text, &Ty::LIST_TEXT), query).is(
        "The values of each parameter of the query, unescaped.",
        "url('https://example.com/?k1=a&k2=b&k2=c').getQuery()",
        r#"{"k1": ["a"], "k2": ["b", "c"]}"#,
    ),
];

fn url<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let text = text(context, arguments)?;
    context.budget.take_bytes(text.len().saturating_mul(4))?;
    let url = Url::parse(text).map_err(RunError::failed)?;
    make(context, url.size(), url)
}

fn is_url<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let text = text(context, arguments)?;
    context.budget.take_bytes(text.len().saturating_mul(4))?;
    Ok(Value::Bool(Url::check(text).is_ok()))
}

fn scheme<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    part(context, arguments, Url::scheme)
}

fn host<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    part(context, arguments, Url::host)
}

fn hostname<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    part(context, arguments, Url::hostname)
}

fn port<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    part(context, arguments, Url::port)
}

fn escaped_path<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    part(context, arguments, Url::escaped_path)
}

fn query<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let url = receiver(arguments)?;
    context.budget.scan(url.size())?;
    context.budget.take_bytes(url.size())?;
    let mut parameters: BTreeMap<Key<'a>, Items<'a>> = BTreeMap::new();
    for (name, value) in url.query() {
        context.budget.take_bytes(size_of::<(Key<'_>, Value<'_>)>())?;
        parameters.entry(Key::Text(name.into())).or_default().push(context, Value::Text(value.into()))?;
    }
    let parameters = parameters.into_iter().map(|(name, values)| (name, values.list())).collect();
    Ok(Value::Map(Map::Owned(Rc::new(parameters))))
}

fn part<'a>(
    context: &mut Context<'_>,
    arguments: &[Value<'a>],
    part: impl Fn(&Url) -> &str,
) -> Result<Value<'a>, RunError> {
    let part = part(receiver(arguments)?);
    context.budget.take_bytes(part.len())?;
    Ok(Value::Text(part.to_owned().into()))
}

fn receiver<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Url, RunError> {
    arguments.first().map_or_else(|| Err(no_such_overload()), of)
}
