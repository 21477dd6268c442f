use crate::Span;

pub(crate) mod print;

/// The index of a node in its tree. Nodes refer to each other by index, so that no shape of a source
/// makes dropping a tree recursive.
pub(crate) type Id = u32;

/// A parsed expression, macros expanded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    pub(crate) root: Id,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Constant(Constant),
    /// A name; with a leading dot when it is written so.
    Name(Box<str>),
    Select {
        operand: Id,
        field: Box<str>,
        access: Access,
        /// Whether the name holds no `__`, so that it stands for itself.
        plain: bool,
    },
    Index {
        operand: Id,
        index: Id,
        optional: bool,
    },
    Call {
        function: Box<str>,
        receiver: Option<Id>,
        arguments: Box<[Id]>,
    },
    Not(Id),
    Negate(Id),
    Binary(Binary, Id, Id),
    /// A chain of one logical operator, flat.
    Logic(Logic, Box<[Id]>),
    Condition([Id; 3]),
    List(Box<[Item]>),
    Map(Box<[Entry]>),
    Fold(Box<Fold>),
    /// `optMap` and `optFlatMap`.
    OptionalMap {
        operand: Id,
        variable: Box<str>,
        body: Id,
        flat: bool,
    },
    /// A resolved name; only after the check.
    Resolved(Name),
    /// A resolved call; only after the check.
    Apply {
        overloads: Box<[&'static super::library::Function]>,
        arguments: Box<[Id]>,
        special: Special,
    },
}

/// What the evaluator knows of a function besides its implementation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Special {
    None,
    /// It makes a list that Kubernetes does not take as groups: `split`, `findAll`.
    Native,
    /// `startsWith` of texts and nothing else.
    StartsWith,
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Name {
    Root(Root),
    Slot(u32),
    Type(&'static str),
}

/// A variable that the inputs provide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Root {
    Claims,
    User,
    Token,
    Request,
    ServiceAccounts,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// `a.b`
    Plain,
    /// `a.?b`
    Optional,
    /// `has(a.b)`
    Test,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binary {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Logic {
    And,
    Or,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    pub(crate) value: Id,
    pub(crate) optional: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Id,
    pub(crate) value: Id,
    pub(crate) optional: bool,
}

/// A macro that runs over a list or a map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fold {
    pub(crate) shape: Shape,
    /// The macro's name as it was written.
    pub(crate) name: &'static str,
    pub(crate) range: Id,
    pub(crate) first: Box<str>,
    pub(crate) second: Option<Box<str>>,
    pub(crate) filter: Option<Id>,
    pub(crate) body: Id,
    /// Where the first variable's value stands; the second's behind it. Known after the check.
    pub(crate) slot: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    All,
    Exists,
    ExistsOne,
    Filter,
    /// `map` and `transformList`
    List,
    /// `transformMap`
    Map,
    /// `transformMapEntry`
    MapEntry,
    /// `sortBy`
    SortBy,
}

impl Tree {
    /// An empty tree with room for so many nodes.
    pub(crate) fn with_room(nodes: usize) -> Self {
        Self { nodes: Vec::with_capacity(nodes), root: 0 }
    }

    pub(crate) fn add(&mut self, kind: Kind, span: Span) -> Id {
        let id = Id::try_from(self.nodes.len()).unwrap_or(Id::MAX);
        self.nodes.push(Node { kind, span });
        id
    }

    /// The node `id`. A node that is not there is `null`; the parser makes no such id.
    #[inline]
    pub(crate) fn kind(&self, id: Id) -> &Kind {
        static NOTHING: Kind = Kind::Constant(Constant::Null);
        self.nodes.get(id as usize).map_or(&NOTHING, |node| &node.kind)
    }

    pub(crate) fn span(&self, id: Id) -> Span {
        self.nodes.get(id as usize).map_or(Span::default(), |node| node.span)
    }

    pub(crate) fn replace(&mut self, id: Id, kind: Kind) {
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.kind = kind;
        }
    }

    /// Takes a node's kind out, to be put back or replaced.
    pub(crate) fn take(&mut self, id: Id) -> Kind {
        let nothing = Kind::Constant(Constant::Null);
        self.nodes
            .get_mut(id as usize)
            .map_or(nothing.clone(), |node| std::mem::replace(&mut node.kind, nothing))
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
}
