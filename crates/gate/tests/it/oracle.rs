//! The gate's verdicts and identities beside those of Kubernetes, over whole files and tokens. The tables
//! are made by `tests/oracle`.

use std::collections::BTreeMap;
use std::sync::Arc;

use claimgate_core::decision::{Decision, DenyReason};
use claimgate_core::identity::Identity;
use claimgate_crypto::{KeySet, KeySetLimits, base64url};
use claimgate_gate::Decided;
use serde_json::{Value, json};

use crate::{Keys, Signer, decide, gate};

const CONFIGURATIONS: &str = include_str!("../../../config/testdata/authn/configurations.jsonl");
const SIGNED: &str = include_str!("../../../config/testdata/authn/signed.jsonl");

/// Where Claimgate means to differ: Kubernetes accepts, the gate does not. The same list, for people, is in
/// `docs/guides/authentication-configuration.md`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Difference {
    /// The claim of the user name is empty or null: Kubernetes makes the prefix alone of it, which names nobody.
    EmptyUsername,
    /// A name beginning with `system:` means something to Kubernetes that no outside issuer may give away.
    SystemName,
    /// `claims['email']` evades the rule that the user name must not come from an unverified address.
    UnverifiedEmail,
    /// The identity is the same, and no header can carry it: a control character, or the list's separator.
    HeaderValue,
}

/// Which of the differences explains a refusal; the oracle's user info and the claims must show the cause.
fn difference(case: &Value, claims: &Value, user: &Value, decided: &Decided) -> Option<Difference> {
    let Decision::Deny(denial) = &decided.decision else { return None };
    let names = user["groups"].as_array().into_iter().flatten().chain([&user["username"]]);
    let empty = |value: &Value| value.is_null() || value == "";
    match denial.reason {
        DenyReason::ReservedName => names
            .filter_map(Value::as_str)
            .any(|name| name.starts_with("system:"))
            .then_some(Difference::SystemName),
        DenyReason::HeaderValueAmbiguous => {
            let same = decided.identity.as_deref().is_some_and(|identity| user_info(identity) == complete(user));
            same.then_some(Difference::HeaderValue)
        }
        _ if user["username"] == "" => Some(Difference::EmptyUsername),
        _ if user["username"].as_str()?.ends_with(':') && empty(&claims["sub"]) => Some(Difference::EmptyUsername),
        DenyReason::ClaimsRejected if claims["email_verified"] != true => {
            let evades = case["config"].as_str()?.contains("claims['email']");
            evades.then_some(Difference::UnverifiedEmail)
        }
        _ => None,
    }
}

fn user_info(identity: &Identity) -> Value {
    json!({
        "username": identity.username(), "uid": identity.uid(),
        "groups": identity.groups(), "extra": identity.extra(),
    })
}

/// Go writes an empty list and an empty map as null.
fn complete(user: &Value) -> Value {
    let mut user = user.clone();
    if user["groups"].is_null() {
        user["groups"] = json!([]);
    }
    if user["extra"].is_null() {
        user["extra"] = json!({});
    }
    user
}

fn claims_of(token: &str) -> Value {
    let payload = base64url::decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

#[derive(Default)]
struct Comparison {
    tokens: usize,
    accepted: usize,
    differences: BTreeMap<Difference, usize>,
    wrong: Vec<String>,
}

impl Comparison {
    async fn file(&mut self, case: &Value, signer: &Signer) {
        let keys = match &case["keys"] {
            Value::Null => signer.keys(),
            keys => Keys(Arc::new(KeySet::parse(keys.to_string().as_bytes(), KeySetLimits::default()).unwrap())),
        };
        let gate = match gate(case["config"].as_str().unwrap(), &keys) {
            Ok(gate) => gate,
            Err(problems) => return self.wrong.push(format!("{}: not loaded\n{problems}", case["id"])),
        };
        for token in case["tokens"].as_array().into_iter().flatten() {
            let signed = match token["token"].as_str() {
                Some(signed) => signed.to_owned(),
                None => signer.sign(&token["claims"].to_string()),
            };
            self.tokens += 1;
            let decided = decide(&gate, &signed).await;
            self.verdict(case, token, &claims_of(&signed), &decided);
        }
    }

    fn verdict(&mut self, case: &Value, token: &Value, claims: &Value, decided: &Decided) {
        let found = match &decided.decision {
            Decision::Allow(_) => user_info(decided.identity.as_ref().unwrap()),
            _ => Value::Null,
        };
        let expected = if token["user"].is_null() { Value::Null } else { complete(&token["user"]) };
        if found == expected {
            self.accepted += usize::from(!expected.is_null());
        } else if let Some(kind) = difference(case, claims, &token["user"], decided) {
            *self.differences.entry(kind).or_default() += 1;
        } else {
            let (id, name, answer) = (&case["id"], &token["name"], &decided.decision);
            let message = &token["message"];
            self.wrong.push(format!(
                "{id} {name}\n  claims {claims}\n  Kubernetes {expected} {message}\n  we {found}, {answer:?}"
            ));
        }
    }
}

async fn compare(table: &str) -> Comparison {
    let signer = Signer::new();
    let mut comparison = Comparison::default();
    for line in table.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if case["outcome"] == "value" {
            comparison.file(&case, &signer).await;
        }
    }
    let Comparison { tokens, accepted, differences, .. } = &comparison;
    println!("{tokens} tokens, {accepted} accepted alike, meant to differ: {differences:?}");
    comparison
}

#[tokio::test]
async fn sixty_signed_tokens_on_five_files() {
    let comparison = compare(SIGNED).await;
    assert!(comparison.wrong.is_empty(), "{}", comparison.wrong.join("\n"));
    assert_eq!(comparison.tokens, 300);
    assert!(comparison.accepted >= 120, "{}", comparison.accepted);
}

#[tokio::test]
async fn claims_on_every_file_that_kubernetes_accepts() {
    let comparison = compare(CONFIGURATIONS).await;
    assert!(comparison.wrong.is_empty(), "{}", comparison.wrong.join("\n"));
    assert!(comparison.tokens >= 500 && comparison.accepted >= 250);
}
