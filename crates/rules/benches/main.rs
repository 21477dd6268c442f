//! Rules against closures written by hand and against the crates that come nearest, in one run.
//!
//! `cargo bench -p claimgate-rules` prints a table of the ratios with their bounds at the end, and fails
//! when one does not hold.
#![expect(clippy::expect_used, reason = "a bench that cannot begin has to say so")]

use std::process::ExitCode;
use std::time::Duration;

use claimgate_json::{Json, Object};
use criterion::Criterion;

mod cel_rules;
mod expr_rules;
mod ratios;

/// Each round measures all contenders of a row one after the other. The row's figure is the median of the
/// rounds' ratios, so that a disturbance of one of them does not count.
const ROUNDS: usize = 5;

/// 40 members, 20 groups.
fn claims() -> Object {
    let mut claims: Object =
        (0..37).map(|n| (format!("claim_{n}"), Json::from(format!("value {n}")))).collect();
    claims.insert("repository_owner_id", "4711");
    claims.insert("ref", "refs/heads/main");
    let groups: Vec<String> =
        (0..20).map(|n| format!("{}group-{n}", if n % 2 == 0 { "x" } else { "y" })).collect();
    claims.insert("groups", groups);
    claims
}

/// The condition, written by hand.
fn condition(claims: &Object) -> bool {
    claims.get("repository_owner_id").and_then(Json::as_str) == Some("4711")
        && claims.get("ref").and_then(Json::as_str).is_some_and(|name| name.starts_with("refs/heads/"))
}

/// The list, written by hand.
fn list(claims: &Object) -> Vec<String> {
    let groups = claims.get("groups").and_then(Json::as_array).unwrap_or_default();
    let texts = groups.iter().filter_map(Json::as_str);
    texts.filter(|group| group.starts_with('x')).map(|group| format!("p:{group}")).collect()
}

fn main() -> ExitCode {
    ratios::forget();
    let mut criterion = Criterion::default()
        .output_directory(&ratios::directory())
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(30)
        .configure_from_args();
    for round in 1..=ROUNDS {
        cel_rules::round(&mut criterion, round);
        expr_rules::round(&mut criterion, round);
    }
    criterion.final_summary();
    if ratios::print() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
