use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::library::{Function, TABLES};
use super::tree::print::sign;
use super::tree::{Binary, Constant, Fold, Id, Kind, Shape, Special, Tree};
use super::{Dialect, RuleKind};
use crate::{Budget, LoadError, Pattern};
use operators::Signature;
use unify::{Type, Unifier, equivalent, most_general};

mod literals;
mod names;
mod operators;
mod result;
mod unify;

/// A checked tree: names are slots, calls know their overloads.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) tree: Tree,
    pub(crate) reads: super::Reads,
    /// Why Kubernetes would refuse the source, if it would.
    pub(crate) refusal: Option<LoadError>,
    pub(crate) patterns: Vec<std::sync::Arc<Pattern>>,
}

/// Checks types as Kubernetes does and resolves names and calls.
///
/// # Errors
/// The first place that the dialect refuses.
pub(crate) fn check(tree: Tree, dialect: Dialect, kind: RuleKind) -> Result<Checked, LoadError> {
    let mut checker = Checker {
        tree,
        dialect,
        kind,
        unifier: Unifier::default(),
        scope: Vec::new(),
        reads: super::Reads::default(),
        claims: None,
        refusal: None,
        patterns: Vec::new(),
        formats: 0,
        literals: Vec::new(),
        formatted: Vec::new(),
        folding: Budget::CEL,
        converted: BTreeSet::new(),
    };
    let root = checker.tree.root;
    let found = checker.node(root)?;
    checker.result(root, &found)?;
    checker.homogeneous()?;
    let Checker { tree, reads, refusal, patterns, .. } = checker;
    Ok(Checked { tree, reads, refusal, patterns })
}

/// All overloads by name.
static FUNCTIONS: LazyLock<BTreeMap<&'static str, Vec<&'static Function>>> = LazyLock::new(|| {
    let mut by_name: BTreeMap<&'static str, Vec<&'static Function>> = BTreeMap::new();
    for function in TABLES.iter().flat_map(|table| table.functions) {
        by_name.entry(function.name).or_default().push(function);
    }
    by_name
});

/// Whether functions stand below this name: `sets`, as in `sets.contains`.
fn is_package(name: &str) -> bool {
    static PACKAGES: LazyLock<BTreeSet<&'static str>> =
        LazyLock::new(|| FUNCTIONS.keys().filter_map(|name| Some(name.split_once('.')?.0)).collect());
    PACKAGES.contains(name.strip_prefix('.').unwrap_or(name))
}

struct Checker {
    tree: Tree,
    dialect: Dialect,
    kind: RuleKind,
    unifier: Unifier,
    /// The variables of the macros around this place; the index is the slot.
    scope: Vec<(Box<str>, Type)>,
    reads: super::Reads,
    /// The type of `claims`, once it is asked for.
    claims: Option<Type>,
    refusal: Option<LoadError>,
    patterns: Vec<std::sync::Arc<Pattern>>,
    /// How many calls of `format` are around this place.
    formats: u32,
    /// Types of a literal's first item and of another, which must be the same at the end.
    literals: Vec<(Type, Type, Id)>,
    /// The types of items that stand in a list within a call of `format`.
    formatted: Vec<(Id, Type)>,
    /// What all conversions at load may spend together.
    folding: Budget,
    /// The conversions that were done, and have a value.
    converted: BTreeSet<Id>,
}

impl Checker {
    fn node(&mut self, id: Id) -> Result<Type, LoadError> {
        match self.tree.kind(id) {
            Kind::Constant(constant) => Ok(type_of(constant)),
            Kind::Name(_) => self.name(id),
            Kind::Select { .. } => self.select(id),
            Kind::Index { .. } => self.index(id),
            Kind::Call { .. } => self.call(id),
            Kind::Not(operand) => self.unary(id, *operand, operators::NOT, "!"),
            Kind::Negate(operand) => self.unary(id, *operand, operators::NEGATE, "-"),
            Kind::Binary(..) | Kind::Condition(_) => self.operator(id),
            Kind::Logic(..) => self.logic(id),
            Kind::List(_) => self.list(id),
            Kind::Map(_) => self.map(id),
            Kind::Fold(fold) => {
                let fold = fold.clone();
                self.fold(id, *fold)
            }
            Kind::OptionalMap { .. } => self.optional_map(id),
            Kind::Resolved(_) | Kind::Apply { .. } => Ok(Type::Dyn),
        }
    }

    fn unary(
        &mut self,
        id: Id,
        operand: Id,
        signatures: &[Signature],
        sign: &str,
    ) -> Result<Type, LoadError> {
        let found = self.node(operand)?;
        self.overload(id, signatures, &[found], sign)
    }

    fn operator(&mut self, id: Id) -> Result<Type, LoadError> {
        match self.tree.kind(id).clone() {
            Kind::Binary(operator, left, right) => {
                let found = [self.node(left)?, self.node(right)?];
                let result = self.overload(id, operators::binary(operator), &found, sign(operator))?;
                // Nothing is in an empty list, and Kubernetes does not ask what.
                if operator == Binary::In
                    && matches!(self.tree.kind(right), Kind::List(items) if items.is_empty())
                {
                    self.tree.replace(id, Kind::Constant(Constant::Bool(false)));
                }
                Ok(result)
            }
            Kind::Condition([condition, yes, no]) => {
                let found = [self.node(condition)?, self.node(yes)?, self.node(no)?];
                self.overload(id, operators::CONDITION, &found, "? :")
            }
            _ => Ok(Type::Dyn),
        }
    }

    fn logic(&mut self, id: Id) -> Result<Type, LoadError> {
        let kind = self.tree.take(id);
        if let Kind::Logic(_, operands) = &kind {
            for operand in operands {
                let found = self.node(*operand)?;
                self.expect_bool(*operand, &found)?;
            }
        }
        self.tree.replace(id, kind);
        Ok(Type::Bool)
    }

    fn expect_bool(&mut self, id: Id, found: &Type) -> Result<(), LoadError> {
        if self.unifier.assignable(std::slice::from_ref(found), &[Type::Bool]) {
            return Ok(());
        }
        let found = self.unifier.resolved(found);
        Err(LoadError::new(self.tree.span(id), format!("expected bool, found {found}")))
    }

    /// The result of the overloads that fit.
    fn overload(
        &mut self,
        id: Id,
        signatures: &[Signature],
        found: &[Type],
        name: &str,
    ) -> Result<Type, LoadError> {
        let mut result = None;
        for (parameters, wanted) in signatures {
            self.try_overload(parameters, *wanted, found, &mut result);
        }
        result.ok_or_else(|| self.no_overload(id, name, found))
    }

    fn try_overload(
        &mut self,
        parameters: &[super::signature::Ty],
        result: super::signature::Ty,
        found: &[Type],
        so_far: &mut Option<Type>,
    ) -> bool {
        if parameters.len() != found.len() {
            return false;
        }
        let mut bound = [const { None }; 2];
        let mut few = [const { Type::Dyn }; 4];
        let Some(wanted) = few.get_mut(..parameters.len()) else { return false };
        for (wanted, parameter) in wanted.iter_mut().zip(parameters) {
            *wanted = self.unifier.instance(parameter, &mut bound);
        }
        let result = self.unifier.instance(&result, &mut bound);
        if !self.unifier.assignable(found, wanted) {
            return false;
        }
        let result = self.unifier.resolved(&result);
        match so_far {
            None => *so_far = Some(result),
            Some(known) if !known.is_dyn() && *known != result => *so_far = Some(Type::Dyn),
            Some(_) => {}
        }
        true
    }

    fn no_overload(&self, id: Id, name: &str, found: &[Type]) -> LoadError {
        let found: Vec<String> = found.iter().map(|found| self.unifier.resolved(found).to_string()).collect();
        let message = format!("`{name}` does not take ({})", found.join(", "));
        let error = LoadError::new(self.tree.span(id), message);
        match (name, &*found) {
            ("+" | "==" | "!=" | "<" | ">" | "<=" | ">=", [a, b]) if a == "string" || b == "string" => {
                error.with_hint("convert with `string(…)` or `int(…)` first, or hide the type with `dyn(…)`")
            }
            _ => error,
        }
    }

    fn index(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::Index { operand, index, optional } = *self.tree.kind(id) else { return Ok(Type::Dyn) };
        self.note_index(operand, index);
        let found = [self.node(operand)?, self.node(index)?];
        let signatures = if optional { operators::OPTIONAL_INDEX } else { operators::INDEX };
        self.overload(id, signatures, &found, "[]")
    }

    fn call(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::Call { function, receiver, arguments } = self.tree.take(id) else {
            return Ok(Type::Dyn);
        };
        let qualified = receiver
            .filter(|receiver| self.first_name(*receiver).is_some_and(is_package))
            .and_then(|receiver| self.qualified(receiver))
            .map(|prefix| format!("{prefix}.{function}"));
        let global = qualified.as_deref().filter(|name| {
            FUNCTIONS
                .get(name.strip_prefix('.').unwrap_or(name))
                .is_some_and(|known| known.iter().any(|f| !f.member))
        });
        let name = global.unwrap_or(&function);
        let name = name.strip_prefix('.').unwrap_or(name);
        let receiver = receiver.filter(|_| global.is_none());
        let all: Box<[Id]> = match receiver {
            Some(receiver) => std::iter::once(receiver).chain(arguments.iter().copied()).collect(),
            None => arguments,
        };
        let mut found = Vec::with_capacity(all.len());
        self.formats += u32::from(name == "format");
        for argument in &all {
            found.push(self.node(*argument)?);
        }
        self.formats -= u32::from(name == "format");
        let Some(known) = FUNCTIONS.get(name) else {
            return Err(self.unknown_function(id, name));
        };
        let mut result = None;
        let mut fitting = Vec::with_capacity(1);
        for overload in known.iter().filter(|overload| overload.member == receiver.is_some()) {
            if self.try_overload(overload.parameters, overload.result, &found, &mut result) {
                fitting.push(*overload);
            }
        }
        let result = result.ok_or_else(|| self.no_overload(id, name, &found))?;
        self.literal_argument(name, receiver.is_some(), &all)?;
        self.literal_format(name, &all)?;
        let special = match (name, &*fitting) {
            ("split" | "findAll", _) => Special::Native,
            ("startsWith", [_]) => Special::StartsWith,
            _ => Special::None,
        };
        let only = if let [only] = *all { Some(only) } else { None };
        let apply = Kind::Apply { overloads: fitting.into(), arguments: all, special };
        self.tree.replace(id, apply);
        self.literal_conversion(id, name, only)?;
        Ok(result)
    }

    fn list(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::List(items) = self.tree.kind(id).clone() else { return Ok(Type::Dyn) };
        let mut joined = None;
        let mut first = None;
        for item in items {
            let found = self.item(item.value, item.optional)?;
            joined = Some(self.join(item.value, joined, &found));
            if self.formats > 0 {
                self.formatted.push((item.value, found.clone()));
            }
            self.same_as(&mut first, found, item.value);
        }
        Ok(Type::list(joined.unwrap_or_else(|| self.unifier.fresh())))
    }

    fn map(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::Map(entries) = self.tree.kind(id).clone() else { return Ok(Type::Dyn) };
        let (mut keys, mut values) = (None, None);
        let (mut first_key, mut first_value) = (None, None);
        for entry in entries {
            let key = self.node(entry.key)?;
            keys = Some(self.join(entry.key, keys, &key));
            let value = self.item(entry.value, entry.optional)?;
            values = Some(self.join(entry.value, values, &value));
            self.same_as(&mut first_key, key, entry.key);
            self.same_as(&mut first_value, value, entry.value);
        }
        let keys = keys.unwrap_or_else(|| self.unifier.fresh());
        let values = values.unwrap_or_else(|| self.unifier.fresh());
        Ok(Type::map(keys, values))
    }

    fn item(&mut self, id: Id, optional: bool) -> Result<Type, LoadError> {
        let found = self.node(id)?;
        match self.unifier.resolved(&found) {
            Type::Optional(inner) if optional => Ok((*inner).clone()),
            other if optional && !other.is_dyn() => {
                let message = format!("expected an optional value behind `?`, found {other}");
                Err(LoadError::new(self.tree.span(id), message)
                    .with_hint("write it without `?`, or `optional.of(…)`"))
            }
            other => Ok(other),
        }
    }

    fn join(&mut self, id: Id, joined: Option<Type>, found: &Type) -> Type {
        let Some(joined) = joined else { return found.clone() };
        if self.unifier.assignable(std::slice::from_ref(&joined), std::slice::from_ref(found)) {
            return most_general(&joined, found);
        }
        // What is mixed is refused at the end, but not among the arguments of `format`.
        self.same_as(&mut Some(joined), found.clone(), id);
        Type::Dyn
    }

    fn same_as(&mut self, first: &mut Option<Type>, found: Type, id: Id) {
        match first {
            None => *first = Some(found),
            Some(_) if self.formats > 0 => {}
            Some(first) => self.literals.push((first.clone(), found, id)),
        }
    }

    fn mixed(&self, id: Id, first: &Type, found: &Type) -> LoadError {
        let (first, found) = (self.unifier.resolved(first), self.unifier.resolved(found));
        let message = format!("a literal's items have one type: expected {first}, found {found}");
        LoadError::new(self.tree.span(id), message).with_hint("hide the types with `dyn(…)` around each item")
    }

    fn homogeneous(&mut self) -> Result<(), LoadError> {
        for (first, found, id) in std::mem::take(&mut self.literals) {
            if !equivalent(&self.unifier.resolved(&first), &self.unifier.resolved(&found)) {
                let error = self.mixed(id, &first, &found);
                match self.dialect {
                    Dialect::Kubernetes => return Err(error),
                    Dialect::Claimgate => self.refuse(error),
                }
            }
        }
        Ok(())
    }

    /// Notes that Kubernetes would refuse here what Claimgate accepts.
    fn refuse(&mut self, error: LoadError) {
        self.refusal.get_or_insert(error);
    }

    fn fold(&mut self, id: Id, mut fold: Fold) -> Result<Type, LoadError> {
        let found = self.node(fold.range)?;
        let range = self.unifier.resolved(&found);
        let (first, second) = self.variables(&fold, &range)?;
        let depth = self.scope.len();
        fold.slot = u32::try_from(depth).unwrap_or(u32::MAX);
        self.scope.push((fold.first.clone(), first.clone()));
        if let Some(name) = &fold.second {
            self.scope.push((name.clone(), second));
        }
        if let Some(filter) = fold.filter {
            let found = self.node(filter)?;
            self.expect_bool(filter, &found)?;
        }
        let body = self.node(fold.body)?;
        let result = self.fold_result(&fold, first, &body);
        self.scope.truncate(depth);
        self.tree.replace(id, Kind::Fold(Box::new(fold)));
        result
    }

    fn variables(&mut self, fold: &Fold, range: &Type) -> Result<(Type, Type), LoadError> {
        let two = fold.second.is_some();
        Ok(match range {
            Type::List(item) if two => (Type::Int, (**item).clone()),
            Type::List(item) => ((**item).clone(), Type::Dyn),
            Type::Map(entry) => entry.as_ref().clone(),
            Type::Dyn | Type::Var(_) => {
                self.unifier.assignable(&[Type::Dyn], std::slice::from_ref(range));
                (Type::Dyn, Type::Dyn)
            }
            Type::Any => {
                let error = self.any_range(fold);
                match self.dialect {
                    Dialect::Kubernetes => return Err(error),
                    Dialect::Claimgate => self.refuse(error),
                }
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = format!("`{}` runs over a list or a map, not over {other}", fold.name);
                let error = LoadError::new(self.tree.span(fold.range), message);
                return Err(match other {
                    Type::Optional(_) => error.with_hint("take the value out with `.orValue([])` first"),
                    _ => error,
                });
            }
        })
    }

    fn any_range(&self, fold: &Fold) -> LoadError {
        let source = super::tree::print::print_from(&self.tree, fold.range);
        let source = if source.contains('…') { "…".to_owned() } else { source };
        LoadError::new(self.tree.span(fold.range), format!("`{source}` may be anything to Kubernetes"))
            .with_hint(format!("write `dyn({source}).{}(…)`", fold.name))
    }

    fn fold_result(&mut self, fold: &Fold, first: Type, body: &Type) -> Result<Type, LoadError> {
        match fold.shape {
            Shape::All | Shape::Exists | Shape::ExistsOne => {
                self.expect_bool(fold.body, body)?;
                Ok(Type::Bool)
            }
            Shape::Filter => {
                self.expect_bool(fold.body, body)?;
                Ok(Type::list(first))
            }
            Shape::List => Ok(Type::list(self.unifier.resolved(body))),
            Shape::Map => Ok(Type::map(first, self.unifier.resolved(body))),
            Shape::MapEntry => match self.unifier.resolved(body) {
                found @ Type::Map(_) => Ok(found),
                Type::Dyn | Type::Any | Type::Var(_) => Ok(Type::map(Type::Dyn, Type::Dyn)),
                other => {
                    let message = format!("`transformMapEntry` makes maps, found {other}");
                    Err(LoadError::new(self.tree.span(fold.body), message))
                }
            },
            Shape::SortBy => match self.unifier.resolved(body) {
                Type::Null
                | Type::List(_)
                | Type::Map(_)
                | Type::Optional(_)
                | Type::Opaque(_)
                | Type::Type(_) => {
                    Err(LoadError::new(self.tree.span(fold.body), "`sortBy` needs a key with an order"))
                }
                _ => Ok(Type::list(first)),
            },
        }
    }

    fn optional_map(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::OptionalMap { operand, variable, body, flat, .. } = self.tree.kind(id).clone() else {
            return Ok(Type::Dyn);
        };
        let found = self.node(operand)?;
        let inner = match self.unifier.resolved(&found) {
            Type::Optional(inner) => (*inner).clone(),
            Type::Dyn | Type::Any | Type::Var(_) => Type::Dyn,
            other => {
                let message = format!("expected an optional value, found {other}");
                return Err(LoadError::new(self.tree.span(operand), message));
            }
        };
        self.scope.push((variable.clone(), inner));
        let result = self.node(body)?;
        self.scope.pop();
        let result = self.unifier.resolved(&result);
        self.tree.replace(id, Kind::OptionalMap { operand, variable, body, flat });
        match result {
            result if !flat => Ok(Type::optional(result)),
            result @ (Type::Optional(_) | Type::Dyn | Type::Any) => Ok(result),
            other => {
                let message = format!("`optFlatMap` makes optional values, found {other}");
                Err(LoadError::new(self.tree.span(body), message))
            }
        }
    }
}

fn type_of(constant: &Constant) -> Type {
    match constant {
        Constant::Null => Type::Null,
        Constant::Bool(_) => Type::Bool,
        Constant::Int(_) => Type::Int,
        Constant::Uint(_) => Type::Uint,
        Constant::Double(_) => Type::Double,
        Constant::Text(_) => Type::Text,
        Constant::Bytes(_) => Type::Bytes,
    }
}
