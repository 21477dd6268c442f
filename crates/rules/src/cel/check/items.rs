//! List and map literals, whose items have one type.

use super::Checker;
use super::unify::{Type, equivalent, most_general};
use crate::LoadError;
use crate::cel::Dialect;
use crate::cel::tree::{Id, Kind};

impl Checker {
    pub(super) fn list(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::List(items) = self.tree.kind(id).clone() else { return Ok(Type::Dyn) };
        let mut joined = None;
        let mut first = None;
        for item in items {
            let found = self.item(item.value, item.optional)?;
            joined = Some(self.join(item.value, joined, &found));
            if self.formats > 0 {
                self.formatted.push((item.value, found.clone()));
            }
            self.same_as(&mut first, found, item.value);
        }
        Ok(Type::list(joined.unwrap_or_else(|| self.unifier.fresh())))
    }

    pub(super) fn map(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::Map(entries) = self.tree.kind(id).clone() else { return Ok(Type::Dyn) };
        let (mut keys, mut values) = (None, None);
        let (mut first_key, mut first_value) = (None, None);
        for entry in entries {
            let key = self.node(entry.key)?;
            keys = Some(self.join(entry.key, keys, &key));
            let value = self.item(entry.value, entry.optional)?;
            values = Some(self.join(entry.value, values, &value));
            self.same_as(&mut first_key, key, entry.key);
            self.same_as(&mut first_value, value, entry.value);
        }
        let keys = keys.unwrap_or_else(|| self.unifier.fresh());
        let values = values.unwrap_or_else(|| self.unifier.fresh());
        Ok(Type::map(keys, values))
    }

    fn item(&mut self, id: Id, optional: bool) -> Result<Type, LoadError> {
        let found = self.node(id)?;
        match self.unifier.resolved(&found) {
            Type::Optional(inner) if optional => Ok((*inner).clone()),
            other if optional && !other.is_dyn() => {
                let message = format!("expected an optional value behind `?`, found {other}");
                Err(LoadError::new(self.tree.span(id), message)
                    .with_hint("write it without `?`, or `optional.of(…)`"))
            }
            other => Ok(other),
        }
    }

    fn join(&mut self, id: Id, joined: Option<Type>, found: &Type) -> Type {
        let Some(joined) = joined else { return found.clone() };
        if self.unifier.assignable(std::slice::from_ref(&joined), std::slice::from_ref(found)) {
            return most_general(&joined, found);
        }
        // What is mixed is refused at the end, but not among the arguments of `format`.
        self.same_as(&mut Some(joined), found.clone(), id);
        Type::Dyn
    }

    fn same_as(&mut self, first: &mut Option<Type>, found: Type, id: Id) {
        match first {
            None => *first = Some(found),
            Some(_) if self.formats > 0 => {}
            Some(first) => self.literals.push((first.clone(), found, id)),
        }
    }

    fn mixed(&self, id: Id, first: &Type, found: &Type) -> LoadError {
        let (first, found) = (self.unifier.resolved(first), self.unifier.resolved(found));
        let message = format!("a literal's items have one type: expected {first}, found {found}");
        LoadError::new(self.tree.span(id), message).with_hint("hide the types with `dyn(…)` around each item")
    }

    pub(super) fn homogeneous(&mut self) -> Result<(), LoadError> {
        for (first, found, id) in std::mem::take(&mut self.literals) {
            if !equivalent(&self.unifier.resolved(&first), &self.unifier.resolved(&found)) {
                let error = self.mixed(id, &first, &found);
                match self.dialect {
                    Dialect::Kubernetes => return Err(error),
                    Dialect::Claimgate => self.refuse(error),
                }
            }
        }
        Ok(())
    }
}
