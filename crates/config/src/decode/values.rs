use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use claimgate_json::{Json, Number, Object};
use http::HeaderName;
use ipnet::IpNet;
use url::Url;

use super::{Decode, Decoder, Shape};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::yaml::{Node, Origin, Resolved, Schema, Value};

/// A number of bytes, written with its unit: `64KiB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Size(pub u64);

/// A part of a whole, from 0 to 1, both included.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Ratio(f64);

impl Ratio {
    /// The part.
    pub const fn value(self) -> f64 {
        self.0
    }
}

/// An expression, and how to find the place of each of its characters.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The source.
    pub text: String,
    /// Where it begins.
    pub place: Place,
    /// Absent if it stands in no file.
    origin: Option<Origin>,
}

impl Expression {
    /// The place of code point `nth` of the source, from 0.
    pub fn place_at(&self, nth: usize) -> Place {
        let offset = self.text.char_indices().nth(nth).map_or(self.text.len(), |(offset, _)| offset);
        match self.origin {
            Some(origin) => origin.place_at(&self.place, &self.text, offset),
            None => self.place.clone(),
        }
    }
}

/// Reports that `node` is not `expected`.
pub(crate) fn wrong_type(node: &Node<'_>, expected: &str, decoder: &mut Decoder<'_>) {
    let kind = node.kind(decoder.schema);
    let mut problem = Diagnostic::error(
        Code::WrongType,
        &decoder.place(node.spot),
        format!("expected {expected}, found {kind}"),
    )
    .expected(expected);
    if let Value::Scalar(scalar) = &node.value {
        if expected == "a boolean"
            && ["yes", "no", "on", "off"].contains(&scalar.text.to_lowercase().as_str())
        {
            problem = problem.hint("write `true` or `false`");
        } else if kind != "a text" && kind != "nothing" && scalar.plain {
            problem = problem.hint(format!("a text is written in quotes: `\"{}\"`", scalar.text));
        }
    }
    decoder.problems.push(problem);
}

/// Reports that the value of `node` is not allowed.
pub(crate) fn invalid(node: &Node<'_>, message: &str, expected: &str, decoder: &mut Decoder<'_>) {
    decoder
        .problems
        .push(Diagnostic::error(Code::InvalidValue, &decoder.place(node.spot), message).expected(expected));
}

/// The text of `node`.
pub(crate) fn text<'n>(node: &'n Node<'_>, decoder: &mut Decoder<'_>) -> Option<&'n str> {
    match (&node.value, node.resolve(decoder.schema)) {
        (Value::Scalar(scalar), Some(Resolved::Text)) => Some(&scalar.text),
        (Value::Scalar(_), Some(Resolved::Null)) if decoder.schema == Schema::Kubernetes => Some(""),
        _ => {
            wrong_type(node, "a text", decoder);
            None
        }
    }
}

impl Decode for String {
    fn shape() -> Shape {
        Shape::Text("text", None)
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        text(node, decoder).map(str::to_owned)
    }
}

impl Decode for Expression {
    fn shape() -> Shape {
        Shape::Text("CEL expression", None)
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let text = text(node, decoder)?.to_owned();
        let origin = match &node.value {
            Value::Scalar(scalar) => scalar.origin,
            _ => None,
        };
        Some(Self { text, place: decoder.place(node.spot), origin })
    }
}

impl Decode for bool {
    fn shape() -> Shape {
        Shape::Bool
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if let Some(Resolved::Bool(value)) = node.resolve(decoder.schema) {
            return Some(value);
        }
        wrong_type(node, "a boolean", decoder);
        None
    }
}

impl Decode for u64 {
    fn shape() -> Shape {
        Shape::Integer { min: 0, max: Self::MAX }
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if let Some(Resolved::Integer(value)) = node.resolve(decoder.schema) {
            let read = Self::try_from(value).ok();
            if read.is_none() {
                invalid(node, &format!("{value} is out of range"), "an integer from 0", decoder);
            }
            read
        } else {
            wrong_type(node, "an integer", decoder);
            None
        }
    }
}

const DURATIONS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: &[(&str, u64)] = &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Parts such as `1h30m`, each unit smaller than the one before.
fn with_units(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (mut rest, mut sum, mut last) = (text, 0_u64, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let factor = units.iter().find(|(name, _)| *name == unit)?.1;
        if factor >= last {
            return None;
        }
        (rest, last) = (tail, factor);
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
    }
    (!text.is_empty()).then_some(sum)
}

impl Decode for Duration {
    fn shape() -> Shape {
        Shape::Text("duration", Some("^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$|^0$"))
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        const EXPECTED: &str = "a duration with its unit, such as `500ms`, `30s`, `15m`, `24h`, `1h30m`";
        match node.resolve(decoder.schema) {
            Some(Resolved::Integer(0)) => return Some(Self::ZERO),
            Some(Resolved::Integer(_) | Resolved::Float(_)) => {
                invalid(node, "a duration without a unit", EXPECTED, decoder);
                return None;
            }
            _ => {}
        }
        let value = text(node, decoder)?;
        let read = with_units(value, DURATIONS).map(Self::from_millis);
        if read.is_none() {
            invalid(node, &format!("`{value}` is not a duration"), EXPECTED, decoder);
        }
        read
    }
}

impl Decode for Size {
    fn shape() -> Shape {
        Shape::Text("size", Some("^[0-9]+(B|KiB|MiB|GiB)$"))
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        const EXPECTED: &str = "a size with its unit, such as `64KiB` or `1MiB`";
        if let Some(Resolved::Integer(_) | Resolved::Float(_)) = node.resolve(decoder.schema) {
            invalid(node, "a size without a unit", EXPECTED, decoder);
            return None;
        }
        let value = text(node, decoder)?;
        let read = with_units(value, SIZES).map(Self);
        if read.is_none() {
            invalid(node, &format!("`{value}` is not a size"), EXPECTED, decoder);
        }
        read
    }
}

impl Decode for Ratio {
    fn shape() -> Shape {
        Shape::Number { min: 0, max: 1 }
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let value = match node.resolve(decoder.schema) {
            Some(Resolved::Integer(0)) => 0.0,
            Some(Resolved::Integer(1)) => 1.0,
            Some(Resolved::Integer(_)) => f64::NAN,
            Some(Resolved::Float(value)) => value,
            _ => {
                wrong_type(node, "a number", decoder);
                return None;
            }
        };
        if (0.0..=1.0).contains(&value) {
            return Some(Self(value));
        }
        invalid(node, "the part of a whole is from 0 to 1", "a number from `0` to `1`", decoder);
        None
    }
}

/// Reads a text with `parse`, reporting what it refuses.
fn parsed<T>(
    node: &Node<'_>,
    decoder: &mut Decoder<'_>,
    what: &str,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let value = text(node, decoder)?;
    let read = parse(value);
    if read.is_none() {
        invalid(node, &format!("`{value}` is not {what}"), expected, decoder);
    }
    read
}

impl Decode for Url {
    fn shape() -> Shape {
        Shape::Text("URL", Some("^https?://"))
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let good = |url: &Self| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        };
        let expected = "`https://host/path`, without user information and fragment";
        parsed(node, decoder, "a URL that can be used here", expected, |value| {
            Self::parse(value).ok().filter(good)
        })
    }
}

impl Decode for SocketAddr {
    fn shape() -> Shape {
        Shape::Text("address", Some("^.+:[0-9]+$"))
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let expected = "an IP address and a port, such as `0.0.0.0:8443`, `127.0.0.1:9090` or `[::]:8443`";
        parsed(node, decoder, "an address to listen on", expected, |value| value.parse().ok())
    }
}

impl Decode for IpNet {
    fn shape() -> Shape {
        Shape::Text("CIDR", None)
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let expected = "a network such as `10.0.0.0/8` or `fd00::/8`, or one address";
        parsed(node, decoder, "a network", expected, |value| {
            let net: Self = value.parse().ok().or_else(|| value.parse::<IpAddr>().ok().map(Self::from))?;
            (net.trunc() == net).then_some(net)
        })
    }
}

impl Decode for HeaderName {
    fn shape() -> Shape {
        Shape::Text("header name", Some("^[A-Za-z0-9-]+$"))
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let expected = "letters, digits and `-`: many servers fold `_` into `-`";
        parsed(node, decoder, "a header name", expected, |value| {
            let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if plain { Self::from_bytes(value.as_bytes()).ok() } else { None }
        })
    }
}

impl Decode for Json {
    fn shape() -> Shape {
        Shape::Any
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Value::List(items) => items
                .iter()
                .map(|item| Self::decode(item, decoder))
                .collect::<Option<Vec<_>>>()
                .map(Json::Array),
            Value::Map(entries) => {
                let mut object = Object::new();
                for entry in entries {
                    object.insert(entry.key.as_ref(), Self::decode(&entry.value, decoder)?);
                }
                Some(Self::from(object))
            }
            Value::Scalar(scalar) => Some(match node.resolve(decoder.schema)? {
                Resolved::Null => Self::Null,
                Resolved::Bool(value) => Self::from(value),
                Resolved::Text => Self::from(scalar.text.as_ref()),
                Resolved::Integer(_) | Resolved::Float(_) => return number(node, &scalar.text, decoder),
            }),
        }
    }
}

/// The number keeps its digits where JSON writes it in the same way.
fn number(node: &Node<'_>, digits: &str, decoder: &mut Decoder<'_>) -> Option<Json> {
    if let Ok(Json::Number(number)) =
        claimgate_json::parse(digits.as_bytes(), claimgate_json::Limits::default())
    {
        return Some(Json::Number(number));
    }
    let number = match node.resolve(decoder.schema) {
        Some(Resolved::Integer(value)) => i64::try_from(value).ok().map(Number::from),
        Some(Resolved::Float(value)) => Number::from_f64(value),
        _ => None,
    };
    if number.is_none() {
        invalid(node, &format!("`{digits}` is no number of JSON"), "a finite number", decoder);
    }
    number.map(Json::Number)
}
