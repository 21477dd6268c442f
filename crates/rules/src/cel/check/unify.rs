use std::fmt;
use std::rc::Rc;

use crate::cel::signature::Ty;
use crate::cel::tree::Root;

/// The type of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    /// Anything, checked at run time.
    Dyn,
    /// Anything, as Kubernetes types claims: no list or map for macros.
    Any,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Timestamp,
    Duration,
    /// The type of a type, with that type where it is known.
    Type(Option<Rc<Type>>),
    /// A type that is not known yet.
    Var(u32),
    List(Rc<Type>),
    Map(Rc<(Type, Type)>),
    Optional(Rc<Type>),
    Opaque(&'static str),
    /// A record with fixed members.
    Record(Root),
}

impl Type {
    pub(crate) fn list(item: Self) -> Self {
        Self::List(Rc::new(item))
    }

    pub(crate) fn map(key: Self, value: Self) -> Self {
        Self::Map(Rc::new((key, value)))
    }

    pub(crate) fn optional(value: Self) -> Self {
        Self::Optional(Rc::new(value))
    }

    pub(crate) fn type_of(of: Self) -> Self {
        Self::Type(Some(Rc::new(of)))
    }

    pub(crate) fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn | Self::Any)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dyn | Self::Var(_) => "dyn",
            Self::Any => "any",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::Text => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Type(None) => "type",
            Self::Type(Some(of)) => return write!(f, "type({of})"),
            Self::List(item) => return write!(f, "list({item})"),
            Self::Map(entry) => return write!(f, "map({}, {})", entry.0, entry.1),
            Self::Optional(value) => return write!(f, "optional({value})"),
            Self::Opaque(name) => name,
            Self::Record(Root::User) => "user",
            Self::Record(Root::Token) => "token",
            Self::Record(_) => "request",
        })
    }
}

/// A parameter of a signature, and the variable that stands for it.
pub(crate) type Bound = (char, Type);

/// What type variables stand for. A failed attempt is undone by its log.
#[derive(Default)]
pub(crate) struct Unifier {
    bound: Vec<Option<Type>>,
    log: Vec<(u32, Option<Type>)>,
}

impl Unifier {
    pub(crate) fn fresh(&mut self) -> Type {
        let id = u32::try_from(self.bound.len()).unwrap_or(u32::MAX);
        self.bound.push(None);
        Type::Var(id)
    }

    fn find(&self, var: u32) -> Option<&Type> {
        self.bound.get(var as usize)?.as_ref()
    }

    fn bind(&mut self, var: u32, to: Type) {
        if let Some(slot) = self.bound.get_mut(var as usize) {
            self.log.push((var, slot.replace(to)));
        }
    }

    /// Whether a value of each of `found` can stand where the `wanted` one is asked for. What it
    /// teaches about variables stays only if all fit.
    pub(crate) fn assignable(&mut self, found: &[Type], wanted: &[Type]) -> bool {
        let mark = self.log.len();
        let fits = found.len() == wanted.len()
            && found.iter().zip(wanted).all(|(found, wanted)| self.fits(found, wanted));
        if !fits {
            while self.log.len() > mark {
                if let Some((var, before)) = self.log.pop()
                    && let Some(slot) = self.bound.get_mut(var as usize)
                {
                    *slot = before;
                }
            }
        }
        fits
    }

    fn fits(&mut self, a: &Type, b: &Type) -> bool {
        if let Type::Var(var) = b {
            match self.substitutes(a, *var) {
                (true, _) => return true,
                (false, true) => return false,
                (false, false) => {}
            }
        }
        if let Type::Var(var) = a {
            return self.substitutes(b, *var).0;
        }
        if a.is_dyn() || b.is_dyn() {
            return true;
        }
        match (a, b) {
            (Type::Null, other) | (other, Type::Null) => matches!(
                other,
                Type::Null
                    | Type::Opaque(_)
                    | Type::Optional(_)
                    | Type::Record(_)
                    | Type::Duration
                    | Type::Timestamp
            ),
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => self.fits(a, b),
            (Type::Map(a), Type::Map(b)) => self.fits(&a.0, &b.0) && self.fits(&a.1, &b.1),
            (Type::Type(_), Type::Type(_)) => true,
            (a, b) => a == b,
        }
    }

    /// Whether `with` can stand for the variable, and whether that stood for something before.
    fn substitutes(&mut self, with: &Type, var: u32) -> (bool, bool) {
        if *with == Type::Var(var) {
            return (true, true);
        }
        if let Some(known) = self.find(var).cloned() {
            if *with == known {
                return (true, true);
            }
            if self.fits(with, &known) {
                let general = most_general(with, &known);
                if !self.occurs(var, &general) {
                    self.bind(var, general);
                }
                return (true, true);
            }
            return (false, true);
        }
        if self.occurs(var, with) {
            return (false, false);
        }
        self.bind(var, with.clone());
        (true, false)
    }

    fn occurs(&self, var: u32, within: &Type) -> bool {
        match within {
            Type::Var(other) => {
                *other == var || self.find(*other).is_some_and(|known| self.occurs(var, known))
            }
            Type::List(inner) | Type::Optional(inner) | Type::Type(Some(inner)) => self.occurs(var, inner),
            Type::Map(entry) => self.occurs(var, &entry.0) || self.occurs(var, &entry.1),
            _ => false,
        }
    }

    /// The type with all known variables replaced.
    pub(crate) fn resolved(&self, found: &Type) -> Type {
        match found {
            Type::Var(var) => self.find(*var).map_or_else(|| found.clone(), |known| self.resolved(known)),
            found if !has_variables(found) => found.clone(),
            Type::List(inner) => Type::list(self.resolved(inner)),
            Type::Optional(inner) => Type::optional(self.resolved(inner)),
            Type::Type(Some(inner)) => Type::type_of(self.resolved(inner)),
            Type::Map(entry) => Type::map(self.resolved(&entry.0), self.resolved(&entry.1)),
            other => other.clone(),
        }
    }

    /// A type of a signature, with variables for its parameters; `bound` are those of this signature
    /// so far, of which it has one or two.
    pub(crate) fn instance(&mut self, ty: &Ty, bound: &mut [Option<Bound>; 2]) -> Type {
        match ty {
            Ty::Bool => Type::Bool,
            Ty::Int => Type::Int,
            Ty::Uint => Type::Uint,
            Ty::Double => Type::Double,
            Ty::Text => Type::Text,
            Ty::Bytes => Type::Bytes,
            Ty::Timestamp => Type::Timestamp,
            Ty::Duration => Type::Duration,
            Ty::Null => Type::Null,
            Ty::Type(of) => Type::type_of(self.instance(of, bound)),
            Ty::Dyn => Type::Dyn,
            Ty::Param(name) => {
                if let Some((_, known)) = bound.iter().flatten().find(|(known, _)| known == name) {
                    return known.clone();
                }
                let fresh = self.fresh();
                if let Some(free) = bound.iter_mut().find(|bound| bound.is_none()) {
                    *free = Some((*name, fresh.clone()));
                }
                fresh
            }
            Ty::List(item) => Type::list(self.instance(item, bound)),
            Ty::Map(key, value) => {
                let key = self.instance(key, bound);
                Type::map(key, self.instance(value, bound))
            }
            Ty::Optional(value) => Type::optional(self.instance(value, bound)),
            Ty::Opaque(name) => Type::Opaque(name),
        }
    }
}

fn has_variables(found: &Type) -> bool {
    match found {
        Type::Var(_) => true,
        Type::List(inner) | Type::Optional(inner) | Type::Type(Some(inner)) => has_variables(inner),
        Type::Map(entry) => has_variables(&entry.0) || has_variables(&entry.1),
        _ => false,
    }
}

/// Of two types that fit each other the one that says less.
pub(crate) fn most_general(a: &Type, b: &Type) -> Type {
    if says_no_more(a, b) { a.clone() } else { b.clone() }
}

fn says_no_more(a: &Type, b: &Type) -> bool {
    if a.is_dyn() || matches!(a, Type::Var(_)) {
        return true;
    }
    match (a, b) {
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => says_no_more(a, b),
        (Type::Map(a), Type::Map(b)) => says_no_more(&a.0, &b.0) && says_no_more(&a.1, &b.1),
        (Type::Type(_), Type::Type(_)) => true,
        (a, b) => a == b,
    }
}

/// Whether two finished types are the same, an unknown type being `dyn`.
pub(crate) fn equivalent(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Var(_) | Type::Dyn, Type::Var(_) | Type::Dyn) => true,
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => equivalent(a, b),
        (Type::Map(a), Type::Map(b)) => equivalent(&a.0, &b.0) && equivalent(&a.1, &b.1),
        (Type::Type(Some(a)), Type::Type(Some(b))) => equivalent(a, b),
        (a, b) => a == b,
    }
}
