//! Values of literals.

/// The text between the quotes of `'…'` or `"…"`, or what is wrong with it.
pub(crate) fn text(token: &str) -> Result<Box<str>, &'static str> {
    let quote = token.chars().next().unwrap_or('"');
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains(['\\', '\r']) {
        return Ok(inner.into());
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            // Line ends are normalised; `\r\n` cannot occur inside one line.
            '\r' => out.push('\n'),
            '\\' => out.push(escape(&mut rest, quote)?),
            c => out.push(c),
        }
    }
    Ok(out.into())
}

/// The bytes of `b'…'`.
pub(crate) fn bytes(token: &str) -> Result<Box<[u8]>, &'static str> {
    let quote = token.chars().nth(1).unwrap_or('"');
    let inner = token.get(2..token.len().saturating_sub(1)).unwrap_or_default();
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => out.push(b'\n'),
            '\\' if rest.clone().next().is_some_and(|c| matches!(c, 'u' | 'U')) => {
                return Err("`\\u` has no meaning in bytes");
            }
            '\\' => out.push(u8::try_from(u32::from(escape(&mut rest, quote)?)).map_err(|_| BAD_ESCAPE)?),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok(out.into())
}

/// The text between backticks, where two backticks stand for one.
pub(crate) fn raw(token: &str) -> Box<str> {
    token.get(1..token.len().saturating_sub(1)).unwrap_or_default().replace("``", "`").into()
}

const BAD_ESCAPE: &str = "unknown escape sequence";

fn escape(rest: &mut std::str::Chars<'_>, quote: char) -> Result<char, &'static str> {
    Ok(match rest.next().ok_or(BAD_ESCAPE)? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        c if c == quote => quote,
        'x' => point(digits(rest, 2, 16)?)?,
        'u' if rest.clone().next() == Some('{') => braced(rest)?,
        'u' => point(digits(rest, 4, 16)?)?,
        'U' => point(digits(rest, 8, 16)?)?,
        c @ '0'..='3' => point(c.to_digit(8).unwrap_or(0) * 64 + digits(rest, 2, 8)?)?,
        _ => return Err(BAD_ESCAPE),
    })
}

fn braced(rest: &mut std::str::Chars<'_>) -> Result<char, &'static str> {
    rest.next();
    let mut value = 0;
    for count in 0..=6 {
        match rest.next() {
            Some('}') if count > 0 => return point(value),
            Some(c) if count < 6 => value = value * 16 + c.to_digit(16).ok_or(BAD_ESCAPE)?,
            _ => break,
        }
    }
    Err(BAD_ESCAPE)
}

fn digits(rest: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Result<u32, &'static str> {
    let mut value: u32 = 0;
    for _ in 0..count {
        let digit = rest.next().and_then(|c| c.to_digit(radix)).ok_or(BAD_ESCAPE)?;
        value = value.checked_mul(radix).and_then(|v| v.checked_add(digit)).ok_or(BAD_ESCAPE)?;
    }
    Ok(value)
}

/// A code point; a surrogate becomes the replacement character, as the original encodes it.
fn point(value: u32) -> Result<char, &'static str> {
    match value {
        0xd800..=0xdfff => Ok(char::REPLACEMENT_CHARACTER),
        value => char::from_u32(value).ok_or(BAD_ESCAPE),
    }
}

/// A number literal.
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

/// The value of a number literal, or `None` if it has none that fits.
pub(crate) fn number(token: &str) -> Option<Number> {
    let digits: String = token.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    let integer = |text: &str, radix| {
        let plain = !text.starts_with(['+', '-']);
        plain.then(|| i64::from_str_radix(text, radix).ok()).flatten().map(Number::Int)
    };
    if let Some(hex) = digits.strip_prefix("0x") {
        return integer(hex, 16);
    }
    if digits.contains(['.', 'e']) {
        let value: f64 = digits.parse().ok()?;
        return value.is_finite().then_some(Number::Float(value));
    }
    if let Some(binary) = digits.strip_prefix("0b") {
        return integer(binary, 2);
    }
    if let Some(octal) = digits.strip_prefix("0o") {
        return integer(octal, 8);
    }
    integer(&digits, 10)
}
