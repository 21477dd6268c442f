//! Selections and indexes.

use std::borrow::Cow;
use std::rc::Rc;

use super::{Evaluator, Outcome};
use crate::cel::library::no_such_overload;
use crate::cel::parser::RESERVED;
use crate::cel::tree::{Access, Id, Kind, Name, Root};
use crate::{Budget, Key, List, Map, Record, RunError, Text, Value};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn path(&mut self, id: Id) -> Outcome<'a> {
        match self.tree.kind(id) {
            Kind::Select { operand, field, access, .. } => self.select(*operand, field, *access),
            Kind::Index { operand, index, optional } => self.index(*operand, *index, *optional),
            _ => Err(no_such_overload()),
        }
    }

    fn select(&mut self, operand: Id, field: &'a str, access: Access) -> Outcome<'a> {
        if let Kind::Resolved(Name::Root(root)) = self.tree.kind(operand) {
            let found = self.member(*root, field)?;
            return finish(found, access, || missing(field));
        }
        let target = self.node(operand)?;
        let quiet = access != Access::Plain;
        match target {
            Value::Optional(inner) => {
                let found = inner.map_or(Ok(None), |inner| look_up(&inner, &Text::Borrowed(field), true))?;
                let found = unwrapped(found);
                Ok(match access {
                    Access::Test => Value::Bool(found.is_some()),
                    _ => Value::Optional(found.map(Rc::new)),
                })
            }
            target => {
                let found = look_up(&target, &Text::Borrowed(field), quiet)?;
                finish(found, access, || missing(field))
            }
        }
    }

    /// A member of a root, without making a value of the root.
    fn member(&mut self, root: Root, field: &'a str) -> Result<Option<Value<'a>>, RunError> {
        self.budget.step()?;
        let absent = || RunError::failed("this variable has no value here");
        Ok(match root {
            Root::Claims => {
                let claims = self.inputs.claims.and_then(|claims| claims.as_object()).ok_or_else(absent)?;
                unescaped(field).and_then(|name| claims.get(&name)).map(Value::member)
            }
            Root::User => Record::User(self.inputs.user.ok_or_else(absent)?).get(field),
            Root::Token => Record::Token(self.inputs.token.ok_or_else(absent)?).get(field),
            Root::Request => Record::Request(self.inputs.request.ok_or_else(absent)?).get(field),
            Root::ServiceAccounts => None,
        })
    }

    fn index(&mut self, operand: Id, index: Id, optional: bool) -> Outcome<'a> {
        let target = self.node(operand)?;
        let index = self.node(index)?;
        match target {
            Value::Optional(inner) => {
                let found = inner.map_or(Ok(None), |inner| at_index(&inner, &index, true, self.budget))?;
                Ok(Value::Optional(unwrapped(found).map(Rc::new)))
            }
            target => {
                let found = at_index(&target, &index, optional, self.budget)?;
                if optional {
                    return Ok(Value::Optional(found.map(Rc::new)));
                }
                found.ok_or_else(|| match (&target, &index) {
                    (Value::List(_), index) => RunError::failed(format!("index out of bounds: {index}")),
                    (_, Value::Text(name)) => missing(name.as_str()),
                    (_, index) => RunError::failed(format!("no such key: {index}")),
                })
            }
        }
    }
}

/// An optional value within an optional selection is one optional value.
fn unwrapped(found: Option<Value<'_>>) -> Option<Value<'_>> {
    found
}

fn finish<'a>(found: Option<Value<'a>>, access: Access, absent: impl FnOnce() -> RunError) -> Outcome<'a> {
    match access {
        Access::Plain => found.ok_or_else(absent),
        Access::Test => Ok(Value::Bool(found.is_some())),
        Access::Optional => Ok(Value::Optional(found.map(Rc::new))),
    }
}

const MISSING: &str = "where it may be missing, ask first: `has(claims.a) && claims.a == 'x'`, or write `claims.?a.orValue('')`";

#[cold]
fn missing(name: &str) -> RunError {
    RunError::failed(format!("no such key: {name}")).with_hint(MISSING)
}

/// The value under a name. `quiet`: something that has no members has no such member, instead of
/// an error.
fn look_up<'a>(target: &Value<'a>, name: &Text<'a>, quiet: bool) -> Result<Option<Value<'a>>, RunError> {
    match target {
        Value::Map(map) => Ok(in_map(map, name)),
        Value::List(_) => Err(RunError::failed("a list is indexed by an integer")),
        Value::Optional(_) => Err(no_such_overload()),
        _ if quiet => Ok(None),
        _ => Err(missing(name.as_str())),
    }
}

fn in_map<'a>(map: &Map<'a>, name: &Text<'a>) -> Option<Value<'a>> {
    match map {
        Map::Member(object) => {
            let plain = unescaped(name.as_str()).unwrap_or(Cow::Borrowed(name.as_str()));
            object.get(&plain).map(Value::member)
        }
        Map::Lists(lists) => {
            let plain = unescaped(name.as_str()).unwrap_or(Cow::Borrowed(name.as_str()));
            lists.get(&*plain).map(|list| Value::List(List::Texts(list)))
        }
        Map::Record(record) => match **record {
            Record::Claims(object) => {
                unescaped(name.as_str()).and_then(|name| object.get(&name)).map(Value::member)
            }
            _ => unescaped(name.as_str()).and_then(|name| record.get(&name)),
        },
        Map::Json(object) => object.get(name.as_str()).map(Value::of_json),
        Map::Owned(owned) => owned.get(&Key::Text(name.clone())).cloned(),
    }
}

/// The item at a list's index or a map's key.
fn at_index<'a>(
    target: &Value<'a>,
    index: &Value<'a>,
    quiet: bool,
    budget: &mut Budget,
) -> Result<Option<Value<'a>>, RunError> {
    if let (Value::Map(map), Value::Text(name)) = (target, index) {
        budget.search(map.len(), name.as_str().len())?;
    }
    match (target, index) {
        (Value::Map(map), Value::Text(name)) => Ok(in_map(map, name)),
        (Value::Map(Map::Record(_)), _) => Err(no_such_overload()),
        (Value::Map(map), index) => Ok(key_of(index).and_then(|key| map.get_key(&key))),
        (Value::List(list), index) => {
            let at = whole(index).ok_or_else(|| RunError::failed("a list is indexed by an integer"))?;
            let item = usize::try_from(at).ok().and_then(|at| list.get(at));
            Ok(match (list, item) {
                (List::Member(items), Some(_)) => {
                    usize::try_from(at).ok().and_then(|at| items.get(at)).map(Value::member)
                }
                (_, item) => item,
            })
        }
        (Value::Optional(_), _) => Err(no_such_overload()),
        (_, _) if quiet => Ok(None),
        (_, Value::Text(name)) => Err(missing(name.as_str())),
        (_, index) => Err(RunError::failed(format!("no such key: {index}"))),
    }
}

/// The key that a value is for a map: a whole double is the integer of that value.
pub(super) fn key_of<'a>(value: &Value<'a>) -> Option<Key<'a>> {
    match value {
        Value::Double(_) => whole(value).map(Key::Int),
        value => Key::of(value),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a whole double within the range of i64")]
fn whole(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        Value::Double(value) if value.fract() == 0.0 && value.abs() < 9e18 => Some(*value as i64),
        _ => None,
    }
}

/// Whether a name holds no `__`, and so stands for itself.
pub(in crate::cel) fn is_plain(name: &str) -> bool {
    let bytes = name.as_bytes();
    !bytes.iter().zip(bytes.iter().skip(1)).any(|(a, b)| (*a, *b) == (b'_', b'_'))
}

/// The name that an escaped one stands for: `__dot__`, `__dash__`, `__slash__`, `__underscores__`,
/// and a reserved word between two underscores. `None` when there is a sequence without meaning.
fn unescaped(name: &str) -> Option<Cow<'_, str>> {
    if is_plain(name) {
        return Some(Cow::Borrowed(name));
    }
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find("__") {
        let (before, behind) = rest.split_at(at);
        let inner = behind.get(2..).unwrap_or_default();
        let length = inner.find('_').unwrap_or(inner.len());
        let (content, tail) = inner.split_at(length);
        if content.is_empty() || !tail.starts_with("__") {
            // No sequence begins here: go on one code point further.
            out.push_str(before);
            out.push('_');
            rest = behind.get(1..).unwrap_or_default();
            continue;
        }
        out.push_str(before);
        match content {
            "underscores" => out.push_str("__"),
            "dot" => out.push('.'),
            "dash" => out.push('-'),
            "slash" => out.push('/'),
            word if RESERVED.contains(&word) && word.len() + 4 == name.len() => out.push_str(word),
            _ => return None,
        }
        rest = tail.get(2..).unwrap_or_default();
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn names_are_unescaped_as_kubernetes_does() {
        for (escaped, name) in [
            ("plain", Some("plain")),
            ("a__dot__b", Some("a.b")),
            ("a__dash__b__slash__c", Some("a-b/c")),
            ("foo__underscores__dot__underscores__bar", Some("foo__dot__bar")),
            ("__in__", Some("in")),
            ("a__in__", None),
            ("a__other__b", None),
            ("a__", Some("a__")),
            ("a___b", Some("a___b")),
        ] {
            assert_eq!(unescaped(escaped).as_deref(), name, "{escaped}");
        }
    }
}
