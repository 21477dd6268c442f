//! Doubles as the clauses write them.

use std::fmt::Write as _;

/// No double has more digits behind the point.
const MOST_DIGITS: usize = 1_074;

/// NaN and the infinities as English texts have them.
fn special(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("∞"),
        f64::NEG_INFINITY => Some("-∞"),
        _ => None,
    }
}

/// `1,234.500000`. Zeros are written up to the precision modulo 256, as the original does.
pub(super) fn fixed(value: f64, precision: usize) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let digits = format!("{:.*}", precision.min(MOST_DIGITS), value.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let width = precision % 256;
    if width > 0 || !fraction.is_empty() {
        let _ = write!(text, ".{fraction:0<width$}");
    }
    text
}

/// `1.234500×10⁰³`. The precision is the least width in characters modulo 65536, as in the original; there are
/// always six digits behind the point.
pub(super) fn scientific(value: f64, precision: usize) -> String {
    let width = precision % 65_536;
    if let Some(special) = special(value) {
        return format!("{special:>width$}");
    }
    let digits = format!("{:.6e}", if value == 0.0 { 0.0 } else { value });
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("", exponent), |exponent| ("⁻", exponent));
    let mut text = format!("{mantissa}×10{sign}");
    for digit in format!("{exponent:0>2}").chars().filter_map(|digit| digit.to_digit(10)) {
        text.extend("⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(usize::try_from(digit).unwrap_or_default()));
    }
    format!("{text:>width$}")
}

/// A double as CEL's `string()` writes it: the shortest digits, with an exponent from a million on.
pub(super) fn general(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..=5 => format!("{value}"),
        exponent => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
    }
}
