//! The macros that run over a list or a map.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::build::insert;
use super::{Evaluator, Outcome};
use crate::cel::library::{no_such_overload, sorted_pairs};
use crate::cel::tree::{Fold, Id, Kind, Shape};
use crate::{Key, List, Map, Record, RunError, Value};

/// What a macro runs over. With one variable a map yields its keys, and the claims yield their values.
enum Range<'a> {
    /// What a macro before this one made, and nobody else holds.
    Made(Vec<Value<'a>>),
    List(List<'a>),
    Map(Map<'a>, Vec<Key<'a>>),
}

/// The item that a round makes.
enum Made<'a> {
    Nothing,
    Variable,
    Value(Value<'a>),
}

/// Places for items are asked for at once up to this number; more are paid for one by one.
const MOST_AT_ONCE: usize = 32;

/// What a round leaves behind.
struct Gathered<'a> {
    items: Vec<Value<'a>>,
    keys: Vec<Value<'a>>,
    entries: BTreeMap<Key<'a>, Value<'a>>,
    count: usize,
    failed: Option<RunError>,
}

impl<'a> Range<'a> {
    fn len(&self) -> usize {
        match self {
            Self::Made(items) => items.len(),
            Self::List(list) => list.len(),
            Self::Map(_, keys) => keys.len(),
        }
    }

    #[inline]
    fn item(&mut self, round: usize) -> Value<'a> {
        match self {
            Self::Made(items) => {
                items.get_mut(round).map_or(Value::Null, |item| std::mem::replace(item, Value::Null))
            }
            Self::List(list) => list.get(round).unwrap_or(Value::Null),
            Self::Map(..) => self.pair(round, false).0,
        }
    }

    /// What one variable, or two, are in a round. A round is asked for once.
    fn pair(&mut self, round: usize, two: bool) -> (Value<'a>, Value<'a>) {
        match self {
            Self::Made(_) | Self::List(_) => {
                let item = self.item(round);
                if two {
                    (Value::Int(i64::try_from(round).unwrap_or(i64::MAX)), item)
                } else {
                    (item, Value::Null)
                }
            }
            Self::Map(map, keys) => {
                let Some(key) = keys.get(round) else { return (Value::Null, Value::Null) };
                match map {
                    Map::Record(record) if !two && matches!(**record, Record::Claims(_)) => {
                        (map.get_key(key).unwrap_or(Value::Null), Value::Null)
                    }
                    map if two => (key.value(), map.get_key(key).unwrap_or(Value::Null)),
                    _ => (key.value(), Value::Null),
                }
            }
        }
    }
}

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Outcome<'a> {
        if is_simple(fold) {
            let items = self.items(fold)?;
            return Ok(Value::List(List::Owned(items.into())));
        }
        let mut range = self.range(fold)?;
        let mut gathered = Gathered {
            items: Vec::new(),
            keys: Vec::new(),
            entries: BTreeMap::new(),
            count: 0,
            failed: None,
        };
        let two = fold.second.is_some();
        let depth = self.slots.len();
        for round in 0..range.len() {
            let (first, second) = range.pair(round, two);
            self.slots.push(first);
            if two {
                self.slots.push(second);
            }
            let ended = self.round(fold, &mut gathered);
            self.slots.truncate(depth);
            if let Some(value) = ended? {
                return Ok(value);
            }
        }
        self.gathered(fold, gathered)
    }

    fn range(&mut self, fold: &'a Fold) -> Result<Range<'a>, RunError> {
        // A trace shows the list between two macros, so it has to be made.
        if self.trace.is_none()
            && let Kind::Fold(inner) = self.tree.kind(fold.range)
            && is_simple(inner)
        {
            self.budget.step()?;
            return match self.items(inner) {
                Ok(items) => Ok(Range::Made(items)),
                Err(error) => Err(self.located(fold.range, error)),
            };
        }
        match self.node(fold.range)? {
            Value::List(list) => Ok(Range::List(list)),
            Value::Map(map) => {
                self.budget.take_steps(u64::try_from(map.len()).unwrap_or(u64::MAX))?;
                let keys = map.keys();
                Ok(Range::Map(map, keys))
            }
            other => {
                let message =
                    format!("`{}` runs over a list or a map, not over {}", fold.name, other.type_name());
                Err(RunError::failed(message))
            }
        }
    }

    /// The items that a [simple](is_simple) `filter` or `map` makes.
    fn items(&mut self, fold: &'a Fold) -> Result<Vec<Value<'a>>, RunError> {
        let mut range = self.range(fold)?;
        let mut items = Vec::with_capacity(range.len().min(MOST_AT_ONCE));
        for round in 0..range.len() {
            self.slots.push(range.item(round));
            let outcome = self.item_of(fold);
            let variable = self.slots.pop();
            let item = match outcome? {
                Made::Nothing => continue,
                Made::Variable => variable.unwrap_or(Value::Null),
                Made::Value(value) => value,
            };
            self.budget.take_bytes(size_of::<Value<'_>>())?;
            items.push(item);
        }
        Ok(items)
    }

    #[inline]
    fn item_of(&mut self, fold: &'a Fold) -> Result<Made<'a>, RunError> {
        self.budget.step()?;
        if let Some(filter) = fold.filter
            && !self.holds(filter)?
        {
            return Ok(Made::Nothing);
        }
        if fold.shape == Shape::Filter {
            return Ok(if self.holds(fold.body)? { Made::Variable } else { Made::Nothing });
        }
        self.node(fold.body).map(Made::Value)
    }

    #[inline]
    fn holds(&mut self, id: Id) -> Result<bool, RunError> {
        match self.text_test(id, 1) {
            Some(value) => Ok(value),
            None => truth(&self.node(id)?),
        }
    }

    /// One round; a value when it decides the whole.
    fn round(&mut self, fold: &'a Fold, gathered: &mut Gathered<'a>) -> Result<Option<Value<'a>>, RunError> {
        self.budget.step()?;
        if let Some(filter) = fold.filter
            && !self.holds(filter)?
        {
            return Ok(None);
        }
        if matches!(fold.shape, Shape::All | Shape::Exists) {
            return self.quantified(fold, gathered);
        }
        let value = self.node(fold.body)?;
        let first = self.slots.get(fold.slot as usize).cloned().unwrap_or(Value::Null);
        match fold.shape {
            Shape::ExistsOne => gathered.count += usize::from(truth(&value)?),
            Shape::Filter => {
                if truth(&value)? {
                    self.budget.take_bytes(size_of::<Value<'_>>())?;
                    gathered.items.push(first);
                }
            }
            Shape::List => {
                self.budget.take_bytes(size_of::<Value<'_>>())?;
                gathered.items.push(value);
            }
            Shape::SortBy => {
                self.budget.take_bytes(2 * size_of::<Value<'_>>())?;
                gathered.items.push(first);
                gathered.keys.push(value);
            }
            Shape::Map => insert(&mut gathered.entries, &first, value, self.budget)?,
            Shape::MapEntry => {
                let Value::Map(map) = value else { return Err(no_such_overload()) };
                for key in map.keys() {
                    let value = map.get_key(&key).unwrap_or(Value::Null);
                    insert(&mut gathered.entries, &key.value(), value, self.budget)?;
                }
            }
            Shape::All | Shape::Exists => {}
        }
        Ok(None)
    }

    /// `all` and `exists`: a round that decides wins over rounds that failed before it.
    fn quantified(
        &mut self,
        fold: &'a Fold,
        gathered: &mut Gathered<'a>,
    ) -> Result<Option<Value<'a>>, RunError> {
        let decides = fold.shape == Shape::Exists;
        match self.node(fold.body) {
            Ok(Value::Bool(value)) if value == decides => return Ok(Some(Value::Bool(decides))),
            Ok(Value::Bool(_)) => {}
            Ok(_) => {
                gathered.failed.get_or_insert_with(no_such_overload);
            }
            Err(error) if error.is_exhausted() => return Err(error),
            Err(error) => {
                gathered.failed.get_or_insert(error);
            }
        }
        Ok(None)
    }

    fn gathered(&mut self, fold: &'a Fold, gathered: Gathered<'a>) -> Outcome<'a> {
        match fold.shape {
            Shape::All | Shape::Exists => match gathered.failed {
                Some(error) => Err(error),
                None => Ok(Value::Bool(fold.shape == Shape::All)),
            },
            Shape::ExistsOne => Ok(Value::Bool(gathered.count == 1)),
            Shape::Filter | Shape::List => Ok(Value::List(List::Owned(gathered.items.into()))),
            Shape::Map | Shape::MapEntry => Ok(Value::Map(Map::Owned(Rc::new(gathered.entries)))),
            Shape::SortBy => {
                let pairs = gathered.keys.into_iter().zip(gathered.items).collect();
                Ok(Value::List(List::Owned(sorted_pairs(pairs, self.budget)?.into())))
            }
        }
    }
}

/// Whether the macro makes a list out of one variable.
fn is_simple(fold: &Fold) -> bool {
    fold.second.is_none() && matches!(fold.shape, Shape::Filter | Shape::List)
}

fn truth(value: &Value<'_>) -> Result<bool, RunError> {
    if let Value::Bool(value) = value { Ok(*value) } else { Err(no_such_overload()) }
}
