use super::tree::Constant;
use crate::{LoadError, Span};

mod literal;

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'s> {
    pub(crate) kind: TokenKind<'s>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind<'s> {
    /// A name, `true`, `false`, `null` and `in` included.
    Name(&'s str),
    /// A field name in backticks.
    Quoted(&'s str),
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
pub(crate) fn tokens(source: &str) -> Result<Vec<Token<'_>>, LoadError> {
    let mut lexer = Lexer { source, at: 0, place: 0 };
    // A token is some letters long.
    let mut out = Vec::with_capacity(source.len() / 5 + 2);
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
    /// The byte that comes next.
    at: usize,
    /// The code point that comes next.
    place: u32,
}

impl<'s> Lexer<'s> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        self.place += 1;
        Some(c)
    }

    #[inline]
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Skips code points of one byte each.
    fn skip_ascii(&mut self, count: usize) {
        self.at += count;
        self.place += u32::try_from(count).unwrap_or(u32::MAX);
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn skip_blank(&mut self) {
        loop {
            match self.rest().as_bytes() {
                [b'/', b'/', ..] => {
                    let comment = self.rest().split('\n').next().unwrap_or_default();
                    self.skip(comment.chars().count());
                }
                [b'\t' | b' ' | b'\r' | b'\n' | 0xc, ..] => self.skip_ascii(1),
                _ => return,
            }
        }
    }

    /// Takes the bytes that are wanted, all of them ASCII.
    #[inline]
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'s str {
        let rest = self.rest();
        let length = rest.bytes().position(|c| !wanted(c)).unwrap_or(rest.len());
        self.skip_ascii(length);
        rest.get(..length).unwrap_or_default()
    }

    fn token(&mut self) -> Result<TokenKind<'s>, LoadError> {
        let rest = self.rest();
        match *rest.as_bytes() {
            [] => return Ok(TokenKind::End),
            [b'"' | b'\'' | b'b' | b'B' | b'r' | b'R', ..] => {
                if let Some(constant) = self.text_literal(rest)? {
                    return Ok(TokenKind::Constant(constant));
                }
            }
            [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => return self.number(),
            [b'`', ..] => return self.quoted(),
            _ => {}
        }
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == b'_');
        if !name.is_empty() {
            return Ok(TokenKind::Name(name));
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.as_bytes().starts_with(sign.as_bytes())) {
            self.skip_ascii(sign.len());
            return Ok(TokenKind::Sign(sign));
        }
        let first = rest.chars().next().unwrap_or_default();
        let span = Span::new(self.place, self.place + 1);
        let error =
            LoadError::new(span, format!("the character `{}` has no meaning here", first.escape_default()));
        Err(match first {
            '=' => error.with_hint("write `==` to compare"),
            '&' => error.with_hint("write `&&`"),
            '|' => error.with_hint("write `||`"),
            '\u{2018}'..='\u{201f}' => error.with_hint("write straight quotes, `'` or `\"`"),
            _ => error,
        })
    }

    fn quoted(&mut self) -> Result<TokenKind<'s>, LoadError> {
        let start = self.place;
        self.next();
        let name =
            self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-' | b'/' | b' '));
        if name.is_empty() || self.next() != Some('`') {
            let span = Span::new(start, self.place);
            return Err(LoadError::new(
                span,
                "a field name in backticks has letters, digits, spaces and `_.-/`, and ends with a backtick",
            ));
        }
        Ok(TokenKind::Quoted(name))
    }

    fn number(&mut self) -> Result<TokenKind<'s>, LoadError> {
        let start = self.place;
        let from = self.at;
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
        let text = self.source.get(from..self.at).unwrap_or_default();
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
