//! The macros over lists, maps and optional values.

use super::Checker;
use super::unify::Type;
use crate::LoadError;
use crate::cel::Dialect;
use crate::cel::tree::{Fold, Id, Kind, Shape};

impl Checker {
    pub(super) fn fold(&mut self, id: Id, mut fold: Fold) -> Result<Type, LoadError> {
        let found = self.node(fold.range)?;
        let range = self.unifier.resolved(&found);
        let (first, second) = self.variables(&fold, &range)?;
        let depth = self.scope.len();
        fold.slot = u32::try_from(depth).unwrap_or(u32::MAX);
        self.scope.push((fold.first.clone(), first.clone()));
        if let Some(name) = &fold.second {
            self.scope.push((name.clone(), second));
        }
        if let Some(filter) = fold.filter {
            let found = self.node(filter)?;
            self.expect_bool(filter, &found)?;
        }
        let body = self.node(fold.body)?;
        let result = self.fold_result(&fold, first, &body);
        self.scope.truncate(depth);
        self.tree.replace(id, Kind::Fold(Box::new(fold)));
        result
    }

    fn variables(&mut self, fold: &Fold, range: &Type) -> Result<(Type, Type), LoadError> {
        let two = fold.second.is_some();
        Ok(match range {
            Type::List(item) if two => (Type::Int, (**item).clone()),
            Type::List(item) => ((**item).clone(), Type::Dyn),
            Type::Map(entry) => entry.as_ref().clone(),
            Type::Dyn | Type::Var(_) => {
                self.unifier.assignable(&[Type::Dyn], std::slice::from_ref(range));
                (Type::Dyn, Type::Dyn)
            }
            Type::Any => {
                let error = self.any_range(fold);
                match self.dialect {
                    Dialect::Kubernetes => return Err(error),
                    Dialect::Claimgate => self.refuse(error),
                }
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = format!("`{}` runs over a list or a map, not over {other}", fold.name);
                let error = LoadError::new(self.tree.span(fold.range), message);
                return Err(match other {
                    Type::Optional(_) => error.with_hint("take the value out with `.orValue([])` first"),
                    _ => error,
                });
            }
        })
    }

    fn any_range(&self, fold: &Fold) -> LoadError {
        let source = crate::cel::tree::print::print_from(&self.tree, fold.range);
        let source = if source.contains('…') { "…".to_owned() } else { source };
        LoadError::new(self.tree.span(fold.range), format!("`{source}` may be anything to Kubernetes"))
            .with_hint(format!("write `dyn({source}).{}(…)`", fold.name))
    }

    fn fold_result(&mut self, fold: &Fold, first: Type, body: &Type) -> Result<Type, LoadError> {
        match fold.shape {
            Shape::All | Shape::Exists | Shape::ExistsOne => {
                self.expect_bool(fold.body, body)?;
                Ok(Type::Bool)
            }
            Shape::Filter => {
                self.expect_bool(fold.body, body)?;
                Ok(Type::list(first))
            }
            Shape::List => Ok(Type::list(self.unifier.resolved(body))),
            Shape::Map => Ok(Type::map(first, self.unifier.resolved(body))),
            Shape::MapEntry => match self.unifier.resolved(body) {
                found @ Type::Map(_) => Ok(found),
                Type::Dyn | Type::Any | Type::Var(_) => Ok(Type::map(Type::Dyn, Type::Dyn)),
                other => {
                    let message = format!("`transformMapEntry` makes maps, found {other}");
                    Err(LoadError::new(self.tree.span(fold.body), message))
                }
            },
            Shape::SortBy => match self.unifier.resolved(body) {
                Type::Null
                | Type::List(_)
                | Type::Map(_)
                | Type::Optional(_)
                | Type::Opaque(_)
                | Type::Type(_) => {
                    Err(LoadError::new(self.tree.span(fold.body), "`sortBy` needs a key with an order"))
                }
                _ => Ok(Type::list(first)),
            },
        }
    }

    pub(super) fn optional_map(&mut self, id: Id) -> Result<Type, LoadError> {
        let Kind::OptionalMap { operand, variable, body, flat, .. } = self.tree.kind(id).clone() else {
            return Ok(Type::Dyn);
        };
        let found = self.node(operand)?;
        let inner = match self.unifier.resolved(&found) {
            Type::Optional(inner) => (*inner).clone(),
            Type::Dyn | Type::Any | Type::Var(_) => Type::Dyn,
            other => {
                let message = format!("expected an optional value, found {other}");
                return Err(LoadError::new(self.tree.span(operand), message));
            }
        };
        self.scope.push((variable.clone(), inner));
        let result = self.node(body)?;
        self.scope.pop();
        let result = self.unifier.resolved(&result);
        self.tree.replace(id, Kind::OptionalMap { operand, variable, body, flat });
        match result {
            result if !flat => Ok(Type::optional(result)),
            result @ (Type::Optional(_) | Type::Dyn | Type::Any) => Ok(result),
            other => {
                let message = format!("`optFlatMap` makes optional values, found {other}");
                Err(LoadError::new(self.tree.span(body), message))
            }
        }
    }
}
