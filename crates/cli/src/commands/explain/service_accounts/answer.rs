use claimgate_rules::printable;
use serde_json::{Value, json};

use super::Answered;

/// The answer for programs.
pub(super) fn json(answered: &Answered) -> Value {
    let matches: Vec<String> = match &answered.answer {
        Ok(matches) => matches.accounts().iter().map(ToString::to_string).collect(),
        Err(_) => Vec::new(),
    };
    let refused = answered
        .answer
        .as_ref()
        .err()
        .map(|refusal| json!({ "code": refusal.reason().code(), "message": refusal.to_string() }));
    let candidates: Vec<Value> = answered
        .record
        .candidates()
        .iter()
        .map(|candidate| {
            json!({
                "account": candidate.account.to_string(),
                "outcome": candidate.outcome.as_str(),
                "value": candidate.outcome.value(),
                "message": candidate.message,
            })
        })
        .collect();
    json!({
        "selected": answered.selected().map(ToString::to_string),
        "matches": matches,
        "refused": refused,
        "candidates": candidates,
    })
}

/// The answer for people.
pub(super) fn print(answered: &Answered) {
    for candidate in answered.record.candidates() {
        let line = format!("{}: {}", candidate.account, candidate.message);
        println!("{:>11}  {}", candidate.outcome.as_str(), printable(&line));
    }
    match (&answered.answer, answered.selected()) {
        (_, Some(account)) => println!("selected: {account}"),
        (Err(refusal), None) => {
            println!("refused: `{}` ({})", refusal.reason().code(), printable(&refusal.to_string()));
        }
        (Ok(_), None) => println!("selected: none"),
    }
}
