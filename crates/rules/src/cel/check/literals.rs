//! What is written out in a rule is looked into when the rule is loaded.

use super::Checker;
use super::unify::Type;
use crate::cel::Dialect;
use crate::cel::tree::{Constant, Id, Kind};
use crate::{LoadError, Pattern};

/// The functions that Kubernetes runs when it loads a rule, where their argument is known then.
const CONVERSIONS: &[&str] =
    &["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"];

impl Checker {
    /// A format with its list, both written out, are checked when the rule is loaded.
    pub(super) fn literal_format(&mut self, name: &str, all: &[Id]) -> Result<(), LoadError> {
        use crate::cel::library::strings::format;

        let (true, [text, list]) = (name == "format", all) else { return Ok(()) };
        let (Kind::Constant(Constant::Text(source)), Kind::List(items)) =
            (self.tree.kind(*text), self.tree.kind(*list))
        else {
            return Ok(());
        };
        let clauses = format::check(source, items.len())
            .map_err(|message| LoadError::new(self.tree.span(*text), message))?;
        let items: Vec<Id> = items.iter().map(|item| item.value).collect();
        for (clause, item) in clauses.into_iter().zip(items) {
            let Some((_, found)) = self.formatted.iter().rev().find(|(id, _)| *id == item) else { continue };
            let found = self.unifier.resolved(found);
            let written = found.to_string();
            if clause.takes(written.split('(').next().unwrap_or_default()) {
                continue;
            }
            let error = LoadError::new(self.tree.span(item), clause.refusal(&written));
            if found != Type::Any {
                return Err(error);
            }
            let error = error.with_hint("hide the type with `dyn(…)`");
            match self.dialect {
                Dialect::Kubernetes => return Err(error),
                Dialect::Claimgate => self.refuse(error),
            }
        }
        Ok(())
    }

    /// The literals that Kubernetes looks into: patterns, durations, timestamps.
    pub(super) fn literal_argument(&mut self, name: &str, member: bool, all: &[Id]) -> Result<(), LoadError> {
        let pattern = match name {
            "matches" | "find" | "findAll" => all.get(1),
            _ => None,
        };
        // Kubernetes looks at the first argument in parentheses, also where that is the text.
        let quirk = all.first().filter(|_| name == "matches" && !member);
        for id in pattern.into_iter().chain(quirk) {
            let Kind::Constant(Constant::Text(source)) = self.tree.kind(*id) else { continue };
            match Pattern::compile(source) {
                Ok(compiled) => self.patterns.push(std::sync::Arc::new(compiled)),
                Err(error) => return Err(LoadError::new(self.tree.span(*id), error.to_string())),
            }
        }
        let Some(first) = all.first() else { return Ok(()) };
        let Kind::Constant(Constant::Text(source)) = self.tree.kind(*first) else { return Ok(()) };
        let wrong = match name {
            "duration" => crate::cel::library::time::parse_duration(source).is_none(),
            "timestamp" => crate::Instant::parse(source).is_none(),
            _ => false,
        };
        if wrong {
            return Err(LoadError::new(self.tree.span(*first), format!("this is no {name}")));
        }
        Ok(())
    }

    /// A conversion of what is written out is done when the rule is loaded, so it fails there. What
    /// would take too long is left for the evaluation.
    pub(super) fn literal_conversion(
        &mut self,
        id: Id,
        name: &str,
        only: Option<Id>,
    ) -> Result<(), LoadError> {
        let Some(argument) = only else { return Ok(()) };
        if !CONVERSIONS.contains(&name) || !self.written_out(argument) {
            return Ok(());
        }
        match crate::cel::evaluate::constant(&self.tree, id, &mut self.folding) {
            Ok(()) => {
                self.converted.insert(id);
                Ok(())
            }
            Err(error) if error.is_exhausted() => Ok(()),
            Err(error) => Err(LoadError::new(self.tree.span(id), error.to_string())),
        }
    }

    /// Whether a value is known when the rule is loaded: a literal, a list or map of such values, or
    /// a conversion of one.
    fn written_out(&self, id: Id) -> bool {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match self.tree.kind(id) {
                Kind::Constant(_) => {}
                Kind::List(items) if items.iter().all(|item| !item.optional) => {
                    open.extend(items.iter().map(|item| item.value));
                }
                Kind::Map(entries) if entries.iter().all(|entry| !entry.optional) => {
                    open.extend(entries.iter().flat_map(|entry| [entry.key, entry.value]));
                }
                _ if self.converted.contains(&id) => {}
                _ => return false,
            }
        }
        true
    }
}
