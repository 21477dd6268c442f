//! A parsed rule as source again: the same tree when it is parsed.

use std::fmt::{self, Write as _};

use crate::text::quoted;

use super::tree::{Access, Kind, Loop, Node, Step, Unary};

impl fmt::Display for Node {
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of node")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Nil => f.write_str("nil"),
            Kind::Bool(value) => write!(f, "{value}"),
            Kind::Int(value) => write!(f, "{value}"),
            Kind::Float(value) => {
                let text = format!("{value:?}");
                f.write_str(&text)
            }
            Kind::Str(text) => f.write_str(&quoted(text)),
            Kind::Bytes(bytes) => {
                f.write_str("b\"")?;
                for byte in bytes {
                    write!(f, "\\x{byte:02x}")?;
                }
                f.write_char('"')
            }
            Kind::Name(name) | Kind::Local(name, _) => f.write_str(name),
            Kind::Env => f.write_str("$env"),
            Kind::Item => f.write_char('#'),
            Kind::Pointer(name) => write!(f, "#{name}"),
            Kind::Unary(op, operand) => {
                let sign = match op {
                    Unary::Not => '!',
                    Unary::Plus => '+',
                    Unary::Minus => '-',
                };
                write!(f, "{sign}{}", Operand(operand))
            }
            Kind::Chain(chain) => {
                write!(f, "{}", Operand(&chain.first))?;
                for link in &chain.links {
                    write!(
                        f,
                        " {}{} {}",
                        if link.negated { "not " } else { "" },
                        link.op.text(),
                        Operand(&link.right)
                    )?;
                    for (op, node) in &link.more {
                        write!(f, " {} {}", op.text(), Operand(node))?;
                    }
                }
                Ok(())
            }
            Kind::Path(path) => {
                match path.base.kind {
                    // Nothing can be selected from a bare number or name of a value.
                    Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) | Kind::Nil => {
                        write!(f, "({})", path.base)?;
                    }
                    _ => write!(f, "{}", Operand(&path.base))?,
                }
                path.steps.iter().try_for_each(|step| write_step(f, step))
            }
            Kind::Call(callee, arguments) => write!(f, "{callee}({})", List(arguments)),
            Kind::Function(function, arguments) => write!(f, "{}({})", function.name, List(arguments)),
            Kind::Loop(closure) => write_loop(f, closure),
            Kind::Let(declaration) => {
                write!(f, "let {} = {}; {}", declaration.name, Operand(&declaration.value), declaration.body)
            }
            Kind::Sequence(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    write!(f, "{}{}", if index > 0 { "; " } else { "" }, Operand(node))?;
                }
                Ok(())
            }
            Kind::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                write!(f, "{} ? {} : {}", Operand(condition), Operand(then), Operand(otherwise))
            }
            Kind::Else(parts) => {
                let [condition, otherwise] = &**parts;
                write!(f, "{} ?: {}", Operand(condition), Operand(otherwise))
            }
            Kind::Array(items) => write!(f, "[{}]", List(items)),
            Kind::Map(pairs) => {
                f.write_char('{')?;
                for (index, (key, value)) in pairs.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    match &key.kind {
                        Kind::Str(name) => f.write_str(&quoted(name))?,
                        _ => write!(f, "({key})")?,
                    }
                    write!(f, ": {}", Operand(value))?;
                }
                f.write_char('}')
            }
        }
    }
}

/// A node in parentheses where it needs them.
struct Operand<'n>(&'n Node);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compound = matches!(
            self.0.kind,
            Kind::Unary(..) | Kind::Chain(_) | Kind::Let(_) | Kind::Sequence(_) | Kind::If(_) | Kind::Else(_)
        );
        if compound { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

struct List<'n>(&'n [Node]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, node) in self.0.iter().enumerate() {
            write!(f, "{}{}", if index > 0 { ", " } else { "" }, Operand(node))?;
        }
        Ok(())
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
    let dot = if step.optional { "?." } else { "." };
    match &step.access {
        Access::Field(name) => write!(f, "{dot}{name}"),
        Access::Method(name, arguments) => write!(f, "{dot}{name}({})", List(arguments)),
        Access::Index(index) => write!(f, "{}[{}]", if step.optional { "?." } else { "" }, Operand(index)),
        Access::Slice(from, to) => {
            f.write_char('[')?;
            if let Some(from) = from {
                write!(f, "{}", Operand(from))?;
            }
            f.write_char(':')?;
            if let Some(to) = to {
                write!(f, "{}", Operand(to))?;
            }
            f.write_char(']')
        }
    }
}

fn write_loop(f: &mut fmt::Formatter<'_>, closure: &Loop) -> fmt::Result {
    write!(f, "{}({}", closure.function.name, Operand(&closure.list))?;
    if let Some(body) = &closure.body {
        write!(f, ", {{{body}}}")?;
    }
    if let Some(extra) = &closure.extra {
        write!(f, ", {}", Operand(extra))?;
    }
    f.write_char(')')
}
