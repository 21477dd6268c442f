//! Any text is an expr-lang rule or an error, it ends within its budget, and what is written reads back.
#![no_main]

use claimgate_json::{Json, Limits, parse};
use claimgate_rules::Budget;
use claimgate_rules::expr::Expression;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let Ok(rule) = Expression::parse(source) else { return };
    let claims = parse(br#"{"s":"a","n":5,"l":["a","b"],"m":{"k":[1,null]}}"#, Limits::default()).unwrap();
    let Json::Object(claims) = &claims else { return };
    let mut budget = Budget { steps: 20_000, bytes: 1 << 20, depth: 100 };
    let _ = rule.test(claims, &mut budget, None);
    if let Ok(again) = Expression::parse(&rule.to_string()) {
        assert_eq!(again.to_string(), rule.to_string());
    }
});
