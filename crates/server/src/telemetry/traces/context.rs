//! W3C Trace Context (<https://www.w3.org/TR/trace-context-2/>): what a request says of the trace it is part of.

use std::fmt;

use http::{HeaderMap, HeaderName};

const PARENT: HeaderName = HeaderName::from_static("traceparent");
/// The longest `tracestate` that is kept, in bytes (§3.3.1.5 asks for no more).
const STATE_BYTES: usize = 512;
/// The most members of a `tracestate` (§3.3.1.1).
const STATE_MEMBERS: usize = 32;
/// The flag of a caller that records the trace.
const SAMPLED: u8 = 1;

/// A trace's id; never all zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceId(pub(super) [u8; 16]);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The caller's span, as `traceparent` names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TraceParent {
    pub(crate) trace_id: TraceId,
    pub(super) span_id: [u8; 8],
    pub(super) flags: u8,
}

impl TraceParent {
    /// The parent that `headers` name. A header that is not to the letter, or stands twice, names none, and
    /// the trace begins anew (§2.3, §3.2).
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(&PARENT).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        Self::parse(value.as_bytes())
    }

    /// `00-<32 hexadecimal digits>-<16>-<2>`, lower case; a later version may go on after another `-`.
    fn parse(value: &[u8]) -> Option<Self> {
        let (head, rest) = value.split_first_chunk::<55>()?;
        let [version, trace_id, span_id, flags] =
            [(0, 2), (3, 35), (36, 52), (53, 55)].map(|(from, to)| head.get(from..to).unwrap_or_default());
        let dashes = [2, 35, 52].iter().all(|at| head.get(*at) == Some(&b'-'));
        let [version] = hex(version)?;
        let ends = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        let (trace_id, span_id, [flags]) = (hex(trace_id)?, hex(span_id)?, hex(flags)?);
        let named = trace_id != [0; 16] && span_id != [0; 8];
        (dashes && ends && named).then_some(Self { trace_id: TraceId(trace_id), span_id, flags })
    }

    /// Whether the caller records the trace.
    pub(super) const fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }
}

/// The `tracestate` of a request, as it came; none if it is malformed or too long (§3.3).
pub(super) fn trace_state(headers: &HeaderMap) -> Option<String> {
    let mut state = String::new();
    for value in headers.get_all("tracestate") {
        let value = value.to_str().ok()?;
        if state.len() + value.len() > STATE_BYTES {
            return None;
        }
        if !state.is_empty() {
            state.push(',');
        }
        state.push_str(value);
    }
    let members: Vec<_> = state.split(',').map(|member| member.trim_matches([' ', '\t'])).collect();
    let good = members.len() <= STATE_MEMBERS && members.iter().all(|member| is_member(member));
    (good && !state.is_empty()).then_some(state)
}

/// `key=value`, or nothing (§3.3.1.2, §3.3.1.3).
fn is_member(member: &str) -> bool {
    if member.is_empty() {
        return true;
    }
    let Some((key, value)) = member.split_once('=') else { return false };
    let inner =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'*' | b'/' | b'@');
    let begins = key.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let printable = value.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b'=');
    begins
        && key.len() <= 256
        && key.bytes().all(inner)
        && !value.is_empty()
        && value.len() <= 256
        && printable
}

/// Lower-case hexadecimal digits, two for each byte.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_traceparent_is_read_to_the_letter() {
        let zeros = "0".repeat(32);
        let upper = TRACE.to_uppercase();
        for (value, flags) in [
            (format!("00-{TRACE}-{SPAN}-01"), Some(1)),
            (format!("00-{TRACE}-{SPAN}-00"), Some(0)),
            (format!("00-{TRACE}-{SPAN}-03"), Some(3)),
            (format!("cc-{TRACE}-{SPAN}-01"), Some(1)),
            (format!("cc-{TRACE}-{SPAN}-01-what-comes"), Some(1)),
            (format!("cc-{TRACE}-{SPAN}-01.what"), None),
            (format!("00-{TRACE}-{SPAN}-01-what"), None),
            (format!("00-{TRACE}-{SPAN}-01-"), None),
            (format!("ff-{TRACE}-{SPAN}-01"), None),
            (format!("00-{zeros}-{SPAN}-01"), None),
            (format!("00-{TRACE}-0000000000000000-01"), None),
            (format!("00-{upper}-{SPAN}-01"), None),
            (format!("00-{TRACE}-{SPAN}-1"), None),
            (format!("00-{TRACE}-{SPAN}"), None),
            (format!("00-{TRACE}_{SPAN}-01"), None),
            (format!("0-0{TRACE}-{SPAN}-01"), None),
            (format!("00-{TRACE}-{SPAN}-0g"), None),
            (format!(" 00-{TRACE}-{SPAN}-01"), None),
            (String::new(), None),
        ] {
            let parent = TraceParent::of(&headers("traceparent", &[&value]));
            assert_eq!(parent.map(|parent| parent.flags), flags, "{value}");
            if let Some(parent) = parent {
                assert_eq!(parent.trace_id.to_string(), TRACE);
                assert_eq!(parent.span_id, [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
                assert_eq!(parent.is_sampled(), flags.is_some_and(|flags| flags & 1 == 1));
            }
        }
        let twice = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(TraceParent::of(&headers("traceparent", &[&twice, &twice])), None);
        assert_eq!(TraceParent::of(&HeaderMap::new()), None);
    }

    #[test]
    fn a_tracestate_is_kept_or_dropped_whole() {
        let many = vec!["a=1"; 33].join(",");
        let long = format!("a={}", "x".repeat(256));
        for (values, kept) in [
            (vec!["congo=t61rcWkgMzE"], Some("congo=t61rcWkgMzE")),
            (vec!["a=1, b=2 2,,7x@tenant/y=!"], Some("a=1, b=2 2,,7x@tenant/y=!")),
            (vec!["a=1", "b=2"], Some("a=1,b=2")),
            (vec!["A=1"], None),
            (vec!["a=1=2"], None),
            (vec!["a"], None),
            (vec!["a="], None),
            (vec!["=1"], None),
            (vec![&many], None),
            (vec![&long], Some(&*long)),
            (vec![&long, &long], None),
            (vec![""], None),
            (vec![], None),
        ] {
            let headers = headers("tracestate", &values);
            assert_eq!(trace_state(&headers).as_deref(), kept, "{values:?}");
        }
    }
}
