use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Code, Diagnostics};

fn document(text: &str) -> Arc<Document> {
    let mut problems = Diagnostics::new();
    let document = Document::read(&Arc::from("a.yaml"), text.as_bytes(), Documents::One, &mut problems);
    assert!(problems.is_empty(), "{problems}");
    document.unwrap()
}

fn read(document: &Arc<Document>) -> Node<'_> {
    let mut problems = Diagnostics::new();
    let node = document.parse(&mut problems);
    assert!(problems.is_empty(), "{problems}");
    node.unwrap()
}

/// Where `needle` of the value of `key` stands, found through the scalar.
fn place_of(text: &str, key: &str, needle: &str) -> (usize, usize) {
    let document = document(text);
    let root = read(&document);
    let node = root.get(key).unwrap();
    let Value::Scalar(scalar) = &node.value else { panic!("no scalar") };
    let offset = scalar.text.find(needle).unwrap();
    let start = node.spot.in_document(&document);
    let place = scalar.origin.unwrap().place_at(&start, &scalar.text, offset);
    (place.line(), place.column())
}

#[test]
fn characters_are_found_in_scalars_of_every_style() {
    for (name, text, expected) in [
        ("plain", "a: one two three\n", (1, 12)),
        ("plain, folded", "a: one\n   two\n   three\n", (3, 4)),
        ("single", "a: 'one ''two'' three'\n", (1, 17)),
        ("double", "a: \"one\\t\\u00e4 \\\"two\\\" three\"\n", (1, 25)),
        ("double, folded", "a: \"one\n  two \\\n  three\"\n", (3, 3)),
        ("literal", "b: x\na: |\n  one\n    two\n  ä three\n", (5, 5)),
        ("literal, stripped", "a: |-\n    one\n\n    three\n", (4, 5)),
        ("folded", "a: >\n  one\n  two three\n", (3, 7)),
        ("folded with a blank line", "a: >-\n  one\n\n  two\n  three\n", (5, 3)),
        ("in a list", "a: [x]\nb: 1\na2: three\n", (3, 5)),
    ] {
        let key = if name == "in a list" { "a2" } else { "a" };
        assert_eq!(place_of(text, key, "three"), expected, "{name}");
    }
}

#[test]
fn plain_scalars_are_what_the_schema_says() {
    use Resolved::{Bool, Float, Integer, Null, Text};
    for (text, core, kubernetes) in [
        ("", Null, Null),
        ("~", Null, Null),
        ("true", Bool(true), Bool(true)),
        ("yes", Text, Bool(true)),
        ("off", Text, Bool(false)),
        ("7", Integer(7), Integer(7)),
        ("-7", Integer(-7), Integer(-7)),
        ("0o10", Integer(8), Integer(8)),
        ("010", Integer(10), Integer(8)),
        ("0x1F", Integer(31), Integer(31)),
        ("1_000", Text, Integer(1000)),
        ("1.5e3", Float(1500.0), Float(1500.0)),
        ("inf", Text, Text),
        ("nan", Text, Text),
        ("1.2.3", Text, Text),
        ("-", Text, Text),
        ("e", Text, Text),
    ] {
        assert_eq!(Schema::Core.resolve(text), core, "{text}");
        assert_eq!(Schema::Kubernetes.resolve(text), kubernetes, "{text}");
    }
}

#[test]
fn merged_and_repeated_values_have_paths_of_their_own() {
    let document = document("a: &a { x: [1] }\nb: { <<: *a, y: 2 }\nc: *a\n");
    let root = read(&document);
    let place = |node: &Node<'_>| node.spot.in_document(&document);
    let merged = place(root.get("b").unwrap().get("x").unwrap());
    assert_eq!(merged.path(), "b.x");
    assert_eq!((merged.line(), merged.column()), (1, 12));
    assert_eq!(place(root.get("c").unwrap().get("x").unwrap()).path(), "c.x");
    let Value::List(items) = &root.get("a").unwrap().get("x").unwrap().value else { panic!("no list") };
    assert_eq!(place(&items[0]).path(), "a.x[0]");
    assert_eq!(place(&root).path(), "");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let mut problems = Diagnostics::new();
    let bytes = vec![b' '; 17 * 1024 * 1024];
    assert!(Document::read(&Arc::from("a"), &bytes, Documents::One, &mut problems).is_none());
    assert_eq!(problems.problems()[0].code, Code::TooLarge);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        crate::load("a.yaml", &bytes);
        crate::kubernetes::load("a.yaml", &bytes);
    }

    /// Pieces that configurations are made of, in any order.
    #[test]
    fn no_pieces_make_it_panic(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        crate::load("a.yaml", text.as_bytes());
        crate::kubernetes::load("a.yaml", text.as_bytes());
        let mut problems = Diagnostics::new();
        let file = Arc::from("a");
        let document = Document::read(&file, text.as_bytes(), Documents::First, &mut problems).unwrap();
        if let Some(node) = document.parse(&mut problems) {
            walk(&document, &node, "");
        }
        problems.render(false);
    }
}

const PIECES: &[&str] = &[
    "version: 1\n",
    "jwt:\n",
    "- ",
    "  ",
    "\n",
    "name: a\n",
    "issuer: { url: https://a, audiences: [a] }\n",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a ",
    "<<: ",
    "| \n",
    ">-\n",
    "'",
    "\"",
    "\\u00",
    "ä",
    "\t",
    ": ",
    "# x\n",
    "routes:\n",
    "allow: authenticated\n",
    "expression: claims.a == 'b'\n",
    "---\n",
    "...\n",
    "!!str ",
    "? ",
    "limits: { clockSkew: 1m }\n",
    "\u{feff}",
    "\r\n",
    "claimMappings: { username: { claim: sub } }\n",
    "examples: [{ claims: { a: 1e999 } }]\n",
];

/// Every place of every scalar can be asked for, and each value's path is the way that led to it.
fn walk(document: &Arc<Document>, node: &Node<'_>, path: &str) {
    let start = node.spot.in_document(document);
    assert_eq!(start.path(), path);
    match &node.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(document, item, &format!("{path}[{index}]"));
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                let below =
                    if path.is_empty() { entry.key.to_string() } else { format!("{path}.{}", entry.key) };
                assert_eq!(entry.spot.in_document(document).path(), below);
                walk(document, &entry.value, &below);
            }
        }
        Value::Scalar(scalar) => {
            for offset in 0..=scalar.text.len() {
                let place = scalar.origin.unwrap().place_at(&start, &scalar.text, offset);
                assert!(place.line() >= 1 && place.column() >= 1);
            }
        }
    }
}
