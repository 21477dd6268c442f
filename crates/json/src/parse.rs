use std::fmt;

use crate::document::Member;
use crate::{Json, Number, Object};

/// Bounds of a document.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The deepest nest of lists and objects; a document `[[1]]` has depth 2.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 32 }
    }
}

/// Why a document was refused, and at which byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The cause.
    pub kind: ParseErrorKind,
    /// Offset in bytes from the start of the document.
    pub offset: usize,
}

/// Why a document was refused. Member names and values of the document are never part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParseErrorKind {
    /// The bytes are not UTF-8 (RFC 8259 §8.1).
    InvalidUtf8,
    /// The document ends inside a value.
    UnexpectedEnd,
    /// A byte that the grammar does not allow there.
    UnexpectedByte,
    /// Anything but white space after the value.
    TrailingBytes,
    /// An unknown escape, or a surrogate without its pair (RFC 8259 §7).
    InvalidEscape,
    /// A number outside the range of a double.
    NumberOutOfRange,
    /// A member name that stands twice in one object.
    RepeatedMember,
    /// Deeper than [`Limits::depth`].
    TooDeep,
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::UnexpectedEnd => "the JSON document ends too early",
            Self::UnexpectedByte => "not JSON",
            Self::TrailingBytes => "something follows the JSON document",
            Self::InvalidEscape => "invalid escape in a JSON string",
            Self::NumberOutOfRange => "a JSON number out of range",
            Self::RepeatedMember => "a JSON object names a member twice",
            Self::TooDeep => "the JSON document is nested too deeply",
        })
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.kind, self.offset)
    }
}

impl std::error::Error for ParseError {}

/// Reads one JSON document (RFC 8259, with the choices of RFC 7493 for names and texts).
///
/// # Errors
/// [`ParseError`] at the first byte that cannot be part of such a document.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Json, ParseError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ParseError { kind: ParseErrorKind::InvalidUtf8, offset: error.valid_up_to() })?;
    let mut reader = Reader { text, at: 0, depth_left: limits.depth };
    reader.skip_white_space();
    let value = reader.value()?;
    reader.skip_white_space();
    if reader.at == text.len() { Ok(value) } else { Err(reader.error(ParseErrorKind::TrailingBytes)) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth_left: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Json, ParseError> {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => self.string().map(Json::String),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected()),
        }
    }

    fn object(&mut self) -> Result<Json, ParseError> {
        let start = self.at;
        self.enter()?;
        let mut members = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                if self.peek() != Some(b'"') {
                    return Err(self.unexpected());
                }
                let name = self.string()?;
                self.skip_white_space();
                self.expect(b':')?;
                self.skip_white_space();
                members.push(Member::new(name, self.value()?));
                self.skip_white_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => break self.at += 1,
                    _ => return Err(self.unexpected()),
                }
                self.skip_white_space();
            }
        }
        self.depth_left += 1;
        let object = Object::from_members(members)
            .map_err(|_| ParseError { kind: ParseErrorKind::RepeatedMember, offset: start })?;
        Ok(Json::Object(object))
    }

    fn array(&mut self) -> Result<Json, ParseError> {
        self.enter()?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                items.push(self.value()?);
                self.skip_white_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => break self.at += 1,
                    _ => return Err(self.unexpected()),
                }
                self.skip_white_space();
            }
        }
        self.depth_left += 1;
        Ok(Json::Array(items))
    }

    /// Steps over the opening bracket, into one more level.
    fn enter(&mut self) -> Result<(), ParseError> {
        self.depth_left =
            self.depth_left.checked_sub(1).ok_or_else(|| self.error(ParseErrorKind::TooDeep))?;
        self.at += 1;
        self.skip_white_space();
        Ok(())
    }

    fn string(&mut self) -> Result<Box<str>, ParseError> {
        self.at += 1;
        let mut out = String::new();
        let mut plain = self.at;
        loop {
            match self.peek() {
                None => return Err(self.error(ParseErrorKind::UnexpectedEnd)),
                Some(b'"') => {
                    let tail = self.text.get(plain..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(if out.is_empty() { tail.into() } else { (out + tail).into() });
                }
                Some(b'\\') => {
                    out.push_str(self.text.get(plain..self.at).unwrap_or_default());
                    self.at += 1;
                    out.push(self.escape()?);
                    plain = self.at;
                }
                Some(byte) if byte < b' ' => return Err(self.error(ParseErrorKind::UnexpectedByte)),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let byte = self.peek().ok_or_else(|| self.error(ParseErrorKind::UnexpectedEnd))?;
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_hex_digits()?;
                let code = if (0xd800..0xdc00).contains(&first) {
                    if self.text.get(self.at..self.at + 2) != Some("\\u") {
                        return Err(self.error(ParseErrorKind::InvalidEscape));
                    }
                    self.at += 2;
                    let second = self.four_hex_digits()?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return Err(self.error(ParseErrorKind::InvalidEscape));
                    }
                    0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code).ok_or_else(|| self.error(ParseErrorKind::InvalidEscape))?
            }
            _ => return Err(self.error(ParseErrorKind::InvalidEscape)),
        })
    }

    fn four_hex_digits(&mut self) -> Result<u32, ParseError> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(self.error(ParseErrorKind::InvalidEscape));
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| self.error(ParseErrorKind::InvalidEscape))
    }

    fn number(&mut self) -> Result<Json, ParseError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.unexpected()),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        match literal.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Json::Number(Number::from_literal(literal))),
            _ => Err(ParseError { kind: ParseErrorKind::NumberOutOfRange, offset: start }),
        }
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), ParseError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected()) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, ParseError> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.unexpected())
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), ParseError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn unexpected(&self) -> ParseError {
        let at_end = self.at >= self.text.len();
        self.error(if at_end { ParseErrorKind::UnexpectedEnd } else { ParseErrorKind::UnexpectedByte })
    }

    fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { kind, offset: self.at }
    }
}

#[cfg(test)]
mod tests;
