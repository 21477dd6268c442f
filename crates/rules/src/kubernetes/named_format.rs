//! The named formats of Kubernetes (`format.dns1123Label()` and its kin): which texts they accept, and why not.

use super::url::Url;

/// The longest DNS label (RFC 1123 §2.1), and the longest name part of a label.
const LABEL: usize = 63;
/// The longest DNS name.
const SUBDOMAIN: usize = 253;

/// A named format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NamedFormat(usize);

type Check = fn(&str) -> Vec<String>;

/// Every format by its name.
const FORMATS: &[(&str, Check)] = &[
    ("byte", |text| unless(is_base64(text), "must be base64 (RFC 4648) with padding, and not empty")),
    ("date", |text| unless(is_date(text), "must be a date such as `2026-01-31`")),
    ("datetime", |text| unless(is_datetime(text), "must be a time such as `2026-01-31T12:00:00Z`")),
    ("dns1035Label", dns1035_label),
    ("dns1035LabelPrefix", |text| dns1035_label(&without_trailing_dash(text))),
    ("dns1123Label", dns1123_label),
    ("dns1123LabelPrefix", |text| dns1123_label(&without_trailing_dash(text))),
    ("dns1123Subdomain", dns1123_subdomain),
    ("dns1123SubdomainPrefix", |text| dns1123_subdomain(&without_trailing_dash(text))),
    ("labelValue", label_value),
    ("qualifiedName", qualified_name),
    ("uri", |text| Url::check(text).err().into_iter().collect()),
    ("uuid", |text| unless(is_uuid(text), "must be a UUID, with or without its dashes")),
];

impl NamedFormat {
    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        FORMATS.iter().position(|(known, _)| *known == name).map(Self)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        FORMATS.get(self.0).map_or("", |(name, _)| name)
    }

    /// What is wrong with the text; nothing if it is of this format.
    pub(crate) fn validate(self, text: &str) -> Vec<String> {
        FORMATS.get(self.0).map_or_else(Vec::new, |(_, check)| check(text))
    }
}

fn dns1123_label(text: &str) -> Vec<String> {
    let mut problems = too_long(text, LABEL);
    if !is_label(text) {
        problems.push(if is_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            "must be of lower-case letters, digits and `-`, with a letter or digit at both ends".to_owned()
        });
    }
    problems
}

fn dns1123_subdomain(text: &str) -> Vec<String> {
    let mut problems = too_long(text, SUBDOMAIN);
    if !is_subdomain(text) {
        problems.push(
            "must be of lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part"
                .to_owned(),
        );
    }
    problems
}

fn dns1035_label(text: &str) -> Vec<String> {
    let mut problems = too_long(text, LABEL);
    if !is_label(text) || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        problems.push(
            "must be of lower-case letters, digits and `-`, begin with a letter and end with a letter or digit"
                .to_owned(),
        );
    }
    problems
}

fn qualified_name(text: &str) -> Vec<String> {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    if name.contains('/') {
        return vec!["must have at most one `/`, between a DNS name and the name".to_owned()];
    }
    let mut problems = Vec::new();
    if let Some(prefix) = prefix {
        problems.extend(dns1123_subdomain(prefix).into_iter().map(|problem| format!("the prefix {problem}")));
    }
    problems.extend(too_long(name, LABEL).into_iter().map(|problem| format!("the name {problem}")));
    if !is_name(name) {
        problems.push(
            "the name must be of letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
                .to_owned(),
        );
    }
    problems
}

fn label_value(text: &str) -> Vec<String> {
    let mut problems = too_long(text, LABEL);
    if !text.is_empty() && !is_name(text) {
        problems.push(
            "must be empty, or of letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
                .to_owned(),
        );
    }
    problems
}

fn unless(good: bool, problem: &str) -> Vec<String> {
    if good { Vec::new() } else { vec![problem.to_owned()] }
}

fn too_long(text: &str, most: usize) -> Vec<String> {
    unless(text.len() <= most, &format!("must be no longer than {most} bytes"))
}

/// A prefix of a generated name may end in `-`.
fn without_trailing_dash(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            // The byte before the dash gives way to a letter, whatever it was; half a character stays wrong.
            let mut rest = rest.to_owned();
            match rest.pop() {
                Some(last) if last.is_ascii() => rest.push('a'),
                _ => return text.to_owned(),
            }
            rest
        }
        _ => text.to_owned(),
    }
}

fn is_label(text: &str) -> bool {
    let edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    is_between(text, edge, |byte| edge(byte) || *byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_name(text: &str) -> bool {
    is_between(text, u8::is_ascii_alphanumeric, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn is_between(text: &str, edge: impl Fn(&u8) -> bool, inner: impl Fn(&u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(&edge) && bytes.last().is_some_and(&edge) && bytes.iter().all(inner)
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !digits.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

fn is_uuid(text: &str) -> bool {
    let mut rest = text.as_bytes();
    for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
        }
        let Some((group, after)) = rest.split_at_checked(length) else { return false };
        if !group.iter().all(u8::is_ascii_hexdigit) {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

fn is_date(text: &str) -> bool {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else { return false };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |value, digit| {
            digit.is_ascii_digit().then(|| value * 10 + i16::from(digit - b'0'))
        })
    };
    let (Some(year), Some(month), Some(day)) =
        (number(&[*y0, *y1, *y2, *y3]), number(&[*m0, *m1]), number(&[*d0, *d1]))
    else {
        return false;
    };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    jiff::civil::Date::new(year, month, day).is_ok()
}

fn is_datetime(text: &str) -> bool {
    // Whatever follows a second `t` is not looked at, as in Kubernetes.
    let mut parts = text.split(['t', 'T']);
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    is_date(date) && is_time(time)
}

/// `hh:mm:ss`, an optional fraction behind any one character, and `Z` or an offset.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((clock, rest)) = bytes.split_at_checked(8) else { return false };
    let [h0, h1, b':', m0, m1, b':', s0, s1] = clock else { return false };
    let within = |digits: [&u8; 2], most: [u8; 2]| {
        digits.iter().all(|digit| digit.is_ascii_digit()) && [*digits[0], *digits[1]] <= most
    };
    if !within([h0, h1], *b"23") || !within([m0, m1], *b"59") || !within([s0, s1], *b"59") {
        return false;
    }
    let rest = std::str::from_utf8(rest).unwrap_or("");
    is_zone(rest) || {
        let mut characters = rest.chars();
        let separator = characters.next();
        let fraction = characters.as_str();
        let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        separator.is_some_and(|c| c != '\n') && zone.len() < fraction.len() && is_zone(zone)
    }
}

fn is_zone(text: &str) -> bool {
    match text.as_bytes() {
        [b'z' | b'Z'] => true,
        [b'+' | b'-', h0, h1, b':', m0, m1] => [h0, h1, m0, m1].iter().all(|digit| digit.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_and_refuse() {
        let long = "a".repeat(64);
        let dotted = vec!["a".repeat(60); 5].join(".");
        let table: &[(&str, &[&str], &[&str])] = &[
            ("dns1123Label", &["a", "0-a", "my-label-name"], &["", "-a", "a-", "A", "a.b", "a_b", &long]),
            ("dns1123Subdomain", &["a", "a.b-c.0"], &["", "a..b", "a.-b", ".a", "a.", &dotted]),
            ("dns1035Label", &["a", "a-0"], &["", "0a", "a-", "a.b", &long]),
            ("dns1123LabelPrefix", &["my-label-prefix-", "a", "a-", "a--"], &["-", "", "-a", &long]),
            ("dns1123SubdomainPrefix", &["mysubdomain.prefix.-", "a.b-"], &["-", ".-a"]),
            ("dns1035LabelPrefix", &["my-label-prefix-"], &["0-a-", "-"]),
            (
                "qualifiedName",
                &["a", "A_b.c", "example.com/v1"],
                &["", "/a", "a/", "A/b", "a/b/c", "-a", &long],
            ),
            ("labelValue", &["", "A_b.c-1"], &["-a", "a.", "a b", &long]),
            ("uri", &["http://example.com", "/a"], &["../a", "", "http://a b/"]),
            (
                "uuid",
                &["123e4567-e89b-12d3-a456-426614174000", "123E4567E89B12D3A456426614174000"],
                &[
                    "",
                    "123e4567-e89b-12d3-a456-42661417400",
                    "123e4567-e89b-12d3-a456-4266141740000",
                    "x23e4567-e89b-12d3-a456-426614174000",
                ],
            ),
            (
                "byte",
                &["aGVsbG8=", "aGVsbG8h", "aA=="],
                &["", "aGVsbG8", "aGVs bG8=", "a===", "====", "aG-_"],
            ),
            (
                "date",
                &["2021-01-01", "2024-02-29"],
                &["", "2021-02-29", "2021-1-1", "2021-13-01", "21-01-01"],
            ),
            (
                "datetime",
                &["2021-01-01T00:00:00Z", "2021-01-01t23:59:59.5+01:00", "2021-01-01T00:00:00zTx"],
                &[
                    "",
                    "2021-01-01",
                    "2021-01-01T24:00:00Z",
                    "2021-01-01T00:00:60Z",
                    "2021-01-01T00:00:00",
                    "2021-01-01 00:00:00Z",
                ],
            ),
        ];
        for (name, good, bad) in table {
            let format = NamedFormat::named(name).unwrap();
            assert_eq!(format.name(), *name);
            for text in *good {
                assert_eq!(format.validate(text), Vec::<String>::new(), "{name} {text:?}");
            }
            for text in *bad {
                assert_ne!(format.validate(text), Vec::<String>::new(), "{name} {text:?}");
            }
        }
        assert_eq!(table.len(), FORMATS.len());
    }
}
