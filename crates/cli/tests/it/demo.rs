//! `claimgate demo`: what it prints works as it says, and as the README says.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Answer, CLAIMGATE, Running, folder, get, run, wait_for};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap()
}

/// The arguments of the README's first command, which runs the demo, at free ports.
fn demo_arguments(readme: &str) -> Vec<String> {
    let (_, rest) = readme.split_once("```sh\n").unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    let arguments = block.strip_prefix("cargo run --release -- ").unwrap();
    arguments.split(' ').chain(["--port", "0"]).map(str::to_owned).collect()
}

/// What a text promises: each `401` or `200` with the code in backticks that follows it directly.
fn promises(text: &str) -> Vec<(u16, Option<String>)> {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let promise = |(at, _): (usize, &str)| {
        let status = flat[at..at + 3].parse().unwrap();
        let code = flat[at + 3..].strip_prefix(" `").map(|rest| rest.split_once('`').unwrap().0.to_owned());
        (status, code)
    };
    let mut found: Vec<_> = flat.match_indices("200").chain(flat.match_indices("401")).collect();
    found.sort_unstable();
    found.into_iter().map(promise).collect()
}

/// The printed lines: each heading with the commands below it.
fn lessons(announcement: &str) -> Vec<(String, Vec<String>)> {
    let mut lessons: Vec<(String, Vec<String>)> = Vec::new();
    for line in announcement.lines().filter(|line| !line.is_empty()) {
        match (line.strip_prefix("  "), lessons.last_mut()) {
            (Some(command), Some((_, commands))) => commands.push(command.to_owned()),
            _ => lessons.push((line.to_owned(), Vec::new())),
        }
    }
    // The first one is the list of what runs where.
    lessons.split_off(1)
}

/// Runs the printed lines one after another in one shell, and gives each lesson's output.
fn follow(lessons: &[(String, Vec<String>)]) -> Vec<String> {
    const END: &str = "---- end of a lesson ----";
    let mut script = String::new();
    for (_, commands) in lessons {
        script.extend(commands.iter().map(|command| format!("{command}\n")));
        script.push_str(&format!("echo; echo '{END}'\n"));
    }
    let ended = run(Command::new("sh").arg("-c").arg(&script));
    let mut outputs: Vec<_> = ended.stdout.split(END).map(|output| output.trim().to_owned()).collect();
    assert_eq!(outputs.pop().unwrap(), "", "{}", ended.stderr);
    assert_eq!(outputs.len(), lessons.len(), "{}", ended.stderr);
    outputs
}

#[test]
fn the_printed_lines_do_what_they_and_the_readme_say() {
    let readme = readme();
    let arguments = demo_arguments(&readme);
    let mut demo = Running::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let announcement = demo.text_until("Stop with");
    let lessons = lessons(&announcement);
    let mut called = Vec::new();
    let outputs = follow(&lessons);
    for ((heading, commands), output) in lessons.iter().zip(&outputs) {
        let promised = promises(heading);
        assert_eq!(promised.len(), usize::from(output.starts_with("HTTP/")), "{heading}: {output}");
        for (status, code) in promised {
            let answer = Answer::read(output);
            assert_eq!(answer.status, status, "{heading}: {output}");
            if code.is_some() {
                assert_eq!(answer.code(), code, "{heading}: {output}");
            }
            if status == 200 && answer.body.is_empty() {
                assert_eq!(answer.header("x-claimgate-user"), Some("alice"), "{output}");
            } else if status == 200 {
                let seen: Value = serde_json::from_str(&answer.body).unwrap();
                assert_eq!(seen["headers"]["x-claimgate-user"], serde_json::json!(["alice"]), "{output}");
            } else {
                assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{output}");
            }
            called.push((status, code));
        }
        assert!(!commands.is_empty() || heading.starts_with("Stop"), "{heading}");
    }
    let output_of = |text: &str| {
        let found = lessons.iter().position(|(heading, _)| heading.starts_with(text));
        outputs[found.unwrap()].clone()
    };
    assert!(
        output_of("Ask why").ends_with("refused: 401 `wrong_audience` (The token is for another audience)")
    );
    let record: Value = serde_json::from_str(&output_of("Look at what was recorded")).unwrap();
    assert_eq!(record["outcome"], "allow", "{record}");
    let (_, section) = readme.split_once("## Try it").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let promised = promises(section);
    assert!(promised.len() >= 3 && called.starts_with(&promised), "{promised:?} is not {called:?}");
    let (status, _) = demo.end();
    assert!(status.success());
}

/// The token with the lowest bit of one character in the middle of its signature changed.
fn with_one_changed_bit(token: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = token.as_bytes().to_vec();
    let at = usize::midpoint(token.rfind('.').unwrap(), token.len());
    let byte = bytes.get_mut(at).unwrap();
    let value = ALPHABET.iter().position(|b| b == byte).unwrap();
    *byte = *ALPHABET.get(value ^ 1).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_token_is_answered_as_it_must_be_and_serve_takes_the_configuration() {
    let config = folder("demo").join("claimgate.yaml");
    let config = config.to_str().unwrap();
    let mut demo = Running::start(&["demo", "--port", "0", "--output", "json", "--config", config]);
    let said: Value = serde_json::from_str(&demo.line()).unwrap();
    let text = |name: &str| said[name].as_str().unwrap().to_owned();
    let (gate, admin) = (text("gateUrl"), text("adminUrl"));
    let token = |name: &str| said["tokens"][name].as_str().unwrap().to_owned();
    let allowed = get(&gate, Some(&token("valid")));
    assert_eq!(allowed.status, 200, "{allowed:?}");
    assert_eq!(allowed.header("x-claimgate-user"), Some("alice"));
    assert!(allowed.header("x-claimgate-groups").unwrap().contains("developers"));
    let without = get(&gate, None);
    assert_eq!((without.status, without.code().unwrap().as_str()), (401, "missing_credential"));
    assert_eq!(without.header("www-authenticate"), Some("Bearer realm=\"claimgate\""));
    let refused = [
        (token("wrongAudience"), "wrong_audience"),
        (token("expired"), "expired"),
        (token("unknownIssuer"), "unknown_issuer"),
        (with_one_changed_bit(&token("valid")), "bad_signature"),
    ];
    for (token, code) in refused {
        let answer = get(&gate, Some(&token));
        assert_eq!((answer.status, answer.code().unwrap().as_str()), (401, code), "{answer:?}");
        let challenge = answer.header("www-authenticate").unwrap();
        let expected =
            format!("Bearer realm=\"claimgate\", error=\"invalid_token\", error_description=\"{code}: ");
        assert!(challenge.starts_with(&expected), "{challenge}");
    }
    assert_eq!(get(&text("upstreamUrl"), None).status, 401);
    assert_eq!(get(&text("providerUrl"), None).status / 100, 4, "the provider answers");

    let (status, rest) = demo.end();
    assert!(status.success() && rest.is_empty(), "{status}: {rest}");
    let written = fs::read_to_string(config).unwrap();
    for url in [&gate, &admin] {
        let address = url.trim_start_matches("http://").split('/').next().unwrap();
        assert!(written.contains(&format!("address: \"{address}\"")), "{address} is not in {written}");
    }
    let checked = run(Command::new(CLAIMGATE).args(["check", config]));
    assert!(checked.code == 0 && checked.stdout.contains("no problems"), "{checked:?}");
    let served = Running::start(&["serve", "--config", config]);
    wait_for(&format!("{admin}/readyz"));
    assert_eq!(get(&gate, None).status, 401);
    assert!(served.end().0.success());
}
