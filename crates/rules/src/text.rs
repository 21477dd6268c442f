//! Text by code points, as both languages count it.

/// The number of code points.
pub(crate) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// The byte at which the code point `nth` begins; the length in bytes for the one behind the last;
/// `None` beyond.
pub(crate) fn byte_of(text: &str, nth: usize) -> Option<usize> {
    if text.is_ascii() {
        return (nth <= text.len()).then_some(nth);
    }
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(nth)
}

pub(crate) const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes in base64 (RFC 4648 §4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let sextet = usize::try_from(group >> (18 - 6 * place) & 63).unwrap_or(0);
            let letter = ALPHABET.get(sextet).copied().unwrap_or(b'=');
            out.push(char::from(if usize::try_from(place).is_ok_and(|place| place > chunk.len()) {
                b'='
            } else {
                letter
            }));
        }
    }
    out
}

/// The text in double quotes, escaped as CEL and Go read it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        push_escaped(&mut out, c);
    }
    out.push('"');
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_in_code_points() {
        assert_eq!(length("aä𝄞"), 3);
        assert_eq!(byte_of("aä𝄞", 2), Some(3));
        assert_eq!(byte_of("aä𝄞", 3), Some(7));
        assert_eq!(byte_of("aä𝄞", 4), None);
        assert_eq!(byte_of("abc", 3), Some(3));
        assert_eq!(quoted("a\"\u{1}\n"), "\"a\\\"\\u0001\\n\"");
    }
}
