use super::unify::Type;
use super::{Checker, FUNCTIONS};
use crate::LoadError;
use crate::cel::RuleKind;
use crate::cel::tree::{Access, Constant, Id, Kind, Name, Root};

/// Types as values, by the names CEL writes them with.
const TYPE_NAMES: &[&str] = &[
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "type",
    "uint",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "net.IP",
    "net.CIDR",
    "kubernetes.NamedFormat",
];

/// What the names of [`TYPE_NAMES`] that have dots begin with.
const PACKAGES: &[&str] = &["google", "net", "kubernetes"];

const ROOTS: &[(&str, Root)] = &[
    ("claims", Root::Claims),
    ("user", Root::User),
    ("token", Root::Token),
    ("request", Root::Request),
    ("serviceAccounts", Root::ServiceAccounts),
];

impl Checker {
    pub(super) fn name(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::Name(name) = self.tree.take(id) else { return Ok(Type::Dyn) };
        let absolute = name.strip_prefix('.');
        if absolute.is_none()
            && let Some(slot) = self.scope.iter().rposition(|(known, _)| *known == name)
        {
            let found = self.scope.get(slot).map_or(Type::Dyn, |(_, found)| found.clone());
            let slot = u32::try_from(slot).unwrap_or(u32::MAX);
            self.tree.replace(id, Kind::Resolved(Name::Slot(slot)));
            return Ok(found);
        }
        let name = absolute.unwrap_or(&name);
        if let Some((_, root)) = ROOTS.iter().find(|(known, _)| *known == name) {
            if !self.has_root(*root) {
                return Err(self.absent_root(id, name));
            }
            if !self.reads.root(name) {
                self.reads.roots.insert(name.to_owned());
            }
            self.reads.claims.0 += usize::from(*root == Root::Claims);
            self.tree.replace(id, Kind::Resolved(Name::Root(*root)));
            return Ok(match root {
                Root::Claims => self.claims.get_or_insert_with(|| Type::map(Type::Text, Type::Any)).clone(),
                Root::ServiceAccounts => Type::list(Type::Text),
                root => Type::Record(*root),
            });
        }
        if let Some(known) = TYPE_NAMES.iter().find(|known| **known == name) {
            self.tree.replace(id, Kind::Resolved(Name::Type(known)));
            return Ok(Type::type_of(named(known)));
        }
        let error = LoadError::new(self.tree.span(id), format!("there is no variable `{name}` here"));
        let known = self.roots();
        Err(error.with_hint(format!("a rule of this kind reads {known}; a text stands in quotes")))
    }

    fn has_root(&self, root: Root) -> bool {
        match self.kind {
            RuleKind::UserValidation => root == Root::User,
            RuleKind::Policy | RuleKind::Header | RuleKind::Account => true,
            _ => root == Root::Claims,
        }
    }

    fn roots(&self) -> String {
        let known = ROOTS.iter().filter(|(_, root)| self.has_root(*root));
        known.map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }

    fn absent_root(&self, id: Id, name: &str) -> LoadError {
        let message = format!("a rule of this kind cannot read `{name}`");
        LoadError::new(self.tree.span(id), message).with_hint(format!("it reads {}", self.roots()))
    }

    pub(super) fn select(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::Select { operand, access, .. } = *self.tree.kind(id) else { return Ok(Type::Dyn) };
        if access == Access::Plain
            && self.first_name(id).is_some_and(|name| PACKAGES.contains(&name))
            && let Some(name) = self.qualified(id)
            && let Some(known) = TYPE_NAMES.iter().find(|known| **known == name)
        {
            self.tree.replace(id, Kind::Resolved(Name::Type(known)));
            return Ok(Type::type_of(named(known)));
        }
        let kind = self.tree.take(id);
        let outcome = if let Kind::Select { field, .. } = &kind {
            self.selected(id, operand, field, access)
        } else {
            Ok(Type::Dyn)
        };
        self.tree.replace(id, kind);
        outcome
    }

    fn selected(&mut self, id: Id, operand: Id, field: &str, access: Access) -> Result<Type, LoadError> {
        if self.is_claims(operand) {
            self.reads.selected.insert(field.to_owned());
            self.reads.claims.1 += 1;
        }
        let found = self.node(operand)?;
        let found = self.unifier.resolved(&found);
        let (target, optional) = match &found {
            Type::Optional(inner) => (self.unifier.resolved(inner), true),
            other => (other.clone(), false),
        };
        let result = match &target {
            Type::Map(entry) => entry.1.clone(),
            Type::Record(root) => self.member(id, *root, field)?,
            Type::Var(_) => {
                self.unifier.assignable(&[Type::Dyn], std::slice::from_ref(&target));
                Type::Dyn
            }
            Type::Dyn | Type::Any => Type::Dyn,
            other => {
                let message = format!("{other} has no field `{field}`");
                return Err(LoadError::new(self.tree.span(id), message));
            }
        };
        Ok(match access {
            Access::Test => Type::Bool,
            Access::Optional => Type::optional(result),
            Access::Plain if optional => Type::optional(result),
            Access::Plain => result,
        })
    }

    fn member(&self, id: Id, root: Root, field: &str) -> Result<Type, LoadError> {
        Ok(match (root, field) {
            (Root::User, "username" | "uid")
            | (Root::Token, "entry" | "issuer")
            | (Root::Request, "method" | "scheme" | "host" | "path") => Type::Text,
            (Root::User, "groups") | (Root::Token, "audiences") => Type::list(Type::Text),
            (Root::User, "extra") => Type::map(Type::Text, Type::list(Type::Text)),
            (Root::Token, "expiresAt") => Type::Timestamp,
            (root, _) => {
                let members = match root {
                    Root::User => "`username`, `uid`, `groups`, `extra`",
                    Root::Token => "`entry`, `issuer`, `audiences`, `expiresAt`",
                    _ => "`method`, `scheme`, `host`, `path`",
                };
                let message = format!("`{}` has no member `{field}`", Type::Record(root));
                return Err(
                    LoadError::new(self.tree.span(id), message).with_hint(format!("it has {members}"))
                );
            }
        })
    }

    fn is_claims(&self, id: Id) -> bool {
        matches!(self.tree.kind(id), Kind::Name(name) if matches!(&**name, "claims" | ".claims"))
            && !self.scope.iter().any(|(known, _)| &**known == "claims")
    }

    /// Notes a claim that is read by a constant index.
    pub(super) fn note_index(&mut self, operand: Id, index: Id) {
        if self.is_claims(operand)
            && let Kind::Constant(Constant::Text(name)) = self.tree.kind(index)
        {
            self.reads.indexed.insert(name.to_string());
            self.reads.claims.1 += 1;
        }
    }

    /// The `a` of `a.b.c`, if the node is nothing but names.
    pub(super) fn first_name(&self, mut id: Id) -> Option<&str> {
        loop {
            match self.tree.kind(id) {
                Kind::Select { operand, access: Access::Plain, .. } => id = *operand,
                Kind::Name(name) => return Some(name),
                _ => return None,
            }
        }
    }

    /// `a.b.c` as text, if the node is nothing but names.
    pub(super) fn qualified(&self, mut id: Id) -> Option<String> {
        let mut parts = Vec::new();
        loop {
            match self.tree.kind(id) {
                Kind::Select { operand, field, access: Access::Plain, .. } => {
                    parts.push(&**field);
                    id = *operand;
                }
                Kind::Name(name) => {
                    parts.push(name);
                    parts.reverse();
                    return Some(parts.join("."));
                }
                _ => return None,
            }
        }
    }

    pub(super) fn unknown_function(&self, id: Id, name: &str) -> LoadError {
        let error = LoadError::new(self.tree.span(id), format!("there is no function `{name}`"));
        let hint = match name {
            "startswith" | "hasPrefix" => "write `startsWith`".to_owned(),
            "endswith" | "hasSuffix" => "write `endsWith`".to_owned(),
            "len" | "length" | "count" => "write `size(…)`".to_owned(),
            "toLowerCase" | "lower" | "toLower" => "write `.lowerAscii()`".to_owned(),
            "toUpperCase" | "upper" | "toUpper" => "write `.upperAscii()`".to_owned(),
            "any" => "write `.exists(x, …)`".to_owned(),
            _ => {
                let is_name = |known: &&str| known.starts_with(|c: char| c.is_ascii_alphabetic());
                let known: Vec<&str> = FUNCTIONS.keys().copied().filter(is_name).collect();
                match crate::closest(name, &known) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => return error,
                }
            }
        };
        error.with_hint(hint)
    }
}

/// The type that a name of [`TYPE_NAMES`] names.
fn named(name: &'static str) -> Type {
    match name {
        "bool" => Type::Bool,
        "bytes" => Type::Bytes,
        "double" => Type::Double,
        "int" => Type::Int,
        "list" => Type::list(Type::Dyn),
        "map" => Type::map(Type::Dyn, Type::Dyn),
        "null_type" => Type::Null,
        "optional_type" => Type::optional(Type::Dyn),
        "string" => Type::Text,
        "type" => Type::Type(None),
        "uint" => Type::Uint,
        "google.protobuf.Duration" => Type::Duration,
        "google.protobuf.Timestamp" => Type::Timestamp,
        other => Type::Opaque(other),
    }
}
