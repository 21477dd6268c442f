//! `claimgate explain --service-accounts`: which account of some manifests the claims select.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use claimgate_json::{Json, Limits, parse};

const DELEGATE: &str = r#"{"namespace":"argo","delegateToRequestNamespace":true}"#;
const DELEGATE_AND_SKIP: &str =
    r#"{"namespace":"argo","delegateToRequestNamespace":true,"onRuleError":"skip"}"#;

/// What came of one run: exit code, output, what went to standard error.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    fn json(&self) -> Json {
        parse(self.stdout.as_bytes(), Limits::default()).unwrap()
    }

    /// The answer in one line: the account, all matches in order, the code of the refusal.
    pub(crate) fn summary(&self) -> String {
        let answer = self.json();
        let text = |value: &Json| value.as_str().unwrap_or("-").to_owned();
        let matches: Vec<_> = items(&answer, "matches").iter().map(text).collect();
        let refused = member(&answer, "refused");
        let refused = if *refused == Json::Null { "-".to_owned() } else { text(member(refused, "code")) };
        format!("{} {} [{}] {refused}", self.code, text(member(&answer, "selected")), matches.join(" "))
    }

    /// Every candidate in order with its outcome.
    fn outcomes(&self) -> Vec<String> {
        let answer = self.json();
        let candidates = items(&answer, "candidates").iter();
        let text = |value: &Json, name| member(value, name).as_str().unwrap().to_owned();
        candidates.map(|each| format!("{} {}", text(each, "account"), text(each, "outcome"))).collect()
    }
}

fn member<'a>(value: &'a Json, name: &str) -> &'a Json {
    value.get(name).unwrap()
}

fn items<'a>(value: &'a Json, name: &str) -> &'a [Json] {
    match member(value, name) {
        Json::Array(items) => items,
        other => panic!("`{name}` is {other:?}"),
    }
}

pub(crate) fn manifests(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/service-accounts").join(name)
}

pub(crate) fn explain(claims: &str, manifests: &Path, arguments: &[&str]) -> Answer {
    // Tests run side by side: a file for every run.
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("accounts-claims-{run}.json"));
    std::fs::write(&file, claims).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_claimgate"));
    command.args(["explain", "--output", "json"]).arg("--claims").arg(file);
    let output = command.arg("--service-accounts").arg(manifests).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn argo(folder: &str, claims: &str, namespace: &str, settings: &str) -> Answer {
    let arguments = ["--dialect", "argo", "--namespace", namespace, "--settings", settings];
    explain(claims, &manifests(folder), &arguments)
}

fn kargo(claims: &str, arguments: &[&str]) -> Answer {
    explain(claims, &manifests("kargo"), &[&["--dialect", "kargo"], arguments].concat())
}

const CI: &str = r#"{"sub":"repo:acme/x:ref:refs/heads/main","ref":"refs/heads/main"}"#;

#[test]
fn accounts_of_argo_are_selected_as_documented() {
    let both = r#"{"sub":"ann","groups":["platform","team-a"]}"#;
    let team = r#"{"sub":"ann","groups":["team-a"]}"#;
    let rule_refuses = "3 - [] not_allowed";
    for (folder, claims, namespace, settings, expected) in [
        ("argo", both, "team-a", DELEGATE, "0 argo/admins [argo/admins team-a/deployer argo/readers] -"),
        ("argo", team, "team-a", DELEGATE, "0 team-a/deployer [team-a/deployer argo/readers] -"),
        ("argo", team, "team-b", DELEGATE, "0 argo/readers [argo/readers] -"),
        ("argo", team, "team-a", r#"{"namespace":"argo"}"#, "0 argo/readers [argo/readers] -"),
        ("argo", CI, "team-a", DELEGATE, "0 argo/ci [argo/ci argo/readers] -"),
        ("argo", CI, "team-b", DELEGATE, "0 argo/ci [argo/ci argo/readers] -"),
        ("argo", CI, "argo", DELEGATE, "0 argo/ci [argo/ci argo/readers] -"),
        ("argo-broken", CI, "team-a", DELEGATE, rule_refuses),
        ("argo-broken", CI, "argo", DELEGATE, rule_refuses),
        ("argo-broken", both, "team-a", DELEGATE, rule_refuses),
        ("argo-broken", team, "team-a", DELEGATE, rule_refuses),
        ("argo-broken", team, "team-b", DELEGATE, rule_refuses),
        ("argo-broken", team, "argo", DELEGATE, rule_refuses),
        ("argo-broken", CI, "team-a", DELEGATE_AND_SKIP, "0 argo/ci [argo/ci argo/readers] -"),
        (
            "argo-broken",
            both,
            "team-a",
            DELEGATE_AND_SKIP,
            "0 team-a/deployer [team-a/deployer argo/readers] -",
        ),
    ] {
        let answer = argo(folder, claims, namespace, settings);
        assert_eq!(answer.summary(), expected, "{folder} {claims} {namespace}: {}", answer.stderr);
    }
}

#[test]
fn accounts_of_kargo_are_selected_as_documented() {
    let ann = r#"{"sub":"1","email":"ann@x.io","groups":["dev"],"level":3}"#;
    let bob = r#"{"sub":"2","email":"bob@x.io"}"#;
    let scalar = r#"{"sub":"3","groups":"dev"}"#;
    let both = "0 shop/promoter [shop/promoter kargo/kargo-viewer] -";
    for (claims, arguments, expected) in [
        (ann, &[][..], both),
        (ann, &["--namespace", "shop"], both),
        (ann, &["--namespace", "other"], "0 kargo/kargo-viewer [kargo/kargo-viewer] -"),
        (ann, &["--namespace", "misc"], "0 kargo/kargo-viewer [kargo/kargo-viewer] -"),
        (ann, &["--settings", r#"{"globalNamespaces":[]}"#], "0 shop/promoter [shop/promoter] -"),
        (bob, &[], "0 shop/promoter [shop/promoter] -"),
        (bob, &["--namespace", "shop"], "0 shop/promoter [shop/promoter] -"),
        (bob, &["--namespace", "other"], "3 - [] -"),
        (scalar, &["--namespace", "shop"], both),
        (r#"{"sub":"4","groups":["DEV"]}"#, &[], "3 - [] -"),
    ] {
        let answer = kargo(claims, arguments);
        assert_eq!(answer.summary(), expected, "{claims} {arguments:?}: {}", answer.stderr);
    }
    let in_shop =
        ["shop/promoter matched", "kargo/kargo-viewer matched", "shop/broken error", "misc/ghost ignored"];
    let in_other =
        ["kargo/kargo-viewer matched", "misc/ghost ignored", "shop/broken ignored", "shop/promoter ignored"];
    assert_eq!(kargo(ann, &["--namespace", "shop"]).outcomes(), in_shop);
    assert_eq!(kargo(ann, &["--namespace", "other"]).outcomes(), in_other);
    let answer = kargo(ann, &[]);
    assert_eq!(answer.outcomes(), in_shop);
    let warning =
        "kargo/accounts.yaml:27:51: `shop/broken`: annotation `rbac.kargo.akuity.io/claims` has no effect";
    assert!(answer.stderr.contains(warning), "{}", answer.stderr);
}

#[test]
fn the_answer_for_programs_has_these_members_and_no_others() {
    let names = |value: &Json| -> Vec<String> {
        value.as_object().unwrap().iter().map(|(name, _)| name.to_owned()).collect()
    };
    let answer = argo("argo-broken", CI, "team-a", DELEGATE);
    let json = answer.json();
    assert_eq!(names(&json), ["candidates", "matches", "refused", "selected"]);
    assert_eq!(names(member(&json, "refused")), ["code", "message"]);
    let message = member(member(&json, "refused"), "message").as_str().unwrap();
    assert!(message.starts_with("the rule of `argo/admins` failed: "), "{message}");
    assert_eq!(
        answer.outcomes(),
        ["argo/admins error", "argo/ci matched", "argo/readers matched", "team-a/deployer ignored"]
    );
    let values: Vec<_> = items(&json, "candidates").iter().map(|each| member(each, "value")).collect();
    assert_eq!(values, [&Json::Null, &Json::Bool(true), &Json::Bool(true), &Json::Null]);
    for candidate in items(&json, "candidates") {
        assert_eq!(names(candidate), ["account", "message", "outcome", "value"]);
        assert!(member(candidate, "message").as_str().is_some_and(|message| !message.is_empty()));
    }
}

#[test]
fn a_claim_of_the_wrong_type_is_an_answer() {
    let answer = explain(r#"{"groups":"platform"}"#, &manifests("argo"), &["--dialect", "argo"]);
    assert_eq!(answer.summary(), "3 - [] claims_rejected");
}
