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
        what: "A source has at most 4096 bytes and 64 levels of nesting; a rule takes at most 100,000 steps and 1 MiB of values.",
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
        what: "A regular expression of more than 256 KiB when compiled is refused.",
        why: "Compiling it would take longer than a rule may.",
    },
];

/// The text of `docs/reference/rules-expr.md`.
pub fn reference_page() -> String {
    let mut page = String::from(concat!(
        "# expr rules\n\n",
        "<!-- Generated from the tables of crates/rules/src/expr: do not edit. -->\n\n",
        "The language of the annotation `workflows.argoproj.io/rbac-rule`: expr-lang 1.17.8.\n\n",
        "## Functions\n\n",
        "| function | what it gives | example | value |\n|---|---|---|---|\n",
    ));
    let cell = |text: &str| text.replace('|', "\\|");
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
