use std::iter::Peekable;
use std::str::CharIndices;

use super::tree::Constant;
use crate::{LoadError, Span};

mod literal;

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name, `true`, `false`, `null` and `in` included.
    Name(Box<str>),
    /// A field name in backticks.
    Quoted(Box<str>),
    /// A number (without sign), text or bytes. The integer 2^63 is only known with its sign.
    Constant(Constant),
    /// The magnitude 2^63, which is an integer behind a minus only.
    LeastInteger,
    Sign(&'static str),
    End,
}

const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}",
];

/// The tokens of `source`, an [`TokenKind::End`] last.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, LoadError> {
    let mut lexer = Lexer { source, chars: source.char_indices().peekable(), place: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip_blank();
        let start = lexer.place;
        let kind = lexer.token()?;
        let end = kind == TokenKind::End;
        out.push(Token { kind, span: Span::new(start, lexer.place) });
        if end {
            return Ok(out);
        }
    }
}

struct Lexer<'s> {
    source: &'s str,
    chars: Peekable<CharIndices<'s>>,
    /// The code point that comes next.
    place: u32,
}

impl<'s> Lexer<'s> {
    fn next(&mut self) -> Option<char> {
        let (_, c) = self.chars.next()?;
        self.place += 1;
        Some(c)
    }

    fn offset(&mut self) -> usize {
        self.chars.peek().map_or(self.source.len(), |(at, _)| *at)
    }

    fn rest(&mut self) -> &'s str {
        let at = self.offset();
        self.source.get(at..).unwrap_or_default()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            if rest.starts_with("//") {
                while !matches!(self.chars.peek(), None | Some((_, '\n'))) {
                    self.next();
                }
            } else if rest.starts_with(['\t', ' ', '\r', '\n', '\u{c}']) {
                self.next();
            } else {
                return;
            }
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        let taken = rest.get(..length).unwrap_or_default();
        self.skip(taken.chars().count());
        taken
    }

    fn token(&mut self) -> Result<TokenKind, LoadError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(TokenKind::End) };
        if let Some(constant) = self.text_literal(rest)? {
            return Ok(TokenKind::Constant(constant));
        }
        let fraction = first == '.' && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || fraction {
            return self.number();
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(TokenKind::Name(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').into()));
        }
        if first == '`' {
            return self.quoted();
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.skip(sign.len());
            return Ok(TokenKind::Sign(sign));
        }
        let span = Span::new(self.place, self.place + 1);
        let error =
            LoadError::new(span, format!("the character `{}` has no meaning here", first.escape_default()));
        Err(match first {
            '=' => error.with_hint("write `==` to compare"),
            '&' => error.with_hint("write `&&`"),
            '|' => error.with_hint("write `||`"),
            _ => error,
        })
    }

    fn quoted(&mut self) -> Result<TokenKind, LoadError> {
        let start = self.place;
        self.next();
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ' '));
        if name.is_empty() || self.next() != Some('`') {
            let span = Span::new(start, self.place);
            return Err(LoadError::new(
                span,
                "a field name in backticks has letters, digits, spaces and `_.-/`, and ends with a backtick",
            ));
        }
        Ok(TokenKind::Quoted(name.into()))
    }

    fn number(&mut self) -> Result<TokenKind, LoadError> {
        let start = self.place;
        let from = self.offset();
        let hexadecimal = self.rest().starts_with("0x")
            && self.rest().chars().nth(2).is_some_and(|c| c.is_ascii_hexdigit());
        let mut double = false;
        if hexadecimal {
            self.skip(2);
            self.take_while(|c| c.is_ascii_hexdigit());
        } else {
            self.take_while(|c| c.is_ascii_digit());
            double = self.fraction_and_exponent();
        }
        let to = self.offset();
        let text = self.source.get(from..to).unwrap_or_default();
        let unsigned = !double && self.rest().starts_with(['u', 'U']);
        if unsigned {
            self.next();
        }
        let span = Span::new(start, self.place);
        if double {
            let value: f64 = text.parse().unwrap_or(f64::INFINITY);
            if !value.is_finite() {
                return Err(LoadError::new(span, "the number is too large for a double"));
            }
            return Ok(TokenKind::Constant(Constant::Double(value)));
        }
        let parsed = match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse::<u64>(),
        };
        let too_large = || LoadError::new(span, "the integer does not fit into 64 bits");
        let magnitude = parsed.map_err(|_| too_large())?;
        if unsigned {
            return Ok(TokenKind::Constant(Constant::Uint(magnitude)));
        }
        match i64::try_from(magnitude) {
            Ok(value) => Ok(TokenKind::Constant(Constant::Int(value))),
            Err(_) if magnitude == 1 << 63 => Ok(TokenKind::LeastInteger),
            Err(_) => Err(too_large()),
        }
    }

    /// Takes a fraction and an exponent; whether there was one.
    fn fraction_and_exponent(&mut self) -> bool {
        let mut double = false;
        let mut rest = self.rest().chars();
        if rest.next() == Some('.') && rest.next().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
            self.take_while(|c| c.is_ascii_digit());
            double = true;
        }
        let mut rest = self.rest().chars();
        if matches!(rest.next(), Some('e' | 'E')) {
            let signed = matches!(rest.clone().next(), Some('+' | '-'));
            if signed {
                rest.next();
            }
            if rest.next().is_some_and(|c| c.is_ascii_digit()) {
                self.skip(1 + usize::from(signed));
                self.take_while(|c| c.is_ascii_digit());
                double = true;
            }
        }
        double
    }
}
