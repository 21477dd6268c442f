//! Decimals of any length, never written out further than their digits: `1e2000000000` costs as much as `1`.

use std::cmp::Ordering;

/// The most digits that a sum may have.
const MOST_DIGITS: i64 = 65_536;
/// Digits behind the point that are kept.
const KEPT: i64 = 9;
const I64_MAX_DIGITS: &[u8] = b"9223372036854775807";

/// `±digits × 10^exponent`; `scale` is how many digits behind the point Kubernetes would hold.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    negative: bool,
    /// ASCII digits without zeros at either end; empty for zero.
    digits: Vec<u8>,
    exponent: i64,
    scale: i64,
}

impl Decimal {
    pub(super) fn from_scaled(value: i64, scale: i32) -> Self {
        let digits = value.unsigned_abs().to_string().into_bytes();
        Self { negative: value < 0, digits, exponent: i64::from(scale), scale: -i64::from(scale) }.trimmed()
    }

    pub(super) fn from_digits(negative: bool, whole: &str, fraction: &str) -> Self {
        let scale = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        let digits = [whole.as_bytes(), fraction.as_bytes()].concat();
        Self { negative, digits, exponent: -scale, scale }.trimmed()
    }

    /// Times `10^exponent`.
    pub(super) fn shifted(mut self, exponent: i32) -> Self {
        self.exponent += i64::from(exponent);
        self.scale -= i64::from(exponent);
        self
    }

    /// Times `2^exponent`, `exponent` at most 63.
    pub(super) fn times_power_of_two(mut self, exponent: u32) -> Self {
        let factor = 1_u128 << exponent.min(63);
        let mut carry = 0_u128;
        for digit in self.digits.iter_mut().rev() {
            let product = u128::from(*digit - b'0') * factor + carry;
            *digit = ascii_digit(product % 10);
            carry = product / 10;
        }
        let mut front = Vec::new();
        while carry > 0 {
            front.push(ascii_digit(carry % 10));
            carry /= 10;
        }
        front.reverse();
        front.append(&mut self.digits);
        self.digits = front;
        self.trimmed()
    }

    /// Rounded away from zero at the last digit that is kept.
    pub(super) fn rounded_up(mut self) -> Self {
        if self.digits.is_empty() {
            return self;
        }
        self.scale = KEPT;
        let cut = usize::try_from(-KEPT - self.exponent).unwrap_or(0);
        if cut == 0 {
            return self;
        }
        // There are no zeros at the end, so something other than zero is cut off.
        self.digits.truncate(self.digits.len().saturating_sub(cut));
        self.exponent = -KEPT;
        for digit in self.digits.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return self.trimmed();
            }
            *digit = b'0';
        }
        self.digits.insert(0, b'1');
        self.trimmed()
    }

    /// At most `2^63 - 1` away from zero.
    pub(super) fn clamped_to_i64(self) -> Self {
        let most = Self { negative: self.negative, digits: I64_MAX_DIGITS.to_vec(), exponent: 0, scale: 0 };
        if self.compare_magnitude(&most) == Ordering::Greater { most } else { self }
    }

    pub(super) fn negated(mut self) -> Self {
        self.negative = !self.negative && !self.digits.is_empty();
        self
    }

    pub(super) fn sign(&self) -> i64 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    pub(super) fn digits(&self) -> usize {
        self.digits.len()
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.sign().cmp(&other.sign()).then_with(|| {
            let order = self.compare_magnitude(other);
            if self.negative { order.reverse() } else { order }
        })
    }

    pub(super) fn add(&self, other: &Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        if self.digits.is_empty() || other.digits.is_empty() {
            let one = if self.digits.is_empty() { other } else { self };
            return Some(Self { scale, ..one.clone() });
        }
        let exponent = self.exponent.min(other.exponent);
        if self.top().max(other.top()) - exponent > MOST_DIGITS {
            return None;
        }
        let (larger, smaller) =
            if self.compare_magnitude(other) == Ordering::Less { (other, self) } else { (self, other) };
        let digits = if larger.negative == smaller.negative {
            sum(&larger.written_to(exponent), &smaller.written_to(exponent))
        } else {
            difference(&larger.written_to(exponent), &smaller.written_to(exponent))
        };
        Some(Self { negative: larger.negative, digits, exponent, scale }.trimmed())
    }

    /// As Kubernetes approximates it: the digits as a double, times a power of ten.
    pub(super) fn to_f64(&self) -> f64 {
        let zeros = if self.digits.is_empty() { 0 } else { self.exponent + self.scale };
        let text = String::from_utf8_lossy(&self.digits);
        let base: f64 = format!("0{text}e{zeros}").parse().unwrap_or(f64::NAN);
        let base = if self.negative { -base } else { base };
        if self.scale == 0 { base } else { base * power_of_ten(-self.scale) }
    }

    /// The position above the first digit.
    fn top(&self) -> i64 {
        self.exponent.saturating_add(i64::try_from(self.digits.len()).unwrap_or(i64::MAX))
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (false, false) => self.top().cmp(&other.top()).then_with(|| self.digits.cmp(&other.digits)),
            (left, right) => right.cmp(&left),
        }
    }

    /// The digits with zeros behind them, as of `exponent`, last digit first.
    fn written_to(&self, exponent: i64) -> Vec<u8> {
        let zeros = usize::try_from(self.exponent - exponent).unwrap_or(0);
        std::iter::repeat_n(b'0', zeros).chain(self.digits.iter().rev().copied()).collect()
    }

    fn trimmed(mut self) -> Self {
        let leading = self.digits.iter().take_while(|digit| **digit == b'0').count();
        self.digits.drain(..leading);
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
            self.exponent += 1;
        }
        self.negative &= !self.digits.is_empty();
        self
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let digits = String::from_utf8_lossy(&self.digits);
        match (digits.as_ref(), self.exponent) {
            ("", _) => f.write_str("0"),
            (digits, 0) => write!(f, "{sign}{digits}"),
            (digits, exponent) => write!(f, "{sign}{digits}e{exponent}"),
        }
    }
}

/// The double nearest to `10^exponent` as Go's `math.Pow10` makes it: from tables of every 32nd power and of 10^0 to
/// 10^31.
pub(super) fn power_of_ten(exponent: i64) -> f64 {
    let power = |exponent: i64| format!("1e{exponent}").parse().unwrap_or(f64::NAN);
    match exponent {
        0..=308 => power(exponent - exponent % 32) * power(exponent % 32),
        -323..0 => power(exponent - exponent % 32) / power(-exponent % 32),
        309.. => f64::INFINITY,
        _ => 0.0,
    }
}

fn sum(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits: Vec<u8> = larger
        .iter()
        .zip(smaller.iter().map(|digit| digit - b'0').chain(std::iter::repeat(0)))
        .map(|(left, right)| {
            let digit = left - b'0' + right + carry;
            carry = digit / 10;
            b'0' + digit % 10
        })
        .collect();
    digits.push(b'0' + carry);
    digits.reverse();
    digits
}

fn difference(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut digits: Vec<u8> = larger
        .iter()
        .zip(smaller.iter().map(|digit| digit - b'0').chain(std::iter::repeat(0)))
        .map(|(left, right)| {
            let digit = left - b'0' + 10 - right - borrow;
            borrow = u8::from(digit < 10);
            b'0' + digit % 10
        })
        .collect();
    digits.reverse();
    digits
}

fn ascii_digit(value: u128) -> u8 {
    b'0' + u8::try_from(value % 10).unwrap_or(0)
}
