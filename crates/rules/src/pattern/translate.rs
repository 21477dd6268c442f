//! From the syntax of RE2, as Go's `regexp` reads it, to that of the `regex` crate.
//!
//! The two differ where it hurts: `\w` and `\d` mean ASCII in RE2, `{` may stand for itself, `&&`
//! within brackets is no operation.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

type Reason = &'static str;

/// The same expression in the other syntax, or why RE2 refuses it.
pub(super) fn translate(pattern: &str) -> Result<String, Reason> {
    let out = String::with_capacity(pattern.len() + 16);
    let mut translator = Translator {
        rest: pattern.chars().peekable(),
        out,
        groups: Vec::new(),
        heaviest: 1,
        last: 1,
        repeated: false,
    };
    translator.run()?;
    Ok(translator.out)
}

/// Repetitions of repetitions multiply up to here.
const MOST_REPEATS: u32 = 1_000;
const NAMED: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

struct Translator<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
    /// The heaviest part of each open group so far.
    groups: Vec<u32>,
    heaviest: u32,
    /// How often the last part is repeated at most.
    last: u32,
    /// Whether the last part is a repetition.
    repeated: bool,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), Reason> {
        while let Some(c) = self.rest.next() {
            match c {
                '*' | '+' | '?' => self.repeat(1, &c.to_string())?,
                '{' => match self.counts() {
                    Some((low, high)) => self.counted(low, high)?,
                    None => self.literal('{'),
                },
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => {
                    self.out.push(')');
                    self.last = self.heaviest;
                    self.heaviest = self.groups.pop().unwrap_or(1).max(self.last);
                    self.repeated = false;
                }
                '.' | '|' | '^' | '$' => {
                    self.out.push(c);
                    self.part();
                }
                c => self.literal(c),
            }
        }
        Ok(())
    }

    fn part(&mut self) {
        self.last = 1;
        self.repeated = false;
    }

    fn literal(&mut self, c: char) {
        self.push_literal(c);
        self.part();
    }

    fn push_literal(&mut self, c: char) {
        if c.is_ascii() && !c.is_ascii_alphanumeric() {
            let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
        } else {
            self.out.push(c);
        }
    }

    fn repeat(&mut self, times: u32, operator: &str) -> Result<(), Reason> {
        if self.repeated {
            return Err("a repetition cannot be repeated without parentheses");
        }
        self.out.push_str(operator);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        self.last = self.last.saturating_mul(times.max(1));
        if self.last > MOST_REPEATS {
            return Err("more than 1000 repetitions");
        }
        self.heaviest = self.heaviest.max(self.last);
        self.repeated = true;
        Ok(())
    }

    /// The numbers of `{n}`, `{n,}` or `{n,m}`; without them the brace stands for itself.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let mut ahead = self.rest.clone();
        let mut text = String::new();
        loop {
            match ahead.next()? {
                '}' => break,
                c if c.is_ascii_digit() || c == ',' => text.push(c),
                _ => return None,
            }
        }
        let number = |digits: &str| {
            let plain = digits == "0" || !digits.starts_with('0');
            (plain && !digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let counts = match text.split_once(',') {
            None => number(&text).map(|count| (count, Some(count))),
            Some((low, "")) => number(low).map(|low| (low, None)),
            Some((low, high)) => number(low).zip(number(high)).map(|(low, high)| (low, Some(high))),
        }?;
        self.rest = ahead;
        Some(counts)
    }

    fn counted(&mut self, low: u32, high: Option<u32>) -> Result<(), Reason> {
        let most = high.unwrap_or(low);
        if most > MOST_REPEATS || low > most {
            return Err("the repetition is not within 0 to 1000");
        }
        let operator = match high {
            None => format!("{{{low},}}"),
            Some(high) if high == low => format!("{{{low}}}"),
            Some(high) => format!("{{{low},{high}}}"),
        };
        self.repeat(most, &operator)
    }

    fn open(&mut self) -> Result<(), Reason> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
            while let Some(c) = self.rest.next() {
                self.out.push(c);
                match c {
                    // Flags alone open no group.
                    ')' => {
                        self.part();
                        return Ok(());
                    }
                    ':' | '>' => break,
                    'i' | 'm' | 's' | 'U' | '-' => {}
                    'P' | '<' => {
                        if matches!(self.rest.peek(), Some('=' | '!')) {
                            return Err("there is no looking around");
                        }
                        for c in self.rest.by_ref() {
                            self.out.push(c);
                            if c == '>' {
                                break;
                            }
                        }
                        break;
                    }
                    _ => return Err("only the flags `i`, `m`, `s` and `U` are known"),
                }
            }
        }
        self.groups.push(self.heaviest);
        self.heaviest = 1;
        self.part();
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Reason> {
        let c = self.rest.next().ok_or("the expression ends in `\\`")?;
        match c {
            'Q' => self.quoted(),
            'b' | 'B' => {
                let _ = write!(self.out, "(?-u:\\{c})");
                self.part();
            }
            'A' | 'z' => {
                let _ = write!(self.out, "\\{c}");
                self.part();
            }
            'd' | 's' | 'w' | 'D' | 'S' | 'W' => {
                let negated = if c.is_ascii_uppercase() { "^" } else { "" };
                let _ = write!(self.out, "[{negated}{}]", perl(c));
                self.part();
            }
            'p' | 'P' => {
                self.property(c)?;
                self.part();
            }
            c => {
                let c = self.character(c)?;
                self.literal(c);
            }
        }
        Ok(())
    }

    /// `\Q…\E`
    fn quoted(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(c);
        }
    }

    fn property(&mut self, letter: char) -> Result<(), Reason> {
        let mut name = String::new();
        match self.rest.next() {
            Some('{') => {
                for c in self.rest.by_ref() {
                    if c == '}' {
                        break;
                    }
                    name.push(c);
                }
            }
            Some(c) => name.push(c),
            None => return Err("the name of a class of characters is missing"),
        }
        let negated = name.starts_with('^') != (letter == 'P');
        let name = name.trim_start_matches('^');
        let known = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
            && !name.contains("Alphabetic");
        if !known {
            return Err("the class of characters is unknown");
        }
        let _ = write!(self.out, "\\{}{{{name}}}", if negated { 'P' } else { 'p' });
        Ok(())
    }

    /// The character that an escape stands for.
    fn character(&mut self, c: char) -> Result<char, Reason> {
        Ok(match c {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.hexadecimal()?,
            '0'..='7' => self.octal(c)?,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            _ => return Err("unknown escape sequence"),
        })
    }

    /// Up to three octal digits; a first digit that is not 0 must not stand alone.
    fn octal(&mut self, first: char) -> Result<char, Reason> {
        let unknown = "unknown escape sequence";
        let mut value = first.to_digit(8).ok_or(unknown)?;
        if first != '0' && !self.rest.peek().is_some_and(|c| c.is_digit(8)) {
            return Err(unknown);
        }
        for _ in 0..2 {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(8)) else { break };
            self.rest.next();
            value = value * 8 + digit;
        }
        char::from_u32(value).ok_or(unknown)
    }

    fn hexadecimal(&mut self) -> Result<char, Reason> {
        let mut digits = String::new();
        if self.rest.next_if_eq(&'{').is_some() {
            loop {
                match self.rest.next() {
                    Some('}') => break,
                    Some(c) if c.is_ascii_hexdigit() => digits.push(c),
                    _ => return Err("unknown escape sequence"),
                }
            }
        } else {
            digits.extend(self.rest.by_ref().take(2));
        }
        let value = u32::from_str_radix(&digits, 16).ok().filter(|_| !digits.starts_with('+'));
        value.and_then(char::from_u32).ok_or("unknown escape sequence")
    }

    fn class(&mut self) -> Result<(), Reason> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or("`[` is not closed")?;
            if c == ']' && !first {
                break;
            }
            first = false;
            if c == '[' && self.rest.peek() == Some(&':') && self.named()? {
                continue;
            }
            let low = match c {
                '\\' => match self.class_escape()? {
                    Some(c) => c,
                    None => continue,
                },
                c => c,
            };
            self.push_literal(low);
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('-') && ahead.peek() != Some(&']') {
                self.rest = ahead;
                let high = match self.rest.next().ok_or("`[` is not closed")? {
                    '\\' => {
                        let c = self.rest.next().ok_or("`[` is not closed")?;
                        self.character(c)?
                    }
                    c => c,
                };
                if high < low {
                    return Err("the range of characters is empty");
                }
                self.out.push('-');
                self.push_literal(high);
            }
        }
        self.out.push(']');
        self.part();
        Ok(())
    }

    /// A class within brackets such as `\d`, or the character that the escape stands for.
    fn class_escape(&mut self) -> Result<Option<char>, Reason> {
        let c = self.rest.next().ok_or("`[` is not closed")?;
        match c {
            'd' | 's' | 'w' => self.out.push_str(perl(c)),
            'D' | 'S' | 'W' => {
                let _ = write!(self.out, "[^{}]", perl(c));
            }
            'p' | 'P' => self.property(c)?,
            c => return self.character(c).map(Some),
        }
        Ok(None)
    }

    /// `[:name:]` within brackets; without its end the bracket stands for itself.
    fn named(&mut self) -> Result<bool, Reason> {
        let rest: String = self.rest.clone().skip(1).collect();
        let Some((name, _)) = rest.split_once(":]") else { return Ok(false) };
        if !NAMED.contains(&name.trim_start_matches('^')) {
            return Err("the class of characters is unknown");
        }
        let _ = write!(self.out, "[:{name}:]");
        self.rest.nth(name.chars().count() + 2);
        Ok(true)
    }
}

/// The ASCII characters of `\d`, `\s`, `\w` and their opposites.
fn perl(letter: char) -> &'static str {
    match letter {
        'd' | 'D' => "0-9",
        's' | 'S' => r"\t\n\x0c\r ",
        _ => "0-9A-Za-z_",
    }
}
