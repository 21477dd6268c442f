//! Percent escapes (RFC 3986 §2.1) as Go's `net/url` writes and reads them in each part of a URL.

/// A part of a URL, with characters of its own that need no escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

/// The bytes behind the escapes.
pub(super) fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let (byte, after) = hexadecimal(after, part)
                    .ok_or_else(|| format!("{text:?} has a `%` that is not an escape allowed there"))?;
                bytes.push(byte);
                rest = after;
            }
            b'+' if part == Part::Query => bytes.push(b' '),
            byte if matches!(part, Part::Host | Part::Zone)
                && byte.is_ascii()
                && needs_escape(*byte, part) =>
            {
                return Err(format!("{:?} may not stand in a host", char::from(*byte)));
            }
            byte => bytes.push(*byte),
        }
    }
    Ok(bytes)
}

fn hexadecimal(text: &[u8], part: Part) -> Option<(u8, &[u8])> {
    let (digits, after) = text.split_at_checked(2)?;
    let byte = digits
        .iter()
        .try_fold(0_u32, |value, digit| char::from(*digit).to_digit(16).map(|digit| value * 16 + digit))?;
    let byte = u8::try_from(byte).ok()?;
    let allowed = match part {
        // Only bytes beyond ASCII may be escaped in a host, and the `%` before a zone.
        Part::Host => byte >= 0x80 || byte == b'%',
        Part::Zone => matches!(byte, b'%' | b' ') || !needs_escape(byte, Part::Host),
        _ => true,
    };
    allowed.then_some((byte, after))
}

pub(super) fn escape(bytes: &[u8], part: Part) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if needs_escape(*byte, part) {
            text.push('%');
            text.push(hexadecimal_digit(byte >> 4));
            text.push(hexadecimal_digit(byte & 15));
        } else {
            text.push(char::from(*byte));
        }
    }
    text
}

/// Whether the text needs no further escape.
pub(super) fn is_escaped(text: &str, part: Part) -> bool {
    text.bytes().all(|byte| b"!$&'()*+,;=:@[]%".contains(&byte) || !needs_escape(byte, part))
}

fn hexadecimal_digit(value: u8) -> char {
    char::from_digit(u32::from(value & 15), 16).unwrap_or('0').to_ascii_uppercase()
}

fn needs_escape(byte: u8, part: Part) -> bool {
    let free = byte.is_ascii_alphanumeric()
        || b"-_.~".contains(&byte)
        || match part {
            Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"".contains(&byte),
            Part::Path => b"$&+,/:;=@".contains(&byte),
            Part::User => b"$&+,;=".contains(&byte),
            Part::Query => false,
            Part::Fragment => b"!$&()*+,/:;=?@".contains(&byte),
        };
    !free
}
