use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// An instant within the years 1 to 9999, with the offset from UTC that it was written with.
///
/// Two instants are equal when they are the same moment, whatever their offsets.
#[derive(Clone, Copy, Debug)]
pub struct Instant {
    /// Since 1970-01-01T00:00:00Z.
    seconds: i64,
    /// Of the second, always forward.
    nanoseconds: u32,
    /// East of UTC, in seconds.
    offset: i32,
}

/// A date and time of day in some offset, by the proleptic Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// Of the month, from 1.
    pub(crate) day: i64,
    /// From 0.
    pub(crate) day_of_year: i64,
    /// From Sunday, which is 0.
    pub(crate) day_of_week: i64,
    /// Since midnight.
    pub(crate) second: i64,
}

const DAY: i64 = 86_400;
const BILLION: i64 = 1_000_000_000;

impl Instant {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;

    /// The instant of a number of seconds since 1970-01-01T00:00:00Z, within the years 1 to 9999.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::new(seconds, 0, 0)
    }

    /// The instant of a number of seconds, or the first or last there is.
    pub(crate) fn nearest(seconds: i64) -> Self {
        Self { seconds: seconds.clamp(Self::FIRST, Self::LAST), nanoseconds: 0, offset: 0 }
    }

    fn new(seconds: i64, nanoseconds: u32, offset: i32) -> Option<Self> {
        (Self::FIRST..=Self::LAST).contains(&seconds).then_some(Self { seconds, nanoseconds, offset })
    }

    /// The instant that a text of RFC 3339 §5.6 names, read as Go reads it: `T` and `Z` are capitals,
    /// the hour may have one digit, a fraction may stand behind a comma and has nine digits that
    /// count, an offset is up to 24 hours and 60 minutes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text.as_bytes() };
        let year = reader.digits(4)?;
        let month = reader.behind(b'-')?.digits(2)?;
        let day = reader.behind(b'-')?.digits(2)?;
        reader.behind(b'T')?;
        let hour = if reader.rest.get(1) == Some(&b':') { reader.digits(1)? } else { reader.digits(2)? };
        let minute = reader.behind(b':')?.digits(2)?;
        let second = reader.behind(b':')?.digits(2)?;
        let nanoseconds = reader.fraction();
        let offset = reader.offset()?;
        let fits = (1..=12).contains(&month)
            && (1..=days_of(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !fits || !reader.rest.is_empty() {
            return None;
        }
        let time = hour * 3600 + minute * 60 + second;
        let seconds = days_since_1970(year, month, day) * DAY + time - i64::from(offset);
        Self::new(seconds, nanoseconds, offset)
    }

    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Nanoseconds of the second.
    pub fn nanoseconds(&self) -> u32 {
        self.nanoseconds
    }

    /// The same moment, written in UTC.
    #[must_use]
    pub fn in_utc(self) -> Self {
        Self { offset: 0, ..self }
    }

    /// Whether it is the first instant, which Go takes for no time at all.
    pub(crate) fn is_first(&self) -> bool {
        (self.seconds, self.nanoseconds) == (Self::FIRST, 0)
    }

    /// The instant some nanoseconds later, if it is within the years 1 to 9999.
    pub(crate) fn later(&self, nanoseconds: i64) -> Option<Self> {
        let sum = i64::from(self.nanoseconds) + nanoseconds.rem_euclid(BILLION);
        let seconds = self.seconds + nanoseconds.div_euclid(BILLION) + sum / BILLION;
        Self::new(seconds, u32::try_from(sum % BILLION).ok()?, self.offset)
    }

    /// The nanoseconds from `earlier` to this, if they can be counted. The whole seconds must be
    /// countable by themselves, as in the original.
    pub(crate) fn since(&self, earlier: &Self) -> Option<i64> {
        let whole = (self.seconds - earlier.seconds).checked_mul(BILLION)?;
        whole.checked_add(i64::from(self.nanoseconds) - i64::from(earlier.nanoseconds))
    }

    /// Date and time of day, `offset` seconds east of UTC.
    pub(crate) fn civil(&self, offset: i64) -> Civil {
        let local = self.seconds + offset;
        let days = local.div_euclid(DAY);
        let (year, month, day) = date_of(days);
        Civil {
            year,
            month,
            day,
            day_of_year: days - days_since_1970(year, 1, 1),
            day_of_week: (days + 4).rem_euclid(7),
            second: local.rem_euclid(DAY),
        }
    }
}

impl PartialEq for Instant {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Instant {}

impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanoseconds).cmp(&(other.seconds, other.nanoseconds))
    }
}

impl Hash for Instant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.seconds, self.nanoseconds).hash(state);
    }
}

/// RFC 3339 §5.6, in the offset that it was written with.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day, second, .. } = self.civil(i64::from(self.offset));
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanoseconds > 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

struct Reader<'t> {
    rest: &'t [u8],
}

impl Reader<'_> {
    /// Exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        digits.iter().try_fold(0, |sum, byte| Some(sum * 10 + i64::from(digit(*byte)?)))
    }

    fn behind(&mut self, byte: u8) -> Option<&mut Self> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(self)
    }

    /// The nanoseconds of a fraction, if one stands here.
    fn fraction(&mut self) -> u32 {
        let [b'.' | b',', digits @ ..] = self.rest else { return 0 };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = digits.split_at_checked(count).unwrap_or_default();
        if digits.is_empty() {
            return 0;
        }
        self.rest = rest;
        let padded = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
        padded.fold(0, |sum, byte| sum * 10 + u32::from(digit(*byte).unwrap_or(0)))
    }

    fn offset(&mut self) -> Option<i32> {
        if let [b'Z', rest @ ..] = self.rest {
            self.rest = rest;
            return Some(0);
        }
        let sign = match self.rest.first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.rest = self.rest.get(1..)?;
        let hours = self.digits(2).filter(|hours| *hours <= 24)?;
        let minutes = self.behind(b':')?.digits(2).filter(|minutes| *minutes <= 60)?;
        i32::try_from(sign * (hours * 3600 + minutes * 60)).ok()
    }
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

fn days_of(year: i64, month: i64) -> i64 {
    days_since_1970(year + month / 12, month % 12 + 1, 1) - days_since_1970(year, month, 1)
}

/// The days from 1970-01-01 to a date. Years begin in March here, so that the leap day is the last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date that is so many days behind 1970-01-01: year, month, day.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = days.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests;
