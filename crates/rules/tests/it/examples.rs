//! Every expression that the pages show has the value that they show: the examples of the reference pages, for
//! which the originals vouch too, and what the guide writes.

use std::collections::{BTreeMap, BTreeSet};

use claimgate_json::{Json, Limits, parse};
use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::expr::Expression;
use claimgate_rules::{Budget, Inputs};

const CEL_PAGE: &str = include_str!("../../../../docs/reference/rules-cel.md");
const EXPR_PAGE: &str = include_str!("../../../../docs/reference/rules-expr.md");
const CEL_TABLE: &str = include_str!("../../testdata/cel.jsonl");
const EXPR_TABLE: &str = include_str!("../../testdata/expr.jsonl");
const GUIDE: &str = include_str!("../../../../docs/guides/writing-rules.md");

/// The value, or that there is none.
type Outcome = Result<String, String>;

fn cel(dialect: Dialect, kind: Kind, source: &str, claims: &Json) -> Outcome {
    let rule = Rule::compile(dialect, kind, source).map_err(|error| format!("load: {error}"))?;
    let inputs = Inputs { claims: Some(claims), ..Inputs::default() };
    match rule.evaluate(&inputs, &mut Budget::CEL.clone(), None) {
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(format!("run: {error}")),
    }
}

fn expr(source: &str, claims: &Json) -> Outcome {
    let rule = Expression::parse(source).map_err(|error| format!("load: {error}"))?;
    let claims = claims.as_object().expect("claims are an object");
    match rule.evaluate(claims, &mut Budget::EXPR.clone(), None) {
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// The cells of a table's row, code without its backticks.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches("| ").trim_end_matches('|').trim_end();
    inner.replace("\\|", "\0").split(" | ").map(|cell| cell.replace('\0', "|")).collect()
}

fn code(cell: &str) -> Option<&str> {
    cell.trim().strip_prefix('`')?.strip_suffix('`').filter(|code| !code.contains('`'))
}

/// The example and its value of each row of a reference page.
fn examples(page: &str) -> Vec<(String, String)> {
    let rows = page.lines().map(cells).filter(|cells| cells.len() == 4);
    rows.filter_map(|cells| Some((code(&cells[2])?.to_owned(), code(&cells[3])?.to_owned()))).collect()
}

/// Examples that the original was not asked for, and rows of its answers that no page shows any more.
fn not_asked(examples: &[(String, String)], table: &str) -> Vec<String> {
    let mut missing: BTreeSet<String> = examples.iter().map(|(source, _)| source.clone()).collect();
    let shown = missing.clone();
    let mut stale = Vec::new();
    for line in table.lines().filter(|line| line.contains(r#""claims":{},"#)) {
        let row = parse(line.as_bytes(), Limits { depth: 2000 }).expect("a row");
        let source = row.get("expression").and_then(Json::as_str).expect("an expression");
        missing.remove(source);
        if line.contains(r#""area":"example""#) && !shown.contains(source) {
            stale.push(source.to_owned());
        }
    }
    stale.extend(missing);
    stale
}

#[test]
fn every_example_of_the_cel_page_has_its_value_and_the_original_was_asked() {
    let examples = examples(CEL_PAGE);
    assert!(examples.len() > 190, "{}", examples.len());
    let none = parse(b"{}", Limits::default()).expect("claims");
    for (source, value) in &examples {
        for dialect in [Dialect::Kubernetes, Dialect::Claimgate] {
            assert_eq!(
                cel(dialect, Kind::Extra, source, &none).as_ref(),
                Ok(value),
                "{source} in {dialect:?}"
            );
        }
    }
    let not_asked = not_asked(&examples, CEL_TABLE);
    assert!(not_asked.is_empty(), "ask the original again, see tests/oracle/README.md: {not_asked:?}");
}

#[test]
fn every_example_of_the_expr_page_has_its_value_and_the_original_was_asked() {
    let examples = examples(EXPR_PAGE);
    assert!(examples.len() > 85, "{}", examples.len());
    let none = parse(b"{}", Limits::default()).expect("claims");
    for (source, value) in &examples {
        assert_eq!(expr(source, &none).as_ref(), Ok(value), "{source}");
    }
    let not_asked = not_asked(&examples, EXPR_TABLE);
    assert!(not_asked.is_empty(), "ask the original again, see tests/oracle/README.md: {not_asked:?}");
}

/// Each function has a row with an example, but for those that are refused.
#[test]
fn no_function_of_the_pages_is_without_an_example() {
    let refused = ["now()", "timezone(text)"];
    for page in [CEL_PAGE, EXPR_PAGE] {
        for row in page.lines().filter(|line| line.starts_with("| `")).map(cells) {
            let name = row[0].trim_matches('`');
            assert!(row.len() < 4 || code(&row[2]).is_some() || refused.contains(&name), "{name}");
        }
    }
}

/// The claims that the guide shows.
fn claims() -> Json {
    let (_, rest) = GUIDE.split_once("<!-- claimgate file claims.json -->\n```json\n").expect("claims");
    parse(rest.split("\n```").next().expect("an end").as_bytes(), Limits::default()).expect("claims")
}

fn expr_part() -> usize {
    GUIDE.find("\n## expr").expect("a part on expr")
}

/// Runs one row of a table: what is written, and what it gives.
fn check(source: &str, gives: &str, is_expr: bool) {
    let claims = claims();
    let wanted = code(gives.trim_end_matches(" (Kubernetes: refused)"));
    assert!(wanted.is_some() || gives == "an error", "{source}: {gives}");
    let verify = |outcome: Outcome| match wanted {
        Some(value) => assert_eq!(outcome.as_deref(), Ok(value), "{source}"),
        None => assert!(outcome.is_err(), "{source}: {outcome:?}"),
    };
    if is_expr {
        return verify(expr(source, &claims));
    }
    let kind = if matches!(wanted, Some("true" | "false")) { Kind::ClaimValidation } else { Kind::Extra };
    verify(cel(Dialect::Claimgate, kind, source, &claims));
    let in_kubernetes = cel(Dialect::Kubernetes, kind, source, &claims);
    if gives.ends_with("(Kubernetes: refused)") {
        assert!(in_kubernetes.is_err_and(|error| error.starts_with("load")), "{source}");
    } else {
        verify(in_kubernetes);
    }
}

#[test]
fn every_row_of_the_guide_gives_what_it_says() {
    let mut rows = 0;
    let mut columns: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in GUIDE.split_inclusive('\n') {
        at += line.len();
        let cells: Vec<String> = cells(line);
        if !line.starts_with('|') {
            columns = None;
        } else if let Some((write, gives)) = columns {
            if !line.starts_with("|-") {
                let source = cells[write].split('`').nth(1).expect("an expression");
                check(source, &cells[gives], at > expr_part());
                rows += 1;
            }
        } else {
            let find = |names: &[&str]| cells.iter().position(|cell| names.contains(&cell.as_str()));
            columns = find(&["write", "this"]).zip(find(&["gives"]));
        }
    }
    assert!(rows > 45, "{rows}");
}

/// The expressions of the guide's YAML, by the field they stand in.
#[test]
fn the_mappings_of_the_guide_are_rules() {
    let mut seen = 0;
    for (field, kind, value) in [
        ("username:", Kind::Username, r#""github:4242""#),
        ("groups:", Kind::Groups, r#"["role:dev", "role:ops"]"#),
    ] {
        for line in GUIDE.lines().filter(|line| line.trim().starts_with(field)) {
            let source = line.split('"').nth(1).expect("an expression");
            for dialect in [Dialect::Kubernetes, Dialect::Claimgate] {
                assert_eq!(cel(dialect, kind, source, &claims()).as_deref(), Ok(value), "{source}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}

/// Expressions within sentences, with whether Kubernetes and Claimgate load them as conditions or mappings.
const INLINE: &[(&str, Kind, bool, bool)] = &[
    ("claims.admin == true", Kind::ClaimValidation, true, true),
    ("claims.admin", Kind::ClaimValidation, false, true),
    ("string(int(claims.exp))", Kind::Uid, true, true),
    ("dyn(claims.groups)", Kind::Groups, true, true),
    ("claims.roles.split(',')", Kind::Groups, true, true),
    (".map(r, r)", Kind::Groups, true, true),
];

/// Code within sentences that is no expression of its own.
const WORDS: &[&str] = &[
    "AuthenticationConfiguration",
    "--dialect kubernetes",
    "--dialect cel",
    "--kind",
    "--trace",
    "claims.json",
    "claimValidationRules",
    "claims",
    "claimMappings.username",
    "uid",
    "claimMappings.groups",
    "extra",
    "userValidationRules",
    "user",
    "username",
    "groups",
    "claimgate.dev/rule",
    "allow",
    "deny",
    "token",
    "request",
    "serviceAccounts",
    "&&",
    "||",
    "a@evil-example.com",
    "^",
    "$",
    "repository_owner_id",
    "repository_owner",
    "hd",
    "tid",
    "dyn",
    "format",
    "workflows.argoproj.io/rbac-rule",
    "true",
    "false",
    "not",
    "in",
    "not in",
    "??",
    "indexOf",
    "rbac-rule",
];

#[test]
fn every_expression_within_the_guides_sentences_is_known_to_the_tests() {
    let inline: BTreeMap<&str, _> = INLINE.iter().map(|row| (row.0, row)).collect();
    let mut fenced = false;
    let mut columns = None;
    let mut seen = BTreeSet::new();
    for line in GUIDE.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let cells: Vec<String> = cells(line);
        if !line.starts_with('|') {
            columns = None;
        } else if columns.is_none() {
            let find = |name: &&str| cells.iter().position(|cell| cell == name);
            columns = Some(["write", "this", "gives"].iter().filter_map(find).collect::<Vec<_>>());
        }
        let tested = columns.as_deref().unwrap_or_default();
        let prose = cells.iter().enumerate().filter(|(at, _)| !tested.contains(at) && !fenced);
        for span in prose.flat_map(|(_, cell)| cell.split('`').skip(1).step_by(2)) {
            let known = WORDS.contains(&span) || inline.contains_key(span) || span == "'platform' in groups";
            assert!(known, "`{span}`: add a test of it, or name it as a word");
            seen.insert(span.to_owned());
        }
    }
    for (source, kind, kubernetes, claimgate) in INLINE {
        assert!(seen.contains(*source), "{source} is not in the guide any more");
        let source = if source.starts_with('.') {
            format!("claims.roles.split(','){source}")
        } else {
            (*source).into()
        };
        for (dialect, loads) in [(Dialect::Kubernetes, kubernetes), (Dialect::Claimgate, claimgate)] {
            assert_eq!(Rule::compile(dialect, *kind, &source).is_ok(), *loads, "{source} in {dialect:?}");
        }
    }
}

/// What the guide says of `split` as the whole of the groups.
#[test]
fn kubernetes_takes_no_list_of_split_as_groups() {
    let claims = claims();
    for (source, wanted) in [("claims.roles.split(',')", false), ("claims.roles.split(',').map(r, r)", true)]
    {
        let rule = Rule::compile(Dialect::Kubernetes, Kind::Groups, source).expect("a rule");
        let inputs = Inputs { claims: Some(&claims), ..Inputs::default() };
        assert_eq!(rule.texts(&inputs, &mut Budget::CEL.clone(), None).is_ok(), wanted, "{source}");
    }
}
