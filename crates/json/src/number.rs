use std::fmt;

/// A JSON number that keeps the digits it was written with.
///
/// Equality compares the text: `1.0` and `1` are different numbers here. Rules compare values, not
/// texts, and go through [`Number::as_f64`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    text: Box<str>,
}

impl Number {
    /// A number from a literal that the grammar of RFC 8259 §6 has accepted and whose value is finite.
    pub(crate) fn from_literal(text: &str) -> Self {
        Self { text: text.into() }
    }

    /// The number of a finite double, or `None` for an infinity or NaN, which JSON cannot write.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self { text: shortest(value).into() })
    }

    /// The literal as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The nearest double.
    pub fn as_f64(&self) -> f64 {
        // The reader refused every literal that is not a finite double.
        self.text.parse().unwrap_or(f64::NAN)
    }

    /// The value, if the literal is an integer (no fraction, no exponent) within 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        self.text.parse().ok()
    }

    /// The value, if the literal is a non-negative integer (no fraction, no exponent) within 64 bits.
    pub fn as_u64(&self) -> Option<u64> {
        self.text.parse().ok()
    }

    /// Whether the literal has neither fraction nor exponent.
    pub fn is_integer_literal(&self) -> bool {
        !self.text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'))
    }

    /// The text under which a number is compared with a text: an integer literal by its own digits,
    /// any other as RFC 8785 §3.2.2.3 writes its double.
    pub fn canonical_text(&self) -> String {
        if self.is_integer_literal() {
            // `-0` is the integer zero.
            if &*self.text == "-0" { "0".into() } else { self.text.to_string() }
        } else {
            shortest(self.as_f64())
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self { text: value.to_string().into() }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self { text: value.to_string().into() }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `Number::toString` of ECMAScript, which RFC 8785 §3.2.2.3 prescribes: shortest digits that read
/// back, plain from 1e-6 up to below 1e21, exponent form outside.
fn shortest(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let point = exponent + 1;
    let mut out = String::new();
    if value < 0.0 {
        out.push('-');
    }
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    if count <= point && point <= 21 {
        out.push_str(&digits);
        out.push_str(&zeros(point - count));
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    } else if -6 < point && point <= 0 {
        out.push_str("0.");
        out.push_str(&zeros(-point));
        out.push_str(&digits);
    } else {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        out.push('e');
        out.push(if exponent < 0 { '-' } else { '+' });
        out.push_str(&exponent.abs().to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn doubles_are_written_as_ecmascript_does() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (-42.25, "-42.25"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (333_333_333.333_333_3, "333333333.3333333"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(shortest(value), text);
        }
    }
}
