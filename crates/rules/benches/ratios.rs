//! The table of ratios, out of the medians that criterion keeps.

use std::path::PathBuf;

/// A ratio that is bounded: of ours to the closure, or of the crate to ours.
struct Row {
    group: &'static str,
    contenders: (&'static str, &'static str),
    bound: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(bound) => ratio <= bound,
            Self::AtLeast(bound) => ratio >= bound,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::AtMost(bound) => format!("≤ {bound}"),
            Self::AtLeast(bound) => format!("≥ {bound}"),
        }
    }
}

const OURS_TO_CLOSURE: (&str, &str) = ("ours", "closure");
const CRATE_TO_OURS: (&str, &str) = ("crate", "ours");
const OURS_TO_CRATE: (&str, &str) = ("ours", "crate");

const ROWS: [Row; 10] = [
    Row { group: "cel condition", contenders: OURS_TO_CLOSURE, bound: Bound::AtMost(3.0) },
    Row { group: "cel condition", contenders: CRATE_TO_OURS, bound: Bound::AtLeast(3.0) },
    Row { group: "cel list", contenders: OURS_TO_CLOSURE, bound: Bound::AtMost(5.0) },
    Row { group: "cel list", contenders: CRATE_TO_OURS, bound: Bound::AtLeast(5.0) },
    Row { group: "cel compile", contenders: OURS_TO_CRATE, bound: Bound::AtMost(2.0) },
    Row { group: "expr condition", contenders: OURS_TO_CLOSURE, bound: Bound::AtMost(3.0) },
    Row { group: "expr condition", contenders: CRATE_TO_OURS, bound: Bound::AtLeast(3.0) },
    Row { group: "expr list", contenders: OURS_TO_CLOSURE, bound: Bound::AtMost(5.0) },
    Row { group: "expr list", contenders: CRATE_TO_OURS, bound: Bound::AtLeast(5.0) },
    Row { group: "expr compile", contenders: OURS_TO_CRATE, bound: Bound::AtMost(2.0) },
];

/// Where criterion keeps what it measures.
pub(crate) fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rules-bench")
}

/// Removes what an earlier run measured.
pub(crate) fn forget() {
    // There is nothing to remove before the first run.
    drop(std::fs::remove_dir_all(directory()));
}

/// Prints the table; whether all bounds hold. Rows that were not measured are left out.
pub(crate) fn print() -> bool {
    let mut all = true;
    println!("{:<16}{:<16}{:>12}{:>12}{:>8}{:>7}  holds", "what", "ratio", "ns", "ns", "", "bound");
    for Row { group, contenders: (a, b), bound } in &ROWS {
        let rounds: Vec<(f64, f64)> = (1..=super::ROUNDS)
            .filter_map(|round| Some((nanoseconds(group, round, a)?, nanoseconds(group, round, b)?)))
            .collect();
        let middle = |of: fn(&(f64, f64)) -> f64| median(rounds.iter().map(of).collect());
        let Some(ratio) = middle(|(a, b)| a / b) else { continue };
        let holds = bound.holds(ratio);
        all &= holds;
        println!(
            "{group:<16}{:<16}{:>12.0}{:>12.0}{ratio:>8.2}{:>7}  {}",
            format!("{a} / {b}"),
            middle(|pair| pair.0).unwrap_or_default(),
            middle(|pair| pair.1).unwrap_or_default(),
            bound.shown(),
            if holds { "yes" } else { "NO" },
        );
    }
    all
}

/// The median of one contender in one round.
#[expect(clippy::disallowed_methods, reason = "criterion hands its figures over in files")]
fn nanoseconds(group: &str, round: usize, contender: &str) -> Option<f64> {
    let file = directory().join(format!("{group} {round}")).join(contender).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    estimates.get("median")?.get("point_estimate")?.as_f64()
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}
