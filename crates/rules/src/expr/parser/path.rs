//! Members, indexes and slices behind a value.

use super::{Parse, Parser, highest};
use crate::{LoadError, Span};

use super::super::lexer::{TokenKind, is_name_part};
use super::super::tree::{Access, Kind, Node, Path, Step};

impl<'s> Parser<'_, 's> {
    /// Everything selected from a value: `.name`, `?.name`, `[index]`, `[from:to]`, `.method()`.
    pub(super) fn path(&mut self, base: Node) -> Parse {
        let mut steps = Vec::new();
        let mut chain = match &base.kind {
            Kind::Path(path) => path.steps.last().map_or(0, |step| step.chain),
            _ => 0,
        };
        loop {
            let token = self.token();
            let optional = token.kind == TokenKind::Operator && token.text == "?.";
            if self.is_bracket("[") {
                self.next();
                chain = 0;
                steps.push(self.index(token.span, false, 0)?);
            } else if optional || self.is_operator(".") {
                self.next();
                let after = self.token();
                if optional && self.is_bracket("[") {
                    self.next();
                    chain = self.new_chain();
                    let step = self.index(after.span, true, chain)?;
                    // A slice takes no part in a chain.
                    chain = step.chain;
                    steps.push(step);
                } else {
                    if optional && chain == 0 {
                        chain = self.new_chain();
                    }
                    steps.push(self.member(optional, chain)?);
                }
            } else {
                break;
            }
        }
        if steps.is_empty() { Ok(base) } else { self.finish_path(base, steps) }
    }

    fn finish_path(&mut self, base: Node, steps: Vec<Step>) -> Parse {
        let within = steps.iter().map(step_height).max().unwrap_or(0);
        self.nodes += steps.len() * 2;
        let height = base.height.max(within);
        let span = steps.last().map_or(base.span, |step| step.span);
        match base {
            Node { kind: Kind::Path(mut path), height: was, .. } => {
                path.steps.extend(steps);
                self.node(Kind::Path(path), span, within.max(was - 1))
            }
            base => self.node(Kind::Path(Path { base: Box::new(base), steps }), span, height),
        }
    }

    pub(super) fn new_chain(&mut self) -> u16 {
        self.chains += 1;
        self.chains
    }

    fn member(&mut self, optional: bool, chain: u16) -> Parse<Step> {
        let name = self.next();
        let is_word = name.text.starts_with(|c: char| is_name_part(c) && !c.is_numeric());
        if !matches!(name.kind, TokenKind::Name | TokenKind::Operator) || !is_word {
            return Err(LoadError::new(name.span, "a name must follow `.`"));
        }
        let access = if self.is_bracket("(") {
            Access::Method(name.text.into(), self.arguments(None)?.into())
        } else {
            Access::Field(name.text.into())
        };
        Ok(Step { access, span: name.span, optional, chain })
    }

    fn index(&mut self, span: Span, optional: bool, chain: u16) -> Parse<Step> {
        let from = if self.is_operator(":") { None } else { Some(Box::new(self.expression(0)?)) };
        if !self.eat(TokenKind::Operator, ":") {
            self.expect(TokenKind::Bracket, "]")?;
            let index = from.ok_or_else(|| self.unexpected())?;
            return Ok(Step { access: Access::Index(index), span, optional, chain });
        }
        let to = if self.is_bracket("]") { None } else { Some(Box::new(self.expression(0)?)) };
        self.expect(TokenKind::Bracket, "]")?;
        Ok(Step { access: Access::Slice(from, to), span, optional: false, chain: 0 })
    }
}

fn step_height(step: &Step) -> u16 {
    match &step.access {
        Access::Field(_) => 0,
        Access::Method(_, arguments) => highest(arguments),
        Access::Index(index) => index.height,
        Access::Slice(from, to) => {
            let of = |node: &Option<Box<Node>>| node.as_ref().map_or(0, |node| node.height);
            of(from).max(of(to))
        }
    }
}
