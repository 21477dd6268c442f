/// The text as a terminal may show it: characters that would move the cursor or turn the order of others are
/// replaced, one by one.
pub fn printable(text: &str) -> String {
    text.chars().map(shown).collect()
}

fn shown(c: char) -> char {
    let moves = c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match c {
        '\t' => ' ',
        _ if moves => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_replaced() {
        let text = "a\tb\u{1b}[31m\r\n\u{0}\u{202e}ü";
        assert_eq!(printable(text), "a b\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}\u{fffd}ü");
    }
}
