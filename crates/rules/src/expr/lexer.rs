//! Tokens, with the spelling rules of the original.

use std::sync::LazyLock;

use regex::Regex;

use crate::{LoadError, Span};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TokenKind {
    Name,
    Number,
    /// A quoted text, quotes and escapes included.
    Text,
    /// A text in backticks, backticks included.
    Raw,
    /// `b'…'`, prefix included.
    Bytes,
    Operator,
    Bracket,
    End,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'s> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'s str,
    pub(crate) span: Span,
}

/// The tokens of a source; the last is [`TokenKind::End`].
pub(crate) fn tokens(source: &str) -> Result<Vec<Token<'_>>, LoadError> {
    let mut lexer = Lexer { source, byte: 0, point: 0, start_byte: 0, start_point: 0 };
    let mut tokens = Vec::with_capacity(source.len() / 3 + 2);
    while let Some(token) = lexer.next_token()? {
        tokens.push(token);
    }
    let end = lexer.point;
    let span = Span { start: end.saturating_sub(1), end };
    tokens.push(Token { kind: TokenKind::End, text: "", span });
    Ok(tokens)
}

/// Whether a name may contain the character: a letter, a decimal digit, `_` or `$`.
pub(crate) fn is_name_part(c: char) -> bool {
    static LETTER_OR_DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}]$").ok());
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_' || c == '$';
    }
    let mut buffer = [0; 4];
    LETTER_OR_DIGIT.as_ref().is_some_and(|set| set.is_match(c.encode_utf8(&mut buffer)))
}

struct Lexer<'s> {
    source: &'s str,
    byte: usize,
    point: u32,
    start_byte: usize,
    start_point: u32,
}

impl<'s> Lexer<'s> {
    fn next_token(&mut self) -> Result<Option<Token<'s>>, LoadError> {
        loop {
            self.start_byte = self.byte;
            self.start_point = self.point;
            let Some(c) = self.bump() else { return Ok(None) };
            let kind = match c {
                c if c.is_whitespace() => continue,
                '/' if self.eat('/') => {
                    while self.bump().is_some_and(|c| c != '\n') {}
                    continue;
                }
                '/' if self.eat('*') => {
                    self.block_comment()?;
                    continue;
                }
                '\'' | '"' => self.quoted(c, TokenKind::Text)?,
                '`' => self.raw()?,
                'b' | 'B' if matches!(self.peek(), Some('\'' | '"')) => {
                    let quote = self.bump().unwrap_or('\'');
                    self.quoted(quote, TokenKind::Bytes)?
                }
                '0'..='9' => self.number(c)?,
                '.' if matches!(self.peek(), Some('0'..='9')) => self.number(c)?,
                '(' | ')' | '[' | ']' | '{' | '}' => TokenKind::Bracket,
                '|' => self.second(&['|']),
                ':' => self.second(&[':']),
                '?' => self.second(&['.', '?']),
                '.' => self.second(&['.']),
                '#' => self.second(&['#']),
                '&' | '!' | '=' | '*' | '<' | '>' => self.second(&['&', '=', '*']),
                ',' | ';' | '%' | '+' | '-' | '^' | '/' => TokenKind::Operator,
                c if is_name_part(c) => self.name(),
                c @ '\u{2018}'..='\u{201f}' => {
                    let message = format!("`{}` has no meaning here", c.escape_default());
                    return Err(self.fault(message).with_hint("write straight quotes, `'` or `\"`"));
                }
                c => return Err(self.fault(format!("`{}` has no meaning here", c.escape_default()))),
            };
            return Ok(Some(self.token(kind)));
        }
    }

    fn token(&self, kind: TokenKind) -> Token<'s> {
        let text = self.source.get(self.start_byte..self.byte).unwrap_or_default();
        Token { kind, text, span: Span { start: self.start_point, end: self.point } }
    }

    fn peek(&self) -> Option<char> {
        self.source.get(self.byte..)?.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.byte += c.len_utf8();
        self.point += 1;
        Some(c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    fn second(&mut self, choices: &[char]) -> TokenKind {
        if self.peek().is_some_and(|c| choices.contains(&c)) {
            self.bump();
        }
        TokenKind::Operator
    }

    fn fault(&self, message: impl Into<String>) -> LoadError {
        LoadError::new(Span { start: self.point.saturating_sub(1), end: self.point }, message)
    }

    fn block_comment(&mut self) -> Result<(), LoadError> {
        loop {
            match self.bump() {
                None => return Err(self.fault("the comment is not closed")),
                Some('*') if self.eat('/') => return Ok(()),
                Some(_) => {}
            }
        }
    }

    fn quoted(&mut self, quote: char, kind: TokenKind) -> Result<TokenKind, LoadError> {
        loop {
            match self.bump() {
                None | Some('\n') => return Err(self.fault("the text is not closed on its line")),
                Some('\\') => {
                    // The character after a backslash never closes the text.
                    if matches!(self.bump(), None | Some('\n')) {
                        return Err(self.fault("the text is not closed on its line"));
                    }
                }
                Some(c) if c == quote => return Ok(kind),
                Some(_) => {}
            }
        }
    }

    fn raw(&mut self) -> Result<TokenKind, LoadError> {
        loop {
            match self.bump() {
                None => return Err(self.fault("the text is not closed")),
                Some('`') if !self.eat('`') => return Ok(TokenKind::Raw),
                Some(_) => {}
            }
        }
    }

    fn name(&mut self) -> TokenKind {
        while self.peek().is_some_and(is_name_part) {
            self.bump();
        }
        match self.token(TokenKind::Name).text {
            "not" | "in" | "or" | "and" | "matches" | "contains" | "startsWith" | "endsWith" | "let"
            | "if" | "else" => TokenKind::Operator,
            _ => TokenKind::Name,
        }
    }

    fn digits(&mut self, allowed: impl Fn(char) -> bool) {
        while self.peek().is_some_and(|c| c == '_' || allowed(c)) {
            self.bump();
        }
    }

    fn number(&mut self, first: char) -> Result<TokenKind, LoadError> {
        let mut radix = 10;
        if first == '0' {
            radix = match self.peek() {
                Some('x' | 'X') => 16,
                Some('o' | 'O') => 8,
                Some('b' | 'B') => 2,
                _ => 10,
            };
            if radix != 10 {
                self.bump();
            }
        }
        self.digits(|c| c.is_digit(radix));
        let (byte, point) = (self.byte, self.point);
        if first != '.' && self.eat('.') {
            if self.peek() == Some('.') {
                // `1..3` is a range.
                (self.byte, self.point) = (byte, point);
                return Ok(TokenKind::Number);
            }
            self.digits(|c| c.is_digit(radix));
        }
        if self.eat('e') || self.eat('E') {
            let _sign = self.eat('+') || self.eat('-');
            self.digits(|c| c.is_digit(radix));
        }
        if self.peek().is_some_and(is_name_part) {
            self.bump();
            return Err(self.fault(format!("`{}` is not a number", self.token(TokenKind::Number).text)));
        }
        Ok(TokenKind::Number)
    }
}
