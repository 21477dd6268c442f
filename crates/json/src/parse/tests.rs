use proptest::prelude::*;

use super::{Limits, ParseErrorKind as Kind, parse};
use crate::Json;

fn read(text: &str) -> Result<Json, Kind> {
    parse(text.as_bytes(), Limits::default()).map_err(|error| error.kind)
}

#[test]
fn documents_are_read() {
    let json = read(r#" {"b":[1,-0.5e3,true,null],"a":"x\u00e9\ud83d\ude00\n"} "#).unwrap();
    assert_eq!(json.get("a").and_then(Json::as_str), Some("xé😀\n"));
    assert_eq!(json.to_string(), "{\"a\":\"xé😀\\n\",\"b\":[1,-0.5e3,true,null]}");
}

#[test]
fn what_is_not_strict_json_is_refused() {
    let deep = "[".repeat(33) + &"]".repeat(33);
    for (text, kind) in [
        ("", Kind::UnexpectedEnd),
        ("{", Kind::UnexpectedEnd),
        ("{} x", Kind::TrailingBytes),
        ("{}{}", Kind::TrailingBytes),
        ("{\"a\":1,\"a\":2}", Kind::RepeatedMember),
        ("{\"a\":1,\"b\":2,\"\\u0061\":3}", Kind::RepeatedMember),
        ("{\"a\":1,}", Kind::UnexpectedByte),
        ("[1,]", Kind::UnexpectedByte),
        ("{a:1}", Kind::UnexpectedByte),
        ("'a'", Kind::UnexpectedByte),
        ("01", Kind::TrailingBytes),
        ("+1", Kind::UnexpectedByte),
        (".5", Kind::UnexpectedByte),
        ("1.", Kind::UnexpectedEnd),
        ("1e", Kind::UnexpectedEnd),
        ("1e400", Kind::NumberOutOfRange),
        ("-1e400", Kind::NumberOutOfRange),
        ("NaN", Kind::UnexpectedByte),
        ("tru", Kind::UnexpectedByte),
        ("True", Kind::UnexpectedByte),
        ("\"\\x\"", Kind::InvalidEscape),
        ("\"\\ud800\"", Kind::InvalidEscape),
        ("\"\\ud800\\u0041\"", Kind::InvalidEscape),
        ("\"\\udc00\"", Kind::InvalidEscape),
        ("\"\\u+123\"", Kind::InvalidEscape),
        ("\"a\nb\"", Kind::UnexpectedByte),
        ("\"a", Kind::UnexpectedEnd),
        ("\u{feff}{}", Kind::UnexpectedByte),
        ("/**/1", Kind::UnexpectedByte),
        (&deep, Kind::TooDeep),
    ] {
        assert_eq!(read(text), Err(kind), "{text}");
    }
    let error = parse(b"\"\xff\"", Limits::default()).unwrap_err();
    assert_eq!(error.kind, Kind::InvalidUtf8);
}

#[test]
fn numbers_keep_their_digits() {
    let json = read("[123456789012345678901234567890, 1.50, -0, 1E2]").unwrap();
    let texts: Vec<_> =
        json.as_array().unwrap().iter().map(|n| n.as_number().unwrap().canonical_text()).collect();
    assert_eq!(texts, ["123456789012345678901234567890", "1.5", "0", "100"]);
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_read_is_written_alike(text in "[\\[\\]{}\",:0-9eE+.\\\\u \\-a-f]{0,60}") {
        if let Ok(json) = read(&text) {
            prop_assert_eq!(read(&json.to_string()), Ok(json));
        }
    }

    #[test]
    fn agrees_with_serde_json_where_that_one_is_strict(text in "[\\[\\]{}\",:0-9e.\\\\ a-c\\-]{0,40}") {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match read(&text) {
            Ok(_) => prop_assert!(theirs.is_ok()),
            Err(Kind::RepeatedMember | Kind::TooDeep | Kind::InvalidEscape) => {}
            Err(_) => prop_assert!(theirs.is_err(), "{}", text),
        }
    }
}
