//! The source of a tree: parsing it gives the same tree.

use std::fmt::Write as _;

use super::{Access, Binary, Constant, Id, Kind, Logic, Name, Root, Tree};
use crate::text::quoted;

#[cfg(test)]
/// The source of the tree, each operand in parentheses where it is not simple.
pub(crate) fn print(tree: &Tree) -> String {
    print_from(tree, tree.root)
}

/// The source of a part of the tree. What the check has resolved is `…`, but for the inputs' names.
pub(crate) fn print_from(tree: &Tree, root: Id) -> String {
    let mut printer = Printer { tree, out: String::new() };
    printer.node(root);
    printer.out
}

struct Printer<'t> {
    tree: &'t Tree,
    out: String,
}

impl Printer<'_> {
    fn node(&mut self, id: Id) {
        match self.tree.kind(id) {
            Kind::Constant(constant) => self.constant(constant),
            Kind::Name(name) => self.out.push_str(name),
            Kind::Select { operand, field, access, .. } => self.select(*operand, field, *access),
            Kind::Index { operand, index, optional } => {
                self.operand(*operand);
                self.out.push_str(if *optional { "[?" } else { "[" });
                self.node(*index);
                self.out.push(']');
            }
            Kind::Call { function, receiver, arguments } => self.call(function, *receiver, arguments),
            Kind::Not(operand) => self.prefixed("!", *operand),
            Kind::Negate(operand) => self.prefixed("-", *operand),
            Kind::Binary(operator, left, right) => self.joined(sign(*operator), &[*left, *right]),
            Kind::Logic(Logic::And, operands) => self.joined("&&", operands),
            Kind::Logic(Logic::Or, operands) => self.joined("||", operands),
            Kind::Condition([condition, yes, no]) => {
                self.operand(*condition);
                self.out.push_str(" ? ");
                self.operand(*yes);
                self.out.push_str(" : ");
                self.operand(*no);
            }
            Kind::List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.comma(index);
                    self.out.push_str(if item.optional { "?" } else { "" });
                    self.node(item.value);
                }
                self.out.push(']');
            }
            Kind::Map(entries) => {
                self.out.push('{');
                for (index, entry) in entries.iter().enumerate() {
                    self.comma(index);
                    self.out.push_str(if entry.optional { "?" } else { "" });
                    self.node(entry.key);
                    self.out.push_str(": ");
                    self.node(entry.value);
                }
                self.out.push('}');
            }
            Kind::Fold(_) | Kind::OptionalMap { .. } => self.macro_call(id),
            Kind::Resolved(Name::Root(Root::Claims)) => self.out.push_str("claims"),
            Kind::Resolved(_) | Kind::Apply { .. } => self.out.push('…'),
        }
    }

    fn macro_call(&mut self, id: Id) {
        match self.tree.kind(id) {
            Kind::Fold(fold) => {
                self.operand(fold.range);
                let _ = write!(self.out, ".{}({}", fold.name, fold.first);
                if let Some(second) = &fold.second {
                    let _ = write!(self.out, ", {second}");
                }
                for id in fold.filter.iter().chain([&fold.body]) {
                    self.out.push_str(", ");
                    self.node(*id);
                }
            }
            Kind::OptionalMap { operand, variable, body, flat, .. } => {
                self.operand(*operand);
                let _ = write!(self.out, ".{}({variable}, ", if *flat { "optFlatMap" } else { "optMap" });
                self.node(*body);
            }
            _ => return,
        }
        self.out.push(')');
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Null => self.out.push_str("null"),
            Constant::Bool(value) => self.write(value),
            Constant::Int(value) => self.write(value),
            Constant::Uint(value) => self.write(format_args!("{value}u")),
            Constant::Double(value) => self.write(format_args!("{value:e}")),
            Constant::Text(value) => self.out.push_str(&quoted(value)),
            Constant::Bytes(bytes) => {
                self.out.push_str("b\"");
                for byte in bytes {
                    let _ = write!(self.out, "\\x{byte:02x}");
                }
                self.out.push('"');
            }
        }
    }

    fn select(&mut self, operand: Id, field: &str, access: Access) {
        let test = access == Access::Test;
        self.out.push_str(if test { "has(" } else { "" });
        self.operand(operand);
        self.out.push_str(if access == Access::Optional { ".?" } else { "." });
        let simple = field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !field.starts_with(|c: char| c.is_ascii_digit())
            && !matches!(field, "in" | "true" | "false" | "null");
        if simple {
            self.out.push_str(field);
        } else {
            self.write(format_args!("`{field}`"));
        }
        self.out.push_str(if test { ")" } else { "" });
    }

    fn call(&mut self, function: &str, receiver: Option<Id>, arguments: &[Id]) {
        if let Some(receiver) = receiver {
            self.operand(receiver);
            self.out.push('.');
        }
        self.out.push_str(function);
        self.out.push('(');
        for (index, id) in arguments.iter().enumerate() {
            self.comma(index);
            self.node(*id);
        }
        self.out.push(')');
    }

    fn prefixed(&mut self, sign: &str, operand: Id) {
        self.out.push_str(sign);
        if matches!(self.tree.kind(operand), Kind::Constant(_)) {
            self.out.push('(');
            self.node(operand);
            self.out.push(')');
        } else {
            self.operand(operand);
        }
    }

    fn joined(&mut self, sign: &str, operands: &[Id]) {
        for (index, id) in operands.iter().enumerate() {
            if index > 0 {
                self.write(format_args!(" {sign} "));
            }
            self.operand(*id);
        }
    }

    fn operand(&mut self, id: Id) {
        let simple = match self.tree.kind(id) {
            Kind::Constant(Constant::Int(value)) => *value >= 0,
            Kind::Constant(Constant::Double(_)) => false,
            Kind::Constant(_)
            | Kind::Name(_)
            | Kind::Resolved(_)
            | Kind::Select { .. }
            | Kind::Index { .. }
            | Kind::Call { .. }
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Fold(_)
            | Kind::OptionalMap { .. } => true,
            _ => false,
        };
        if simple {
            self.node(id);
        } else {
            self.out.push('(');
            self.node(id);
            self.out.push(')');
        }
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(", ");
        }
    }

    fn write(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.out, "{value}");
    }
}

/// The operator as it is written.
pub(crate) fn sign(operator: Binary) -> &'static str {
    match operator {
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::In => "in",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Modulo => "%",
    }
}
