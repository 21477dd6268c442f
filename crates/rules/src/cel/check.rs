use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::library::{Function, TABLES};
use super::tree::print::sign;
use super::tree::{Binary, Constant, Id, Kind, Special, Tree};
use super::{Dialect, RuleKind};
use crate::{Budget, LoadError, Pattern};
use operators::Signature;
use unify::{Type, Unifier};

mod folds;
mod items;
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

    /// Notes that Kubernetes would refuse here what Claimgate accepts.
    fn refuse(&mut self, error: LoadError) {
        self.refusal.get_or_insert(error);
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
