use super::standard::{function, member};
use super::{Context, Function, Run, no_such_overload};
use crate::cel::signature::Ty;
use crate::instant::Civil;
use crate::{RunError, Value};

type Outcome<'a> = Result<Value<'a>, RunError>;

const INSTANT: &[Ty] = &[Ty::Timestamp];
const ZONED: &[Ty] = &[Ty::Timestamp, Ty::Text];
const SPAN: &[Ty] = &[Ty::Duration];

/// The part of an instant, in UTC.
const fn utc(
    name: &'static str,
    run: Run,
    documentation: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    function(member(name), INSTANT, Ty::Int, run, documentation, example)
}

/// The part of an instant in a time zone: an offset `+02:00`, or `UTC`.
const fn zoned(
    name: &'static str,
    run: Run,
    documentation: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    function(member(name), ZONED, Ty::Int, run, documentation, example)
}

const fn span(
    name: &'static str,
    run: Run,
    documentation: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    function(member(name), SPAN, Ty::Int, run, documentation, example)
}

pub(super) const FUNCTIONS: &[Function] = &[
    utc("getFullYear", year, "The year, in UTC.", ("timestamp(0).getFullYear()", "1970")),
    zoned("getFullYear", year, "The year in a time zone.", ("timestamp(0).getFullYear('-01:00')", "1969")),
    utc("getMonth", month, "The month from 0, in UTC.", ("timestamp(0).getMonth()", "0")),
    zoned("getMonth", month, "The month from 0 in a time zone.", ("timestamp(0).getMonth('-01:00')", "11")),
    utc(
        "getDayOfYear",
        day_of_year,
        "The day of the year from 0, in UTC.",
        ("timestamp(0).getDayOfYear()", "0"),
    ),
    zoned(
        "getDayOfYear",
        day_of_year,
        "The day of the year from 0 in a time zone.",
        ("timestamp(0).getDayOfYear('-01:00')", "364"),
    ),
    utc(
        "getDayOfMonth",
        day_of_month,
        "The day of the month from 0, in UTC.",
        ("timestamp(0).getDayOfMonth()", "0"),
    ),
    zoned(
        "getDayOfMonth",
        day_of_month,
        "The day of the month from 0 in a time zone.",
        ("timestamp(0).getDayOfMonth('-01:00')", "30"),
    ),
    utc("getDate", date, "The day of the month from 1, in UTC.", ("timestamp(0).getDate()", "1")),
    zoned(
        "getDate",
        date,
        "The day of the month from 1 in a time zone.",
        ("timestamp(0).getDate('-01:00')", "31"),
    ),
    utc(
        "getDayOfWeek",
        day_of_week,
        "The day of the week, Sunday being 0, in UTC.",
        ("timestamp(0).getDayOfWeek()", "4"),
    ),
    zoned(
        "getDayOfWeek",
        day_of_week,
        "The day of the week, Sunday being 0, in a time zone.",
        ("timestamp(0).getDayOfWeek('-01:00')", "3"),
    ),
    utc("getHours", hours, "The hour, in UTC.", ("timestamp(3600).getHours()", "1")),
    zoned("getHours", hours, "The hour in a time zone.", ("timestamp(0).getHours('+02:00')", "2")),
    span("getHours", hours, "The whole hours of a duration.", ("duration('90m').getHours()", "1")),
    utc("getMinutes", minutes, "The minute, in UTC.", ("timestamp(60).getMinutes()", "1")),
    zoned("getMinutes", minutes, "The minute in a time zone.", ("timestamp(0).getMinutes('+00:30')", "30")),
    span("getMinutes", minutes, "The whole minutes of a duration.", ("duration('90m').getMinutes()", "90")),
    utc("getSeconds", seconds_of, "The second, in UTC.", ("timestamp(61).getSeconds()", "1")),
    zoned(
        "getSeconds",
        seconds_of,
        "The second in a time zone.",
        ("timestamp(61).getSeconds('+02:00')", "1"),
    ),
    span("getSeconds", seconds_of, "The whole seconds of a duration.", ("duration('1m').getSeconds()", "60")),
    utc(
        "getMilliseconds",
        milliseconds,
        "The millisecond, in UTC.",
        ("timestamp('1970-01-01T00:00:00.25Z').getMilliseconds()", "250"),
    ),
    zoned(
        "getMilliseconds",
        milliseconds,
        "The millisecond in a time zone.",
        ("timestamp('1970-01-01T00:00:00.25Z').getMilliseconds('UTC')", "250"),
    ),
    span(
        "getMilliseconds",
        milliseconds,
        "The milliseconds of a duration.",
        ("duration('1s').getMilliseconds()", "1000"),
    ),
];

fn part<'a>(arguments: &[Value<'a>], pick: impl Fn(Civil) -> i64) -> Outcome<'a> {
    match arguments {
        [Value::Timestamp(instant)] => Ok(Value::Int(pick(instant.civil(0)))),
        [Value::Timestamp(instant), Value::Text(zone)] => {
            Ok(Value::Int(pick(instant.civil(offset_of(zone.as_str())?))))
        }
        _ => Err(no_such_overload()),
    }
}

/// A part of an instant, or the whole units of `nanoseconds` nanoseconds in a duration.
fn part_or_span<'a>(arguments: &[Value<'a>], unit: i64, pick: impl Fn(Civil) -> i64) -> Outcome<'a> {
    if let [Value::Duration(nanoseconds)] = arguments {
        return Ok(Value::Int(nanoseconds / unit));
    }
    part(arguments, pick)
}

fn year<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part(arguments, |at| at.year)
}

fn month<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part(arguments, |at| at.month - 1)
}

fn day_of_year<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part(arguments, |at| at.day_of_year)
}

fn day_of_month<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part(arguments, |at| at.day - 1)
}

fn date<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part(arguments, |at| at.day)
}

fn day_of_week<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part(arguments, |at| at.day_of_week)
}

fn hours<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part_or_span(arguments, 3_600_000_000_000, |at| at.second / 3600)
}

fn minutes<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part_or_span(arguments, 60_000_000_000, |at| at.second / 60 % 60)
}

fn seconds_of<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    part_or_span(arguments, 1_000_000_000, |at| at.second % 60)
}

fn milliseconds<'a>(_: &mut Context<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Timestamp(instant), rest @ ..] => {
            if let [Value::Text(zone)] = rest {
                offset_of(zone.as_str())?;
            }
            Ok(Value::Int(i64::from(instant.nanoseconds()) / 1_000_000))
        }
        _ => part_or_span(arguments, 1_000_000, |_| 0),
    }
}

/// The seconds east of UTC of a zone, which is an offset or `UTC`. Names of places need a database
/// that may change under a rule, so there are none.
fn offset_of(name: &str) -> Result<i64, RunError> {
    let unknown = || RunError::failed("a time zone is `UTC` or an offset such as `+02:00`");
    if matches!(name, "UTC" | "") {
        return Ok(0);
    }
    let (hours, minutes) = name.split_once(':').ok_or_else(unknown)?;
    let (hours, minutes): (i64, i64) =
        (hours.parse().map_err(|_| unknown())?, minutes.parse().map_err(|_| unknown())?);
    let minutes = if name.starts_with('-') { minutes.checked_neg() } else { Some(minutes) };
    // Two centuries; the original counts nanoseconds, which overflow beyond.
    minutes
        .and_then(|minutes| hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60))
        .filter(|seconds| seconds.abs() <= 9_223_372_036)
        .ok_or_else(unknown)
}

/// A duration as Go writes it: `1h30m`, `-1.5s`, `300ms`.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let whole = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (digits, behind) = rest.split_at(whole);
        let (fraction, behind) = match behind.strip_prefix('.') {
            Some(behind) => {
                let length = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                behind.split_at(length)
            }
            None => ("", behind),
        };
        if digits.is_empty() && fraction.is_empty() || digits.len() > 19 {
            return None;
        }
        let length = behind.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(length);
        let unit = unit_of(unit)?;
        let whole: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        total = total.checked_add(whole.checked_mul(unit)?)?.checked_add(fraction_of(fraction, unit)?)?;
        rest = behind;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

fn unit_of(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

fn fraction_of(digits: &str, unit: i128) -> Option<i128> {
    let digits = digits.get(..digits.len().min(18))?;
    if digits.is_empty() {
        return Some(0);
    }
    let value: i128 = digits.parse().ok()?;
    Some(value * unit / 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?)
}
