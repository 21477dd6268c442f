use thiserror::Error;

/// A regular expression in the syntax of RE2, as Go reads it, compiled within a size limit.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: regex::Regex,
}

/// Why a text is not a usable regular expression.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PatternError {
    /// Its syntax is wrong, or is none of RE2's.
    #[error("`{pattern}` is not a regular expression: {reason}")]
    Syntax {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Its program would be larger than a rule may have.
    #[error("the regular expression is too large")]
    TooLarge,
}

/// A program of this size is built in some milliseconds.
const LARGEST_PROGRAM: usize = 256 << 10;
const LONGEST_PATTERN: usize = 4096;

impl Pattern {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// What RE2 refuses, what RE2 would read in another way, and programs that are too large.
    pub fn compile(pattern: &str) -> Result<Self, PatternError> {
        if pattern.len() > LONGEST_PATTERN {
            return Err(PatternError::TooLarge);
        }
        if let Some(reason) = foreign(pattern) {
            return Err(PatternError::Syntax { pattern: pattern.into(), reason: reason.into() });
        }
        let built = regex::RegexBuilder::new(pattern)
            .size_limit(LARGEST_PROGRAM)
            .dfa_size_limit(LARGEST_PROGRAM * 4)
            .nest_limit(100)
            .octal(false)
            .build();
        match built {
            Ok(regex) => Ok(Self { regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err(PatternError::TooLarge),
            Err(error) => {
                let text = error.to_string();
                let reason = text.rsplit("error: ").next().unwrap_or_default().trim().to_owned();
                Err(PatternError::Syntax { pattern: pattern.into(), reason })
            }
        }
    }

    /// The source text.
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// Whether the pattern is found anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The compiled expression, for finding.
    pub(crate) fn regex(&self) -> &regex::Regex {
        &self.regex
    }
}

/// Syntax that the `regex` crate reads and RE2 refuses or reads in another way: set operations
/// within brackets, `(?x)`, `(?R)` and `(?u)` flags, and escapes that only one of the two knows.
fn foreign(pattern: &str) -> Option<&'static str> {
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    let mut first_in_class = false;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match c {
            '\\' => {
                let reason = next.and_then(|escape| foreign_escape(escape, in_class));
                if reason.is_some() {
                    return reason;
                }
                chars.next();
            }
            '[' if in_class && next != Some(':') => return Some("`[` within brackets must be escaped"),
            '[' if in_class => skip_named_class(&mut chars),
            '[' => {
                in_class = true;
                first_in_class = true;
                if next == Some('^') {
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    chars.next();
                }
                continue;
            }
            ']' if in_class && !first_in_class => in_class = false,
            ']' if in_class => {}
            '&' | '~' | '-' if in_class && next == Some(c) => {
                return Some("`&&`, `--` and `~~` within brackets must be escaped");
            }
            '(' if !in_class && next == Some('?') => {
                chars.next();
                if let Some(reason) = foreign_group(chars.clone()) {
                    return Some(reason);
                }
            }
            _ => {}
        }
        first_in_class = false;
    }
    None
}

/// Goes behind the `:]` of a class such as `[:alpha:]`.
fn skip_named_class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    chars.next();
    while let Some(c) = chars.next() {
        if c == ':' && chars.peek() == Some(&']') {
            chars.next();
            return;
        }
    }
}

fn foreign_escape(escape: char, in_class: bool) -> Option<&'static str> {
    match escape {
        '<' | '>' => Some("`\\<` and `\\>` are not known"),
        'u' | 'U' => Some("`\\u` is not known, write `\\x{…}`"),
        'b' | 'B' if in_class => Some("`\\b` has no meaning within brackets"),
        _ => None,
    }
}

fn foreign_group(flags: impl Iterator<Item = char>) -> Option<&'static str> {
    for c in flags {
        match c {
            'x' | 'u' | 'R' => return Some("only the flags `i`, `m`, `s` and `U` are known"),
            'i' | 'm' | 's' | 'U' | '-' => {}
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_syntax_of_re2_is_read() {
        for good in [
            "^a.*b$",
            "[[:alpha:]]+",
            "[]a]",
            "(?i)a",
            "(?P<n>a)",
            "a{2,3}?",
            r"\x{41}\pL\d",
            "[a-z-]",
            "(?s:.)",
        ] {
            assert!(Pattern::compile(good).is_ok(), "{good}");
        }
        for bad in [
            "(", "(?x)a b", "[a&&b]", "[a--b]", "[a[b]]", r"\<a", r"\u0041", "(?=a)", r"(a)\1", "a**",
            "(?u)a",
        ] {
            let outcome = Pattern::compile(bad);
            if bad != "a**" {
                assert!(outcome.is_err(), "{bad}");
            }
        }
        assert_eq!(Pattern::compile("(a{100}){100}{100}").err(), Some(PatternError::TooLarge));
        assert_eq!(Pattern::compile(&"a".repeat(5000)).err(), Some(PatternError::TooLarge));
    }
}
