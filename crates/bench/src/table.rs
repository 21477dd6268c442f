//! The table that a run prints.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// One figure with its bound.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What is measured.
    pub(crate) name: String,
    /// The figure: a ratio to `reference`, or a number of the unit that `reference` names.
    pub(crate) ratio: f64,
    /// What the ratio is to, or the unit.
    pub(crate) reference: String,
    /// The most that the figure may be; none where it only informs.
    pub(crate) bound: Option<f64>,
}

impl Row {
    /// A ratio to `reference` that may be `bound` at most.
    pub(crate) fn new(name: &str, ratio: f64, reference: &str, bound: Option<f64>) -> Self {
        Self { name: name.to_owned(), ratio, reference: reference.to_owned(), bound }
    }

    /// Whether the figure is within its bound.
    pub(crate) fn holds(&self) -> Option<bool> {
        self.bound.map(|bound| self.ratio <= bound)
    }
}

/// For people: one line a row.
pub(crate) fn text(rows: &[Row]) -> String {
    let mut out = format!("{:<52} {:>9} {:>9}  {:<6} {}\n", "what", "figure", "bound", "holds", "of");
    for row in rows {
        let bound = row.bound.map_or(String::from("-"), |bound| format!("≤ {}", number(bound)));
        let holds = row.holds().map_or("-", |holds| if holds { "yes" } else { "NO" });
        // Writing into a `String` does not fail.
        let _ = writeln!(
            out,
            "{:<52} {:>9} {:>9}  {:<6} {}",
            row.name,
            number(row.ratio),
            bound,
            holds,
            row.reference
        );
    }
    out
}

/// For programs: one array of objects.
pub(crate) fn json(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        json!({
            "name": row.name,
            "ratio": (row.ratio * 10_000.0).round() / 10_000.0,
            "reference": row.reference,
            "bound": row.bound.map(|bound| (bound * 10_000.0).round() / 10_000.0),
            "holds": row.holds(),
        })
    };
    rows.iter().map(row).collect()
}

fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else if value >= 0.2 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, json, text};

    #[test]
    fn a_figure_above_its_bound_is_told_in_both_forms() {
        let rows = [
            Row::new("within", 1.05, "bare", Some(1.1)),
            Row::new("beyond", 1.2, "bare", Some(1.1)),
            Row::new("told", 9.0, "MiB", None),
        ];
        let lines: Vec<_> = text(&rows).lines().map(str::to_owned).collect();
        assert!(lines[1].contains("yes") && lines[2].contains("NO") && lines[3].contains('-'), "{lines:?}");
        let json = json(&rows);
        assert_eq!(json[0]["holds"], true);
        assert_eq!(json[1]["holds"], false);
        assert_eq!(json[2]["holds"], serde_json::Value::Null);
        assert_eq!(json[1]["bound"], 1.1);
    }
}
