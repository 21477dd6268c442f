mod translate;
mod weight;

use thiserror::Error;

use crate::{Budget, RunError};

/// A regular expression in the syntax of RE2, as Go reads it, compiled within a size limit.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    regex: regex::Regex,
    weight: u64,
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

/// A program of this size is built in some milliseconds. `.{1,253}` has half of it.
const LARGEST_PROGRAM: usize = 512 << 10;
/// What searching may keep in mind for the next search, twice. Patterns live as long as their rules.
const LARGEST_CACHE: usize = 256 << 10;
const NEST: u32 = 100;
const LONGEST_PATTERN: usize = 4096;
/// At worst each byte of a text is held against each part of a pattern: so many of these are a step.
const PER_STEP: u64 = 32;

impl Pattern {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// What RE2 refuses, what RE2 would read in another way, and programs that are too large.
    pub fn compile(pattern: &str) -> Result<Self, PatternError> {
        if pattern.len() > LONGEST_PATTERN {
            return Err(PatternError::TooLarge);
        }
        let translated = translate::translate(pattern)
            .map_err(|reason| PatternError::Syntax { pattern: pattern.into(), reason: reason.into() })?;
        let built = regex::RegexBuilder::new(&translated)
            .size_limit(LARGEST_PROGRAM)
            .dfa_size_limit(LARGEST_CACHE)
            .nest_limit(NEST)
            .octal(false)
            .build();
        match built {
            Ok(regex) => Ok(Self { source: pattern.into(), regex, weight: weight::of(&translated, NEST) }),
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
        &self.source
    }

    /// The steps of a search in a text of `bytes` bytes.
    pub(crate) fn steps(&self, bytes: usize) -> u64 {
        1 + u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(self.weight) / PER_STEP
    }

    /// Compiles `pattern` while a rule runs, some hundred times the work of a step.
    ///
    /// # Errors
    /// As [`Pattern::compile`], and the end of the budget.
    pub(crate) fn compile_within(pattern: &str, budget: &mut Budget) -> Result<Self, RunError> {
        let length = u64::try_from(pattern.len()).unwrap_or(u64::MAX);
        budget.take_steps(length.saturating_mul(8).saturating_add(500))?;
        // What it cost is known once it is done.
        match Self::compile(pattern) {
            Ok(compiled) => {
                budget.take_steps(compiled.weight)?;
                Ok(compiled)
            }
            Err(error) => {
                let for_nothing = if error == PatternError::TooLarge { 5_000 } else { 0 };
                budget.take_steps(for_nothing)?;
                Err(RunError::failed(error.to_string()))
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_syntax_of_re2_is_read() {
        for (pattern, text, wanted) in [
            ("^a.*b$", "ab", true),
            ("[[:alpha:]]+", "7a", true),
            ("[]a]", "]", true),
            ("(?i)a", "A", true),
            ("(?P<n>a)", "a", true),
            ("a{2,3}?$", "aaa", true),
            (r"\x{41}\pL\d", "Ab1", true),
            (r"\d", "٣", false),
            (r"\w", "é", false),
            (r"^[\W]$", "é", true),
            (r"\bé", "é", false),
            ("[a-z-]$", "-", true),
            ("(?s:.)", "\n", true),
            ("[a&&b]", "&", true),
            ("[a[b]", "[", true),
            ("a{,2}", "a{,2}", true),
            ("{", "{", true),
            (r"\Qa.b\E", "a.b", true),
            (r"\Qa.b\E", "axb", false),
            (r"\<a", "<a", true),
            ("^[^a-c]$", "b", false),
            ("(a|b)*c", "abac", true),
            ("a|^b", "b", true),
        ] {
            assert_eq!(Pattern::compile(pattern).map(|p| p.is_match(text)), Ok(wanted), "{pattern}");
        }
        for bad in [
            "(",
            "(?x)a b",
            r"\u0041",
            "(?=a)",
            "(?<=a)b",
            r"(a)\1",
            "a**",
            "a{2}{3}",
            "a+*",
            "(?u)a",
            "a{1001}",
            "(a{40}){40}",
            "[[:foo:]]",
            "[b-a]",
            r"[\b]",
            r"\p{x}",
            "[a",
            r"a\",
            ")",
        ] {
            assert!(Pattern::compile(bad).is_err(), "{bad}");
        }
        assert_eq!(Pattern::compile("(\\pL{100}){10}").err(), Some(PatternError::TooLarge));
        assert_eq!(Pattern::compile(&"a".repeat(5000)).err(), Some(PatternError::TooLarge));
    }
}
