//! Literals and calls.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Evaluator, Outcome};
use crate::cel::library::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::cel::tree::{Entry, Id, Item, Kind};
use crate::{Budget, Key, List, Map, RunError, Value};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn list(&mut self, items: &'a [Item]) -> Outcome<'a> {
        self.budget.take_bytes(items.len() * size_of::<Value<'_>>())?;
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let value = self.node(item.value)?;
            if item.optional {
                out.extend(optional(value)?);
            } else {
                out.push(value);
            }
        }
        Ok(Value::List(List::Owned(out.into())))
    }

    pub(super) fn map(&mut self, entries: &'a [Entry]) -> Outcome<'a> {
        let mut out = BTreeMap::new();
        for entry in entries {
            let key = self.node(entry.key)?;
            let value = self.node(entry.value)?;
            let value = if entry.optional { optional(value)? } else { Some(value) };
            if let Some(value) = value {
                // Of two entries of a literal with one key the later stays.
                Key::of(&key).and_then(|key| out.remove(&key));
                insert(&mut out, &key, value, self.budget)?;
            }
        }
        Ok(Value::Map(Map::Owned(Rc::new(out))))
    }

    pub(super) fn optional_map(&mut self, id: Id) -> Outcome<'a> {
        let Kind::OptionalMap { operand, body, flat, .. } = self.tree.kind(id) else {
            return Err(no_such_overload());
        };
        match self.node(*operand)? {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(value)) => {
                self.slots.push((*value).clone());
                let outcome = self.node(*body);
                self.slots.pop();
                let value = outcome?;
                Ok(if *flat { value } else { Value::Optional(Some(Rc::new(value))) })
            }
            _ => Err(no_such_overload()),
        }
    }
}

/// Puts an entry into a map that is being made. A key may stand once.
pub(super) fn insert<'a>(
    map: &mut BTreeMap<Key<'a>, Value<'a>>,
    key: &Value<'a>,
    value: Value<'a>,
    budget: &mut Budget,
) -> Result<(), RunError> {
    let Some(key) = Key::of(key) else {
        return Err(RunError::failed(format!("a map has no keys of type {}", key.type_name())));
    };
    budget.take_bytes(size_of::<(Key<'_>, Value<'_>)>() * 2)?;
    if let Key::Text(name) = &key {
        budget.search(map.len(), name.as_str().len())?;
    }
    if map.contains_key(&key) {
        return Err(RunError::failed(format!("the key {} stands twice", key.value())));
    }
    map.insert(key, value);
    Ok(())
}

fn optional(value: Value<'_>) -> Result<Option<Value<'_>>, RunError> {
    match value {
        Value::Optional(value) => Ok(value.map(|value| (*value).clone())),
        _ => Err(RunError::failed("a value behind `?` must be optional")),
    }
}

/// Calls the first overload that takes arguments of these types.
pub(super) fn call<'a>(
    overloads: &[&'static Function],
    values: &[Value<'a>],
    context: &mut Context<'_>,
) -> Outcome<'a> {
    let taking = match overloads {
        [only] => Some(only).filter(|only| takes(only, values)),
        many => many.iter().find(|overload| takes(overload, values)),
    };
    let function = taking.ok_or_else(no_such_overload)?;
    (function.run)(context, values)
}

fn takes(function: &Function, values: &[Value<'_>]) -> bool {
    // The original does not look into a list that it flattens.
    if function.name == "flatten" {
        return function.parameters.len() == values.len() && matches!(values.first(), Some(Value::List(_)));
    }
    function.parameters.len() == values.len()
        && function.parameters.iter().zip(values).all(|(wanted, value)| is_of(wanted, value))
}

/// Whether a value is of a type, as far as the original looks: of a list and a map at the first entry.
fn is_of(wanted: &Ty, value: &Value<'_>) -> bool {
    match (wanted, value) {
        (Ty::Dyn | Ty::Param(_), _)
        | (Ty::Bool, Value::Bool(_))
        | (Ty::Int, Value::Int(_))
        | (Ty::Uint, Value::Uint(_))
        | (Ty::Double, Value::Double(_))
        | (Ty::Text, Value::Text(_))
        | (Ty::Bytes, Value::Bytes(_))
        | (Ty::Timestamp, Value::Timestamp(_))
        | (Ty::Duration, Value::Duration(_))
        | (Ty::Null, Value::Null)
        | (Ty::Type(_), Value::Type(_))
        | (Ty::Optional(_), Value::Optional(_)) => true,
        (Ty::List(item), Value::List(list)) => list.get(0).is_none_or(|first| is_of(item, &first)),
        (Ty::Map(..), Value::Map(Map::Record(_))) => false,
        (Ty::Map(..), Value::Map(_)) => true,
        (Ty::Opaque(name), Value::Opaque(object)) => object.type_name() == *name,
        _ => false,
    }
}
