//! The parsed rule.
//!
//! Chains are flat: `a || b || c` is one [`Chain`] and `a.b[0].c` one [`Kind::Path`], so that the
//! height of the tree, which bounds every recursion over it, is the nesting a person sees.

use super::direct::Predicate;
use super::library::Function;
use crate::{Pattern, Span};

/// One node with its place in the source.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// 1 for a leaf, else 1 more than the highest child.
    pub(crate) height: u16,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Box<str>),
    Bytes(Box<[u8]>),
    /// A claim, or a function named without being called.
    Name(Box<str>),
    /// A `let` variable and the slot it lives in.
    Local(Box<str>, u16),
    /// `$env`: all claims.
    Env,
    /// `#`
    Item,
    /// `#index`, `#acc` or a name that the checker refuses.
    Pointer(Box<str>),
    Unary(Unary, Box<Node>),
    Chain(Chain),
    Path(Path),
    /// A call of something that is no function of the language.
    Call(Box<Node>, Box<[Node]>),
    Function(&'static Function, Box<[Node]>),
    Loop(Box<Loop>),
    Let(Box<Let>),
    Sequence(Box<[Node]>),
    If(Box<[Node; 3]>),
    /// `condition ?: otherwise`
    Else(Box<[Node; 2]>),
    Array(Box<[Node]>),
    Map(Box<[(Node, Node)]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Plus,
    Minus,
}

/// `first op operand op operand …`, applied from left to right.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) first: Box<Node>,
    pub(crate) links: Box<[Link]>,
    /// The last link whose literal decides `&&` or `||`: what stands before it is irrelevant, errors included.
    pub(crate) decided: Option<u16>,
}

#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) op: Binary,
    /// `not in`, `not contains` …
    pub(crate) negated: bool,
    pub(crate) right: Node,
    /// The further operands of `a < b < c`.
    pub(crate) more: Box<[(Binary, Node)]>,
    pub(crate) span: Span,
    /// Number of the link within the rule; the checker marks it in [`super::check::Marks`].
    pub(crate) ordinal: u16,
    /// What is known of the right side before any claims are.
    pub(crate) known: Known,
}

#[derive(Debug, Clone)]
pub(crate) enum Known {
    Nothing,
    /// The right side of `&&` or `||` is this literal.
    Bool(bool),
    /// The right side of `in` is a list of text literals only.
    Texts,
    /// The right side of `matches` is a literal.
    Pattern(Pattern),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessEqual,
    GreaterEqual,
    In,
    Matches,
    Contains,
    StartsWith,
    EndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Coalesce,
}

impl Binary {
    /// Operator, precedence: higher binds tighter. Only [`Binary::Power`] associates to the right.
    pub(crate) fn parse(text: &str) -> Option<(Self, u16)> {
        Some(match text {
            "or" | "||" => (Self::Or, 10),
            "and" | "&&" => (Self::And, 15),
            "==" => (Self::Equal, 20),
            "!=" => (Self::NotEqual, 20),
            "<" => (Self::Less, 20),
            ">" => (Self::Greater, 20),
            "<=" => (Self::LessEqual, 20),
            ">=" => (Self::GreaterEqual, 20),
            "in" => (Self::In, 20),
            "matches" => (Self::Matches, 20),
            "contains" => (Self::Contains, 20),
            "startsWith" => (Self::StartsWith, 20),
            "endsWith" => (Self::EndsWith, 20),
            ".." => (Self::Range, 25),
            "+" => (Self::Add, 30),
            "-" => (Self::Subtract, 30),
            "*" => (Self::Multiply, 60),
            "/" => (Self::Divide, 60),
            "%" => (Self::Modulo, 60),
            "**" | "^" => (Self::Power, 100),
            "??" => (Self::Coalesce, 500),
            _ => return None,
        })
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::Greater => ">",
            Self::LessEqual => "<=",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Matches => "matches",
            Self::Contains => "contains",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Range => "..",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "**",
            Self::Coalesce => "??",
        }
    }

    pub(crate) fn is_comparison(self) -> bool {
        matches!(self, Self::Less | Self::Greater | Self::LessEqual | Self::GreaterEqual)
    }

    /// Whether `not` may stand before it.
    pub(crate) fn is_negatable(self) -> bool {
        matches!(self, Self::In | Self::Matches | Self::Contains | Self::StartsWith | Self::EndsWith)
    }
}

/// `base.name[index]?.name…`
#[derive(Debug, Clone)]
pub(crate) struct Path {
    pub(crate) base: Box<Node>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) access: Access,
    pub(crate) span: Span,
    /// `?.`
    pub(crate) optional: bool,
    /// The optional chain the step belongs to (0: none). A nil before an optional step skips the
    /// rest of its chain.
    pub(crate) chain: u16,
}

#[derive(Debug, Clone)]
pub(crate) enum Access {
    Field(Box<str>),
    Method(Box<str>, Box<[Node]>),
    Index(Box<Node>),
    Slice(Option<Box<Node>>, Option<Box<Node>>),
}

/// A function that runs a predicate over a list.
#[derive(Debug, Clone)]
pub(crate) struct Loop {
    pub(crate) function: &'static Function,
    pub(crate) kind: LoopKind,
    pub(crate) list: Node,
    pub(crate) body: Option<Node>,
    /// The order of `sortBy`, the first accumulator of `reduce`.
    pub(crate) extra: Option<Node>,
    /// What the body does with items that are texts, if it is one of the frequent bodies.
    pub(crate) predicate: Option<Predicate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoopKind {
    All,
    None,
    Any,
    One,
    Filter,
    Map,
    Count,
    Sum,
    Find,
    FindIndex,
    FindLast,
    FindLastIndex,
    GroupBy,
    SortBy,
    Reduce,
}

#[derive(Debug, Clone)]
pub(crate) struct Let {
    pub(crate) name: Box<str>,
    pub(crate) value: Node,
    pub(crate) body: Node,
}
