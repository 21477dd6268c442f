use std::borrow::Cow;

use super::lexer::{Token, TokenKind, tokens};
use super::tree::{Access, Binary, Constant, Id, Kind, Logic, Tree};
use crate::{LoadError, Span};

mod literals;
pub(crate) mod macros;

/// Kubernetes passes nests of 249 and refuses nests of 250. This many levels of a recursive parser
/// and evaluator stay far from the end of a small stack.
const DEEPEST: u32 = 250;

/// A tree may be higher than brackets nest: each operator of a chain stands on the one before.
const HIGHEST: u32 = 400;

/// Words that CEL keeps for itself and that are no names of variables or functions.
pub(crate) const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Parses `source` and expands its macros.
///
/// # Errors
/// What CEL's grammar refuses, nests that are too deep, chains that are too long.
pub(crate) fn parse(source: &str) -> Result<Tree, LoadError> {
    let tokens = tokens(source)?;
    // There are fewer nodes than tokens.
    let (tree, heights) = (Tree::with_room(tokens.len()), Vec::with_capacity(tokens.len()));
    let mut parser = Parser { tokens, at: 0, depth: 0, tree, heights };
    let root = parser.expression()?;
    if parser.token().kind != TokenKind::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    parser.tree.root = root;
    Ok(parser.tree)
}

struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    at: usize,
    depth: u32,
    tree: Tree,
    /// Of each node the height of the tree below it.
    heights: Vec<u32>,
}

impl<'s> Parser<'s> {
    #[inline]
    fn token(&self) -> &Token<'s> {
        static END: Token<'static> = Token { kind: TokenKind::End, span: Span { start: 0, end: 0 } };
        self.tokens.get(self.at).or(self.tokens.last()).unwrap_or(&END)
    }

    /// Takes a token out. Nothing looks at a literal again that was taken.
    fn next(&mut self) -> Token<'s> {
        let Some(token) = self.tokens.get_mut(self.at) else { return self.token().clone() };
        self.at += 1;
        let kind = match &mut token.kind {
            TokenKind::Constant(constant) => TokenKind::Constant(std::mem::replace(constant, Constant::Null)),
            other => other.clone(),
        };
        Token { kind, span: token.span }
    }

    #[inline]
    fn is(&self, sign: &str) -> bool {
        matches!(self.token().kind, TokenKind::Sign(found) if found == sign)
    }

    #[inline]
    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<Span, LoadError> {
        let span = self.token().span;
        if self.take(sign) { Ok(span) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> LoadError {
        let token = self.token();
        let found = match &token.kind {
            TokenKind::End => "the end".to_owned(),
            TokenKind::Name(name) => format!("`{name}`"),
            TokenKind::Quoted(name) => format!("`{name}` in backticks"),
            TokenKind::Constant(_) | TokenKind::LeastInteger => "a literal".to_owned(),
            TokenKind::Sign(sign) => format!("`{sign}`"),
        };
        let error = LoadError::new(token.span, format!("expected {wanted}, found {found}"));
        match &token.kind {
            TokenKind::Name("and") => error.with_hint("write `&&`"),
            TokenKind::Name("or") => error.with_hint("write `||`"),
            _ => error,
        }
    }

    /// Adds a node above `below`.
    fn node(&mut self, kind: Kind, span: Span, below: &[Id]) -> Result<Id, LoadError> {
        let height = self.height(below);
        self.node_of_height(kind, span, 1 + height)
    }

    /// The height of the highest of these trees.
    fn height(&self, of: &[Id]) -> u32 {
        of.iter().filter_map(|id| self.heights.get(*id as usize)).max().copied().unwrap_or(0)
    }

    fn node_of_height(&mut self, kind: Kind, span: Span, height: u32) -> Result<Id, LoadError> {
        if height > HIGHEST {
            return Err(LoadError::new(span, "the expression is nested too deeply"));
        }
        self.heights.push(height);
        Ok(self.tree.add(kind, span))
    }

    fn expression(&mut self) -> Result<Id, LoadError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(LoadError::new(self.token().span, "the expression is nested too deeply"));
        }
        let condition = self.logic(Logic::Or)?;
        let outcome = if self.take("?") { self.condition(condition) } else { Ok(condition) };
        self.depth -= 1;
        outcome
    }

    fn condition(&mut self, condition: Id) -> Result<Id, LoadError> {
        let yes = self.logic(Logic::Or)?;
        self.expect(":")?;
        let no = self.expression()?;
        let span = self.tree.span(condition).to(self.tree.span(no));
        self.node(Kind::Condition([condition, yes, no]), span, &[condition, yes, no])
    }

    fn logic(&mut self, logic: Logic) -> Result<Id, LoadError> {
        let sign = if logic == Logic::Or { "||" } else { "&&" };
        let first = self.logic_operand(logic)?;
        if !self.is(sign) {
            return Ok(first);
        }
        let mut operands = Vec::with_capacity(2);
        operands.push(first);
        while self.take(sign) {
            operands.push(self.logic_operand(logic)?);
        }
        let last = operands.last().copied().unwrap_or(first);
        let span = self.tree.span(first).to(self.tree.span(last));
        let height = self.height(&operands);
        self.node_of_height(Kind::Logic(logic, operands.into()), span, 1 + height)
    }

    fn logic_operand(&mut self, logic: Logic) -> Result<Id, LoadError> {
        if logic == Logic::Or { self.logic(Logic::And) } else { self.binary(1) }
    }

    /// Relations (1), sums (2), products (3), of this level or closer: each a chain from left to right.
    fn binary(&mut self, level: usize) -> Result<Id, LoadError> {
        let mut left = self.unary()?;
        let mut chains = [0; 4];
        while let Some((found, operator)) = self.operator().filter(|(found, _)| *found >= level) {
            self.at += 1;
            let long = chains.get_mut(found).is_none_or(|chain| {
                *chain += 1;
                *chain >= DEEPEST
            });
            if long {
                return Err(LoadError::new(self.token().span, "too long a chain of operators"));
            }
            let right = self.binary(found + 1)?;
            let span = self.tree.span(left).to(self.tree.span(right));
            left = self.node(Kind::Binary(operator, left, right), span, &[left, right])?;
        }
        Ok(left)
    }

    /// The binary operator that comes next, and its level.
    fn operator(&self) -> Option<(usize, Binary)> {
        Some(match &self.token().kind {
            TokenKind::Name("in") => (1, Binary::In),
            TokenKind::Sign(sign) => match *sign {
                "==" => (1, Binary::Equal),
                "!=" => (1, Binary::NotEqual),
                "<" => (1, Binary::Less),
                "<=" => (1, Binary::LessEqual),
                ">" => (1, Binary::Greater),
                ">=" => (1, Binary::GreaterEqual),
                "+" => (2, Binary::Add),
                "-" => (2, Binary::Subtract),
                "*" => (3, Binary::Multiply),
                "/" => (3, Binary::Divide),
                "%" => (3, Binary::Modulo),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A run of `!` or of `-` in front of a member expression. Two of them are none.
    fn unary(&mut self) -> Result<Id, LoadError> {
        let start = self.token().span;
        let sign = if self.is("!") { "!" } else { "-" };
        let mut count = 0;
        while self.is(sign) {
            if sign == "-" && self.negative_number_follows() {
                break;
            }
            self.at += 1;
            count += 1;
        }
        let operand = self.member()?;
        if count % 2 == 0 {
            return Ok(operand);
        }
        let span = start.to(self.tree.span(operand));
        let kind = if sign == "!" { Kind::Not(operand) } else { Kind::Negate(operand) };
        self.node(kind, span, &[operand])
    }

    fn negative_number_follows(&self) -> bool {
        matches!(
            self.tokens.get(self.at + 1).map(|token| &token.kind),
            Some(TokenKind::LeastInteger | TokenKind::Constant(Constant::Int(_) | Constant::Double(_)))
        )
    }

    fn member(&mut self) -> Result<Id, LoadError> {
        let mut operand = self.primary()?;
        let mut chain = 0;
        loop {
            chain += 1;
            if chain > DEEPEST {
                return Err(LoadError::new(self.token().span, "too long a chain of selections"));
            }
            if self.take(".") {
                operand = self.selection(operand)?;
            } else if self.take("[") {
                let optional = self.take("?");
                let index = self.expression()?;
                let end = self.expect("]")?;
                let span = self.tree.span(operand).to(end);
                operand = self.node(Kind::Index { operand, index, optional }, span, &[operand, index])?;
            } else {
                return Ok(operand);
            }
        }
    }

    fn selection(&mut self, operand: Id) -> Result<Id, LoadError> {
        let optional = self.take("?");
        let token = self.next();
        let (field, name) = match token.kind {
            TokenKind::Name(name) if !matches!(name, "in" | "true" | "false" | "null") => (name, true),
            TokenKind::Quoted(name) => (name, false),
            _ => {
                self.at -= 1;
                return Err(self
                    .unexpected("a field name")
                    .with_hint("a field with another name: `claims[\"…\"]`"));
            }
        };
        if name && !optional && self.take("(") {
            let (arguments, end) = self.arguments()?;
            let span = self.tree.span(operand).to(end);
            return self.call(span, field.into(), Some(operand), arguments);
        }
        let access = if optional { Access::Optional } else { Access::Plain };
        let span = self.tree.span(operand).to(token.span);
        let plain = super::evaluate::is_plain(field);
        self.node(Kind::Select { operand, field: field.into(), access, plain }, span, &[operand])
    }

    fn arguments(&mut self) -> Result<(Vec<Id>, Span), LoadError> {
        let mut arguments = Vec::new();
        if !self.is(")") {
            arguments.reserve_exact(1);
            arguments.push(self.expression()?);
            while self.take(",") {
                arguments.push(self.expression()?);
            }
        }
        let end = self.expect(")")?;
        Ok((arguments, end))
    }

    fn primary(&mut self) -> Result<Id, LoadError> {
        let span = self.token().span;
        match self.token().kind {
            TokenKind::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            TokenKind::Sign("[") => self.list(span),
            TokenKind::Sign("{") => self.map(span),
            TokenKind::Sign("-") => self.negative_number(span),
            TokenKind::Sign(".") => {
                self.at += 1;
                self.name(span, true)
            }
            TokenKind::Name(_) => self.name(span, false),
            TokenKind::Constant(_) => match self.next().kind {
                TokenKind::Constant(constant) => self.node(Kind::Constant(constant), span, &[]),
                _ => Err(self.unexpected("an expression")),
            },
            TokenKind::LeastInteger => Err(LoadError::new(span, "the integer does not fit into 64 bits")),
            TokenKind::Quoted(_) | TokenKind::Sign(_) | TokenKind::End => {
                Err(self.unexpected("an expression"))
            }
        }
    }

    fn negative_number(&mut self, start: Span) -> Result<Id, LoadError> {
        self.at += 1;
        let token = self.next();
        let constant = match token.kind {
            TokenKind::LeastInteger => Constant::Int(i64::MIN),
            TokenKind::Constant(Constant::Int(value)) => Constant::Int(-value),
            TokenKind::Constant(Constant::Double(value)) => Constant::Double(-value),
            _ => {
                self.at -= 2;
                return Err(self.unexpected("an expression"));
            }
        };
        self.node(Kind::Constant(constant), start.to(token.span), &[])
    }

    fn name(&mut self, start: Span, absolute: bool) -> Result<Id, LoadError> {
        let token = self.next();
        let TokenKind::Name(name) = token.kind else {
            self.at -= 1;
            return Err(self.unexpected("a name"));
        };
        let span = start.to(token.span);
        let constant = match name {
            "null" => Some(Constant::Null),
            "true" => Some(Constant::Bool(true)),
            "false" => Some(Constant::Bool(false)),
            _ => None,
        };
        if let Some(constant) = constant.filter(|_| !absolute) {
            return self.node(Kind::Constant(constant), span, &[]);
        }
        if RESERVED.contains(&name) {
            return Err(LoadError::new(span, format!("`{name}` is a reserved word")));
        }
        let name: Cow<'s, str> = if absolute { format!(".{name}").into() } else { name.into() };
        if self.take("(") {
            let (arguments, end) = self.arguments()?;
            return self.call(span.to(end), name, None, arguments);
        }
        if self.is("{") {
            return Err(LoadError::new(span, "there are no message types here")
                .with_hint("write a map: `{'key': value}`"));
        }
        self.node(Kind::Name(name.into()), span, &[])
    }
}
