//! The evaluator.

use crate::{Budget, Exhausted, Pattern, RunError, Trace};

use super::check::Marks;
use super::environment::Environment;
use super::library::{self, Body, Function};
use super::operate;
use super::tree::{Access, Binary, Chain, Kind, Known, Link, Loop, LoopKind, Node, Path, Step, Unary};
use super::value::{Map, Text, Value};

type Outcome<'a> = Result<Value<'a>, RunError>;

/// One evaluation.
pub(crate) struct Evaluation<'a, 'b> {
    pub(crate) environment: Environment<'a>,
    pub(crate) budget: &'b mut Budget,
    pub(crate) trace: Option<&'b mut Trace>,
    pub(crate) marks: &'b Marks,
    pub(crate) locals: Vec<Value<'a>>,
    pub(crate) scopes: Vec<Scope<'a>>,
    /// Where short texts are put together before they are allocated at their length.
    pub(crate) joined: String,
}

/// What `#`, `#index` and `#acc` are within a predicate.
pub(crate) struct Scope<'a> {
    item: Value<'a>,
    index: usize,
    accumulator: Value<'a>,
}

impl<'a> Evaluation<'a, '_> {
    pub(crate) fn eval(&mut self, node: &'a Node) -> Outcome<'a> {
        self.budget.step()?;
        let outcome = match &node.kind {
            Kind::Nil => Ok(Value::Nil),
            Kind::Bool(value) => Ok(Value::Bool(*value)),
            Kind::Int(value) => Ok(Value::Int(*value)),
            Kind::Float(value) => Ok(Value::Float(*value)),
            Kind::Str(text) => Ok(Value::Str(Text::Borrowed(text))),
            Kind::Name(name) => Ok(self.claim(name)),
            Kind::Chain(chain) => self.chain(chain),
            Kind::Path(path) => self.path(path),
            _ => self.rarer(node),
        };
        let outcome = outcome.map_err(|error| error.at(node.span));
        if self.trace.is_some() {
            self.record(node, &outcome);
        }
        outcome
    }

    #[inline(never)]
    fn record(&mut self, node: &Node, outcome: &Outcome<'a>) {
        let is_literal =
            matches!(node.kind, Kind::Nil | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Str(_));
        if let (Some(trace), false) = (&mut self.trace, is_literal) {
            trace.record_text(node.span, outcome.as_ref().map(|value| super::format::literal(value, 200)));
        }
    }

    #[inline(never)]
    fn rarer(&mut self, node: &'a Node) -> Outcome<'a> {
        match &node.kind {
            Kind::Bytes(bytes) => {
                self.budget.take_bytes(bytes.len() + 16)?;
                Ok(Value::Bytes((&**bytes).into()))
            }
            Kind::Local(_, slot) => Ok(self.locals.get(usize::from(*slot)).cloned().unwrap_or(Value::Nil)),
            Kind::Env => Ok(Value::Map(Map::from(self.environment))),
            Kind::Item => Ok(self.scopes.last().map_or(Value::Nil, |scope| scope.item.clone())),
            Kind::Pointer(name) => Ok(self.pointer(name)),
            Kind::Unary(op, operand) => {
                let operand = self.eval(operand)?;
                unary(*op, operand)
            }
            Kind::Call(callee, arguments) => {
                for argument in arguments {
                    self.eval(argument)?;
                }
                let callee = self.eval(callee)?;
                Err(RunError::failed(format!("{} cannot be called", callee.kind())))
            }
            Kind::Function(function, arguments) => self.function(function, arguments),
            Kind::Loop(closure) => self.closure(closure),
            Kind::Let(declaration) => {
                let value = self.eval(&declaration.value)?;
                self.locals.push(value);
                let body = self.eval(&declaration.body);
                self.locals.pop();
                body
            }
            Kind::Sequence(nodes) => {
                let mut last = Value::Nil;
                for node in nodes {
                    last = self.eval(node)?;
                }
                Ok(last)
            }
            Kind::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.eval(condition)?;
                if truth(&condition)? { self.eval(then) } else { self.eval(otherwise) }
            }
            Kind::Else(parts) => {
                let [condition, otherwise] = &**parts;
                let condition = self.eval(condition)?;
                if truth(&condition)? { Ok(condition) } else { self.eval(otherwise) }
            }
            Kind::Array(items) => self.array(items),
            Kind::Map(pairs) => self.map(pairs),
            // The rest is the common part's.
            _ => Ok(Value::Nil),
        }
    }

    fn claim(&self, name: &str) -> Value<'a> {
        self.environment.get(name).unwrap_or(Value::Nil)
    }

    fn pointer(&self, name: &str) -> Value<'a> {
        match (name, self.scopes.last()) {
            ("index", Some(scope)) => Value::Int(i64::try_from(scope.index).unwrap_or(i64::MAX)),
            ("acc", Some(scope)) => scope.accumulator.clone(),
            _ => Value::Nil,
        }
    }

    fn array(&mut self, nodes: &'a [Node]) -> Outcome<'a> {
        self.budget.take_bytes(nodes.len() * 32)?;
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            items.push(self.eval(node)?);
        }
        Ok(Value::list(items))
    }

    fn map(&mut self, pairs: &'a [(Node, Node)]) -> Outcome<'a> {
        self.budget.take_bytes(pairs.len() * 64)?;
        let mut made = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            made.push((self.eval(key)?, self.eval(value)?));
        }
        let mut members = std::collections::BTreeMap::new();
        // The original fills the map from the last pair to the first: of two equal keys the first stays.
        for (key, value) in made.into_iter().rev() {
            let Value::Str(key) = &key else {
                return Err(RunError::failed(format!("the key of a map is a text, not {}", key.kind())));
            };
            self.budget.take_bytes(key.as_str().len())?;
            members.insert(key.as_str().into(), value);
        }
        Ok(Value::map(members))
    }

    fn function(&mut self, function: &'static Function, nodes: &'a [Node]) -> Outcome<'a> {
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(self.eval(node)?);
        }
        match &function.body {
            Body::Plain { run, .. } => run(&arguments, self.budget),
            Body::Loop(_) => Ok(Value::Nil),
        }
    }

    fn chain(&mut self, chain: &'a Chain) -> Outcome<'a> {
        let (mut left, links) = match chain.decided.map(usize::from) {
            Some(at) => {
                let value = Value::Bool(chain.links.get(at).is_some_and(|link| link.op == Binary::Or));
                (value, chain.links.get(at + 1..).unwrap_or_default())
            }
            None => (self.eval(&chain.first)?, &*chain.links),
        };
        let last = links.len().saturating_sub(1);
        for (at, link) in links.iter().enumerate() {
            left = self.link(left, link).map_err(|error| error.at(link.span))?;
            // The value of the last one is that of the whole.
            if let (Some(trace), true) = (&mut self.trace, at < last) {
                trace.record_text(link.span, Ok(super::format::literal(&left, 200)));
            }
        }
        Ok(left)
    }

    fn link(&mut self, left: Value<'a>, link: &'a Link) -> Outcome<'a> {
        match (link.op, &link.known) {
            (Binary::Or, Known::Bool(false)) | (Binary::And, Known::Bool(true)) => return Ok(left),
            (Binary::Or, _) => return if truth(&left)? { Ok(left) } else { self.eval(&link.right) },
            (Binary::And, _) => return if truth(&left)? { self.eval(&link.right) } else { Ok(left) },
            (Binary::Coalesce, _) => {
                return if matches!(left, Value::Nil) { self.eval(&link.right) } else { Ok(left) };
            }
            (Binary::In, Known::Texts) => return self.in_texts(&left, link),
            (Binary::Matches, Known::Pattern(pattern)) => {
                let holds = match &left {
                    Value::Nil => false,
                    Value::Str(text) => {
                        self.budget.take_steps(pattern.steps(text.as_str().len()))?;
                        pattern.is_match(text.as_str())
                    }
                    other => return Err(not_text(other)),
                };
                return Ok(Value::Bool(holds != link.negated));
            }
            _ => {}
        }
        let mut right = self.eval(&link.right)?;
        let first = self.binary(link.op, &left, &right, link)?;
        if link.more.is_empty() {
            return Ok(if link.negated { Value::Bool(!truth(&first)?) } else { first });
        }
        let mut result = truth(&first)?;
        for (op, node) in &link.more {
            if !result {
                break;
            }
            let next = self.eval(node)?;
            result = truth(&self.binary(*op, &right, &next, link)?)?;
            right = next;
        }
        Ok(Value::Bool(result))
    }

    fn in_texts(&mut self, left: &Value<'a>, link: &'a Link) -> Outcome<'a> {
        let wanted = match left {
            Value::Str(text) => text.as_str(),
            // The original looks up the empty text.
            Value::Nil => "",
            other => return Err(RunError::failed(format!("{} is not looked for among texts", other.kind()))),
        };
        let Kind::Array(items) = &link.right.kind else { return Ok(Value::Bool(link.negated)) };
        self.budget.take_steps(items.len() as u64)?;
        let found = items.iter().any(|item| matches!(&item.kind, Kind::Str(text) if **text == *wanted));
        Ok(Value::Bool(found != link.negated))
    }

    fn binary(&mut self, op: Binary, a: &Value<'a>, b: &Value<'a>, link: &Link) -> Outcome<'a> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let budget = &mut *self.budget;
        let mut ordered = |orders: &[std::cmp::Ordering]| {
            operate::compare(a, b, budget)
                .map(|order| Value::Bool(order.is_some_and(|order| orders.contains(&order))))
        };
        match op {
            Binary::Equal | Binary::NotEqual => {
                if self.marks.has(link.ordinal) && (matches!(a, Value::Nil) || matches!(b, Value::Nil)) {
                    return Err(RunError::failed("nil cannot be compared here"));
                }
                Ok(Value::Bool(operate::equal(a, b, budget)? == (op == Binary::Equal)))
            }
            Binary::Less => ordered(&[Less]),
            Binary::Greater => ordered(&[Greater]),
            Binary::LessEqual => ordered(&[Less, Equal]),
            Binary::GreaterEqual => ordered(&[Greater, Equal]),
            Binary::In => Ok(Value::Bool(operate::contains_item(a, b, budget)?)),
            Binary::Matches => {
                let holds = match texts(a, b)? {
                    Some((text, pattern)) => {
                        let pattern = Pattern::compile_within(pattern, budget)?;
                        budget.take_steps(pattern.steps(text.len()))?;
                        pattern.is_match(text)
                    }
                    None => false,
                };
                Ok(Value::Bool(holds))
            }
            Binary::Contains => {
                let Some((text, part)) = texts(a, b)? else { return Ok(Value::Bool(false)) };
                budget.scan(text.len())?;
                Ok(Value::Bool(text.contains(part)))
            }
            Binary::StartsWith | Binary::EndsWith => {
                let Some((text, part)) = texts(a, b)? else { return Ok(Value::Bool(false)) };
                budget.look(text.len().min(part.len()))?;
                let at_start = op == Binary::StartsWith;
                Ok(Value::Bool(if at_start { text.starts_with(part) } else { text.ends_with(part) }))
            }
            Binary::Range => operate::range(a, b, budget),
            Binary::Add => operate::add(a, b, budget),
            Binary::Subtract => operate::subtract(a, b),
            Binary::Multiply => operate::multiply(a, b),
            Binary::Divide => operate::with_doubles("/", a, b, |a, b| a / b),
            Binary::Power => operate::with_doubles("**", a, b, f64::powf),
            Binary::Modulo => operate::modulo(a, b),
            Binary::Or | Binary::And | Binary::Coalesce => Ok(Value::Nil),
        }
    }

    fn path(&mut self, path: &'a Path) -> Outcome<'a> {
        let mut value = self.eval(&path.base)?;
        let steps = path.steps.iter();
        let mut skipped = 0;
        for step in steps {
            if step.chain == skipped && skipped > 0 {
                continue;
            }
            skipped = 0;
            self.budget.step()?;
            if step.optional && matches!(value, Value::Nil) {
                skipped = step.chain;
                continue;
            }
            value = self.step(value, step).map_err(|error| error.at(step.span))?;
        }
        Ok(value)
    }

    fn step(&mut self, value: Value<'a>, step: &'a Step) -> Outcome<'a> {
        match &step.access {
            Access::Field(name) => field(&value, name, self.budget),
            Access::Method(name, arguments) => {
                for argument in arguments {
                    self.eval(argument)?;
                }
                if let (Some(method), true) = (library::method_of(&value, name), arguments.is_empty()) {
                    return Ok((method.run)(&value));
                }
                let callee = field(&value, name, self.budget)?;
                Err(RunError::failed(format!("{} cannot be called", callee.kind())))
            }
            Access::Index(index) => {
                let index = self.eval(index)?;
                operate::item(&value, &index, self.budget)
            }
            Access::Slice(from, to) => {
                if !matches!(value, Value::Str(_) | Value::List(_) | Value::Bytes(_)) {
                    return Err(RunError::failed(format!("{} cannot be sliced", value.kind())));
                }
                let to = match to {
                    Some(node) => Some(operate::integer(&self.eval(node)?)?),
                    None => None,
                };
                let from = match from {
                    Some(node) => operate::integer(&self.eval(node)?)?,
                    None => 0,
                };
                operate::slice(&value, from, to, self.budget)
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of loop")]
    #[inline(never)]
    fn closure(&mut self, closure: &'a Loop) -> Outcome<'a> {
        let list = self.eval(&closure.list)?;
        if !matches!(list, Value::List(_) | Value::Bytes(_) | Value::Str(_) | Value::Map(_)) {
            return Err(RunError::failed(format!(
                "`{}` needs a list, not {}",
                closure.function.name,
                list.kind()
            )));
        }
        let descending = match (&closure.extra, closure.kind) {
            (Some(order), LoopKind::SortBy) => match self.eval(order)? {
                Value::Str(order) => library::is_descending(order.as_str())?,
                _ => return Err(RunError::failed("the order of `sortBy` must be a text")),
            },
            _ => false,
        };
        let mut accumulator = match closure.kind {
            LoopKind::Sum => Value::Int(0),
            LoopKind::Reduce => match &closure.extra {
                Some(first) => self.eval(first)?,
                None => operate::element(&list, 0)
                    .ok_or_else(|| RunError::failed("`reduce` of an empty list needs a first value"))?,
            },
            _ => Value::Nil,
        };
        let count = operate::length(&list);
        let skip = usize::from(closure.kind == LoopKind::Reduce && closure.extra.is_none());
        let keeps = matches!(closure.kind, LoopKind::Filter | LoopKind::Map);
        let mut kept = Vec::with_capacity(if keeps { count.min(USUAL_LENGTH) } else { 0 });
        let mut keyed = Vec::new();
        let mut found = 0_usize;
        for round in skip..count {
            let backwards = matches!(closure.kind, LoopKind::FindLast | LoopKind::FindLastIndex);
            let index = if backwards { count - 1 - round } else { round };
            self.budget.step()?;
            let item = operate::element(&list, index)
                .ok_or_else(|| RunError::failed(format!("{} has no items", list.kind())))?;
            let value = self.round(closure, &item, index, &accumulator)?;
            match closure.kind {
                LoopKind::All if !truth(&value)? => return Ok(Value::Bool(false)),
                LoopKind::None if truth(&value)? => return Ok(Value::Bool(false)),
                LoopKind::Any if truth(&value)? => return Ok(Value::Bool(true)),
                LoopKind::All | LoopKind::None | LoopKind::Any => {}
                LoopKind::One | LoopKind::Count => found += usize::from(truth(&value)?),
                LoopKind::Filter => {
                    if truth(&value)? {
                        self.budget.take_bytes(32)?;
                        kept.push(item);
                    }
                }
                LoopKind::Map => {
                    self.budget.take_bytes(32)?;
                    kept.push(value);
                }
                LoopKind::Sum => accumulator = operate::add(&value, &accumulator, self.budget)?,
                LoopKind::Find | LoopKind::FindLast if truth(&value)? => return Ok(item),
                LoopKind::FindIndex | LoopKind::FindLastIndex if truth(&value)? => {
                    return Ok(Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
                }
                LoopKind::Find | LoopKind::FindLast | LoopKind::FindIndex | LoopKind::FindLastIndex => {}
                LoopKind::GroupBy | LoopKind::SortBy => {
                    self.budget.take_bytes(64)?;
                    keyed.push((value, item));
                }
                LoopKind::Reduce => {
                    // Only here a value can become deeper with each round.
                    if value.height().levels() > self.budget.depth {
                        return Err(Exhausted::Depth.into());
                    }
                    accumulator = value;
                }
            }
        }
        match closure.kind {
            LoopKind::All | LoopKind::None => Ok(Value::Bool(true)),
            LoopKind::Any => Ok(Value::Bool(false)),
            LoopKind::One => Ok(Value::Bool(found == 1)),
            LoopKind::Count => Ok(Value::Int(i64::try_from(found).unwrap_or(i64::MAX))),
            LoopKind::Filter | LoopKind::Map => Ok(Value::list(kept)),
            LoopKind::Sum | LoopKind::Reduce => Ok(accumulator),
            LoopKind::GroupBy => self.group(keyed),
            LoopKind::SortBy => library::sorted(keyed, descending, self.budget),
            LoopKind::Find | LoopKind::FindLast | LoopKind::FindIndex | LoopKind::FindLastIndex => {
                Ok(Value::Nil)
            }
        }
    }

    fn round(
        &mut self,
        closure: &'a Loop,
        item: &Value<'a>,
        index: usize,
        accumulator: &Value<'a>,
    ) -> Outcome<'a> {
        let Some(body) = &closure.body else { return Ok(item.clone()) };
        if let (Some(predicate), Value::Str(text), None) = (&closure.predicate, item, &self.trace) {
            let value = predicate.value(self.environment, text.as_str(), self.budget, &mut self.joined);
            if let Some(value) = value {
                return Ok(value);
            }
        }
        self.scopes.push(Scope { item: item.clone(), index, accumulator: accumulator.clone() });
        let value = self.eval(body);
        self.scopes.pop();
        value
    }

    fn group(&mut self, keyed: Vec<(Value<'a>, Value<'a>)>) -> Outcome<'a> {
        let mut groups: Vec<(Value<'a>, Vec<Value<'a>>)> = Vec::new();
        for (key, item) in keyed {
            if matches!(key, Value::List(_) | Value::Map(_) | Value::Bytes(_)) {
                return Err(RunError::failed(format!("{} cannot be the key of a map", key.kind())));
            }
            self.budget.take_steps(1 + operate::steps_among(groups.len(), &key))?;
            match groups.iter_mut().find(|(known, _)| operate::same_key(known, &key)) {
                Some((_, items)) => items.push(item),
                None => groups.push((key, vec![item])),
            }
        }
        Ok(Value::pairs(groups.into_iter().map(|(key, items)| (key, Value::list(items))).collect()))
    }
}

/// Lists up to this length are kept without growing step by step.
const USUAL_LENGTH: usize = 32;

/// The boolean that a condition must be.
fn truth(value: &Value<'_>) -> Result<bool, RunError> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => Err(RunError::failed(format!("{} stands where a boolean must", other.kind()))),
    }
}

fn field<'a>(value: &Value<'a>, name: &str, budget: &mut Budget) -> Outcome<'a> {
    match value {
        Value::Map(map @ Map::Any(..)) => {
            budget.take_steps(map.len() as u64 / 4)?;
            Ok(map.get(name).unwrap_or(Value::Nil))
        }
        Value::Map(map) => Ok(map.get(name).unwrap_or(Value::Nil)),
        other => Err(RunError::failed(format!("{} has no member `{name}`", other.kind()))),
    }
}

fn not_text(value: &Value<'_>) -> RunError {
    RunError::failed(format!("{} stands where a text must", value.kind()))
}

/// Both texts, or `None` where one is nil.
fn texts<'v>(a: &'v Value<'_>, b: &'v Value<'_>) -> Result<Option<(&'v str, &'v str)>, RunError> {
    match (a, b) {
        (Value::Nil, _) | (_, Value::Nil) => Ok(None),
        (Value::Str(a), Value::Str(b)) => Ok(Some((a.as_str(), b.as_str()))),
        (Value::Str(_), other) | (other, _) => Err(not_text(other)),
    }
}

fn unary(op: Unary, operand: Value<'_>) -> Outcome<'_> {
    match (op, operand) {
        (Unary::Not, operand) => Ok(Value::Bool(!truth(&operand)?)),
        (Unary::Plus, operand) => Ok(operand),
        (Unary::Minus, Value::Int(value)) => Ok(Value::Int(value.wrapping_neg())),
        (Unary::Minus, Value::Float(value)) => Ok(Value::Float(-value)),
        (Unary::Minus, other) => Err(RunError::failed(format!("{} has no sign", other.kind()))),
    }
}
