use std::fmt;

/// A type in a function's signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ty {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Timestamp,
    Duration,
    #[expect(dead_code, reason = "no function takes or gives null alone, but a signature can say it")]
    Null,
    /// The type of a type.
    Type(&'static Ty),
    Dyn,
    /// A type parameter, bound anew by each call.
    Param(char),
    List(&'static Ty),
    Map(&'static Ty, &'static Ty),
    Optional(&'static Ty),
    /// A library's own type by its name: `net.IP`.
    Opaque(&'static str),
}

impl Ty {
    pub(crate) const A: Self = Self::Param('A');
    pub(crate) const B: Self = Self::Param('B');
    pub(crate) const LIST_A: Self = Self::List(&Self::A);
    pub(crate) const MAP_AB: Self = Self::Map(&Self::A, &Self::B);
    pub(crate) const LIST_TEXT: Self = Self::List(&Self::Text);
    pub(crate) const OPTIONAL_A: Self = Self::Optional(&Self::A);
}

/// The type as CEL's messages write it.
impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Null => f.write_str("null"),
            Self::Type(_) => f.write_str("type"),
            Self::Dyn => f.write_str("dyn"),
            Self::Param(name) => write!(f, "{name}"),
            Self::List(item) => write!(f, "list({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(value) => write!(f, "optional({value})"),
            Self::Opaque(name) => f.write_str(name),
        }
    }
}
