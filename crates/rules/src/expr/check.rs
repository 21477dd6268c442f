//! Names and types against the claims, before anything is evaluated.

use claimgate_json::Json;

use crate::{LoadError, Span};

use super::advice;
use super::environment::Environment;
use super::library::{self, Body};
use super::nature::{Leaf, Nature};
use super::tree::{Access, Binary, Kind, Link, Loop, LoopKind, Node, Path, Unary};

/// Links whose two sides are statically texts, or statically integers. The original compares them
/// without a look at their run-time types, so that nil there is an error and not a difference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Of the links 0 to 63, which are all that most rules have.
    first: u64,
    more: Vec<u64>,
}

impl Marks {
    fn set(&mut self, ordinal: u16) {
        let bit = 1 << (ordinal % 64);
        let Some(word) = usize::from(ordinal / 64).checked_sub(1) else {
            self.first |= bit;
            return;
        };
        if self.more.len() <= word {
            self.more.resize(word + 1, 0);
        }
        if let Some(word) = self.more.get_mut(word) {
            *word |= bit;
        }
    }

    pub(crate) fn has(&self, ordinal: u16) -> bool {
        let word = match usize::from(ordinal / 64).checked_sub(1) {
            None => self.first,
            Some(word) => self.more.get(word).copied().unwrap_or(0),
        };
        word & (1 << (ordinal % 64)) != 0
    }
}

/// Checks a rule against these claims.
pub(crate) fn check(root: &Node, environment: Environment<'_>) -> Result<(Nature, Marks), LoadError> {
    let mut checker =
        Checker { environment, locals: Vec::new(), scopes: Vec::new(), marks: Marks::default() };
    let nature = checker.visit(root)?;
    Ok((nature, checker.marks))
}

struct Checker<'e> {
    environment: Environment<'e>,
    locals: Vec<(&'e str, Nature)>,
    scopes: Vec<(Nature, LoopKind)>,
    marks: Marks,
}

type Check = Result<Nature, LoadError>;

impl<'e> Checker<'e> {
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of node")]
    fn visit(&mut self, node: &'e Node) -> Check {
        Ok(match &node.kind {
            Kind::Nil => Nature::NIL,
            Kind::Bool(_) => Nature::BOOL,
            Kind::Int(_) => Nature::INT,
            Kind::Float(_) => Nature::FLOAT,
            Kind::Str(_) => Nature::STR,
            Kind::Bytes(_) => Nature::of(Leaf::Bytes),
            Kind::Name(name) => return self.name(name, node.span),
            Kind::Local(_, slot) => {
                self.locals.get(usize::from(*slot)).map_or(Nature::UNKNOWN, |local| local.1)
            }
            Kind::Env => Nature::UNKNOWN,
            Kind::Item => self.item(node.span)?,
            Kind::Pointer(name) => self.pointer(name, node.span)?,
            Kind::Unary(op, operand) => {
                let operand = self.visit(operand)?;
                unary(*op, operand, node.span)?
            }
            Kind::Chain(chain) => {
                let mut left = self.visit(&chain.first)?;
                for link in &chain.links {
                    left = self.link(left, link)?;
                }
                left
            }
            Kind::Path(path) => self.path(path)?,
            Kind::Call(callee, _) => return self.call(callee, node.span),
            Kind::Function(function, arguments) => {
                let mut natures = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    natures.push(self.visit(argument)?);
                }
                return self.function(function, arguments, &natures, node.span);
            }
            Kind::Loop(closure) => self.closure(closure, node.span)?,
            Kind::Let(declaration) => {
                self.declare(&declaration.name, node.span)?;
                let value = self.visit(&declaration.value)?;
                self.locals.push((&declaration.name, value));
                let body = self.visit(&declaration.body)?;
                self.locals.pop();
                body
            }
            Kind::Sequence(nodes) => {
                let mut last = Nature::UNKNOWN;
                for node in nodes {
                    last = self.visit(node)?;
                }
                last
            }
            Kind::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.condition(condition)?;
                let (then, otherwise) = (self.visit(then)?, self.visit(otherwise)?);
                either(then, otherwise)
            }
            Kind::Else(parts) => {
                let [condition, otherwise] = &**parts;
                let condition = self.condition(condition)?;
                let otherwise = self.visit(otherwise)?;
                either(condition, otherwise)
            }
            Kind::Array(items) => self.array(items)?,
            Kind::Map(pairs) => {
                for (key, value) in pairs {
                    self.visit(key)?;
                    self.visit(value)?;
                }
                Nature::of(Leaf::Map)
            }
        })
    }

    fn claim(&self, name: &str) -> Option<Nature> {
        let of_claim = |json: &Json| match json {
            Json::Null => Nature::NIL,
            Json::Bool(_) => Nature::BOOL,
            Json::Number(_) => Nature::FLOAT,
            Json::String(_) => Nature::STR,
            Json::Array(_) => Nature::LIST,
            Json::Object(_) => Nature::of(Leaf::Map),
        };
        self.environment.look_up(name, of_claim, |_| Nature::LIST)
    }

    fn name(&self, name: &str, span: Span) -> Check {
        if let Some(nature) = self.claim(name) {
            return Ok(nature);
        }
        if library::find(name).is_some() {
            return Ok(Nature::of(Leaf::Function));
        }
        Err(unknown_name(name, span))
    }

    fn item(&self, span: Span) -> Check {
        match self.scopes.last() {
            Some((list, _)) if list.is_unknown() => Ok(Nature::UNKNOWN),
            Some((list, _)) => Ok(list.element()),
            None => Err(LoadError::new(span, "`#` has a meaning within a predicate only")),
        }
    }

    fn pointer(&self, name: &str, span: Span) -> Check {
        match (name, self.scopes.last()) {
            ("index", Some((_, LoopKind::Map | LoopKind::Reduce))) => Ok(Nature::INT),
            ("acc", Some((_, LoopKind::Reduce))) => Ok(Nature::UNKNOWN),
            _ => Err(LoadError::new(span, format!("`#{name}` has no meaning here"))
                .with_hint("`#index` stands within `map` and `reduce`, `#acc` within `reduce`")),
        }
    }

    fn declare(&self, name: &str, span: Span) -> Result<(), LoadError> {
        let taken = if self.environment.contains(name) {
            "a claim"
        } else if library::find(name).is_some() {
            "a function"
        } else if self.locals.iter().any(|(known, _)| *known == name) {
            "a variable"
        } else {
            return Ok(());
        };
        Err(LoadError::new(span, format!("`{name}` is {taken} already")).with_hint("choose another name"))
    }

    fn condition(&mut self, node: &'e Node) -> Check {
        let nature = self.visit(node)?;
        if nature.is(Leaf::Bool) || nature.is_unknown() {
            return Ok(nature);
        }
        Err(LoadError::new(node.span, format!("a condition must be a boolean, this is {}", nature.shown())))
    }

    fn array(&mut self, items: &'e [Node]) -> Check {
        let mut previous: Option<Nature> = None;
        let mut alike = true;
        for item in items {
            let nature = self.visit(item)?;
            alike &= previous.is_none_or(|previous| previous.same_kind(nature));
            previous = Some(nature);
        }
        Ok(if alike { previous.unwrap_or(Nature::UNKNOWN).list() } else { Nature::LIST })
    }

    fn call(&mut self, callee: &'e Node, span: Span) -> Check {
        let nature = match &callee.kind {
            Kind::Env => Nature::of(Leaf::Map),
            Kind::Name(name) if self.claim(name).is_none() => {
                let error = LoadError::new(span, format!("there is no function `{name}`"));
                return Err(error);
            }
            _ => self.visit(callee)?,
        };
        // What nothing is known of is asked when the rule runs; its arguments are not looked at.
        if nature.is_unknown() {
            return Ok(Nature::UNKNOWN);
        }
        Err(LoadError::new(span, format!("{} cannot be called", nature.shown())))
    }

    fn function(
        &self,
        function: &'static library::Function,
        arguments: &[Node],
        natures: &[Nature],
        span: Span,
    ) -> Check {
        let Body::Plain { check, .. } = &function.body else { return Ok(Nature::UNKNOWN) };
        if let (true, [Node { kind: Kind::Env, .. }, Node { kind: Kind::Str(name), .. }]) =
            (function.name == "get", arguments)
        {
            return Ok(self.claim(name).unwrap_or(Nature::UNKNOWN));
        }
        check(natures).map_err(|reason| {
            LoadError::new(span, format!("`{}`: {reason}", function.name)).with_hint(function.signature)
        })
    }

    fn closure(&mut self, closure: &'e Loop, span: Span) -> Check {
        let list = self.visit(&closure.list)?;
        let name = closure.function.name;
        if !list.is_list() && !list.is_unknown() {
            return Err(LoadError::new(
                closure.list.span,
                format!("`{name}` needs a list, this is {}", list.shown()),
            ));
        }
        let mut body = None;
        if let Some(node) = &closure.body {
            self.scopes.push((list, closure.kind));
            let nature = self.visit(node)?;
            self.scopes.pop();
            if nature.is(Leaf::Nil) {
                return Err(LoadError::new(node.span, "a predicate cannot be nil"));
            }
            let wants_bool = !matches!(
                closure.kind,
                LoopKind::Map | LoopKind::Sum | LoopKind::GroupBy | LoopKind::SortBy | LoopKind::Reduce
            );
            if wants_bool && !nature.is(Leaf::Bool) && !nature.is_unknown() {
                let message =
                    format!("the predicate of `{name}` must be a boolean, this is {}", nature.shown());
                return Err(LoadError::new(node.span, message));
            }
            body = Some(nature);
        }
        if let Some(extra) = &closure.extra {
            let nature = self.visit(extra)?;
            if closure.kind == LoopKind::SortBy && !nature.is(Leaf::Str) && !nature.is_unknown() {
                return Err(LoadError::new(span, "the order of `sortBy` must be a text"));
            }
        }
        let element = if list.is_unknown() { Nature::UNKNOWN } else { list.element() };
        Ok(match closure.kind {
            LoopKind::All | LoopKind::None | LoopKind::Any | LoopKind::One => Nature::BOOL,
            LoopKind::Filter if list.is_unknown() => Nature::LIST,
            LoopKind::Filter => element.list(),
            LoopKind::Map => body.unwrap_or(Nature::UNKNOWN).list(),
            LoopKind::Count | LoopKind::FindIndex | LoopKind::FindLastIndex => Nature::INT,
            LoopKind::Sum => body.unwrap_or(element),
            LoopKind::Find | LoopKind::FindLast => element,
            LoopKind::GroupBy => Nature::of(Leaf::Groups),
            LoopKind::SortBy => list,
            LoopKind::Reduce => body.unwrap_or(Nature::UNKNOWN),
        })
    }

    fn link(&mut self, left: Nature, link: &'e Link) -> Check {
        let right = self.visit(&link.right)?;
        let mut result = self.binary(link.op, left, right, link)?;
        let mut left = right;
        for (op, node) in &link.more {
            let right = self.visit(node)?;
            result = self.binary(*op, left, right, link)?;
            left = right;
        }
        Ok(result)
    }

    fn binary(&mut self, op: Binary, l: Nature, r: Nature, link: &Link) -> Check {
        use Leaf::{Bool, Duration, Float, Int, Str, Time};
        let both = |leaf: Leaf| l.is(leaf) && r.is(leaf);
        let numbers = l.is_number() && r.is_number();
        let promoted = if both(Int) { Nature::INT } else { Nature::FLOAT };
        let suits = |leaves: &[Leaf]| l.may_suit(r, leaves);
        let unknown = |leaves: &[Leaf]| suits(leaves).then_some(Nature::UNKNOWN);
        let boolean = |holds: bool| holds.then_some(Nature::BOOL);
        let nature = match op {
            Binary::Equal | Binary::NotEqual => {
                if both(Str) || both(Int) {
                    self.marks.set(link.ordinal);
                }
                boolean(l.comparable_to(r))
            }
            Binary::Or | Binary::And => boolean(both(Bool) || suits(&[Bool])),
            Binary::Less | Binary::Greater | Binary::LessEqual | Binary::GreaterEqual => boolean(
                numbers
                    || both(Str)
                    || both(Time)
                    || both(Duration)
                    || suits(&[Int, Float, Str, Time, Duration]),
            ),
            Binary::Subtract if numbers => Some(promoted),
            Binary::Subtract if both(Time) || both(Duration) => Some(Nature::of(Duration)),
            Binary::Subtract if l.is(Time) && r.is(Duration) => Some(Nature::of(Time)),
            Binary::Subtract => unknown(&[Int, Float, Time, Duration]),
            Binary::Multiply if numbers => Some(promoted),
            Binary::Multiply
                if both(Duration)
                    || (l.is_number() && r.is(Duration))
                    || (l.is(Duration) && r.is_number()) =>
            {
                Some(Nature::of(Duration))
            }
            Binary::Multiply => unknown(&[Int, Float, Duration]),
            Binary::Divide | Binary::Power => (numbers || suits(&[Int, Float])).then_some(Nature::FLOAT),
            Binary::Modulo => (both(Int) || suits(&[Int])).then_some(Nature::INT),
            Binary::Add if numbers => Some(promoted),
            Binary::Add if both(Str) => Some(Nature::STR),
            Binary::Add if both(Duration) => Some(Nature::of(Duration)),
            Binary::Add if (l.is(Time) && r.is(Duration)) || (l.is(Duration) && r.is(Time)) => {
                Some(Nature::of(Time))
            }
            Binary::Add => unknown(&[Int, Float, Str, Time, Duration]),
            Binary::In => boolean(is_in(l, r)),
            Binary::Matches => boolean(((l.is(Str) || l.is(Leaf::Bytes)) && r.is(Str)) || suits(&[Str])),
            Binary::Contains | Binary::StartsWith | Binary::EndsWith => boolean(both(Str) || suits(&[Str])),
            Binary::Range => (both(Int) || suits(&[Int])).then_some(Nature::INT.list()),
            Binary::Coalesce => Some(match (l.is(Leaf::Nil), r.is(Leaf::Nil)) {
                (true, _) => r,
                (false, true) => l,
                (false, false) if r.assignable_to(l) => l,
                (false, false) => Nature::UNKNOWN,
            }),
        };
        nature.ok_or_else(|| mismatch(op, l, r, link.span))
    }

    fn path(&mut self, path: &'e Path) -> Check {
        let mut steps = path.steps.iter();
        let mut nature = match (&path.base.kind, path.steps.first()) {
            (Kind::Env, Some(step)) => {
                let name = match &step.access {
                    Access::Field(name) | Access::Method(name, _) => Some(&**name),
                    Access::Index(index) => match &index.kind {
                        Kind::Str(name) => Some(&**name),
                        _ => None,
                    },
                    Access::Slice(..) => None,
                };
                if matches!(step.access, Access::Slice(..)) {
                    self.visit(&path.base)?
                } else {
                    steps.next();
                    match (name, name.and_then(|name| self.claim(name))) {
                        (_, Some(nature)) if matches!(step.access, Access::Method(..)) => {
                            return Err(LoadError::new(
                                step.span,
                                format!("{} cannot be called", nature.shown()),
                            ));
                        }
                        (_, Some(nature)) => nature,
                        (Some(name), None) if !step.optional => return Err(unknown_name(name, step.span)),
                        _ => Nature::UNKNOWN,
                    }
                }
            }
            _ => self.visit(&path.base)?,
        };
        for step in steps {
            nature = self.step(nature, &step.access, step.span)?;
        }
        Ok(nature)
    }

    fn step(&mut self, base: Nature, access: &'e Access, span: Span) -> Check {
        match access {
            Access::Field(name) => member(base, name, span),
            Access::Method(name, arguments) => {
                if base.is_unknown() {
                    return Ok(Nature::UNKNOWN);
                }
                if let Some(method) = library::method(base, name) {
                    if !arguments.is_empty() {
                        return Err(LoadError::new(span, format!("`{name}` takes no arguments")));
                    }
                    return Ok(method.result);
                }
                let callee = member(base, name, span)?;
                if callee.is_unknown() {
                    return Ok(Nature::UNKNOWN);
                }
                Err(LoadError::new(span, format!("{} cannot be called", callee.shown())))
            }
            Access::Index(index) => {
                if let Kind::Str(name) = &index.kind {
                    return member(base, name, span);
                }
                let key = self.visit(index)?;
                subscript(base, key, span)
            }
            Access::Slice(from, to) => {
                for bound in [from, to].into_iter().flatten() {
                    // The original does not look at the bounds when nothing is known of the value.
                    if base.is_unknown() {
                        continue;
                    }
                    let nature = self.visit(bound)?;
                    if !nature.is(Leaf::Int) && !nature.is_unknown() {
                        let message = format!("a slice is bounded by integers, this is {}", nature.shown());
                        return Err(LoadError::new(bound.span, message));
                    }
                }
                if base.is_unknown() {
                    return Ok(Nature::UNKNOWN);
                }
                if base.is_list() || base.is(Leaf::Str) {
                    return Ok(base);
                }
                Err(LoadError::new(span, format!("{} cannot be sliced", base.shown())))
            }
        }
    }
}

fn is_in(l: Nature, r: Nature) -> bool {
    if r.is_map() {
        let text_keys = r.is(Leaf::Map);
        return l.is_unknown() || !text_keys || l.is(Leaf::Str);
    }
    if r.is_list() {
        return l.comparable_to(r.element());
    }
    r.is_unknown() || (l.is_unknown() && r.is(Leaf::Str))
}

fn unary(op: Unary, operand: Nature, span: Span) -> Check {
    match op {
        Unary::Not if operand.is(Leaf::Bool) || operand.is_unknown() => Ok(Nature::BOOL),
        Unary::Plus | Unary::Minus if operand.is_number() => Ok(operand),
        Unary::Plus | Unary::Minus if operand.is_unknown() => Ok(Nature::UNKNOWN),
        Unary::Not => Err(LoadError::new(span, format!("`!` needs a boolean, this is {}", operand.shown()))
            .with_hint("`not` binds tighter than `in`: write `'a' not in list` or `not ('a' in list)`")),
        Unary::Plus | Unary::Minus => {
            Err(LoadError::new(span, format!("a sign needs a number, this is {}", operand.shown())))
        }
    }
}

fn either(then: Nature, otherwise: Nature) -> Nature {
    match (then.is(Leaf::Nil), otherwise.is(Leaf::Nil)) {
        (true, _) => otherwise,
        (false, true) => then,
        (false, false) if then.assignable_to(otherwise) => {
            if then.is_list() && otherwise.is_list() && then.element() != otherwise.element() {
                Nature::LIST
            } else {
                then
            }
        }
        (false, false) => Nature::UNKNOWN,
    }
}

fn member(base: Nature, name: &str, span: Span) -> Check {
    if base.is_unknown() {
        return Ok(Nature::UNKNOWN);
    }
    if base.is_map() {
        return Ok(base.element());
    }
    let error = LoadError::new(span, format!("{} has no member `{name}`", base.shown()));
    Err(advice::unknown_member(error, base, name))
}

fn subscript(base: Nature, key: Nature, span: Span) -> Check {
    if base.is_unknown() {
        return Ok(Nature::UNKNOWN);
    }
    if base.is_map() {
        let fits = key.is_unknown() || !base.is(Leaf::Map) || key.is(Leaf::Str);
        let error = || LoadError::new(span, format!("the key of a map is a text, this is {}", key.shown()));
        return if fits { Ok(base.element()) } else { Err(error()) };
    }
    if base.is_list() {
        let fits = key.is_unknown() || key.is(Leaf::Int);
        let error =
            || LoadError::new(span, format!("a list is indexed by an integer, this is {}", key.shown()));
        return if fits { Ok(base.element()) } else { Err(error()) };
    }
    Err(LoadError::new(span, format!("nothing can be selected from {}", base.shown())))
}

fn unknown_name(name: &str, span: Span) -> LoadError {
    advice::unknown_name(LoadError::new(span, format!("there is no claim `{name}`")), name)
}

fn mismatch(op: Binary, l: Nature, r: Nature, span: Span) -> LoadError {
    let message = format!("`{}` has no meaning for {} and {}", op.text(), l.shown(), r.shown());
    advice::mismatch(LoadError::new(span, message), op, l, r)
}
