//! What people write who try `claimgate explain --service-accounts` for the first time: every answer says what is
//! wrong, where, and what to write.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::service_accounts::{explain, manifests};

const CLAIMS: &str = r#"{"sub":"ann","groups":["team-a"],"level":3}"#;

/// A folder of its own with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong-manifests").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    folder
}

/// A ServiceAccount `argo/a` whose annotations stand from line 7 on.
fn account(annotations: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  namespace: argo\n  annotations:\n    {annotations}\n"
    )
}

fn rule(rule: &str) -> String {
    account(&format!("workflows.argoproj.io/rbac-rule: {rule}"))
}

/// Exit code and every text that the manifest must lead to; `FILE` stands for the file's path.
fn expect(name: &str, text: &str, dialect: &str, code: i32, said: &[&str]) {
    // Tests run side by side, and some names are used twice.
    static CASES: AtomicUsize = AtomicUsize::new(0);
    let case = format!("case-{}", CASES.fetch_add(1, Ordering::Relaxed));
    let folder = folder(&case, &[(name, text)]);
    let file = folder.join(name);
    let answer = explain(CLAIMS, &file, &["--dialect", dialect]);
    let all = format!("{}{}", answer.stderr, answer.stdout).replace(file.to_str().unwrap(), "FILE");
    assert_eq!(answer.code, code, "{name}: {all}");
    for part in said {
        // Within JSON a quote is escaped.
        let escaped = part.replace('"', "\\\"");
        assert!(all.contains(part) || all.contains(&escaped), "{name} lacks {part:?}: {all}");
    }
    if code == 1 {
        assert!(all.starts_with("error: FILE:") && all.contains("\nhint: "), "{name}: {all}");
        assert_eq!(answer.stdout, "");
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_an_error_with_place_and_hint() {
    let quoted = |text: &str| account(&format!("x: {text}"));
    for (name, text, said) in [
        ("indent.yaml", "kind: x\n a: b\n", &["FILE:2:3: "][..]),
        ("tab.yaml", "metadata:\n\tname: a\n", &["FILE:2:", "indentation is in blanks"]),
        ("bracket.yaml", "a: [\n", &["FILE:1:4: "]),
        ("rule.yaml", &rule("'a' in groups"), &["FILE:7:", r#"rbac-rule: "'a' in groups"`"#]),
        ("double.yaml", &rule(r#""a" in groups"#), &["FILE:7:", r#"rbac-rule: '"a" in groups'`"#]),
        ("twice.yaml", &account("x: a\n    x: b"), &["FILE:8:5: ", "`x`", "keep one of the two"]),
        ("template.yaml", "metadata:\n  name: {{ .Values.a }}\n", &["FILE:2:", "helm template"]),
        ("number.yaml", &quoted("10"), &["FILE:7:8: ", "ServiceAccount `a`: `x`", "a number", "'10'"]),
        ("boolean.yaml", &quoted("true"), &["FILE:7:8: ", "a boolean", "put it in quotes: 'true'"]),
        ("yes.yaml", &quoted("yes"), &["FILE:7:8: ", "a boolean"]),
        ("nothing.yaml", &quoted(""), &["FILE:7:", "has no value"]),
        ("map.yaml", &quoted(r#"{"g": ["a"]}"#), &["a mapping", r#"put it in quotes: '{"g": ["a"]}'"#]),
        ("list.yaml", &account("- x: a"), &["FILE:7:5: ", "`annotations` is a list, not a mapping"]),
        ("text.yaml", "hello\n", &["FILE:1:1: ", "a text, not a Kubernetes object"]),
        ("kind.yaml", "apiVersion: v1\nmetadata: {name: a}\n", &["FILE:1:1: ", "no `kind`"]),
        ("version.yaml", "---\nkind: ServiceAccount\n", &["FILE:2:1: ", "no `apiVersion`"]),
        ("values.yaml", "image: {tag: 1}\n", &["FILE:1:1: ", "`kind: ServiceAccount`"]),
        ("name.yaml", "apiVersion: v1\nkind: ServiceAccount\n", &["FILE:1:1: ", "no `metadata.name`"]),
        (
            "name-number.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: 7}\n",
            &["FILE:3:18: ", "`metadata.name` of a Namespace is a number", "'7'"],
        ),
        (
            "second.yaml",
            &format!("{}---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{}}\n", account("x: a")),
            &["FILE:9:1: ", "no `metadata.name`"],
        ),
        ("items.yaml", "apiVersion: v1\nkind: List\nitems: {}\n", &["FILE:3:8: ", "`items` is a mapping"]),
        ("array.json", r#"[{"kind": "ServiceAccount"}]"#, &["FILE:1:1: ", "a list, not a Kubernetes object"]),
        ("comma.json", "{\"kind\":\n \"x\",}", &["FILE:2:6: trailing comma"]),
        (
            "second.json",
            "{\"apiVersion\":\"v1\",\"kind\":\"x\"}\n\n {\"a\":1}",
            &["FILE:3:2: ", "apiVersion"],
        ),
        ("text.json", "apiVersion: v1\n", &["FILE:1:1: ", "JSON objects, one after another"]),
    ] {
        expect(name, text, "argo", 1, said);
    }
    let folder = folder("bytes", &[]);
    let file = folder.join("latin1.yaml");
    std::fs::write(&file, b"a: b\nc: \xe4\n").unwrap();
    let answer = explain(CLAIMS, &file, &["--dialect", "argo"]);
    assert!(answer.code == 1 && answer.stderr.contains("latin1.yaml:2: the file is not UTF-8"));
}

#[test]
fn a_rule_that_does_not_work_says_where_and_what_to_write() {
    for (name, text, said) in [
        ("missing.yaml", &rule(r#""team == 'x'""#), &["error", "no claim `team` at 1:1", "get($env"][..]),
        ("list.yaml", &rule("groups"), &["a list, not a boolean", "`'admins' in groups`"]),
        ("quotes.yaml", &rule(r#""'true'""#), &["a text, not a boolean", "quotes too many"]),
        ("and.yaml", &rule("true AND true"), &["FILE:7:38: `argo/a`: annotation", "at 1:6", "write `and`"]),
        ("assign.yaml", &rule("sub = sub"), &["FILE:7:38: ", "at 1:5", "write `==`"]),
        ("python.yaml", &rule(r#""True""#), &["no claim `True` at 1:1", "write `true`"]),
        ("cel.yaml", &rule("claims.groups == nil"), &["no claim `claims`", "`groups`, not `claims.groups`"]),
        ("number.yaml", &rule(r#""level == '3'""#), &["at 1:7", "`level == 3`"]),
        ("method.yaml", &rule(r#""sub.startsWith('a')""#), &["at 1:5", "`sub startsWith 'a'`"]),
        ("contains.yaml", &rule(r#""groups contains 'a'""#), &["at 1:8", "`item in list`"]),
        (
            "precedence.yaml",
            &account(
                "workflows.argoproj.io/rbac-rule: \"true == false\"\n    workflows.argoproj.io/rbac-rule-precedence: high",
            ),
            &["FILE:8:49: `argo/a`", "is `high`, which counts as 0"],
        ),
    ] {
        expect(name, text, "argo", 3, said);
    }
    for (name, rule, said) in [
        ("request.yaml", "request.path == '/'", &["FILE:7:25: ", "reads `user` and `claims`"][..]),
        ("key.yaml", "claims.team == 'x'", &["no such key: team at 1:1", "has(claims.a)"]),
        (
            "open.yaml",
            "claims.groups.exists(g, true",
            &["FILE:7:25: ", "expected `)`, found the end at 1:29"],
        ),
        ("and.yaml", "claims.sub == 'x' and true", &["at 1:19", "write `&&`"]),
        ("misspelt.yaml", "claims.sub.startWith('a')", &["did you mean `startsWith`?"]),
    ] {
        expect(name, &account(&format!("claimgate.dev/rule: {rule:?}")), "claimgate", 3, said);
    }
    let claims = |text: &str| account(&format!("rbac.kargo.akuity.io/claims: {text}"));
    for (name, text, said) in [
        ("scalar.yaml", r#"'{"groups": "a"}'"#, &["FILE:7:34: ", "has a text", r#"`["a"]`"#][..]),
        ("object.yaml", r#"'{"groups": {}}'"#, &["has an object", "a list of texts"]),
        ("number.yaml", r#"'{"level": [3]}'"#, &["has a number in its list", r#"write `"3"`"#]),
        ("yaml.yaml", "\"groups: [a]\"", &["not JSON", r#"`{"groups": ["dev"]}`"#]),
    ] {
        expect(name, &claims(text), "kargo", 3, said);
    }
}

#[test]
fn where_nobody_is_asked_the_reason_is_said() {
    let misspelt = "workflows.argoproj.io/rbac-rules: \"true\"";
    for (name, text, dialect, said) in [
        (
            "empty.yaml",
            String::new(),
            "argo",
            &["FILE holds no object", "there is no ServiceAccount among"][..],
        ),
        ("comment.yaml", "# nothing\n---\n".into(), "argo", &["FILE holds no object"]),
        ("bare.yaml", account("x: a"), "argo", &["the one ServiceAccount does not carry `workflows"]),
        (
            "misspelt.yaml",
            account(misspelt),
            "argo",
            &["FILE:7:39: `argo/a`", "did you mean `workflows.argoproj.io/rbac-rule`?"],
        ),
        (
            "lonely.yaml",
            account("workflows.argoproj.io/rbac-rule-precedence: \"1\""),
            "argo",
            &["FILE:7:49: `argo/a`", "there is no rule beside it"],
        ),
        ("other.yaml", rule("\"true\""), "kargo", &["there are annotations for `--dialect argo`"]),
        (
            "claims.yaml",
            account("rbac.kargo.akuity.io/claims.groups: a"),
            "kargo",
            &["did you mean `rbac.kargo.akuity.io/claim.NAME`?"],
        ),
        (
            "project.yaml",
            account("rbac.kargo.akuity.io/claim.groups: team-a"),
            "kargo",
            &["Namespace `argo` is not among the manifests", "`kargo.akuity.io/project: \"true\"`"],
        ),
        (
            "default.yaml",
            rule("\"true\"").replace("  namespace: argo\n", ""),
            "argo",
            &[
                "FILE:1:1: ServiceAccount `a` names no namespace and counts as `default/a`",
                "only the namespace `argo`",
            ],
        ),
        (
            "kinds.yaml",
            "apiVersion: apps/v1\nkind: Deployment\n".into(),
            "argo",
            &["FILE:1:1: Deployment (apps/v1)"],
        ),
    ] {
        expect(name, &text, dialect, 3, said);
    }
}

#[test]
fn lists_and_documents_in_either_form_are_read_alike() {
    let item = r#"{"metadata":{"name":"a","namespace":"argo","annotations":{"workflows.argoproj.io/rbac-rule":"true"}}}"#;
    let whole = item.replacen('{', r#"{"apiVersion":"v1","kind":"ServiceAccount","#, 1);
    let other = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"argo"}}"#;
    for (name, text) in [
        ("one.json", whole.clone()),
        ("several.json", format!("{other}\n{whole}\n\n")),
        ("list.json", format!(r#"{{"apiVersion":"v1","kind":"List","items":[{other},{whole}]}}"#)),
        ("typed.json", format!(r#"{{"apiVersion":"v1","kind":"ServiceAccountList","items":[{item}]}}"#)),
        ("null.json", format!(r#"{{"apiVersion":"v1","kind":"NamespaceList","items":null}} {whole}"#)),
        (
            "keys.yaml",
            format!("apiVersion: v1\nkind: ConfigMap\ndata: {{1: a, y: b, on: c, ~: d}}\n---\n{whole}\n"),
        ),
        ("json.yaml", format!("{other}\n---\n{whole}\n")),
        ("one.yml", rule("'true'")),
        ("bom.yaml", format!("\u{feff}{}", rule("'true'"))),
        ("documents.yaml", format!("---\n---\n# nothing\n---\n{}---\n{other}\n...\n", rule("\"true\""))),
        ("block.yaml", rule("|\n      true\n")),
        ("anchors.yaml", rule("&rule \"true\"\n    y: *rule")),
        ("crlf.yaml", rule("\"true\"").replace('\n', "\r\n")),
    ] {
        let answer = explain(CLAIMS, &folder("forms", &[(name, &text)]).join(name), &["--dialect", "argo"]);
        assert_eq!(answer.code, 0, "{name}: {}", answer.stderr);
        assert_eq!(answer.summary(), "0 argo/a [argo/a] -", "{name}: {}", answer.stderr);
    }
}

#[test]
fn a_folder_is_read_with_all_its_problems() {
    let good = rule("\"true\"");
    let mixed = folder(
        "mixed",
        &[
            ("README.md", "#"),
            ("a.yaml", &good),
            ("chart.tpl", "{{ x }}"),
            ("values.yaml", "image: {tag: 1}\n"),
        ],
    );
    std::fs::create_dir_all(mixed.join("base")).unwrap();
    let answer = explain(CLAIMS, &mixed, &["--dialect", "argo"]);
    assert_eq!(answer.summary(), "0 argo/a [argo/a] -", "{}", answer.stderr);
    for part in [
        "README.md is no YAML or JSON file",
        "chart.tpl is no YAML or JSON file",
        "base is a folder within the folder",
        "values.yaml:1:1: this is no Kubernetes object and is ignored",
    ] {
        assert!(answer.stderr.contains(part), "{part}: {}", answer.stderr);
    }
    let broken = folder("broken", &[("a.yaml", "a: ["), ("b.yaml", &good), ("c.yaml", &account("x: 1"))]);
    let answer = explain(CLAIMS, &broken, &["--dialect", "argo"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert!(
        answer.stderr.contains("a.yaml:1:4: ") && answer.stderr.contains("c.yaml:7:8: "),
        "{}",
        answer.stderr
    );
    let twice = folder("twice", &[("a.yaml", &good), ("b.yaml", &rule("\"1 == 2\""))]);
    let answer = explain(CLAIMS, &twice, &["--dialect", "argo"]);
    assert_eq!(answer.summary(), "3 - [] -");
    assert!(
        answer.stderr.contains("b.yaml:1:1: `argo/a` is there twice; this one counts"),
        "{}",
        answer.stderr
    );
    let nothing = folder("nothing", &[("notes.txt", "")]);
    let answer = explain(CLAIMS, &nothing, &["--dialect", "argo"]);
    assert!(answer.code == 1 && answer.stderr.contains("hint: manifests end in .yaml"), "{}", answer.stderr);
}

#[test]
fn questions_that_cannot_be_asked_say_how_to_ask() {
    let settings = |text| ["--dialect", "argo", "--settings", text];
    let unread = "`--settings` cannot be read";
    for (code, claims, arguments, said) in [
        (1, "[]", &["--dialect", "argo"][..], &["holds a list, not an object", "hint: claims are"][..]),
        (1, "{\n \"a\":1,}", &["--dialect", "argo"], &[".json:2:8: not JSON"]),
        (1, "sub: ann", &["--dialect", "argo"], &[".json:1:1: not JSON", "hint: claims are"]),
        (1, r#"{"a":1,"a":2}"#, &["--dialect", "argo"], &["names a member twice", "keep one"]),
        (1, "e30.e30.AAAA\n", &["--dialect", "argo"], &["this is a token", "--token-file"]),
        (1, "", &["--dialect", "argo"], &[".json:1:1: the JSON document ends too early"]),
        (2, "{}", &[], &["`--dialect` is missing", "`argo`, `kargo` or `claimgate`"]),
        (2, "{}", &["--dialect", "argo", "--namespace", "Team_A"], &["`Team_A` is no name", "lower-case"]),
        (
            1,
            "{}",
            &settings(r#"{"namspace":"argo"}"#),
            &["unknown key `namspace`", "did you mean `namespace`?"],
        ),
        (1, "{}", &settings(r#"{"argo":{}}"#), &["unknown key `argo`", "what stands below `argo`"]),
        (1, "{}", &settings(r#"{"colour":1}"#), &["unknown key `colour`", "`argo` knows `namespace`"]),
        (1, "{}", &settings("{namespace: argo}"), &[unread, "write JSON"]),
        (1, "{}", &settings(r#"{"namespace":"a"#), &[unread, "ends too early"]),
        (1, "{}", &settings(""), &[unread]),
        (1, "{}", &settings("[]"), &["`--settings` is a list", "write JSON"]),
        (1, "{}", &settings(r#"{"namespace":"a","namespace":"b"}"#), &["names a member twice"]),
        (1, "{}", &settings(r#"{"namespace":3}"#), &["`namespace` is 3", "in double quotes"]),
        (1, "{}", &settings(r#"{"namespace":" argo"}"#), &["` argo` is no name of a namespace"]),
        (1, "{}", &settings(r#"{"namespaced":"true"}"#), &["`namespaced` is \"true\"", "without quotes"]),
        (1, "{}", &settings(r#"{"onRuleError":"ignore"}"#), &["is `ignore`", "`refuse` or `skip`"]),
        (
            1,
            "{}",
            &["--dialect", "kargo", "--settings", r#"{"globalNamespaces":"a"}"#],
            &["\"a\"", "`[\"kargo\"]`"],
        ),
        (1, "{}", &["--dialect", "claimgate", "--settings", r#"{"namespaces":[1]}"#], &["`namespaces` is 1"]),
    ] {
        let answer = explain(claims, &manifests("argo"), arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{arguments:?}: {}", answer.stderr);
        for part in said {
            assert!(answer.stderr.contains(part), "{arguments:?} lacks {part:?}: {}", answer.stderr);
        }
    }
    let answer = explain("{}", &manifests("nowhere"), &["--dialect", "argo"]);
    assert!(answer.code == 1 && answer.stderr.contains("cannot be read"), "{}", answer.stderr);
}

/// Whoever writes an annotation does not write on the terminal of who tries it.
#[test]
fn annotations_cannot_move_the_cursor() {
    let name = "x\\e[2J\\u202e";
    let text = account(&format!("rbac.kargo.akuity.io/claims: \"{{\\\"{name}\\\": 1}}\""));
    let file = folder("cursor", &[("a.yaml", &text)]).join("a.yaml");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_claimgate"))
        .args(["explain", "--dialect", "kargo", "--service-accounts"])
        .arg(&file)
        .arg("--claims")
        .arg(folder("cursor", &[("claims.json", CLAIMS)]).join("claims.json"))
        .output()
        .unwrap();
    let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(all.contains("has no effect"), "{all}");
    assert!(!all.contains(['\u{1b}', '\u{202e}']), "{all:?}");
}
