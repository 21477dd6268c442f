//! `claimgate rule`, one expression and a batch.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use claimgate_json::{Json, Limits, parse};

const CLAIMS: &str = r#"{"sub":"ada","groups":["xa","b"],"n":5,"ok":true}"#;

fn claims_file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rule-{name}.json"));
    std::fs::write(&path, text).unwrap();
    path
}

fn claimgate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claimgate"));
    command.arg("rule");
    command
}

fn one(name: &str, claims: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = claimgate().arg("--claims").arg(claims_file(name, claims)).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn batch(input: Vec<u8>) -> Vec<Json> {
    let mut command = claimgate();
    let output = run(command.arg("--batch"), input);
    assert!(output.status.success(), "{output:?}");
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| parse(line, Limits { depth: 1000 }).unwrap()).collect()
}

fn run(command: &mut Command, input: Vec<u8>) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

#[test]
fn one_expression_has_a_value_or_a_reason() {
    for (arguments, value) in [
        (&["--kind", "username", "claims.sub + '!'"][..], "\"ada!\"\n"),
        (&["--kind", "groups", "claims.groups.filter(g, g.startsWith('x'))"], "[\"xa\"]\n"),
        (&["--dialect", "kubernetes", "--kind", "claimValidation", "claims.n == 5"], "true\n"),
        (&["--dialect", "expr", "n == 5 && 'b' in groups"], "true\n"),
        (&["claims.n > 5"], "false\n"),
        (&["--kind", "uid", "--", "-1 < 0 ? 'a' : 'b'"], "\"a\"\n"),
    ] {
        let (code, stdout, stderr) = one("values", CLAIMS, arguments);
        assert_eq!((code, stdout.as_str()), (0, value), "{arguments:?}: {stderr}");
    }
    let macros = ["--dialect", "kubernetes", "claims.groups.exists(g, g == 'b')"];
    let (code, stdout, stderr) = one("refused", CLAIMS, &macros);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("`claims.groups` may be anything to Kubernetes at 1:1"), "{stderr}");
    assert!(stderr.contains("  claims.groups.exists(g, g == 'b')\n  ^^^^^^^^^^^^^"), "{stderr}");
    assert!(stderr.contains("write `dyn(claims.groups).exists(…)`"), "{stderr}");
    let (code, stdout, stderr) = one("missing", CLAIMS, &["claims.missing == 1"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("no such key: missing at 1:1"), "{stderr}");
}

#[test]
fn a_user_is_read_by_user_validation() {
    let user = r#"{"username":"ada","groups":["dev"],"extra":{"example.com/a":["1"]}}"#;
    let rule = "user.username == 'ada' && 'dev' in user.groups && user.extra['example.com/a'] == ['1']";
    let (code, stdout, stderr) = one("user", user, &["--kind", "userValidation", rule]);
    assert_eq!((code, stdout.as_str()), (0, "true\n"), "{stderr}");
}

#[test]
fn a_trace_shows_each_part() {
    let (code, stdout, stderr) = one("trace", CLAIMS, &["--trace", "claims.n == 6 || claims.ok"]);
    assert_eq!((code, stdout.lines().last()), (0, Some("true")), "{stderr}");
    for part in ["claims.n  =>  5", "claims.n == 6  =>  false", "claims.ok  =>  true"] {
        assert!(stdout.contains(part), "{part} in {stdout}");
    }
}

fn question(id: &str, dialect: &str, expression: &str) -> Vec<u8> {
    let source = Json::from(expression);
    format!(r#"{{"id":"{id}","dialect":"{dialect}","kind":"extra","claims":{CLAIMS},"expression":{source}}}"#)
        .into_bytes()
}

#[test]
fn a_batch_answers_each_line_in_its_order() {
    let mut input = Vec::new();
    for (id, dialect, expression) in [
        ("a", "cel", "claims.sub"),
        ("b", "kubernetes", "claims.n"),
        ("c", "kubernetes", "claims."),
        ("d", "expr", "sub == 'ada'"),
        ("e", "expr", "sub"),
        ("f", "expr", "missing"),
        ("g", "cel", "claims.missing"),
        ("h", "cobol", "1"),
        ("i", "cel", "['a', 'b']"),
    ] {
        input.extend(question(id, dialect, expression));
        input.push(b'\n');
    }
    let answers = batch(input);
    let text = |answer: &Json, name: &str| answer.get(name).map(ToString::to_string);
    let found: Vec<(String, String)> = answers
        .iter()
        .map(|answer| {
            let result = text(answer, "value").or_else(|| text(answer, "error"));
            (text(answer, "id").unwrap(), result.unwrap())
        })
        .collect();
    let wanted = [
        ("a", "[\"ada\"]"),
        ("b", "\"type\""),
        ("c", "\"load\""),
        ("d", "true"),
        ("e", "\"type\""),
        ("f", "\"load\""),
        ("g", "\"run\""),
        ("h", "\"load\""),
        ("i", "[\"a\",\"b\"]"),
    ];
    let wanted: Vec<(String, String)> =
        wanted.iter().map(|(id, result)| (format!("\"{id}\""), (*result).to_owned())).collect();
    assert_eq!(found, wanted);
    for answer in answers.iter().filter(|answer| answer.get("error").is_some()) {
        assert!(answer.get("message").and_then(Json::as_str).is_some_and(|text| !text.is_empty()));
    }
}

/// Lines that no reader may stumble over, each with whether its id can be told.
fn hostile() -> Vec<(Vec<u8>, bool)> {
    let mut lines: Vec<(Vec<u8>, bool)> = Vec::new();
    let nests =
        ["(", "[", "{1:", "-", "!", "-(", "!(", "a(", "a.b(", "[0][", "true ? ", "1 + (", "x ?? ", "not "];
    let links =
        ["+ 1 ", "&& true ", "|| true ", "== 1 ", "in [1] ", "[0]", ".a", "?.a", "| len() ", "? 1 : 1 "];
    for dialect in ["cel", "kubernetes", "expr"] {
        for nest in nests {
            lines.push((question("h", dialect, &format!("{}1", nest.repeat(20_000))), true));
        }
        for link in links {
            lines.push((question("h", dialect, &format!("1 {}", link.repeat(20_000))), true));
        }
        let texts = [
            "x".repeat(1 << 20),
            "\0".repeat(1 << 20),
            "'a' \u{202e} == \0".to_owned(),
            format!("'a'.matches('{}')", "(a{1000}){1000}"),
            format!("'{}' matches '(a+)+$'", "a".repeat(3000)),
            "lists.range(1000000000).all(x, x >= 0)".to_owned(),
            "all(1..1000000000, # >= 0)".to_owned(),
            format!("['a']{}", ".map(x, x + x)".repeat(40)),
            format!("['aaaaaaaa']{}", ".map(x, [x, x])".repeat(40)),
            format!(
                "let a0 = [1, 1]; {} a40 == 1",
                (1..41).fold(String::new(), |mut out, n| {
                    let _ = write!(out, "let a{n} = [a{0}, a{0}]; ", n - 1);
                    out
                })
            ),
            "1e400 == 99999999999999999999".to_owned(),
            "user.username".to_owned(),
            "request.path == '/'".to_owned(),
        ];
        lines.extend(texts.iter().map(|text| (question("h", dialect, text), true)));
        let claims = |claims: &str| {
            let line = format!(
                r#"{{"id":"h","dialect":"{dialect}","kind":"extra","claims":{claims},"expression":"true"}}"#
            );
            (line.into_bytes(), true)
        };
        lines.push(claims(r#"{"a":1,"a":2}"#));
        lines.push((claims(r#"{"n":1e400}"#).0, false));
        lines.push(claims(r#"{"n":123456789012345678901234567890}"#));
        lines.push(claims(r#"{"len":1,"size":2,"in":3,"true":4,"dyn":5,"nil":6,"\u0000":7}"#));
        lines.push(claims("[]"));
        lines.push((claims(&format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000))).0, false));
        let mut invalid = question("h", dialect, "true");
        invalid.splice(invalid.len() - 3..invalid.len() - 3, [0xff, 0xfe]);
        lines.push((invalid, false));
    }
    for text in ["x", "{", "[]", "null", "\"\"", "{}", "{\"id\":\"h\"", "\u{feff}{}"] {
        lines.push((text.as_bytes().to_vec(), false));
    }
    lines.push((vec![0; 100], false));
    lines.push((vec![b'['; 9 << 20], false));
    lines
}

#[test]
fn a_batch_answers_every_hostile_line() {
    let lines = hostile();
    let input: Vec<u8> = lines.iter().flat_map(|(line, _)| line.iter().copied().chain([b'\n'])).collect();
    let answers = batch(input);
    assert_eq!(answers.len(), lines.len());
    for ((line, known), answer) in lines.iter().zip(&answers) {
        let shown: String = String::from_utf8_lossy(line).chars().take(200).collect();
        let id = if *known { Json::from("h") } else { Json::Null };
        assert_eq!(answer.get("id"), Some(&id), "{shown}");
        assert_ne!(answer.get("value").is_some(), answer.get("error").is_some(), "{shown}");
    }
}

/// The same under a limit of memory, with the binary that `CLAIMGATE_BIN` names (the release build,
/// where there is one) or this build's.
#[test]
fn a_batch_keeps_to_64_mib() {
    let binary =
        std::env::var("CLAIMGATE_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_claimgate").to_owned());
    let lines = hostile();
    let input: Vec<u8> = lines.iter().flat_map(|(line, _)| line.iter().copied().chain([b'\n'])).collect();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -d 65536 && exec \"$0\" rule --batch", &binary]);
    let output = run(&mut command, input);
    assert!(output.status.success(), "{:?} {}", output.status, String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), lines.len());
}

#[test]
fn a_batch_answers_ten_thousand_lines() {
    let line =
        question("a", "kubernetes", "dyn(claims.groups).filter(g, g.startsWith('x')).map(g, 'p:' + g)");
    let input: Vec<u8> = (0..10_000).flat_map(|_| line.iter().copied().chain([b'\n'])).collect();
    let answers = batch(input);
    assert_eq!(answers.len(), 10_000);
    assert!(
        answers
            .iter()
            .all(|answer| answer.get("value").is_some_and(|value| value.to_string() == "[\"p:xa\"]"))
    );
}
