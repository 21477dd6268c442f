use super::Checker;
use super::unify::Type;
use crate::LoadError;
use crate::cel::tree::Id;
use crate::cel::{Dialect, RuleKind};

impl Checker {
    /// Whether the kind of rule can have a value of this type.
    pub(super) fn result(&mut self, root: Id, found: &Type) -> Result<(), LoadError> {
        let found = self.unifier.resolved(found);
        match self.kind {
            // Kubernetes looks at the value of these only when the rule has run.
            RuleKind::Username | RuleKind::Groups | RuleKind::Uid | RuleKind::Extra => Ok(()),
            RuleKind::Header => self.header(root, &found),
            RuleKind::ClaimValidation | RuleKind::UserValidation | RuleKind::Policy | RuleKind::Account => {
                self.test(root, &found)
            }
        }
    }

    fn test(&mut self, root: Id, found: &Type) -> Result<(), LoadError> {
        if *found == Type::Bool {
            return Ok(());
        }
        let unknown = found.is_dyn() || matches!(found, Type::Var(_));
        let message = if unknown {
            "the value may be anything to Kubernetes, but must be bool".to_owned()
        } else {
            format!("the value must be bool, and is {found}")
        };
        let mut error = LoadError::new(self.tree.span(root), message);
        if unknown {
            error = error.with_hint("write `… == true`");
        }
        if unknown && self.dialect == Dialect::Claimgate {
            if self.kind.is_kubernetes() {
                self.refuse(error);
            }
            return Ok(());
        }
        Err(error)
    }

    fn header(&self, root: Id, found: &Type) -> Result<(), LoadError> {
        let fits = match found {
            Type::Text | Type::Null | Type::Dyn | Type::Any | Type::Var(_) => true,
            Type::List(item) => matches!(**item, Type::Text | Type::Dyn | Type::Any | Type::Var(_)),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let message = format!("the value must be a string or a list of strings, and is {found}");
        Err(LoadError::new(self.tree.span(root), message).with_hint("convert with `string(…)`"))
    }
}
