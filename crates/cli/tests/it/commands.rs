//! Exit codes, and what commands write for other commands.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::program::{CLAIMGATE, Ended, folder, run};

fn claimgate(folder: &Path, arguments: &[&str]) -> Ended {
    run(Command::new(CLAIMGATE).args(arguments).current_dir(folder))
}

/// The proxies that `init` offers, by its own help.
fn proxies() -> Vec<String> {
    let help = run(Command::new(CLAIMGATE).args(["init", "--help"])).stdout;
    let (_, values) = help.split_once("Possible values:\n").unwrap();
    let values = values.lines().take_while(|line| line.trim_start().starts_with("- "));
    values.map(|line| line.trim().trim_start_matches("- ").split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn every_configuration_that_init_writes_checks_clean() {
    let proxies = proxies();
    for known in ["nginx", "envoy", "istio", "caddy", "traefik", "haproxy"] {
        assert!(proxies.iter().any(|proxy| proxy == known), "{known} is not among {proxies:?}");
    }
    for proxy in proxies {
        let folder = folder("init");
        let written = claimgate(&folder, &["init", &proxy]);
        assert_eq!(written.code, 0, "{proxy}: {written:?}");
        let checked = claimgate(&folder, &["check", "claimgate.yaml"]);
        assert_eq!((checked.code, checked.stdout.as_str()), (0, "claimgate.yaml: no problems\n"), "{proxy}");
        let shown = claimgate(&folder, &["init", &proxy, "--output", "-"]);
        assert_eq!(shown.stdout, fs::read_to_string(folder.join("claimgate.yaml")).unwrap(), "{proxy}");
        assert_eq!(claimgate(&folder, &["init", &proxy]).code, 1, "a file that is there is not replaced");
        assert_eq!(claimgate(&folder, &["init", &proxy, "--force"]).code, 0);
    }
}

const CONFIG: &str = "version: 1
listeners:
  public: { address: 127.0.0.1:0 }
  admin: { address: 127.0.0.1:0 }
jwt:
  - name: github
    issuer: { url: https://token.example.com, audiences: [app] }
routes:
  - { name: app, hosts: [app.example.com], accept: jwt, allow: [{ expression: \"user.username == 'github:me'\" }] }
";

/// 0: done, allowed, clean or warnings; 1: it failed, or there are errors; 2: called wrongly; 3: refused.
#[test]
fn exit_codes_are_those_that_scripts_rely_on() {
    let folder = folder("codes");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("good.yaml", CONFIG);
    write("warns.yaml", &CONFIG.replace("jwt:\n", "trustedProxies: [0.0.0.0/0]\njwt:\n"));
    write("bad.yaml", "version: 2\n");
    write("me.json", r#"{"sub": "me"}"#);
    write("you.json", r#"{"sub": "you"}"#);
    write("list.json", "[]");
    write("token", "not.a.token");
    let url = "https://app.example.com/";
    let explain = |claims: &'static str, url: &'static str| {
        vec!["explain", "--config", "good.yaml", "--entry", "github", "--claims", claims, "--url", url]
    };
    let cases: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["check", "good.yaml"], 0, "no problems"),
        (vec!["check", "warns.yaml"], 0, "0 errors, 1 warning"),
        (vec!["check", "bad.yaml"], 1, "bad.yaml:1:10: error[unsupported_version]"),
        (vec!["check", "missing.yaml"], 1, "cannot be read"),
        (vec!["check"], 2, "required"),
        (vec!["check", "good.yaml", "--output", "xml"], 2, "xml"),
        (explain("me.json", "https://app.example.com/"), 0, "allowed"),
        (explain("you.json", "https://app.example.com/"), 3, "refused: 403 `not_allowed`"),
        (explain("me.json", "https://other.example.com/"), 3, "refused: 403 `no_route`"),
        (explain("me.json", "https://app.example.com/a/../b"), 3, "refused: 400 `bad_request`"),
        (explain("me.json", "https://app.example.com/%2e%2e/b"), 3, "refused: 400 `bad_request`"),
        (explain("me.json", "https://app.example.com/a%2Fb"), 3, "refused: 400 `bad_request`"),
        (explain("me.json", "https://app.example.com:x/"), 3, "refused: 400 `bad_request`"),
        (explain("me.json", "app.example.com/"), 2, "is not an absolute URL"),
        (explain("list.json", "https://app.example.com/"), 1, "not an object"),
        (explain("missing.json", "https://app.example.com/"), 1, "cannot be read"),
        (vec!["explain", "--config", "good.yaml", "--url", url], 3, "refused: 401 `missing_credential`"),
        (
            vec!["explain", "--config", "good.yaml", "--url", url, "--token-file", "token"],
            3,
            "refused: 401 `malformed_credential`",
        ),
        (vec!["explain", "--config", "bad.yaml", "--url", url], 1, "unsupported_version"),
        (vec!["explain", "--config", "good.yaml"], 2, "--url"),
        (vec!["explain", "--config", "good.yaml", "--url", url, "--header", "odd"], 2, "is not a header"),
        (vec!["explain", "--config", "good.yaml", "--url", url, "--header", "a b: c"], 2, "is not a header"),
        (vec!["rule", "--claims", "me.json", "claims.sub == 'me'"], 0, "true"),
        (vec!["rule", "--claims", "me.json", "claims.sub =="], 1, "error"),
        (vec!["rule", "--claims", "me.json"], 2, "required"),
        (vec!["serve", "--config", "bad.yaml"], 1, "unsupported_version"),
        (vec!["serve", "--config", "missing.yaml"], 1, "claimgate init"),
        (vec!["serve"], 2, "--config"),
        (vec!["demo", "--port", "65534"], 2, "beyond 65535"),
        (vec!["init", "apache"], 2, "apache"),
        (vec!["init", "nginx", "--output", "no/such/folder"], 1, "cannot be written"),
        (vec!["schema"], 0, "\"$schema\""),
        (vec!["nonsense"], 2, "nonsense"),
        (vec!["--version"], 0, "claimgate"),
    ];
    for (arguments, code, said) in cases {
        let ended = claimgate(&folder, &arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
        assert!(format!("{}{}", ended.stdout, ended.stderr).contains(said), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn an_ambiguous_path_is_explained_as_it_is_refused() {
    let folder = folder("ambiguous");
    fs::write(folder.join("good.yaml"), CONFIG).unwrap();
    let question = ["--url", "https://app.example.com/a//b", "--output", "json"];
    let ended = claimgate(&folder, &[&["explain", "--config", "good.yaml"], &question[..]].concat());
    let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.code, 3);
    assert_eq!(answer["decision"]["status"], 400);
    assert_eq!(answer["decision"]["code"], "bad_request");
    assert_eq!(answer["steps"][0]["step"], "request");
    assert_eq!(answer["steps"][0]["outcome"], "refused");
}

#[test]
fn check_reads_the_digest_key_as_serve_does() {
    let folder = folder("digest");
    fs::write(folder.join("claimgate.yaml"), format!("{CONFIG}audit:\n  digestKeyFile: digest.key\n"))
        .unwrap();
    let cases = [(None, "cannot be read"), (Some(31), "has 31 bytes")];
    for (length, said) in cases {
        if let Some(length) = length {
            fs::write(folder.join("digest.key"), vec![7; length]).unwrap();
        }
        let checked = claimgate(&folder, &["check", "claimgate.yaml"]);
        assert_eq!(checked.code, 1, "{checked:?}");
        let place = "claimgate.yaml:11:18: error[file]: audit.digestKeyFile: ";
        assert!(checked.stdout.starts_with(place) && checked.stdout.contains(said), "{checked:?}");
        let served = claimgate(&folder, &["serve", "--config", "claimgate.yaml"]);
        assert!(served.code == 1 && served.stderr.contains(place), "{served:?}");
    }
    fs::write(folder.join("digest.key"), [7; 32]).unwrap();
    assert_eq!(claimgate(&folder, &["check", "claimgate.yaml"]).code, 0);
}

/// A start that cannot be says why in one sentence, what to do about it, and ends with 1.
#[test]
fn a_start_that_fails_is_one_sentence_and_a_hint() {
    let folder = folder("starts");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("garbage.pem", "no key");
    let tls = |certificate: &str, key: &str| {
        let tls = format!("tls: {{ certificateFile: {certificate}, keyFile: {key} }}");
        CONFIG.replace(
            "public: { address: 127.0.0.1:0 }",
            &format!("public: {{ address: 127.0.0.1:0, {tls} }}"),
        )
    };
    let audit = |sink: &str| format!("{CONFIG}audit: {{ to: {{ file: {{ path: {sink} }} }} }}\n");
    for (name, config, said) in [
        ("port", CONFIG.replacen("127.0.0.1:0", &taken, 1), taken.as_str()),
        (
            "admin",
            CONFIG.replace("admin: { address: 127.0.0.1:0 }", &format!("admin: {{ address: {taken} }}")),
            &*taken,
        ),
        ("certificate", tls("missing.crt", "garbage.pem"), "missing.crt"),
        ("key", tls("garbage.pem", "missing.key"), "garbage.pem"),
        ("audit folder", audit("none/audit.jsonl"), "none/audit.jsonl"),
        ("audit is a folder", audit("."), "audit log"),
        (
            "issuer keys",
            CONFIG.replace("audiences: [app] }", "audiences: [app], certificateAuthorityFile: garbage.pem }"),
            "garbage.pem",
        ),
    ] {
        write("claimgate.yaml", &config);
        let ended = claimgate(&folder, &["serve", "--config", "claimgate.yaml"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{name}: {ended:?}");
        let lines: Vec<_> = ended.stderr.lines().collect();
        assert!(lines[0].starts_with("error: ") && ended.stderr.contains(said), "{name}: {ended:?}");
        let is_place = ended.stderr.contains("claimgate.yaml:");
        assert!(
            is_place || (lines.len() == 2 && lines[1].trim_start().starts_with("hint: ")),
            "{name}: {ended:?}"
        );
    }
    let missing = claimgate(&folder, &["serve", "--config", "missing.yaml"]);
    assert!(missing.code == 1 && missing.stderr.lines().count() == 2, "{missing:?}");
    let demo = claimgate(&folder, &["demo", "--port", taken.rsplit(':').next().unwrap()]);
    assert!(demo.code == 1 && demo.stderr.contains("hint: "), "{demo:?}");
}
