use super::Lexer;
use crate::cel::tree::Constant;
use crate::{LoadError, Span};

/// How a literal is written.
#[derive(Clone, Copy)]
struct Form {
    raw: bool,
    bytes: bool,
    quote: char,
    triple: bool,
}

impl Lexer<'_> {
    /// A text or bytes literal, if one begins here.
    pub(super) fn text_literal(&mut self, rest: &str) -> Result<Option<Constant>, LoadError> {
        let Some((form, prefix)) = form(rest) else { return Ok(None) };
        let start = self.place;
        self.skip_ascii(prefix);
        if let Some(text) = self.plain_text(form) {
            return Ok(Some(Constant::Text(text.into())));
        }
        let mut out = Vec::new();
        loop {
            let at = self.place;
            let Some(c) = self.next() else {
                return Err(LoadError::new(Span::new(start, self.place), "the text is not closed"));
            };
            match c {
                c if c == form.quote && !form.triple => break,
                c if c == form.quote && self.rest().starts_with([c]) && self.closes(c) => {
                    self.skip(2);
                    break;
                }
                '\\' if !form.raw => self.escape(form, at, &mut out)?,
                // A quote behind a backslash does not end a raw text either.
                '\n' | '\r' if !form.triple => {
                    let span = Span::new(at, at + 1);
                    return Err(LoadError::new(span, "a line break within a text")
                        .with_hint("write `\\n`, or use three quotes"));
                }
                '\r' => {
                    if self.rest().starts_with('\n') {
                        self.next();
                    }
                    out.push(b'\n');
                }
                c => push(&mut out, c),
            }
        }
        if form.bytes {
            return Ok(Some(Constant::Bytes(out.into())));
        }
        let text = String::from_utf8(out)
            .map_err(|_| LoadError::new(Span::new(start, self.place), "the text is not valid UTF-8"))?;
        Ok(Some(Constant::Text(text.into())))
    }

    /// The content of a text in single quotes that is written as it is, up to and with the quote.
    fn plain_text(&mut self, form: Form) -> Option<&str> {
        if form.bytes || form.triple {
            return None;
        }
        let rest = self.rest();
        let plain = |c: u8| matches!(c, b' '..=b'~') && c != b'\\' && c != form.quote as u8;
        let length = rest.bytes().position(|c| !plain(c))?;
        if rest.as_bytes().get(length).copied() != Some(form.quote as u8) {
            return None;
        }
        self.skip_ascii(length + 1);
        rest.get(..length)
    }

    /// Whether two more of these quotes follow.
    fn closes(&self, quote: char) -> bool {
        let mut rest = self.rest().chars();
        rest.next() == Some(quote) && rest.next() == Some(quote)
    }

    fn escape(&mut self, form: Form, start: u32, out: &mut Vec<u8>) -> Result<(), LoadError> {
        let wrong = |end: u32| {
            LoadError::new(Span::new(start, end), "an unknown escape")
                .with_hint("write `\\\\` for a backslash")
        };
        let Some(c) = self.next() else { return Err(wrong(self.place)) };
        let simple = match c {
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            '\\' | '\'' | '"' | '`' | '?' => Some(c),
            _ => None,
        };
        if let Some(c) = simple {
            push(out, c);
            return Ok(());
        }
        let (digits, radix) = match c {
            'x' | 'X' => (2, 16),
            'u' if !form.bytes => (4, 16),
            'U' if !form.bytes => (8, 16),
            '0'..='3' => (2, 8),
            _ => return Err(wrong(self.place)),
        };
        let mut value = if radix == 8 { c.to_digit(8).unwrap_or(0) } else { 0 };
        for _ in 0..digits {
            let digit = self.next().and_then(|c| c.to_digit(radix)).ok_or_else(|| wrong(self.place))?;
            value = value.saturating_mul(radix).saturating_add(digit);
        }
        if form.bytes {
            out.push(u8::try_from(value).map_err(|_| wrong(self.place))?);
        } else {
            push(out, char::from_u32(value).ok_or_else(|| wrong(self.place))?);
        }
        Ok(())
    }
}

/// The form of the literal that begins here, and the code points up to its content.
fn form(rest: &str) -> Option<(Form, usize)> {
    let mut chars = rest.chars().peekable();
    let mut prefix = 0;
    let bytes = chars.next_if(|c| matches!(c, 'b' | 'B')).is_some();
    let raw = chars.next_if(|c| matches!(c, 'r' | 'R')).is_some();
    prefix += usize::from(bytes) + usize::from(raw);
    let quote = chars.next().filter(|c| matches!(c, '"' | '\''))?;
    let triple = chars.next() == Some(quote) && chars.next() == Some(quote);
    Some((Form { raw, bytes, quote, triple }, prefix + if triple { 3 } else { 1 }))
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
