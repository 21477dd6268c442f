//! The reference page, from the tables.

use std::fmt::Write as _;

use super::library::FUNCTIONS;

/// Where a rule means something else here than in the original.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// What differs.
    pub what: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Operators and other signs: their forms, what they give, an example and its value.
const OPERATORS: &[(&str, &str, &str, &str)] = &[
    (
        "a.b  a['b']  a[0]",
        "The member of a map, nil if it is not there; the item of a list, from the end for a negative index.",
        "[1, {b: 7}][-1].b",
        "7",
    ),
    ("a?.b  a?.['b']", "The same; nil for a nil on its left side.", "{a: nil}.a?.b == nil", "true"),
    (
        "a[1:3]",
        "The items, or the bytes of a text, from one place up to before another.",
        "[1, 2, 3, 4][1:3]",
        "[2 3]",
    ),
    ("$env", "All claims.", "$env?.nope == nil", "true"),
    ("!a  not a", "Whether it is false.", "not false", "true"),
    ("-a  +a", "The number of the other sign, or the number.", "-(1 + 2)", "-3"),
    (
        "a ?? b",
        "The second if the first is nil. Another operator behind it needs parentheses.",
        "get({}, 'a') ?? 'none'",
        "none",
    ),
    ("a ** b  a ^ b", "Power, as a double.", "2 ** 10", "1024"),
    (
        "a * b  a / b  a % b",
        "Product; quotient, as a double; remainder of integers.",
        "7 / 2 * 10 + 7 % 2",
        "36",
    ),
    ("a + b  a - b", "Sum and difference; texts are put together.", "'a' + 'b'", "ab"),
    ("a..b", "The list of integers from one to another, both included.", "1..3", "[1 2 3]"),
    (
        "a == b  a != b",
        "Whether both are equal: of one type, numbers of any.",
        "1 == 1.0 && 'a' != 'b'",
        "true",
    ),
    (
        "a < b  a <= b  a > b  a >= b",
        "Whether one is less than the other: numbers, texts, times, durations. Comparisons may follow each other.",
        "1 < 2 <= 2",
        "true",
    ),
    (
        "a in b  a not in b",
        "Whether it is an item of a list or a key of a map.",
        "'dev' in ['dev', 'ops'] and 'x' not in {a: 1}",
        "true",
    ),
    (
        "a contains b  a startsWith b  a endsWith b",
        "Whether the text holds another. `not` may stand before the word.",
        "'refs/heads/main' startsWith 'refs/' and 'a' not contains 'b'",
        "true",
    ),
    (
        "a matches b",
        "Whether the regular expression is found in the text.",
        "'v1.2' matches '^v[0-9]'",
        "true",
    ),
    (
        "a && b  a and b",
        "The second if the first is true. The second is not looked at otherwise.",
        "false && [][0] == 1",
        "false",
    ),
    (
        "a || b  a or b",
        "True if the first is, else the second. The second is not looked at otherwise.",
        "true || [][0] == 1",
        "true",
    ),
    (
        "c ? a : b  c ?: b  if c { a } else { b }",
        "One value or the other; `c ?: b` is `c ? c : b`.",
        "if 1 < 2 { 'yes' } else { 'no' }",
        "yes",
    ),
    ("a | f(b)", "The same as `f(a, b)`.", "['b', 'a'] | sort() | join('-')", "a-b"),
    (
        "#  #index  #acc",
        "In a predicate: the item, in `map` and `reduce` its place, in `reduce` what came of the items before. `.a` is `#.a`.",
        "map([5, 6], # * 10 + #index)",
        "[50 61]",
    ),
    (
        "let x = a; b",
        "The second expression, in which `x` is the value of the first.",
        "let x = 2; x * x",
        "4",
    ),
];

/// All known differences.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        what: "A call such as `len(groups)` always calls the function, even for a token with a claim `len`. `$env[\"len\"]` reads the claim.",
        why: "In the original such a claim breaks every rule that calls the function, so the author of a token could switch rules off.",
    },
    Difference {
        what: "`now()` and `timezone()` are refused, and `date()` takes one text: a date, a date and time of day, or RFC 3339. Times are in UTC and have the methods `Year`, `Day`, `Hour`, `Minute`, `Second`, `Unix`, `UnixMilli`.",
        why: "The same token and rule must always give the same answer, and time zone data would be read from files.",
    },
    Difference {
        what: "A source has at most 4096 bytes and 64 levels of nesting; a rule takes at most 100,000 steps and 1 MiB of values, and nests a value 128 levels deep.",
        why: "Rules come from tenants. The original's own limits bound neither time nor memory.",
    },
    Difference {
        what: "A slice or `fromBase64` whose result is not valid UTF-8 is an error.",
        why: "Texts are valid UTF-8 everywhere; half a character is nobody's intention.",
    },
    Difference {
        what: "`fromJSON` refuses repeated members and invalid text.",
        why: "A document must not be read in two ways.",
    },
    Difference {
        what: "`float()` reads decimal numbers only: no `NaN`, no `Inf`, no hexadecimal digits, no `_`.",
        why: "A claim such as `inf` is hardly meant as a number.",
    },
    Difference {
        what: "`keys`, `values` and `toPairs` give the members in the order of their names.",
        why: "The original gives them in another order each time.",
    },
    Difference {
        what: "A loop over a map (`any($env, true)`) is an error.",
        why: "The original counts the members and fails as soon as the predicate looks at one.",
    },
    Difference {
        what: "`7 % 0` and `x matches ('[' + '')` fail when the rule runs, not when it is loaded.",
        why: "Constants are not folded.",
    },
    Difference {
        what: "An error in an item behind the one that decides `filter(…)[0]`, `first(filter(…))`, `last(filter(…))` or `count(…) > 0` is an error.",
        why: "The original rewrites these and never looks at the item; the rule is refused here.",
    },
    Difference {
        what: "`sum([a, b])` of texts is an error, `concat([]) == nil` is false, `let $env = …` is refused, `type(b'a'[0])` is `int`.",
        why: "Accidents of the original's optimiser and of typed nil.",
    },
    Difference {
        what: "A regular expression of more than 512 KiB when compiled is refused. A search takes a step for 32 bytes of the text, times the parts of the expression: `(a|bc){3}` has about a dozen.",
        why: "Compiling it, or searching a long text, would take longer than a rule may.",
    },
];

/// The text of `docs/reference/rules-expr.md`.
pub fn reference_page() -> String {
    let mut page = String::from(concat!(
        "# expr rules\n\n",
        "<!-- Generated from the tables of crates/rules/src/expr: do not edit. -->\n\n",
        "The language of the annotation `workflows.argoproj.io/rbac-rule`: expr-lang 1.17.8.\n\n",
        "## Operators\n\n",
        "| operator | what it gives | example | value |\n|---|---|---|---|\n",
    ));
    let cell = |text: &str| text.replace('|', "\\|");
    for (forms, doc, source, value) in OPERATORS {
        let forms: Vec<String> = forms.split("  ").map(|form| format!("`{}`", cell(form))).collect();
        let _ = writeln!(
            page,
            "| {} | {} | `{}` | `{}` |",
            forms.join(" "),
            cell(doc),
            cell(source),
            cell(value)
        );
    }
    page.push_str(concat!(
        "\n## Functions\n\n",
        "| function | what it gives | example | value |\n|---|---|---|---|\n",
    ));
    for function in FUNCTIONS {
        let (source, value) = function.example;
        let example = if source == "true" { String::new() } else { format!("`{}`", cell(source)) };
        let value = if source == "true" { String::new() } else { format!("`{}`", cell(value)) };
        let _ = writeln!(page, "| `{}` | {} | {example} | {value} |", cell(function.signature), function.doc);
    }
    page.push_str("\n## Differences from the original\n\n| what | why |\n|---|---|\n");
    for difference in DIFFERENCES {
        let _ = writeln!(page, "| {} | {} |", cell(difference.what), difference.why);
    }
    page
}
