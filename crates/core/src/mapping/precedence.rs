/// The order of rules: a higher one is asked first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Precedence {
    value: i64,
}

impl Precedence {
    /// Reads an annotation as Argo Workflows does, with Go's `strconv.Atoi`: what is no integer counts as
    /// 0, what has too many digits as the nearest integer of 64 bits. An absent annotation counts as 0.
    pub fn of_annotation(text: Option<&str>) -> Self {
        Self { value: text.map_or(0, |text| atoi(text).0) }
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.value
    }

    /// Whether `text` is the integer it counts as.
    pub(super) fn is_exact(text: &str) -> bool {
        atoi(text).1
    }
}

/// The value and whether there was no error. Go reads digits until they leave 64 unsigned bits, and
/// does not look at what follows then.
fn atoi(text: &str) -> (i64, bool) {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let clamped = if negative { i64::MIN } else { i64::MAX };
    if digits.is_empty() {
        return (0, false);
    }
    let mut magnitude: u64 = 0;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return (0, false);
        }
        let next = magnitude.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(byte - b'0')));
        let Some(next) = next else { return (clamped, false) };
        magnitude = next;
    }
    let value =
        if negative { 0i64.checked_sub_unsigned(magnitude) } else { 0i64.checked_add_unsigned(magnitude) };
    value.map_or((clamped, false), |value| (value, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_read_as_go_reads_them() {
        for (text, value, exact) in [
            ("", 0, false),
            ("high", 0, false),
            ("1.5", 0, false),
            (" 1", 0, false),
            ("1 ", 0, false),
            ("1_000", 0, false),
            ("0x10", 0, false),
            ("+", 0, false),
            ("-", 0, false),
            ("--1", 0, false),
            ("\u{661}", 0, false),
            ("+2", 2, true),
            ("007", 7, true),
            ("-3", -3, true),
            ("-0", 0, true),
            ("9223372036854775807", i64::MAX, true),
            ("9223372036854775808", i64::MAX, false),
            ("-9223372036854775808", i64::MIN, true),
            ("-9223372036854775809", i64::MIN, false),
            ("18446744073709551615x", 0, false),
            ("18446744073709551616x", i64::MAX, false),
            ("-99999999999999999999999", i64::MIN, false),
        ] {
            assert_eq!(Precedence::of_annotation(Some(text)).get(), value, "{text:?}");
            assert_eq!(Precedence::is_exact(text), exact, "{text:?}");
        }
        assert_eq!(Precedence::of_annotation(None).get(), 0);
    }
}
