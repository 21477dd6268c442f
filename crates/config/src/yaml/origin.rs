use serde_saphyr::granit_parser::ScalarStyle;

use crate::diagnostic::Place;

/// Where a scalar's characters stand in the file, so that a problem inside of an expression points at
/// the very character, in whichever way the scalar is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The scalar's first byte in the text of the document.
    start: u32,
    style: ScalarStyle,
}

impl Origin {
    pub(crate) fn new(start: usize, style: ScalarStyle) -> Self {
        // No file is that long.
        Self { start: u32::try_from(start).unwrap_or(u32::MAX), style }
    }

    /// The place of byte `offset` of `value`, the scalar that stands at `start`; `start` itself where
    /// the two cannot be aligned.
    pub(crate) fn place_at(self, start: &Place, value: &str, offset: usize) -> Place {
        let wanted = value.get(..offset).unwrap_or(value);
        let text = start.document().text();
        match self.align(text, wanted) {
            Some(byte) => {
                let (line, column) = line_and_column(text, byte);
                start.moved(line, column)
            }
            None => start.clone(),
        }
    }

    /// The byte of the source behind the decoded text `value`, walking both side by side.
    fn align(self, source: &str, value: &str) -> Option<usize> {
        let mut cursor = Cursor::new(self, source)?;
        for c in value.chars() {
            cursor.take(c)?;
        }
        cursor.settle();
        Some(self.start() + cursor.at)
    }

    fn start(self) -> usize {
        self.start as usize
    }
}

/// Line and column of a byte of `source`, both from 1.
pub(crate) fn line_and_column(source: &str, byte: usize) -> (usize, usize) {
    let before = source.get(..byte).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count());
    (before.matches('\n').count() + 1, column + 1)
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    style: ScalarStyle,
    /// Columns of indentation that belong to the block, not to the text.
    indent: usize,
    /// Whether indentation comes next.
    line_start: bool,
}

impl<'a> Cursor<'a> {
    fn new(origin: Origin, source: &'a str) -> Option<Self> {
        let text = source.get(origin.start()..)?;
        let mut cursor = Self { text, at: 0, style: origin.style, indent: 0, line_start: false };
        match origin.style {
            ScalarStyle::Plain => {}
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => cursor.at = 1,
            ScalarStyle::Literal | ScalarStyle::Folded => cursor.enter_block(origin, source)?,
        }
        Some(cursor)
    }

    /// Goes to the first line of a block scalar; its header may or may not belong to the range.
    fn enter_block(&mut self, origin: Origin, source: &str) -> Option<()> {
        if self.text.starts_with(['|', '>']) {
            self.at = self.text.find('\n')? + 1;
        } else {
            let line = source.get(..origin.start())?.rfind('\n').map_or(0, |i| i + 1);
            self.indent = origin.start() - line;
            return Some(());
        }
        let first = self.rest().lines().find(|line| !line.trim().is_empty())?;
        self.indent = first.len() - first.trim_start_matches(' ').len();
        self.line_start = true;
        Some(())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Skips what stands in the file and not in the text before the next character.
    fn settle(&mut self) {
        if self.style == ScalarStyle::DoubleQuoted && self.rest().starts_with("\\\n") {
            self.at += 2;
            self.line_start = true;
        }
        if !self.line_start {
            return;
        }
        self.line_start = false;
        let block = matches!(self.style, ScalarStyle::Literal | ScalarStyle::Folded);
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.at += if block { blank.min(self.indent) } else { blank };
    }

    fn take(&mut self, c: char) -> Option<()> {
        self.settle();
        if self.style == ScalarStyle::DoubleQuoted && self.rest().starts_with('\\') {
            return self.take_escape(c);
        }
        if self.style == ScalarStyle::SingleQuoted && c == '\'' {
            self.at += self.rest().starts_with("''").then_some(2)?;
            return Some(());
        }
        if matches!(c, ' ' | '\n') {
            let blank = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r']).len();
            let fold = self.rest().get(blank..).is_some_and(|rest| rest.starts_with('\n'));
            let literal = self.style == ScalarStyle::Literal;
            if fold && (c == '\n' || (!literal && !self.rest().starts_with("  "))) {
                return self.take_break(blank, c);
            }
        }
        self.rest().starts_with(c).then(|| self.at += c.len_utf8())
    }

    /// A line break of the file: itself in a literal, a blank for folded lines; a blank line between
    /// folded lines is the break.
    fn take_break(&mut self, blank: usize, c: char) -> Option<()> {
        self.at += blank + 1;
        self.line_start = true;
        if c == '\n' && self.style != ScalarStyle::Literal {
            let rest = self.rest();
            let line = rest.lines().next()?;
            if line.trim().is_empty() && rest.len() > line.len() {
                self.at += line.len() + 1;
            }
        }
        Some(())
    }

    fn take_escape(&mut self, _c: char) -> Option<()> {
        let kind = self.rest().chars().nth(1)?;
        self.at += match kind {
            'x' => 4,
            'u' => 6,
            'U' => 10,
            other => 1 + other.len_utf8(),
        };
        Some(())
    }
}
