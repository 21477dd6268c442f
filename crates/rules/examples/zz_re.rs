use claimgate_rules::*;
use std::time::Instant;
fn main() {
    let pats: Vec<String> = vec![
        "a".repeat(4000),
        format!("(?i){}", "ak".repeat(2000)),
        "\\pL?".repeat(1000),
        "\\pL".repeat(1300),
        "\\pL{30}".into(),
        "\\pL{20}".into(),
        "\\pL{10}".into(),
        "(?i)[a-zé]{200}".into(),
        ".{1000}".into(),
        ".{300}".into(),
        "(a|b|c|d){1000}".into(),
        "[ab]{1000}".into(),
        "(a?){1000}".into(),
        "(a?b?c?d?){500}".into(),
        (0..800).map(|i| format!("w{i}")).collect::<Vec<_>>().join("|"),
        "\\w{500}".into(),
        "[^a]{100}".into(),
        "\\p{Greek}{100}".into(),
        "(((((((a{10}){10}){10}))))){1}".into(),
        "[\\pL\\pN]{5}".into(),
        "(?i)\\p{Lu}{8}".into(),
        "\\x{10ffff}".repeat(400),
        "[\\x{80}-\\x{10ffff}]{100}".into(),
        "(x*)*".repeat(800),
        "\\PL{12}".into(),
        "[^\\pL]{12}".into(),
        "(\\pL|\\pN|\\pS|\\pP|\\pM|\\pZ|\\pC){3}".into(),
        "[\\pL\\pN\\pS\\pP\\pM\\pZ]".repeat(200),
        "(?i)[\\pL\\pN\\pS\\pP\\pM\\pZ]".repeat(140),
    ];
    for p in &pats {
        let t = Instant::now();
        let r = Pattern::compile(p);
        let e = t.elapsed();
        println!(
            "{:>10.2?} {:?} {}",
            e,
            r.map(|_| ()).map_err(|e| e.to_string().chars().take(60).collect::<String>()),
            &p.chars().take(60).collect::<String>()
        );
    }
}
