//! How much a search costs for each byte of the text.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The parts of a program, at least one: a search that cannot keep what it learns in its cache follows each
/// of them through the text. `pattern` is in the syntax of the `regex` crate.
pub(super) fn of(pattern: &str, nest: u32) -> u64 {
    let parsed = regex_syntax::ParserBuilder::new().nest_limit(nest).build().parse(pattern);
    // What does not parse was not compiled either.
    parsed.map_or(u64::MAX, |parsed| weight(&parsed).max(1))
}

fn weight(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => as_u64(literal.0.len()),
        // A part for each byte of a character, each with as many ways on as there are ranges.
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => 1,
        HirKind::Class(Class::Unicode(class)) => 4 + as_u64(class.ranges().len()) / 8,
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            weight(&repetition.sub).saturating_mul(times.into()).saturating_add(1)
        }
        HirKind::Capture(capture) => weight(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) => sum(parts),
        HirKind::Alternation(parts) => sum(parts).saturating_add(as_u64(parts.len())),
    }
}

fn sum(parts: &[Hir]) -> u64 {
    parts.iter().map(weight).fold(0, u64::saturating_add)
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn repetitions_multiply() {
        for (pattern, wanted) in [
            ("", 1),
            ("abc", 3),
            ("a|b", 1),
            ("ab|cd", 6),
            ("[ab]{800}", 801),
            ("(a{10}){10}", 131),
            (".*", 5),
            (".{3}", 13),
            ("^refs/heads/", 12),
        ] {
            assert_eq!(of(pattern, 100), wanted, "{pattern}");
        }
    }
}
