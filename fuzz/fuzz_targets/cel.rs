//! Any text is a CEL rule or an error, and a rule ends within its budget.
#![no_main]

use claimgate_json::{Limits, parse};
use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::{Budget, Inputs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let claims = parse(br#"{"s":"a","n":5,"l":["a","b"],"m":{"k":[1,null]}}"#, Limits::default()).unwrap();
    let inputs = Inputs { claims: Some(&claims), ..Inputs::default() };
    for dialect in [Dialect::Kubernetes, Dialect::Claimgate] {
        let Ok(rule) = Rule::compile(dialect, Kind::Extra, source) else { continue };
        let mut budget = Budget { steps: 20_000, bytes: 1 << 20, depth: 100 };
        let _ = rule.texts(&inputs, &mut budget, None);
    }
});
