use std::collections::BTreeSet;

use claimgate_config::{Code, Diagnostics, build};

use crate::{files, folder};

/// Lines of the form `# problem: code line:column`.
fn expected(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("# problem: "))
        .map(|line| line.trim().to_owned())
        .collect()
}

fn found(problems: &Diagnostics) -> Vec<String> {
    let line = |p: &claimgate_config::Diagnostic| format!("{} {}:{}", p.code, p.place.line, p.place.column);
    problems.problems().iter().map(line).collect()
}

/// Every problem of every file, in the order of the file, at the very character. `UPDATE=1` writes what
/// was found into the files, for a person to read over.
#[test]
fn every_problem_is_found_at_its_place() {
    let folder = folder("broken");
    assert!(folder.len() >= 60, "{}", folder.len());
    let mut wrong = Vec::new();
    let mut codes = BTreeSet::new();
    for (name, bytes) in folder {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (built, problems) = build(&name, &bytes, &files());
        codes.extend(problems.problems().iter().map(|problem| problem.code));
        let (expected, found) = (expected(&text), found(&problems));
        assert!(built.is_none() == problems.has_errors(), "{name}");
        if expected != found || found.is_empty() {
            wrong.push(format!("{name}: expected {expected:?}\n{problems}"));
            if std::env::var_os("UPDATE").is_some() {
                // A file that is no text cannot be written back as one.
                std::str::from_utf8(&bytes).unwrap();
                let rest: Vec<&str> = text.lines().filter(|line| !line.starts_with("# problem: ")).collect();
                let notes = found.iter().map(|line| format!("# problem: {line}\n")).collect::<String>();
                let body = rest.join("\n");
                let path = format!("{}/testdata/broken/{name}", env!("CARGO_MANIFEST_DIR"));
                std::fs::write(path, format!("{}\n{notes}", body.trim_end())).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // No key has a former name yet, and no single file can be a change: both have tests of their own.
    codes.extend([Code::RenamedKey, Code::RestartNeeded]);
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !codes.contains(code)).collect();
    assert!(missing.is_empty(), "no file shows {missing:?}");
}

#[test]
fn both_outputs_say_the_same() {
    let (_, problems) = build("c.yaml", b"version: 2\nroutez: []\n", &files());
    assert!(
        problems.to_string().starts_with("c.yaml:1:10: error[unsupported_version]: version: "),
        "{problems}"
    );
    let json = problems.to_json();
    let second = &json["problems"][1];
    assert_eq!(second["code"], "unknown_key");
    assert_eq!((&second["line"], &second["column"]), (&2.into(), &1.into()));
    assert_eq!(second["hint"], "did you mean `routes`?");
    assert_eq!(second["severity"], "error");
    let drawn = problems.render(false);
    let expected = "c.yaml:2:1: error[unknown_key]: routez: unknown key `routez`\n  2 | routez: []\n    | ^^^^^^^\n  hint: did you mean `routes`?\n\n2 errors, 0 warnings\n";
    assert!(drawn.starts_with("c.yaml:1:10: error[unsupported_version]: version: "), "{drawn}");
    assert!(drawn.ends_with(expected), "{drawn}");
    assert!(problems.render(true).contains("\x1b[1;31merror[unknown_key]\x1b[0m"));
}
