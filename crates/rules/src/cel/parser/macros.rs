use std::borrow::Cow;

use super::Parser;
use crate::cel::tree::{Access, Fold, Id, Kind, Shape};
use crate::{LoadError, Span};

/// How a macro is written, what it gives, and an example with its value.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) form: &'static str,
    pub(crate) documentation: &'static str,
    pub(crate) example: (&'static str, &'static str),
}

/// A macro over a list or map: its name, the number of its arguments, how many variables they begin
/// with, and whether the argument behind these is a filter.
struct Macro {
    name: &'static str,
    arguments: usize,
    variables: usize,
    filter: bool,
    shape: Shape,
    shown: Shown,
}

/// What Kubernetes' macros once gathered their result in, and still keep for themselves.
const ACCUMULATOR: &str = "__result__";

const fn one(name: &'static str, arguments: usize, filter: bool, shape: Shape, shown: Shown) -> Macro {
    Macro { name, arguments, variables: 1, filter, shape, shown }
}

const fn two(name: &'static str, arguments: usize, filter: bool, shape: Shape, shown: Shown) -> Macro {
    Macro { name, arguments, variables: 2, filter, shape, shown }
}

const fn is(
    form: &'static str,
    documentation: &'static str,
    example: &'static str,
    value: &'static str,
) -> Shown {
    Shown { form, documentation, example: (example, value) }
}

/// All macros, in the order of the reference page.
pub(crate) fn shown() -> impl Iterator<Item = &'static Shown> {
    OTHERS.iter().chain(MACROS.iter().map(|known| &known.shown))
}

/// Macros that run over nothing.
const OTHERS: &[Shown] = &[
    is("has(a.b)", "Whether the member is there.", "has({'a': null}.a) && !has({}.a)", "true"),
    is(
        "optional.optMap(x, value)",
        "What the value comes to for `x`, if there is one.",
        "optional.of(2).optMap(x, x * 2)",
        "optional.of(4)",
    ),
    is(
        "optional.optFlatMap(x, optional)",
        "The same for a value that is optional itself.",
        "optional.of({'a': 1}).optFlatMap(x, x.?b)",
        "optional.none()",
    ),
];

const MACROS: &[Macro] = &[
    one(
        "all",
        2,
        false,
        Shape::All,
        is(
            "range.all(x, condition)",
            "Whether the condition holds for every item of a list or key of a map.",
            "[1, 2].all(x, x > 0)",
            "true",
        ),
    ),
    one(
        "exists",
        2,
        false,
        Shape::Exists,
        is(
            "range.exists(x, condition)",
            "Whether the condition holds for some item or key.",
            "['dev', 'ops'].exists(x, x.startsWith('o'))",
            "true",
        ),
    ),
    one(
        "exists_one",
        2,
        false,
        Shape::ExistsOne,
        is(
            "range.exists_one(x, condition)",
            "Whether the condition holds for exactly one item or key.",
            "[1, 2, 2].exists_one(x, x == 2)",
            "false",
        ),
    ),
    one(
        "filter",
        2,
        false,
        Shape::Filter,
        is(
            "range.filter(x, condition)",
            "The items or keys that the condition holds for.",
            "[1, 2, 3].filter(x, x > 1)",
            "[2, 3]",
        ),
    ),
    one(
        "map",
        2,
        false,
        Shape::List,
        is(
            "range.map(x, value)",
            "What the value comes to for each item or key.",
            "['a', 'b'].map(x, 'team-' + x)",
            "[\"team-a\", \"team-b\"]",
        ),
    ),
    one(
        "map",
        3,
        true,
        Shape::List,
        is(
            "range.map(x, condition, value)",
            "The same for those only that the condition holds for.",
            "[1, 2, 3].map(x, x > 1, x * 10)",
            "[20, 30]",
        ),
    ),
    one(
        "sortBy",
        2,
        false,
        Shape::SortBy,
        is(
            "list.sortBy(x, key)",
            "The items in the order of their keys.",
            "['ccc', 'a', 'bb'].sortBy(x, x.size())",
            "[\"a\", \"bb\", \"ccc\"]",
        ),
    ),
    two(
        "all",
        3,
        false,
        Shape::All,
        is(
            "range.all(i, x, condition)",
            "As above; `i` is the place in a list or the key of a map, `x` the item or value.",
            "{'a': 1}.all(k, v, k == 'a' && v == 1)",
            "true",
        ),
    ),
    two(
        "exists",
        3,
        false,
        Shape::Exists,
        is(
            "range.exists(i, x, condition)",
            "As above, with both.",
            "['a', 'b'].exists(i, x, i == 1 && x == 'b')",
            "true",
        ),
    ),
    two(
        "exists_one",
        3,
        false,
        Shape::ExistsOne,
        is(
            "range.exists_one(i, x, condition)",
            "As above, with both.",
            "['a', 'a'].exists_one(i, x, x == 'a')",
            "false",
        ),
    ),
    two(
        "existsOne",
        3,
        false,
        Shape::ExistsOne,
        is(
            "range.existsOne(i, x, condition)",
            "The same by its other name.",
            "['a', 'b'].existsOne(i, x, x == 'a')",
            "true",
        ),
    ),
    two(
        "transformList",
        3,
        false,
        Shape::List,
        is(
            "range.transformList(i, x, value)",
            "The list of what the value comes to for each.",
            "['a', 'b'].transformList(i, x, i)",
            "[0, 1]",
        ),
    ),
    two(
        "transformList",
        4,
        true,
        Shape::List,
        is(
            "range.transformList(i, x, condition, value)",
            "The same for those only that the condition holds for.",
            "['a', 'b'].transformList(i, x, i > 0, x)",
            "[\"b\"]",
        ),
    ),
    two(
        "transformMap",
        3,
        false,
        Shape::Map,
        is(
            "range.transformMap(i, x, value)",
            "The map with the same keys, or the places as keys, and other values.",
            "{'a': 1}.transformMap(k, v, v + 1)",
            "{\"a\": 2}",
        ),
    ),
    two(
        "transformMap",
        4,
        true,
        Shape::Map,
        is(
            "range.transformMap(i, x, condition, value)",
            "The same for those only that the condition holds for.",
            "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, k)",
            "{\"b\": \"b\"}",
        ),
    ),
    two(
        "transformMapEntry",
        3,
        false,
        Shape::MapEntry,
        is(
            "range.transformMapEntry(i, x, entries)",
            "The map of the entries of a map for each.",
            "{'a': 'b'}.transformMapEntry(k, v, {v: k})",
            "{\"b\": \"a\"}",
        ),
    ),
    two(
        "transformMapEntry",
        4,
        true,
        Shape::MapEntry,
        is(
            "range.transformMapEntry(i, x, condition, entries)",
            "The same for those only that the condition holds for.",
            "['a', 'b'].transformMapEntry(i, x, i > 0, {x: i})",
            "{\"b\": 1}",
        ),
    ),
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
