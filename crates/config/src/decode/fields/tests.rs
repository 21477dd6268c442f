#![expect(unreachable_pub, reason = "a section is public wherever it is declared")]

use std::sync::Arc;

use super::*;
use crate::decode::{At, section};
use crate::diagnostic::{Diagnostics, Severity};
use crate::yaml::{Document, Documents};

section! {
    /// A section one key of which had two former names.
    pub struct Sample {
        /// A key.
        "colour" colour: At<String> = required,
        /// Another.
        "size" size: At<u64> = default("1"),
    }
    later ["shade"]
    renamed ["color" => "colour" until 0 4, "tint" => "colour" until 0 2]
}

fn read(text: &str, release: Release) -> (Option<Sample>, Diagnostics) {
    let (file, mut problems): (Arc<str>, _) = ("sample.yaml".into(), Diagnostics::new());
    let document = Document::read(&file, text.as_bytes(), Documents::One, &mut problems).unwrap();
    let node = document.parse(&mut problems).unwrap();
    let mut decoder = Decoder::new(&document, &mut problems, Schema::Core);
    decoder.release = release;
    let sample = Sample::decode(&node, &mut decoder);
    (sample, problems)
}

/// A former name is read for as long as was promised, with a warning of the new one, and is told of afterwards.
#[test]
fn a_renamed_key_is_read_with_a_warning_until_its_release() {
    for (text, release, read_as, severity, code, said) in [
        ("colour: red", Release(0, 3), Some("red"), None, "", ""),
        (
            "color: red",
            Release(0, 2),
            Some("red"),
            Some(Severity::Warning),
            "renamed_key",
            "`color` is called `colour` now, and is read until release 0.4",
        ),
        ("color: red", Release(0, 3), Some("red"), Some(Severity::Warning), "renamed_key", "`colour`"),
        ("color: red", Release(0, 4), Some("red"), Some(Severity::Error), "unknown_key", "`color`"),
        ("color: red", Release(1, 0), Some("red"), Some(Severity::Error), "unknown_key", "`color`"),
        (
            "tint: red",
            Release(0, 1),
            Some("red"),
            Some(Severity::Warning),
            "renamed_key",
            "until release 0.2",
        ),
        ("tint: red", Release(0, 2), Some("red"), Some(Severity::Error), "unknown_key", "`tint`"),
        (
            "color: red\ncolour: blue",
            Release(0, 3),
            None,
            Some(Severity::Error),
            "conflicting_keys",
            "`color` is the former name of `colour`, which is here as well",
        ),
        ("color: [1]", Release(0, 3), None, Some(Severity::Error), "wrong_type", "text"),
        (
            "shade: red\ncolour: red",
            Release(0, 3),
            Some("red"),
            Some(Severity::Error),
            "not_yet_supported",
            "",
        ),
    ] {
        let (sample, problems) = read(text, release);
        if let Some(expected) = read_as {
            let sample = sample.unwrap();
            assert_eq!((sample.colour.value.as_str(), sample.size.value), (expected, 1), "{text}");
            assert_eq!(sample.place.line(), 1);
        }
        let last = problems.problems().last();
        assert_eq!(last.map(|problem| problem.severity), severity, "{text} {release}: {problems}");
        assert_eq!(problems.has_errors(), severity == Some(Severity::Error), "{text} {release}");
        if let Some(problem) = last {
            assert_eq!(problem.code.as_str(), code, "{text}");
            assert!(problem.to_string().contains(said), "{problem}");
            assert_eq!((problem.place.line, &*problem.place.file), (1, "sample.yaml"));
        }
        if code == "renamed_key" || code == "unknown_key" {
            assert_eq!(last.unwrap().hint.as_deref(), Some("write `colour`"));
        }
    }
}

#[test]
fn this_release_is_the_version_of_the_package() {
    assert!(env!("CARGO_PKG_VERSION").starts_with(&format!("{}.", Release::THIS)));
    assert_eq!((number("0"), number("17")), (0, 17));
}
