//! Semantic versions as Kubernetes' rules read them.

use std::cmp::Ordering;

/// A semantic version 2.0.0. Build metadata is checked but takes no part in anything (semver §10).
#[derive(Debug, Clone)]
pub(crate) struct Semver {
    major: u64,
    minor: u64,
    patch: u64,
    prerelease: Vec<Identifier>,
}

/// One dot-separated identifier of a pre-release. The order of the variants is the order of precedence
/// (semver §11.4.3: numeric identifiers come first).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Text(String),
}

impl Semver {
    /// Reads `major.minor.patch[-prerelease][+build]` strictly.
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a version must not be empty".to_owned());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!("the version {text:?} has no `major.minor.patch`"));
        };
        let major = number("major version", major)?;
        let minor = number("minor version", minor)?;
        let (rest, build) = cut(rest, '+');
        let (patch, prerelease) = cut(rest, '-');
        let patch = number("patch version", patch)?;
        let prerelease =
            prerelease.map_or(Ok(Vec::new()), |text| text.split('.').map(identifier).collect())?;
        for part in build.into_iter().flat_map(|text| text.split('.')) {
            if part.is_empty() || !is_alphanumeric(part) {
                return Err(format!("the build metadata {part:?} must be of letters, digits and `-`"));
            }
        }
        Ok(Self { major, minor, patch, prerelease })
    }

    /// Reads leniently: one `v` in front, leading zeros and a missing minor or patch version are forgiven.
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub(crate) fn parse_normalized(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_leading_zeros).collect();
        if parts.len() < 3 {
            if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
                return Err("a shortened version cannot have a pre-release or build metadata".to_owned());
            }
            parts.resize(3, "0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    /// The major version, as CEL's signed integer.
    pub(crate) fn major(&self) -> i64 {
        self.major.cast_signed()
    }

    /// The minor version, as CEL's signed integer.
    pub(crate) fn minor(&self) -> i64 {
        self.minor.cast_signed()
    }

    /// The patch version, as CEL's signed integer.
    pub(crate) fn patch(&self) -> i64 {
        self.patch.cast_signed()
    }

    /// Precedence (semver §11).
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch)).then_with(
            || match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.prerelease.cmp(&other.prerelease),
            },
        )
    }
}

/// The version without its build metadata.
impl std::fmt::Display for Semver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        for (index, identifier) in self.prerelease.iter().enumerate() {
            f.write_str(if index == 0 { "-" } else { "." })?;
            match identifier {
                Identifier::Number(number) => write!(f, "{number}")?,
                Identifier::Text(text) => f.write_str(text)?,
            }
        }
        Ok(())
    }
}

fn number(what: &str, text: &str) -> Result<u64, String> {
    if text.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Err(format!("the {what} {text:?} must be of digits only"));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("the {what} {text:?} must not begin with a zero"));
    }
    text.parse().map_err(|_| format!("the {what} {text:?} is not a number of 64 bits"))
}

fn identifier(text: &str) -> Result<Identifier, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number("numeric pre-release", text).map(Identifier::Number);
    }
    if text.is_empty() || !is_alphanumeric(text) {
        return Err(format!("the pre-release {text:?} must be of letters, digits and `-`"));
    }
    Ok(Identifier::Text(text.to_owned()))
}

fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn without_leading_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_owned();
    }
    let trimmed = part.trim_start_matches('0');
    if trimmed.starts_with(|first: char| first.is_ascii_digit()) {
        trimmed.to_owned()
    } else {
        format!("0{trimmed}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_versions_are_read_and_others_refused() {
        for good in
            ["1.2.3", "0.0.0", "1.0.0-alpha.1+b.01", "1.0.0--", "18446744073709551615.0.0", "1.0.0-0a"]
        {
            assert!(Semver::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.2",
            "v1.2.3",
            "01.2.3",
            "1.02.3",
            "1.2.03",
            "1.2.3-",
            "1.2.3+",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.3.4",
            "1.2.x",
            "-1.0.0",
            "1.2.3-é",
            "18446744073709551616.0.0",
            "1..2",
            ".1.2",
            " 1.2.3",
        ] {
            assert!(Semver::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn normalizing_forgives_a_prefix_zeros_and_shortness() {
        for (text, expected) in [
            ("v1.2.3", (1, 2, 3)),
            ("v1", (1, 0, 0)),
            ("01.002.0003", (1, 2, 3)),
            ("00.0.0", (0, 0, 0)),
            ("1.2.003-rc", (1, 2, 3)),
        ] {
            let version = Semver::parse_normalized(text).unwrap();
            assert_eq!((version.major(), version.minor(), version.patch()), expected, "{text}");
        }
        for bad in ["", "v", "vv1.0.0", " 1.0", "1.0-rc", "1+b", "V1.0.0"] {
            assert!(Semver::parse_normalized(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn precedence_is_that_of_the_specification() {
        let ordered = [
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.1.0",
            "2.0.0",
        ];
        for (i, left) in ordered.iter().enumerate() {
            for (j, right) in ordered.iter().enumerate() {
                let (left, right) = (Semver::parse(left).unwrap(), Semver::parse(right).unwrap());
                assert_eq!(left.compare(&right), i.cmp(&j), "{left:?} {right:?}");
            }
        }
        let (left, right) = (Semver::parse("1.0.0+a").unwrap(), Semver::parse("1.0.0+b").unwrap());
        assert_eq!(left.compare(&right), Ordering::Equal);
    }
}
