//! The gate's verdicts and identities beside those of Kubernetes, over whole files and tokens. The tables
//! are made by `tests/oracle`.

use std::collections::BTreeMap;
use std::sync::Arc;

use claimgate_core::decision::{Decision, DenyReason};
use claimgate_core::identity::Identity;
use claimgate_crypto::{KeySet, KeySetLimits, base64url};
use claimgate_gate::Decided;
use serde_json::{Value, json};

use crate::{Keys, NOW, Signer, decide, gate};

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
    /// The identity is the same, and no header can carry it: a control character, or the list's separator.
    HeaderValue,
    /// `exp` is a text. Taking one wrong type for a date invites taking another for no date (CVE-2026-25537).
    DateAsText,
    /// `iat` lies in the future by more than clocks differ, so the issuer or the token is not in order.
    IssuedInFuture,
}

/// Which of the differences explains a refusal; the oracle's user info and the claims must show the cause.
fn difference(case: &Value, claims: &Value, user: &Value, decided: &Decided) -> Option<Difference> {
    let Decision::Deny(denial) = &decided.decision else { return None };
    let username = user["username"].as_str()?;
    let config = case["config"].as_str()?;
    let (found, difference) = match denial.reason {
        DenyReason::ReservedName => {
            let mut names = user["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let system = |name: &str| name.starts_with("system:");
            (system(username) || names.any(system), Difference::SystemName)
        }
        DenyReason::HeaderValueAmbiguous => {
            let ours = user_info(decided.identity.as_deref()?);
            (ours == complete(user), Difference::HeaderValue)
        }
        DenyReason::NotYetValid => {
            let future = claims["iat"].as_i64()? > NOW.as_seconds();
            (future && &*denial.detail == "`iat` lies in the future", Difference::IssuedInFuture)
        }
        DenyReason::MalformedCredential if &*denial.detail == "the claim `exp` is not a number" => {
            (claims["exp"].is_string(), Difference::DateAsText)
        }
        DenyReason::ClaimsRejected if &*denial.detail == "the user name is empty" => {
            (username.is_empty(), Difference::EmptyUsername)
        }
        DenyReason::ClaimsRejected | DenyReason::MalformedCredential => {
            (prefix_alone(config, claims, username, &denial.detail), Difference::EmptyUsername)
        }
        _ => (false, Difference::EmptyUsername),
    };
    found.then_some(difference)
}

/// Whether a refusal is about the claim of the user name, that claim is there and empty, and Kubernetes' user
/// name is nothing but the configured prefix.
fn prefix_alone(config: &str, claims: &Value, username: &str, detail: &str) -> bool {
    ["sub", "email"].into_iter().any(|claim| {
        let fault = match &claims[claim] {
            Value::String(text) if text.is_empty() => ["is missing or empty", "is empty"],
            Value::Null if claims.get(claim).is_some() => ["is not a text", "is a null, not a string"],
            _ => return false,
        };
        let told = fault.iter().any(|fault| detail.ends_with(&format!("claim `{claim}` {fault}")));
        let prefixed = config.contains(&format!("username: {{claim: {claim}, prefix: \"{username}\"}}"));
        told && (username.is_empty() || prefixed)
    })
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
            keys => {
                Keys(Arc::new(KeySet::parse(keys.to_string().as_bytes(), KeySetLimits::default()).unwrap()))
            }
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
