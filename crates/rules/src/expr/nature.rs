//! What is known of a value before the rule runs.

/// The static type of a value: `arrays` lists around a leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nature {
    /// How many lists the leaf lies in.
    pub(crate) arrays: u8,
    pub(crate) leaf: Leaf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leaf {
    /// Nothing is known.
    Unknown,
    /// The item of a claim's list or map: nothing is known but that it may be anything.
    Any,
    Nil,
    Bool,
    Int,
    Float,
    Str,
    Bytes,
    /// A list of texts as `split` makes it.
    Texts,
    /// A map from texts.
    Map,
    /// A map from values of any kind.
    AnyMap,
    /// What `groupBy` makes.
    Groups,
    Time,
    Duration,
    /// A function that is named without being called.
    Function,
}

impl Nature {
    pub(crate) const UNKNOWN: Self = Self::of(Leaf::Unknown);
    pub(crate) const BOOL: Self = Self::of(Leaf::Bool);
    pub(crate) const INT: Self = Self::of(Leaf::Int);
    pub(crate) const FLOAT: Self = Self::of(Leaf::Float);
    pub(crate) const STR: Self = Self::of(Leaf::Str);
    pub(crate) const NIL: Self = Self::of(Leaf::Nil);
    /// A list of which nothing more is known.
    pub(crate) const LIST: Self = Self { arrays: 1, leaf: Leaf::Any };

    pub(crate) const fn of(leaf: Leaf) -> Self {
        Self { arrays: 0, leaf }
    }

    pub(crate) fn list(self) -> Self {
        Self { arrays: self.arrays.saturating_add(1), leaf: self.leaf }
    }

    pub(crate) fn is(self, leaf: Leaf) -> bool {
        self.arrays == 0 && self.leaf == leaf
    }

    pub(crate) fn is_unknown(self) -> bool {
        self.is(Leaf::Unknown) || self.is(Leaf::Any)
    }

    pub(crate) fn is_number(self) -> bool {
        self.is(Leaf::Int) || self.is(Leaf::Float)
    }

    pub(crate) fn is_list(self) -> bool {
        self.arrays > 0 || matches!(self.leaf, Leaf::Bytes | Leaf::Texts)
    }

    pub(crate) fn is_map(self) -> bool {
        self.arrays == 0 && matches!(self.leaf, Leaf::Map | Leaf::AnyMap | Leaf::Groups)
    }

    /// The nature of the items.
    pub(crate) fn element(self) -> Self {
        match self {
            Self { arrays: 1.., leaf } => Self { arrays: self.arrays - 1, leaf },
            Self { leaf: Leaf::Bytes, .. } => Self::INT,
            Self { leaf: Leaf::Texts, .. } => Self::STR,
            Self { leaf: Leaf::Map | Leaf::AnyMap, .. } => Self::of(Leaf::Any),
            Self { leaf: Leaf::Groups, .. } => Self::LIST,
            _ => Self::UNKNOWN,
        }
    }

    pub(crate) fn assignable_to(self, to: Self) -> bool {
        if self.is(Leaf::Nil) {
            return to.is(Leaf::Any) || to.is(Leaf::Function) || to.is_list() || to.is_map();
        }
        if self.is(Leaf::Unknown) || to.is(Leaf::Unknown) || to.is(Leaf::Nil) {
            return false;
        }
        if to.is(Leaf::Any) || (self.arrays > 0 && to.arrays > 0) {
            return true;
        }
        self == to
    }

    pub(crate) fn comparable_to(self, other: Self) -> bool {
        self.is_unknown()
            || other.is_unknown()
            || self.is(Leaf::Nil)
            || other.is(Leaf::Nil)
            || (self.is_number() && other.is_number())
            || (self.is_list() && other.is_list())
            || self.assignable_to(other)
    }

    /// Whether nothing is known of one of the two and the other, if known, is one of `leaves`.
    pub(crate) fn may_suit(self, other: Self, leaves: &[Leaf]) -> bool {
        let suits = |nature: Self| nature.arrays == 0 && leaves.contains(&nature.leaf);
        match (self.is_unknown(), other.is_unknown()) {
            (true, true) => true,
            (true, false) => suits(other),
            (false, true) => suits(self),
            (false, false) => false,
        }
    }

    /// What the original calls the kind: natures of one kind make a list of that kind.
    pub(crate) fn same_kind(self, other: Self) -> bool {
        let kind = |nature: Self| match nature {
            nature if nature.is_list() => 1,
            nature if nature.is_map() => 2,
            Self { leaf: Leaf::Unknown | Leaf::Nil, .. } => 3,
            Self { leaf, .. } => 4 + leaf as u8,
        };
        kind(self) == kind(other)
    }

    /// In words.
    pub(crate) fn shown(self) -> &'static str {
        if self.arrays > 0 {
            return "a list";
        }
        match self.leaf {
            Leaf::Unknown | Leaf::Any => "anything",
            Leaf::Nil => "nil",
            Leaf::Bool => "a boolean",
            Leaf::Int => "an integer",
            Leaf::Float => "a number",
            Leaf::Str => "a text",
            Leaf::Bytes => "bytes",
            Leaf::Texts => "a list of texts",
            Leaf::Map | Leaf::AnyMap | Leaf::Groups => "a map",
            Leaf::Time => "a time",
            Leaf::Duration => "a duration",
            Leaf::Function => "a function",
        }
    }
}
