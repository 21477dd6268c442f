use std::sync::Arc;

use super::library::{Context, Patterns, no_such_overload};
use super::relation::{compare, equal};
use super::tree::{Binary, Constant, Id, Kind, Logic, Name, Root, Special, Tree};
use crate::{Budget, Inputs, List, Map, Pattern, Record, RunError, Trace, Value};

mod arithmetic;
mod build;
mod fold;
mod path;
mod texts;

pub(super) use path::is_plain;

type Outcome<'a> = Result<Value<'a>, RunError>;

/// The value of a checked tree.
pub(super) fn evaluate<'a>(
    tree: &'a Tree,
    patterns: &'a [Arc<Pattern>],
    inputs: &Inputs<'a>,
    budget: &mut Budget,
    trace: Option<&mut Trace>,
) -> Outcome<'a> {
    let mut evaluator = Evaluator {
        tree,
        inputs,
        budget,
        trace,
        known: patterns,
        patterns: Patterns::default(),
        slots: Vec::new(),
        joined: String::new(),
    };
    evaluator.node(tree.root)
}

/// Whether a part that reads no inputs has a value.
pub(super) fn constant(tree: &Tree, id: Id, budget: &mut Budget) -> Result<(), RunError> {
    let mut evaluator = Evaluator {
        tree,
        inputs: &Inputs::default(),
        budget,
        trace: None,
        known: &[],
        patterns: Patterns::default(),
        slots: Vec::new(),
        joined: String::new(),
    };
    evaluator.node(id).map(drop)
}

struct Evaluator<'e, 'a> {
    tree: &'a Tree,
    inputs: &'e Inputs<'a>,
    budget: &'e mut Budget,
    trace: Option<&'e mut Trace>,
    known: &'a [Arc<Pattern>],
    patterns: Patterns,
    /// The values of the macros' variables.
    slots: Vec<Value<'a>>,
    /// Where texts are put together, so that what is kept is allocated once, at its own length.
    joined: String,
}

impl<'a> Evaluator<'_, 'a> {
    /// The value of a node. This is all that a level of nesting puts on the stack besides the function
    /// of its kind, so those are kept apart.
    fn node(&mut self, id: Id) -> Outcome<'a> {
        self.budget.step()?;
        let outcome = self.dispatch(id);
        match outcome {
            Err(error) => Err(self.located(id, error)),
            Ok(value) => {
                if self.trace.is_some() {
                    self.record(id, &value);
                }
                Ok(value)
            }
        }
    }

    #[inline]
    fn dispatch(&mut self, id: Id) -> Outcome<'a> {
        match self.tree.kind(id) {
            Kind::Constant(constant) => Ok(constant_value(constant)),
            Kind::Resolved(name) => self.name(*name),
            Kind::Select { .. } | Kind::Index { .. } => self.path(id),
            Kind::Binary(operator, left, right) => match self.text_test(id, 0) {
                Some(value) => Ok(Value::Bool(value)),
                None => self.binary(*operator, *left, *right),
            },
            Kind::Logic(logic, operands) => self.logic(*logic, operands),
            Kind::Apply { .. } => match self.text_test(id, 0) {
                Some(value) => Ok(Value::Bool(value)),
                None => self.apply(id),
            },
            Kind::Not(operand) => match self.node(*operand)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                _ => Err(no_such_overload()),
            },
            Kind::Negate(operand) => {
                let value = self.node(*operand)?;
                arithmetic::negate(&value)
            }
            Kind::Condition([condition, yes, no]) => match self.node(*condition)? {
                Value::Bool(true) => self.node(*yes),
                Value::Bool(false) => self.node(*no),
                _ => Err(no_such_overload()),
            },
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Fold(fold) => self.fold(fold),
            Kind::OptionalMap { .. } => self.optional_map(id),
            Kind::Name(_) | Kind::Call { .. } => Err(no_such_overload()),
        }
    }

    #[cold]
    fn located(&mut self, id: Id, error: RunError) -> RunError {
        let span = self.tree.span(id);
        let error = error.at(span);
        if let Some(trace) = self.trace.as_deref_mut() {
            trace.record(span, Err(&error));
        }
        error
    }

    #[cold]
    fn record(&mut self, id: Id, value: &Value<'a>) {
        // A literal is its own value.
        if matches!(self.tree.kind(id), Kind::Constant(_)) {
            return;
        }
        let span = self.tree.span(id);
        if let Some(trace) = self.trace.as_deref_mut() {
            trace.record(span, Ok(value));
        }
    }

    fn name(&self, name: Name) -> Outcome<'a> {
        let absent = || RunError::failed("this variable has no value here");
        Ok(match name {
            Name::Slot(slot) => self.slots.get(slot as usize).cloned().ok_or_else(absent)?,
            Name::Type(name) => Value::Type(crate::TypeValue(name)),
            Name::Root(Root::Claims) => {
                let claims = self.inputs.claims.and_then(|claims| claims.as_object()).ok_or_else(absent)?;
                Value::Map(Map::Record(Record::Claims(claims).into()))
            }
            Name::Root(Root::User) => {
                Value::Map(Map::Record(Record::User(self.inputs.user.ok_or_else(absent)?).into()))
            }
            Name::Root(Root::Token) => {
                Value::Map(Map::Record(Record::Token(self.inputs.token.ok_or_else(absent)?).into()))
            }
            Name::Root(Root::Request) => {
                Value::Map(Map::Record(Record::Request(self.inputs.request.ok_or_else(absent)?).into()))
            }
            Name::Root(Root::ServiceAccounts) => {
                Value::List(List::Texts(self.inputs.service_accounts.ok_or_else(absent)?))
            }
        })
    }

    fn binary(&mut self, operator: Binary, left: Id, right: Id) -> Outcome<'a> {
        if operator == Binary::Add
            && let Some(text) = self.joined_texts(left, right)
        {
            return Ok(text);
        }
        let left = self.node(left)?;
        let right = self.node(right)?;
        Ok(Value::Bool(match operator {
            Binary::Equal => equal(&left, &right, self.budget)?,
            Binary::NotEqual => !equal(&left, &right, self.budget)?,
            Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => {
                self.ordered(operator, &left, &right)?
            }
            Binary::In => self.is_in(&left, &right)?,
            operator => return arithmetic::binary(operator, left, right, self.budget),
        }))
    }

    fn ordered(&mut self, operator: Binary, left: &Value<'a>, right: &Value<'a>) -> Result<bool, RunError> {
        let Some(order) = compare(left, right, self.budget)? else {
            return match (left, right) {
                (Value::Double(a), _) | (_, Value::Double(a)) if a.is_nan() => {
                    Err(RunError::failed("NaN values cannot be ordered"))
                }
                _ => Err(no_such_overload()),
            };
        };
        Ok(match operator {
            Binary::Less => order.is_lt(),
            Binary::LessEqual => order.is_le(),
            Binary::Greater => order.is_gt(),
            _ => order.is_ge(),
        })
    }

    fn is_in(&mut self, value: &Value<'a>, within: &Value<'a>) -> Result<bool, RunError> {
        match within {
            Value::List(list) => {
                for item in list.iter() {
                    self.budget.step()?;
                    if equal(value, &item, self.budget)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Map(Map::Record(_)) => {
                Err(RunError::failed("`in` does not look into this; write `has(claims.name)`"))
            }
            Value::Map(map) => {
                if let Value::Text(name) = value {
                    self.budget.search(map.len(), name.as_str().len())?;
                }
                Ok(path::key_of(value).is_some_and(|key| map.get_key(&key).is_some()))
            }
            _ => Err(no_such_overload()),
        }
    }

    /// `&&` and `||`: the operand that decides wins over errors of the others, but not over the end
    /// of the budget.
    fn logic(&mut self, logic: Logic, operands: &'a [Id]) -> Outcome<'a> {
        let decides = logic == Logic::Or;
        let mut failed = None;
        for operand in operands {
            let outcome = match self.text_test(*operand, 1) {
                Some(value) => Ok(Value::Bool(value)),
                None => self.node(*operand),
            };
            match outcome {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => {
                    let span = self.tree.span(*operand);
                    failed.get_or_insert_with(|| no_such_overload().at(span));
                }
                Err(error) if error.is_exhausted() => return Err(error),
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn apply(&mut self, id: Id) -> Outcome<'a> {
        let Kind::Apply { overloads, arguments, special } = self.tree.kind(id) else {
            return Err(no_such_overload());
        };
        if let Some(outcome) = self.lazy(overloads, arguments) {
            return outcome;
        }
        let mut values: [Value<'a>; 3] = [Value::Null, Value::Null, Value::Null];
        let few = values.get_mut(..arguments.len());
        let Some(few) = few else { return self.apply_many(overloads, arguments) };
        for (slot, argument) in few.iter_mut().zip(arguments) {
            *slot = self.node(*argument)?;
        }
        let value = build::call(overloads, few, &mut self.context())?;
        Ok(match value {
            Value::List(List::Owned(items)) if *special == Special::Native => {
                Value::List(List::Native(items))
            }
            value => value,
        })
    }

    fn apply_many(
        &mut self,
        overloads: &[&'static super::library::Function],
        arguments: &'a [Id],
    ) -> Outcome<'a> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.node(*argument)?);
        }
        build::call(overloads, &values, &mut self.context())
    }

    /// `or` and `orValue` look at their argument only when the receiver has no value.
    fn lazy(
        &mut self,
        overloads: &[&'static super::library::Function],
        arguments: &'a [Id],
    ) -> Option<Outcome<'a>> {
        let name = overloads.first()?.name;
        let ([receiver, otherwise], "or" | "orValue") = (arguments, name) else { return None };
        Some(match self.node(*receiver) {
            Ok(Value::Optional(Some(value))) if name == "orValue" => Ok((*value).clone()),
            Ok(present @ Value::Optional(Some(_))) => Ok(present),
            Ok(Value::Optional(None)) => self.node(*otherwise),
            Ok(_) => Err(no_such_overload()),
            Err(error) => Err(error),
        })
    }

    fn context(&mut self) -> Context<'_> {
        Context { budget: self.budget, known: self.known, patterns: &mut self.patterns }
    }
}

fn constant_value(constant: &Constant) -> Value<'_> {
    match constant {
        Constant::Null => Value::Null,
        Constant::Bool(value) => Value::Bool(*value),
        Constant::Int(value) => Value::Int(*value),
        Constant::Uint(value) => Value::Uint(*value),
        Constant::Double(value) => Value::Double(*value),
        Constant::Text(text) => Value::borrowed(text),
        Constant::Bytes(bytes) => Value::Bytes((&**bytes).into()),
    }
}
