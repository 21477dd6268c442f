use std::fmt;

use crate::printable;

/// A place in a rule's source: from the code point `start` up to, but without, the code point `end`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Span {
    /// The first code point.
    pub start: u32,
    /// The code point behind the last one.
    pub end: u32,
}

impl Span {
    /// The place from `start` up to `end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The smallest place that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text at this place.
    pub fn text(self, source: &str) -> &str {
        let from = byte_offset(source, self.start);
        let to = byte_offset(source, self.end);
        source.get(from..to).unwrap_or_default()
    }

    /// Line and column where this place begins.
    pub fn position(self, source: &str) -> Position {
        let before = source.get(..byte_offset(source, self.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Position { line, column }
    }

    /// The line where this place begins, with a caret below each code point of it, preceded by
    /// `line:column`.
    pub(crate) fn excerpt(self, source: &str) -> String {
        let Position { line, column } = self.position(source);
        let text = source.split('\n').nth(line - 1).unwrap_or_default();
        let shown: String = printable(text);
        let room = shown.chars().count().saturating_sub(column - 1).max(1);
        let width = usize::try_from(self.end - self.start).unwrap_or(1).clamp(1, room);
        format!("{line}:{column}\n  {shown}\n  {}{}", " ".repeat(column - 1), "^".repeat(width))
    }
}

/// Line and column of a place, both counted from 1, the column in code points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in code points.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

fn byte_offset(source: &str, code_point: u32) -> usize {
    let nth = usize::try_from(code_point).unwrap_or(usize::MAX);
    source.char_indices().nth(nth).map_or(source.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_code_points() {
        let source = "ä\nb ü c";
        let span = Span::new(4, 5);
        assert_eq!(span.text(source), "ü");
        assert_eq!(span.position(source), Position { line: 2, column: 3 });
        assert_eq!(span.excerpt(source), "2:3\n  b ü c\n    ^");
        assert_eq!(Span::new(50, 60).text(source), "");
    }
}
