use std::fmt;

/// A request's path in canonical form: it begins with `/`, has no dot segment and no empty segment but
/// a last one, unreserved characters stand for themselves and every other encoding is in upper case.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Path {
    text: Box<str>,
    encoded_slash: bool,
}

/// What a route does with `%2F` in a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EncodedSlash {
    /// The request is refused: some systems read it as a separator.
    #[default]
    Refuse,
    /// It stays a part of its segment and is forwarded unchanged.
    Keep,
}

impl Path {
    /// The canonical form of a path in origin form, without query.
    ///
    /// # Errors
    /// [`PathError`] if the path is malformed or can be read in more than one way.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        if !path.starts_with('/') {
            return Err(PathError::NotAbsolute);
        }
        let (text, encoded_slash) =
            if path.bytes().all(stands_for_itself) { (path.into(), false) } else { rewrite(path)? };
        check_segments(&text)?;
        Ok(Self { text, encoded_slash })
    }

    /// The path in canonical form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a segment holds `%2F`.
    pub fn has_encoded_slash(&self) -> bool {
        self.encoded_slash
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Characters that a canonical path holds un-encoded: `pchar` of RFC 3986 §3.3 without `;`, and `/`.
fn stands_for_itself(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'='
        )
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn rewrite(path: &str) -> Result<(Box<str>, bool), PathError> {
    let mut text = String::with_capacity(path.len());
    let mut decoded = Vec::with_capacity(path.len());
    let mut encoded_slash = false;
    let mut rest = path.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (value, tail) = hexadecimal_pair(rest)?;
            rest = tail;
            match value {
                0..=0x1f | 0x7f => return Err(PathError::ControlCharacter),
                b'\\' => return Err(PathError::Backslash),
                b'/' => encoded_slash = true,
                _ => {}
            }
            decoded.push(value);
            if is_unreserved(value) {
                text.push(char::from(value));
            } else {
                text.push('%');
                text.push(hexadecimal_digit(value >> 4));
                text.push(hexadecimal_digit(value & 15));
            }
        } else if stands_for_itself(byte) {
            decoded.push(byte);
            text.push(char::from(byte));
        } else {
            return Err(match byte {
                b'\\' => PathError::Backslash,
                b';' => PathError::MatrixParameter,
                b'#' => PathError::Fragment,
                0..=0x1f | 0x7f => PathError::ControlCharacter,
                _ => PathError::Character,
            });
        }
    }
    if decoded.windows(3).any(|window| {
        window.first() == Some(&b'%') && hexadecimal_pair(window.get(1..).unwrap_or_default()).is_ok()
    }) {
        return Err(PathError::DoubleEncoding);
    }
    // Overlong forms of `/` and `.` are invalid UTF-8, and so are refused here.
    std::str::from_utf8(&decoded).map_err(|_| PathError::InvalidUtf8)?;
    Ok((text.into(), encoded_slash))
}

fn check_segments(text: &str) -> Result<(), PathError> {
    let mut segments = text.strip_prefix('/').unwrap_or(text).split('/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => return Err(PathError::DotSegment),
            "" if segments.peek().is_some() => return Err(PathError::EmptySegment),
            // `%2F..%2F` is a dot segment to whoever decodes before splitting.
            _ if segment.contains("%2F")
                && segment.split("%2F").any(|part| matches!(part, "." | ".." | "")) =>
            {
                return Err(PathError::DotSegment);
            }
            _ => {}
        }
    }
    Ok(())
}

fn hexadecimal_pair(bytes: &[u8]) -> Result<(u8, &[u8]), PathError> {
    let (&[high, low], rest) = bytes.split_first_chunk::<2>().ok_or(PathError::Encoding)?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => Ok((high << 4 | low, rest)),
        _ => Err(PathError::Encoding),
    }
}

fn hexadecimal_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Why a path has no canonical form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PathError {
    /// It does not begin with `/`.
    #[error("does not begin with `/`")]
    NotAbsolute,
    /// `.` or `..`, encoded or not.
    #[error("has a dot segment")]
    DotSegment,
    /// `//`
    #[error("has an empty segment")]
    EmptySegment,
    /// `\`, encoded or not.
    #[error("has a backslash")]
    Backslash,
    /// `;`
    #[error("has a matrix parameter (`;`)")]
    MatrixParameter,
    /// `#`
    #[error("has a fragment")]
    Fragment,
    /// What is decoded once can be decoded once more.
    #[error("is encoded twice")]
    DoubleEncoding,
    /// `%` without two hexadecimal digits.
    #[error("has an incomplete percent-encoding")]
    Encoding,
    /// A control character, encoded or not.
    #[error("has a control character")]
    ControlCharacter,
    /// A character that must be encoded.
    #[error("has a character that must be encoded")]
    Character,
    /// The decoded bytes are not UTF-8.
    #[error("does not decode to UTF-8")]
    InvalidUtf8,
    /// `%2F` where the route refuses it.
    #[error("has an encoded slash, which this route refuses (`encodedSlash: refuse`)")]
    EncodedSlash,
}
