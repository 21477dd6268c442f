//! Resource quantities (`1.5Gi`, `200m`, `1e3`) as Kubernetes reads, compares and adds them.
//!
//! Kubernetes keeps a quantity as a 64-bit number with a decimal scale where it can, and as a decimal of any length
//! where it must; only the first form counts as an integer, so both are kept apart here as well.

use std::cmp::Ordering;

mod decimal;
use decimal::Decimal;

/// Digits that a 64-bit number holds for sure.
const SAFE_DIGITS: i64 = 18;
/// The smallest part that is kept: a billionth.
const NANO: i32 = -9;

/// A resource quantity.
#[derive(Debug, Clone)]
pub(crate) struct Quantity {
    amount: Amount,
}

#[derive(Debug, Clone)]
enum Amount {
    /// `value × 10^scale`.
    Small {
        value: i64,
        scale: i32,
    },
    Large(Decimal),
}

/// A suffix: decimal, `10^exponent`, or binary, `2^exponent`.
#[derive(Debug, Clone, Copy)]
enum Suffix {
    Decimal(i32),
    Binary(u32),
}

/// The pieces of a quantity's text. Leading zeros are dropped from `whole`.
struct Pieces<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

impl Quantity {
    /// Reads a quantity: a decimal number with an optional suffix (`n u m k M G T P E`, `Ki Mi Gi Ti Pi Ei`, `e3`).
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let pieces = pieces(text).ok_or_else(|| {
            format!("{text:?} is not a quantity: a number with an optional suffix is expected")
        })?;
        let suffix = suffix(pieces.suffix)
            .ok_or_else(|| format!("the suffix {:?} of the quantity {text:?} is unknown", pieces.suffix))?;
        let amount = small(&pieces, suffix).unwrap_or_else(|| Amount::Large(large(&pieces, suffix)));
        Ok(Self { amount })
    }

    /// A whole number.
    pub(crate) fn from_integer(value: i64) -> Self {
        Self { amount: Amount::Small { value, scale: 0 } }
    }

    /// The value as a 64-bit integer, if it is held as one.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match self.amount {
            Amount::Small { value, scale } => scaled_up(value, scale),
            Amount::Large(_) => None,
        }
    }

    /// The value as a double, infinite where it is too large.
    pub(crate) fn as_approximate_float(&self) -> f64 {
        match &self.amount {
            #[expect(clippy::cast_precision_loss, reason = "the function promises an approximation")]
            Amount::Small { value, scale: 0 } => *value as f64,
            #[expect(clippy::cast_precision_loss, reason = "the function promises an approximation")]
            Amount::Small { value, scale } => *value as f64 * decimal::power_of_ten(i64::from(*scale)),
            Amount::Large(decimal) => decimal.to_f64(),
        }
    }

    /// -1, 0 or 1.
    pub(crate) fn sign(&self) -> i64 {
        match &self.amount {
            Amount::Small { value, .. } => value.signum(),
            Amount::Large(decimal) => decimal.sign(),
        }
    }

    /// The numerical order.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (&self.amount, &other.amount) {
            (Amount::Small { value: left, scale }, Amount::Small { value: right, scale: same })
                if scale == same =>
            {
                left.cmp(right)
            }
            _ => self.to_decimal().compare(&other.to_decimal()),
        }
    }

    /// The sum; none if its digits would not fit into memory that a rule may use.
    #[must_use]
    pub(crate) fn add(&self, other: &Self) -> Option<Self> {
        if let (Amount::Small { value: a, scale: m }, Amount::Small { value: b, scale: n }) =
            (&self.amount, &other.amount)
            && let Some(amount) = add_small((*a, *m), (*b, *n))
        {
            return Some(Self { amount });
        }
        let sum = self.to_decimal().add(&other.to_decimal())?;
        Some(Self { amount: Amount::Large(sum) })
    }

    /// The difference; none if its digits would not fit into memory that a rule may use.
    #[must_use]
    pub(crate) fn subtract(&self, other: &Self) -> Option<Self> {
        if let (Amount::Small { value: a, scale: m }, Amount::Small { value: b, scale: n }) =
            (&self.amount, &other.amount)
            && let Some(amount) = add_small((*a, *m), (b.wrapping_neg(), *n))
        {
            return Some(Self { amount });
        }
        let difference = self.to_decimal().add(&other.to_decimal().negated())?;
        Some(Self { amount: Amount::Large(difference) })
    }

    /// How many bytes the value holds, for a rule's budget.
    pub(crate) fn size(&self) -> usize {
        match &self.amount {
            Amount::Small { .. } => size_of::<Self>(),
            Amount::Large(decimal) => size_of::<Self>() + decimal.digits(),
        }
    }

    fn to_decimal(&self) -> Decimal {
        match &self.amount {
            Amount::Small { value, scale } => Decimal::from_scaled(*value, *scale),
            Amount::Large(decimal) => decimal.clone(),
        }
    }
}

/// The value as a decimal number without a suffix, where that is short, else with an exponent.
impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.amount {
            Amount::Small { value, scale: 0 } => write!(f, "{value}"),
            Amount::Small { value, scale } => write!(f, "{value}e{scale}"),
            Amount::Large(decimal) => decimal.fmt(f),
        }
    }
}

fn pieces(text: &str) -> Option<Pieces<'_>> {
    if text.is_empty() {
        return None;
    }
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = digits(rest.trim_start_matches('0'));
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), digits);
    let tail = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let tail = tail.strip_prefix(['-', '+']).unwrap_or(tail);
    tail.bytes().all(|byte| byte.is_ascii_digit()).then_some(Pieces { negative, whole, fraction, suffix })
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn suffix(text: &str) -> Option<Suffix> {
    Some(match text {
        "" => Suffix::Decimal(0),
        "n" => Suffix::Decimal(-9),
        "u" => Suffix::Decimal(-6),
        "m" => Suffix::Decimal(-3),
        "k" => Suffix::Decimal(3),
        "M" => Suffix::Decimal(6),
        "G" => Suffix::Decimal(9),
        "T" => Suffix::Decimal(12),
        "P" => Suffix::Decimal(15),
        "E" => Suffix::Decimal(18),
        "Ki" => Suffix::Binary(10),
        "Mi" => Suffix::Binary(20),
        "Gi" => Suffix::Binary(30),
        "Ti" => Suffix::Binary(40),
        "Pi" => Suffix::Binary(50),
        "Ei" => Suffix::Binary(60),
        _ => {
            // Kubernetes reads 64 bits and keeps the lower 32.
            let exponent: i64 = text.strip_prefix(['e', 'E'])?.parse().ok()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "what Kubernetes does with a longer exponent"
            )]
            Suffix::Decimal(exponent as i32)
        }
    })
}

/// The form with 64 bits, where Kubernetes takes it.
fn small(pieces: &Pieces<'_>, suffix: Suffix) -> Option<Amount> {
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let (whole, fraction) = (length(pieces.whole).max(1), length(pieces.fraction));
    let (room, scale, factor) = match suffix {
        Suffix::Decimal(exponent) => {
            (SAFE_DIGITS.saturating_sub(whole.saturating_add(fraction)), exponent, 1)
        }
        Suffix::Binary(exponent) if fraction == 0 => {
            (14_i64.saturating_sub(whole) - i64::from(exponent) * 3 / 10, 0, 1_i64 << exponent)
        }
        Suffix::Binary(_) => (-1, 0, 1),
    };
    if room < 0 {
        return None;
    }
    let scale = scale.wrapping_sub(i32::try_from(fraction).ok()?);
    if scale < NANO {
        return None;
    }
    let value: i64 = format!("0{}{}", pieces.whole, pieces.fraction).parse().ok()?;
    let value = value.checked_mul(factor)?;
    Some(Amount::Small { value: if pieces.negative { -value } else { value }, scale })
}

/// The form of any length: rounded away from zero at a billionth, and with a binary suffix at most `2^63 - 1`.
fn large(pieces: &Pieces<'_>, suffix: Suffix) -> Decimal {
    let number = Decimal::from_digits(pieces.negative, pieces.whole, pieces.fraction);
    match suffix {
        Suffix::Decimal(exponent) => number.shifted(exponent).rounded_up(),
        Suffix::Binary(exponent) => number.times_power_of_two(exponent).rounded_up().clamped_to_i64(),
    }
}

fn add_small((a, m): (i64, i32), (b, n): (i64, i32)) -> Option<Amount> {
    let (value, scale) = match m.cmp(&n) {
        _ if b == 0 => (a, m),
        _ if a == 0 => (b, n),
        Ordering::Equal => (a.checked_add(b)?, m),
        Ordering::Greater => (scaled_up(a, m.checked_sub(n)?)?.checked_add(b)?, n),
        Ordering::Less => (scaled_up(b, n.checked_sub(m)?)?.checked_add(a)?, m),
    };
    Some(Amount::Small { value, scale })
}

fn scaled_up(value: i64, scale: i32) -> Option<i64> {
    match scale {
        0 => Some(value),
        ..0 => None,
        _ if value == 0 => Some(0),
        _ => value.checked_mul(10_i64.checked_pow(scale.unsigned_abs())?),
    }
}

#[cfg(test)]
mod tests;
