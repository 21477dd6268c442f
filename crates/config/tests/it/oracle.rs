use claimgate_config::kubernetes::load;
use serde_json::Value;

/// Kubernetes' own verdicts over whole files; `tests/oracle` makes them.
const CONFIGURATIONS: &str = include_str!("../../testdata/authn/configurations.jsonl");

#[test]
fn load_verdicts_are_those_of_kubernetes() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in CONFIGURATIONS.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let accepted = case["outcome"] == "value";
        let (_, problems) = load("a.yaml", case["config"].as_str().unwrap().as_bytes());
        count += 1;
        if accepted == problems.has_errors() {
            wrong.push(format!("{}: Kubernetes says {}, we say\n{problems}", case["id"], case["outcome"]));
        }
    }
    assert!(count >= 200);
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
}
