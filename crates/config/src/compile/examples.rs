//! The examples of trust entries, tried whenever a configuration is loaded.

use std::sync::Arc;

use claimgate_core::token::VerifiedToken;
use claimgate_core::trace::Trace;
use claimgate_core::trust::TrustEntry;
use claimgate_json::{Json, Number, Object};

use super::draft::Draft;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::sections::Example;

pub(super) fn run(drafts: &[Draft<'_>], entries: &[Option<Arc<TrustEntry>>], problems: &mut Diagnostics) {
    for (draft, entry) in drafts.iter().zip(entries) {
        let Some(entry) = entry else { continue };
        for example in draft.examples {
            try_example(example, entry, problems);
        }
    }
}

fn try_example(example: &Example, entry: &TrustEntry, problems: &mut Diagnostics) {
    let Json::Object(claims) = &example.claims.value else { return };
    if example.denied.is_some() && (example.username.is_some() || example.groups.is_some()) {
        return;
    }
    let outcome = match VerifiedToken::hypothetical(complete(claims.clone(), entry)) {
        Ok(token) => entry.identify(&token, &mut Trace::off()).map_err(|denial| denial.detail.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let fail = |place: &Place, message: String| Diagnostic::error(Code::ExampleFailed, place, message);
    match (outcome, &example.denied) {
        (Err(denial), Some(expected)) if denial.contains(&expected.value) => {}
        (Err(denial), Some(expected)) => {
            let message = format!("the example is refused for another reason: {denial}");
            problems.push(fail(&expected.place, message).expected(format!("`{}`", expected.value)));
        }
        (Err(denial), None) => {
            problems.push(fail(&example.place, format!("the example is refused: {denial}")));
        }
        (Ok(identity), Some(expected)) => {
            let message = format!("the example is not refused; its user name is `{}`", identity.username());
            problems.push(fail(&expected.place, message).expected(format!("`{}`", expected.value)));
        }
        (Ok(identity), None) => {
            if let Some(username) = example.username.as_ref().filter(|name| name.value != identity.username())
            {
                let message = format!("the example's user name is `{}`", identity.username());
                problems.push(fail(&username.place, message).expected(format!("`{}`", username.value)));
            }
            let Some(groups) = &example.groups else { return };
            let expected: Vec<&str> = groups.iter().map(|group| group.value.as_str()).collect();
            if expected != identity.groups() {
                let place = groups.first().map_or(&example.place, |group| &group.place);
                let message = format!("the example's groups are {:?}", identity.groups());
                problems.push(fail(place, message).expected(format!("{expected:?}")));
            }
        }
    }
}

/// What every token of the entry has and an example need not repeat.
fn complete(mut claims: Object, entry: &TrustEntry) -> Object {
    // 2100-01-01, so that no rule over the time of expiry sees an expired token.
    const EXPIRES_AT: i64 = 4_102_444_800;
    let audience = entry.audiences.first().cloned().unwrap_or_default();
    let defaults = [
        ("iss", Json::from(&*entry.issuer.url)),
        ("aud", Json::from(audience)),
        ("exp", Json::Number(Number::from(EXPIRES_AT))),
        ("sub", Json::from("example")),
    ];
    for (name, value) in defaults {
        if !claims.contains(name) {
            claims.insert(name, value);
        }
    }
    claims
}
