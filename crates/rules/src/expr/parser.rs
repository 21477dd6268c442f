//! Precedence climbing over the tokens, with the grammar of the original.

mod path;

use crate::{LoadError, Pattern, Span};

use super::advice;
use super::direct::Predicate;
use super::lexer::{Token, TokenKind, tokens};
use super::library::{self, Body, Function};
use super::literal;
use super::tree::{Binary, Chain, Kind, Known, Let, Link, Loop, LoopKind, Node, Unary};

/// Nesting a rule may have.
pub(crate) const DEEPEST: u16 = 64;
/// Nesting of the parser itself: a bracket and an operator on the way down count each.
const DEEPEST_DESCENT: u16 = 160;
const MOST_NODES: usize = 10_000;

/// What a source was parsed into.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) root: Node,
}

pub(crate) fn parse(source: &str) -> Result<Parsed, LoadError> {
    let tokens = tokens(source)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        descent: 0,
        nodes: 0,
        predicates: 0,
        chains: 0,
        links: 0,
        locals: Vec::new(),
    };
    let root = parser.sequence()?;
    if parser.token().kind != TokenKind::End {
        return Err(parser.unexpected());
    }
    Ok(Parsed { root })
}

struct Parser<'t, 's> {
    tokens: &'t [Token<'s>],
    at: usize,
    descent: u16,
    nodes: usize,
    /// How many predicates enclose this place.
    predicates: u16,
    chains: u16,
    links: u16,
    locals: Vec<Box<str>>,
}

type Parse<T = Node> = Result<T, LoadError>;

impl<'s> Parser<'_, 's> {
    fn token(&self) -> Token<'s> {
        let end = Token { kind: TokenKind::End, text: "", span: Span::default() };
        self.tokens.get(self.at).or(self.tokens.last()).copied().unwrap_or(end)
    }

    fn next(&mut self) -> Token<'s> {
        let token = self.token();
        self.at += 1;
        token
    }

    fn is(&self, kind: TokenKind, text: &str) -> bool {
        let token = self.token();
        token.kind == kind && token.text == text
    }

    fn is_operator(&self, text: &str) -> bool {
        self.is(TokenKind::Operator, text)
    }

    fn is_bracket(&self, text: &str) -> bool {
        self.is(TokenKind::Bracket, text)
    }

    fn eat(&mut self, kind: TokenKind, text: &str) -> bool {
        let found = self.is(kind, text);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, kind: TokenKind, text: &str) -> Parse<()> {
        if self.eat(kind, text) { Ok(()) } else { Err(self.unexpected_but(text)) }
    }

    fn unexpected(&self) -> LoadError {
        let token = self.token();
        match token.kind {
            TokenKind::End => LoadError::new(token.span, "the expression ends too early"),
            _ => advice::misplaced(
                LoadError::new(token.span, format!("`{}` does not belong here", token.text)),
                token.text,
            ),
        }
    }

    fn unexpected_but(&self, wanted: &str) -> LoadError {
        let token = self.token();
        match token.kind {
            TokenKind::End => {
                LoadError::new(token.span, format!("the expression ends where `{wanted}` must follow"))
            }
            _ => LoadError::new(token.span, format!("`{}` stands where `{wanted}` must follow", token.text)),
        }
    }

    fn node(&mut self, kind: Kind, span: Span, highest_child: u16) -> Parse {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(LoadError::new(span, "the expression has more than 10,000 parts"));
        }
        if highest_child >= DEEPEST {
            return Err(too_deep(span));
        }
        Ok(Node { kind, span, height: highest_child + 1 })
    }

    fn descend<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.descent >= DEEPEST_DESCENT {
            return Err(too_deep(self.token().span));
        }
        self.descent += 1;
        let parsed = parse(self);
        self.descent -= 1;
        parsed
    }

    fn sequence(&mut self) -> Parse {
        let first = self.expression(0)?;
        if !self.is_operator(";") {
            return Ok(first);
        }
        let span = first.span;
        let mut nodes = vec![first];
        while self.eat(TokenKind::Operator, ";") {
            if self.token().kind == TokenKind::End {
                break;
            }
            nodes.push(self.expression(0)?);
        }
        if nodes.len() == 1 {
            return nodes.pop().ok_or_else(|| self.unexpected());
        }
        let height = highest(&nodes);
        self.node(Kind::Sequence(nodes.into()), span, height)
    }

    fn expression(&mut self, precedence: u16) -> Parse {
        self.descend(|parser| match precedence {
            0 if parser.is_operator("let") => parser.declaration(),
            0 if parser.is_operator("if") => parser.conditional(),
            0 => {
                let node = parser.chain(0)?;
                parser.ternary(node)
            }
            _ => parser.chain(precedence),
        })
    }

    fn declaration(&mut self) -> Parse {
        self.next();
        let name = self.next();
        if name.kind != TokenKind::Name {
            return Err(LoadError::new(name.span, "a name must follow `let`"));
        }
        if name.text == "$env" {
            return Err(LoadError::new(name.span, "`$env` cannot be declared"));
        }
        self.expect(TokenKind::Operator, "=")?;
        let value = self.expression(0)?;
        self.expect(TokenKind::Operator, ";")?;
        self.locals.push(name.text.into());
        let body = self.sequence();
        self.locals.pop();
        let body = body?;
        let height = value.height.max(body.height);
        self.node(Kind::Let(Box::new(Let { name: name.text.into(), value, body })), name.span, height)
    }

    fn conditional(&mut self) -> Parse {
        let span = self.next().span;
        let condition = self.expression(0)?;
        self.expect(TokenKind::Bracket, "{")?;
        let then = self.sequence()?;
        self.expect(TokenKind::Bracket, "}")?;
        self.expect(TokenKind::Operator, "else")?;
        let otherwise = if self.is_operator("if") {
            self.descend(Self::conditional)?
        } else {
            self.expect(TokenKind::Bracket, "{")?;
            let otherwise = self.sequence()?;
            self.expect(TokenKind::Bracket, "}")?;
            otherwise
        };
        let parts = [condition, then, otherwise];
        let height = highest(&parts);
        self.node(Kind::If(Box::new(parts)), span, height)
    }

    fn ternary(&mut self, mut node: Node) -> Parse {
        while self.is_operator("?") {
            let span = self.next().span;
            if self.eat(TokenKind::Operator, ":") {
                let parts = [node, self.expression(0)?];
                let height = highest(&parts);
                node = self.node(Kind::Else(Box::new(parts)), span, height)?;
                continue;
            }
            let then = self.expression(0)?;
            self.expect(TokenKind::Operator, ":")?;
            let parts = [node, then, self.expression(0)?];
            let height = highest(&parts);
            node = self.node(Kind::If(Box::new(parts)), span, height)?;
        }
        Ok(node)
    }

    /// An operand and all binary operators of at least this precedence behind it.
    fn chain(&mut self, precedence: u16) -> Parse {
        let mut first = self.primary()?;
        let mut links: Vec<Link> = Vec::new();
        let mut after_coalesce = false;
        loop {
            let token = self.token();
            if token.kind != TokenKind::Operator {
                break;
            }
            if token.text == "|" {
                if precedence > 0 {
                    break;
                }
                self.next();
                first = self.finish_chain(first, &mut links)?;
                first = self.piped(first)?;
                after_coalesce = false;
                continue;
            }
            let negated = token.text == "not";
            let operator =
                if negated { self.tokens.get(self.at + 1).copied().unwrap_or(token) } else { token };
            let parsed =
                (operator.kind == TokenKind::Operator).then(|| Binary::parse(operator.text)).flatten();
            let Some((op, binds)) = parsed.filter(|(op, _)| !negated || op.is_negatable()) else {
                if negated {
                    self.next();
                    return Err(self.unexpected());
                }
                break;
            };
            if binds < precedence {
                break;
            }
            if after_coalesce && op != Binary::Coalesce {
                let message = format!("`{}` cannot follow `??` without parentheses", operator.text);
                return Err(LoadError::new(operator.span, message).with_hint("write `(a ?? b)`"));
            }
            self.at += if negated { 2 } else { 1 };
            links.push(self.link(op, binds, negated, operator.span)?);
            after_coalesce = op == Binary::Coalesce;
        }
        self.finish_chain(first, &mut links)
    }

    fn finish_chain(&mut self, first: Node, links: &mut Vec<Link>) -> Parse {
        if links.is_empty() {
            return Ok(first);
        }
        let right = links.iter().map(|link| highest_of(&link.more).max(link.right.height)).max();
        let height = first.height.max(right.unwrap_or(0));
        let span = links.last().map_or(first.span, |link| link.span);
        let decides = |link: &Link| {
            matches!(
                (link.op, &link.known),
                (Binary::Or, Known::Bool(true)) | (Binary::And, Known::Bool(false))
            )
        };
        let decided = links.iter().rposition(decides).and_then(|at| u16::try_from(at).ok());
        let links = std::mem::take(links).into();
        self.node(Kind::Chain(Chain { first: Box::new(first), links, decided }), span, height)
    }

    fn link(&mut self, op: Binary, binds: u16, negated: bool, span: Span) -> Parse<Link> {
        let right = self.expression(if op == Binary::Power { binds } else { binds + 1 })?;
        self.nodes += 1;
        let mut more = Vec::new();
        while op.is_comparison() {
            let next = self.token();
            let next = if next.kind == TokenKind::Operator { Binary::parse(next.text) } else { None };
            let Some((op, _)) = next.filter(|(op, _)| op.is_comparison()) else { break };
            self.next();
            more.push((op, self.expression(binds + 1)?));
            self.nodes += 2;
        }
        let ordinal = self.links;
        self.links += 1;
        let known = match (&right.kind, op) {
            (Kind::Bool(value), Binary::And | Binary::Or) => Known::Bool(*value),
            (Kind::Array(items), Binary::In) if all_texts(items) => Known::Texts,
            (Kind::Str(pattern), Binary::Matches) => Known::Pattern(
                Pattern::compile(pattern).map_err(|error| LoadError::new(right.span, error.to_string()))?,
            ),
            _ => Known::Nothing,
        };
        Ok(Link { op, negated, right, more: more.into(), span, ordinal, known })
    }

    fn piped(&mut self, first: Node) -> Parse {
        let name = self.next();
        if name.kind != TokenKind::Name {
            return Err(LoadError::new(name.span, "a function must follow `|`"));
        }
        // Nothing can be selected from the result without parentheses.
        self.call(name, Some(first))
    }

    fn primary(&mut self) -> Parse {
        let token = self.token();
        match (token.kind, token.text) {
            (TokenKind::Operator, "not" | "!") => self.unary(Unary::Not, 50),
            (TokenKind::Operator, "-") => self.unary(Unary::Minus, 90),
            (TokenKind::Operator, "+") => self.unary(Unary::Plus, 90),
            (TokenKind::Bracket, "(") => {
                self.next();
                let node = self.sequence()?;
                self.expect(TokenKind::Bracket, ")")?;
                self.path(node)
            }
            (TokenKind::Operator, "#") if self.predicates > 0 => {
                self.next();
                let name = self.token();
                let kind = if name.kind == TokenKind::Name {
                    self.next();
                    Kind::Pointer(name.text.into())
                } else {
                    Kind::Item
                };
                let node = self.node(kind, token.span, 0)?;
                self.path(node)
            }
            // `.field` is `#.field`.
            (TokenKind::Operator, ".") if self.predicates > 0 => {
                let node = self.node(Kind::Item, token.span, 0)?;
                self.path(node)
            }
            (TokenKind::Operator, "::") => {
                self.next();
                let name = self.next();
                if name.kind != TokenKind::Name {
                    return Err(LoadError::new(name.span, "a function must follow `::`"));
                }
                let call = self.call(name, None)?;
                self.path(call)
            }
            _ => self.secondary(),
        }
    }

    fn unary(&mut self, op: Unary, binds: u16) -> Parse {
        let span = self.next().span;
        let operand = self.expression(binds)?;
        let height = operand.height;
        let node = self.node(Kind::Unary(op, Box::new(operand)), span, height)?;
        self.path(node)
    }

    fn secondary(&mut self) -> Parse {
        let token = self.next();
        let wrong = |reason: &str| LoadError::new(token.span, reason);
        let kind = match token.kind {
            TokenKind::Name => return self.named(token),
            TokenKind::Number => {
                let kind = match literal::number(token.text) {
                    Some(literal::Number::Int(value)) => Kind::Int(value),
                    Some(literal::Number::Float(value)) => Kind::Float(value),
                    None => return Err(wrong("the number is malformed or too large")),
                };
                // Nothing can be selected from a number.
                return self.node(kind, token.span, 0);
            }
            TokenKind::Text => Kind::Str(literal::text(token.text).map_err(wrong)?),
            TokenKind::Raw => Kind::Str(literal::raw(token.text)),
            TokenKind::Bytes => Kind::Bytes(literal::bytes(token.text).map_err(wrong)?),
            TokenKind::Bracket if token.text == "[" => {
                let items = self.items("]")?;
                let height = highest(&items);
                let node = self.node(Kind::Array(items.into()), token.span, height)?;
                return self.path(node);
            }
            TokenKind::Bracket if token.text == "{" => return self.map(token.span),
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        let node = self.node(kind, token.span, 0)?;
        self.path(node)
    }

    fn named(&mut self, token: Token<'s>) -> Parse {
        let kind = match token.text {
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "nil" => Kind::Nil,
            _ => {
                let node = if self.is_bracket("(") { self.call(token, None)? } else { self.name(token)? };
                return self.path(node);
            }
        };
        self.node(kind, token.span, 0)
    }

    fn name(&mut self, token: Token<'s>) -> Parse {
        let slot = self.locals.iter().rposition(|local| **local == *token.text);
        let kind = match slot.and_then(|slot| u16::try_from(slot).ok()) {
            Some(slot) => Kind::Local(token.text.into(), slot),
            None if token.text == "$env" => Kind::Env,
            None => Kind::Name(token.text.into()),
        };
        self.node(kind, token.span, 0)
    }

    /// Items up to the closing bracket; a comma may follow the last.
    fn items(&mut self, close: &str) -> Parse<Vec<Node>> {
        let mut items = Vec::new();
        while !self.is_bracket(close) {
            if !items.is_empty() {
                self.expect(TokenKind::Operator, ",")?;
                if self.is_bracket(close) {
                    break;
                }
            }
            items.push(self.expression(0)?);
        }
        self.expect(TokenKind::Bracket, close)?;
        Ok(items)
    }

    fn map(&mut self, span: Span) -> Parse {
        let mut pairs: Vec<(Node, Node)> = Vec::new();
        while !self.is_bracket("}") {
            if !pairs.is_empty() {
                self.expect(TokenKind::Operator, ",")?;
                if self.is_bracket("}") {
                    break;
                }
            }
            let token = self.token();
            let wrong = |reason: &str| LoadError::new(token.span, reason);
            let key = match token.kind {
                TokenKind::Name | TokenKind::Number => Kind::Str(token.text.into()),
                TokenKind::Text => Kind::Str(literal::text(token.text).map_err(wrong)?),
                TokenKind::Raw => Kind::Str(literal::raw(token.text)),
                _ if self.is_bracket("(") => Kind::Nil,
                _ => return Err(wrong("a key is a text, a number, a name or an expression in parentheses")),
            };
            let key = if self.is_bracket("(") {
                self.expression(0)?
            } else {
                self.next();
                self.node(key, token.span, 0)?
            };
            self.expect(TokenKind::Operator, ":")?;
            let value = self.expression(0)?;
            self.nodes += 1;
            pairs.push((key, value));
        }
        self.expect(TokenKind::Bracket, "}")?;
        let height = pairs.iter().map(|(key, value)| key.height.max(value.height)).max().unwrap_or(0);
        let node = self.node(Kind::Map(pairs.into()), span, height)?;
        self.path(node)
    }

    fn call(&mut self, name: Token<'s>, piped: Option<Node>) -> Parse {
        let Some(function) = library::find(name.text) else {
            let callee = self.name(name)?;
            let arguments = self.arguments(piped)?;
            let height = highest(&arguments).max(callee.height);
            return self.node(Kind::Call(Box::new(callee), arguments.into()), name.span, height);
        };
        if let Body::Loop(kind) = function.body {
            return self.closure(function, kind, name.span, piped);
        }
        let arguments = self.arguments(piped)?;
        let height = highest(&arguments);
        self.node(Kind::Function(function, arguments.into()), name.span, height)
    }

    fn arguments(&mut self, piped: Option<Node>) -> Parse<Vec<Node>> {
        self.expect(TokenKind::Bracket, "(")?;
        let arguments = self.items(")")?;
        Ok(piped.into_iter().chain(arguments).collect())
    }

    fn closure(
        &mut self,
        function: &'static Function,
        kind: LoopKind,
        span: Span,
        piped: Option<Node>,
    ) -> Parse {
        self.expect(TokenKind::Bracket, "(")?;
        let was_piped = piped.is_some();
        let list = match piped {
            Some(node) => node,
            None if self.is_bracket(")") => return Err(missing_argument(function, self.token().span)),
            None => self.expression(0)?,
        };
        let mut body = None;
        let body_is_optional = matches!(kind, LoopKind::Count | LoopKind::Sum);
        if !self.is_bracket(")") {
            if !was_piped {
                self.expect(TokenKind::Operator, ",")?;
            }
            body = Some(self.predicate()?);
        } else if !body_is_optional {
            return Err(missing_argument(function, self.token().span));
        }
        let mut extra = None;
        let takes_extra = matches!(kind, LoopKind::SortBy | LoopKind::Reduce);
        if takes_extra && !self.is_bracket(")") {
            self.expect(TokenKind::Operator, ",")?;
            extra = Some(self.expression(0)?);
        }
        self.eat(TokenKind::Operator, ",");
        self.expect(TokenKind::Bracket, ")")?;
        let parts = [Some(&list), body.as_ref(), extra.as_ref()];
        let height = parts.into_iter().flatten().map(|node| node.height).max().unwrap_or(0);
        let predicate = body.as_ref().and_then(Predicate::of);
        let closure = Loop { function, kind, list, body, extra, predicate };
        self.node(Kind::Loop(Box::new(closure)), span, height)
    }

    fn predicate(&mut self) -> Parse {
        self.predicates += 1;
        let parsed = if self.eat(TokenKind::Bracket, "{") {
            let body = self.sequence()?;
            self.expect(TokenKind::Bracket, "}")?;
            Ok(body)
        } else {
            let body = self.expression(0)?;
            if self.is_operator(";") {
                let message = "`;` within a predicate needs `{` and `}` around it";
                return Err(LoadError::new(self.token().span, message));
            }
            Ok(body)
        };
        self.predicates -= 1;
        parsed
    }
}

fn too_deep(span: Span) -> LoadError {
    LoadError::new(span, format!("the expression is nested more than {DEEPEST} levels deep"))
}

fn missing_argument(function: &Function, span: Span) -> LoadError {
    LoadError::new(span, format!("`{}` needs more arguments: `{}`", function.name, function.signature))
}

fn highest(nodes: &[Node]) -> u16 {
    nodes.iter().map(|node| node.height).max().unwrap_or(0)
}

fn highest_of(nodes: &[(Binary, Node)]) -> u16 {
    nodes.iter().map(|(_, node)| node.height).max().unwrap_or(0)
}

fn all_texts(items: &[Node]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(item.kind, Kind::Str(_)))
}
