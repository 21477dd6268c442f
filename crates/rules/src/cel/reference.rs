//! The reference page of the functions, written from the tables.

use std::fmt::Write as _;

use super::library::{Function, TABLES};
use super::parser::macros;

/// The operators from the one that binds closest: their forms, what they give, an example and its value.
const OPERATORS: &[(&str, &str, &str, &str)] = &[
    (
        "a.b  a['b']  a[0]",
        "The member of a map, the item of a list; an error if it is not there.",
        "{'a': [7]}.a[0]",
        "7",
    ),
    (
        "a.?b  a[?'b']",
        "The same as an optional value, absent if it is not there.",
        "{'a': 1}.?b.orValue(2)",
        "2",
    ),
    (
        "[?a]  {?'k': a}",
        "The item or entry is left out if the optional value is absent.",
        "[1, ?optional.none(), ?optional.of(2)]",
        "[1, 2]",
    ),
    ("!a", "Whether it is false.", "!false", "true"),
    ("-a", "The number of the other sign.", "-(1 + 2)", "-3"),
    (
        "a * b  a / b  a % b",
        "Product, quotient and remainder of numbers of one type; integers are divided towards zero.",
        "-7 / 2 * 10 + -7 % 2",
        "-31",
    ),
    ("a + b", "Sum; texts, bytes and lists are put together.", "'a' + 'b'", "\"ab\""),
    ("a - b", "Difference.", "timestamp(90) - timestamp(30)", "duration(\"60s\")"),
    (
        "a == b  a != b",
        "Whether both are equal; of any type, if it is only known to be `dyn`.",
        "dyn(1) == 1.0 && dyn(1) != '1'",
        "true",
    ),
    (
        "a < b  a <= b  a > b  a >= b",
        "Whether one is less than the other: numbers, texts, bytes, booleans, instants, durations.",
        "1 < 1.5 && 'a' >= 'B'",
        "true",
    ),
    ("a in b", "Whether it is an item of a list or a key of a map.", "'dev' in ['dev', 'ops']", "true"),
    (
        "a && b",
        "Whether both hold. If one is false, an error in the other is forgiven.",
        "[][0] == 1 && false",
        "false",
    ),
    (
        "a || b",
        "Whether one holds. If one is true, an error in the other is forgiven.",
        "[][0] == 1 || true",
        "true",
    ),
    (
        "c ? a : b",
        "One value or the other; the one that is not chosen is not looked at.",
        "1 < 2 ? 'yes' : 'no'",
        "\"yes\"",
    ),
];

/// Where a rule means something else here than in Kubernetes, and why.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "Limits",
        "An evaluation ends after a million steps, 16 MiB of new values or 300 levels, and no operator absorbs that. \
         Kubernetes counts an estimated cost instead, which bounds neither time nor memory.",
    ),
    (
        "Messages of protocol buffers",
        "`google.protobuf.Int32Value{value: 5}` and the like are refused. Claims are JSON, and no rule needs them.",
    ),
    (
        "Keys of a map literal",
        "Are texts, integers and booleans, as the language's specification has it; a double, null or list as a key is \
         an error here.",
    ),
    (
        "Types as values of groups and extra",
        "`[int]` as the value of a group or extra expression is an error: only texts are.",
    ),
    (
        "Time zones by the name of a place",
        "`getHours('Europe/Berlin')` is an error: the database of zones may change under a rule. `UTC` and offsets such \
         as `+02:00` work, up to 2,562,047 hours.",
    ),
    (
        "Regular expressions",
        "Unicode properties have the names that Rust's `regex` knows, with a capital first: `\\p{Lowercase}` is refused by \
         Kubernetes, `\\p{latin}` and `\\p{Cs}` are refused here. An expression of more than 512 KiB when \
         compiled is refused, and a search takes a step for 32 bytes of the text, times the parts of the expression.",
    ),
    (
        "Conversions to numbers",
        "`double('0x1p3')` and `double('1_0')` are errors: a claim is a decimal number.",
    ),
    (
        "A crash of the original",
        "`[?claims.s]` makes Kubernetes' checker panic; it fails here when the rule runs.",
    ),
    (
        "`sortBy` with equal keys",
        "Items with equal keys keep their order here. In Kubernetes the order of more than twelve such items is that \
         of an unstable sort. `NaN` goes behind all other numbers.",
    ),
    (
        "`==` with a quantity from `add` or `sub` on its right side",
        "Compares by value here. In Kubernetes it is an error, on the left side only it compares.",
    ),
    (
        "Comparing quantities",
        "Never changes them here. In Kubernetes a comparison with a large or fractional quantity may turn a quantity \
         that is used again into one that is no longer an integer.",
    ),
    (
        "`==` of an address, URL, quantity or version with a value of another type",
        "Is false here; in Kubernetes it is an error if the special value is on the left.",
    ),
    (
        "Quantities with exponents of millions",
        "Are compared at once here, and adding them is an error where the sum would have more than 65,536 digits. \
         Kubernetes writes all digits out.",
    ),
    ("`%f` and `%e` with a precision above 1,000,000", "An error here; a placeholder text in Kubernetes."),
    ("Texts of errors, and of what `validate` finds", "Our own. No rule should depend on them."),
    (
        "Hosts and paths of URLs with escapes that are no UTF-8",
        "Such bytes become U+FFFD here, since a text is always UTF-8. Kubernetes keeps them.",
    ),
];

/// The reference page of CEL's functions in Markdown.
pub fn reference_page() -> String {
    let mut page = String::from(
        "# Rules in CEL: functions\n\n\
         <!-- Written from the function tables; change those and run the tests of `claimgate-rules` with `UPDATE=1`. \
         -->\n\n\
         These functions can be used in every rule of a Claimgate config and in a Kubernetes \
         `AuthenticationConfiguration`. Types are those of the checker: `dyn` is any value, `A` and `B` are any one \
         type. How rules are written is told in [Writing rules](../guides/writing-rules.md).\n",
    );
    page.push_str("\n## Operators\n\n| operator | meaning | example | value |\n|---|---|---|---|\n");
    for (form, meaning, expression, value) in OPERATORS {
        let forms: Vec<String> = form.split("  ").map(code).collect();
        page.push_str(&row(&forms.join(" "), meaning, (expression, value)));
    }
    page.push_str(
        "\n## Macros\n\nA variable is a name of your own: `x`, `i`, `k` and `v` here.\n\n\
         | macro | meaning | example | value |\n|---|---|---|---|\n",
    );
    for shown in macros::shown() {
        page.push_str(&row(&code(shown.form), shown.documentation, shown.example));
    }
    for table in TABLES {
        let _ = write!(
            page,
            "\n## {}\n\n| function | meaning | example | value |\n|---|---|---|---|\n",
            table.title
        );
        for entry in merged(table.functions) {
            page.push_str(&entry);
        }
    }
    page.push_str("\n## Differences from Kubernetes\n\n| what | how it differs |\n|---|---|\n");
    for (what, how) in DIFFERENCES {
        let _ = writeln!(page, "| {what} | {how} |");
    }
    page
}

/// One row for all overloads that share documentation and example.
fn merged(functions: &[Function]) -> Vec<String> {
    let same = |a: &Function, b: &Function| (a.documentation, a.example) == (b.documentation, b.example);
    functions
        .chunk_by(same)
        .filter_map(|overloads| {
            let first = overloads.first()?;
            let signatures: Vec<String> = overloads.iter().map(signature).collect();
            Some(row(&signatures.join("<br>"), first.documentation, first.example))
        })
        .collect()
}

fn row(forms: &str, documentation: &str, (expression, value): (&str, &str)) -> String {
    let documentation = documentation.replace('|', "\\|");
    format!("| {forms} | {documentation} | {} | {} |\n", code(expression), code(value))
}

fn signature(function: &Function) -> String {
    let mut parameters = function.parameters.iter().map(ToString::to_string);
    let receiver = if function.member { parameters.next().map(|ty| format!("{ty}.")) } else { None };
    let parameters: Vec<String> = parameters.collect();
    code(&format!(
        "{}{}({}) → {}",
        receiver.unwrap_or_default(),
        function.name,
        parameters.join(", "),
        function.result
    ))
}

/// Code within a table's cell.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "compares a file of the repository")]
    fn the_committed_page_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/rules-cel.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, reference_page()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == reference_page(),
            "run the tests of claimgate-rules with UPDATE=1 to write {path}"
        );
    }

    #[test]
    fn every_operator_is_documented() {
        use crate::cel::tree::{Binary, print::sign};
        let forms: Vec<&str> = OPERATORS.iter().flat_map(|row| row.0.split([' ', '(', ')'])).collect();
        for operator in [
            Binary::Equal,
            Binary::NotEqual,
            Binary::Less,
            Binary::LessEqual,
            Binary::Greater,
            Binary::GreaterEqual,
            Binary::In,
            Binary::Add,
            Binary::Subtract,
            Binary::Multiply,
            Binary::Divide,
            Binary::Modulo,
        ] {
            assert!(forms.contains(&sign(operator)), "{}", sign(operator));
        }
    }

    #[test]
    fn every_function_is_documented_once() {
        let mut seen = std::collections::BTreeSet::new();
        for function in TABLES.iter().flat_map(|table| table.functions) {
            assert!(function.documentation.ends_with('.'), "{}", function.name);
            assert!(!function.example.0.is_empty() && !function.example.1.is_empty(), "{}", function.name);
            assert!(!function.member || !function.parameters.is_empty(), "{}", function.name);
            assert!(seen.insert(signature(function)), "{} is there twice", signature(function));
        }
    }
}
