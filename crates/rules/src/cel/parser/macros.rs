use std::borrow::Cow;

use super::Parser;
use crate::cel::tree::{Access, Fold, Id, Kind, Shape};
use crate::{LoadError, Span};

/// A macro over a list or map: its name, the number of its arguments, how many variables they begin
/// with, and whether the argument behind these is a filter.
struct Macro {
    name: &'static str,
    arguments: usize,
    variables: usize,
    filter: bool,
    shape: Shape,
}

/// What Kubernetes' macros once gathered their result in, and still keep for themselves.
const ACCUMULATOR: &str = "__result__";

const fn one(name: &'static str, arguments: usize, filter: bool, shape: Shape) -> Macro {
    Macro { name, arguments, variables: 1, filter, shape }
}

const fn two(name: &'static str, arguments: usize, filter: bool, shape: Shape) -> Macro {
    Macro { name, arguments, variables: 2, filter, shape }
}

const MACROS: &[Macro] = &[
    one("all", 2, false, Shape::All),
    one("exists", 2, false, Shape::Exists),
    one("exists_one", 2, false, Shape::ExistsOne),
    one("filter", 2, false, Shape::Filter),
    one("map", 2, false, Shape::List),
    one("map", 3, true, Shape::List),
    one("sortBy", 2, false, Shape::SortBy),
    two("all", 3, false, Shape::All),
    two("exists", 3, false, Shape::Exists),
    two("exists_one", 3, false, Shape::ExistsOne),
    two("existsOne", 3, false, Shape::ExistsOne),
    two("transformList", 3, false, Shape::List),
    two("transformList", 4, true, Shape::List),
    two("transformMap", 3, false, Shape::Map),
    two("transformMap", 4, true, Shape::Map),
    two("transformMapEntry", 3, false, Shape::MapEntry),
    two("transformMapEntry", 4, true, Shape::MapEntry),
];

impl Parser<'_> {
    /// A call, or what its macro stands for.
    pub(super) fn call(
        &mut self,
        span: Span,
        function: Cow<'_, str>,
        receiver: Option<Id>,
        arguments: Vec<Id>,
    ) -> Result<Id, LoadError> {
        match (&*function, receiver, &*arguments) {
            ("has" | ".has", None, [argument]) => self.has(span, *argument),
            ("optMap" | "optFlatMap", Some(operand), &[variable, body]) => {
                let flat = &*function == "optFlatMap";
                let variable = self.variable(variable)?;
                let kind = Kind::OptionalMap { operand, variable, body, flat };
                self.node(kind, span, &[operand, body])
            }
            (name, Some(range), arguments) => {
                let known =
                    MACROS.iter().find(|known| known.name == name && known.arguments == arguments.len());
                match known {
                    Some(known) => self.fold(span, known, range, arguments),
                    None => self.plain_call(span, function, receiver, arguments.into()),
                }
            }
            _ => self.plain_call(span, function, receiver, arguments.into()),
        }
    }

    fn plain_call(
        &mut self,
        span: Span,
        function: Cow<'_, str>,
        receiver: Option<Id>,
        arguments: Box<[Id]>,
    ) -> Result<Id, LoadError> {
        let height = self.height(receiver.as_slice()).max(self.height(&arguments));
        let function = function.into();
        self.node_of_height(Kind::Call { function, receiver, arguments }, span, 1 + height)
    }

    fn has(&mut self, span: Span, argument: Id) -> Result<Id, LoadError> {
        let Kind::Select { operand, field, access: Access::Plain, plain } = self.tree.kind(argument).clone()
        else {
            let error = LoadError::new(self.tree.span(argument), "`has` takes a selection");
            return Err(
                error.with_hint("write `has(claims.email)`, or `has(claims.`odd-name`)` with backticks")
            );
        };
        self.node(Kind::Select { operand, field, access: Access::Test, plain }, span, &[operand])
    }

    fn fold(&mut self, span: Span, known: &Macro, range: Id, arguments: &[Id]) -> Result<Id, LoadError> {
        let mut names = Vec::new();
        for argument in arguments.iter().take(known.variables) {
            let name = self.variable(*argument)?;
            if &*name == ACCUMULATOR {
                let message = format!("`{ACCUMULATOR}` is no name for a variable");
                return Err(LoadError::new(self.tree.span(*argument), message));
            }
            names.push(name);
        }
        let (variables, body) = (arguments.get(known.variables..).unwrap_or_default(), arguments.last());
        let filter = variables.first().filter(|_| known.filter).copied();
        let body = body.copied().unwrap_or(range);
        let mut names = names.into_iter();
        let first = names.next().unwrap_or_default();
        let second = names.next();
        if second.as_ref() == Some(&first) {
            let place = arguments.get(1).map_or(span, |id| self.tree.span(*id));
            return Err(LoadError::new(place, format!("two variables are both named `{first}`")));
        }
        let (shape, name) = (known.shape, known.name);
        let fold = Fold { shape, name, range, first, second, filter, body, slot: 0 };
        let below: Vec<Id> = [Some(range), filter, Some(body)].into_iter().flatten().collect();
        self.node(Kind::Fold(Box::new(fold)), span, &below)
    }

    /// The name of a macro's variable.
    fn variable(&self, argument: Id) -> Result<Box<str>, LoadError> {
        match self.tree.kind(argument) {
            Kind::Name(name) if !name.starts_with('.') => Ok(name.clone()),
            _ => Err(LoadError::new(self.tree.span(argument), "a variable must be a simple name")),
        }
    }
}
