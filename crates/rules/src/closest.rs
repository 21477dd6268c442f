/// The one of `known` that a person who wrote `word` most likely meant.
pub fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let fold = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
    let (distance, best) = known.iter().map(|k| (distance(&fold(word), &fold(k)), *k)).min()?;
    (distance <= 1 + word.chars().count().min(best.chars().count()) / 5).then_some(best)
}

/// Levenshtein's distance, in characters; texts that are far too long for a key count as different.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX / 2;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (pair, y) in row.windows(2).zip(&b) {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(x != *y)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nearly_the_same_is_close() {
        let known = ["startsWith", "endsWith", "contains", "has"];
        for (word, close) in [
            ("startWith", Some("startsWith")),
            ("starts_with", Some("startsWith")),
            ("StartsWith", Some("startsWith")),
            ("end", None),
            ("hass", Some("has")),
            ("beginsWith", None),
            ("", None),
        ] {
            assert_eq!(closest(word, &known), close, "{word}");
        }
        assert_eq!(closest("x", &[]), None);
        assert_eq!(closest(&"x".repeat(1 << 20), &["x"]), None);
    }
}
