use claimgate_rules::cel::*;
use claimgate_rules::expr::Expression;
use claimgate_rules::*;
use std::time::Instant;
fn main() {
    let mut x = 12345u64;
    let t: String = (0..16000)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            if x & 1 == 0 { "a" } else { "b" }
        })
        .collect();
    let claims =
        claimgate_json::parse(format!("{{\"l\":[\"a\"],\"t\":\"{t}\"}}").as_bytes(), Default::default())
            .unwrap();
    let a: Vec<String> = std::env::args().skip(1).collect();
    for s in &a {
        let t = Instant::now();
        let (o, b, c) = if let Some(s) = s.strip_prefix("cel:") {
            let mut b = Budget::CEL;
            match Rule::compile(Dialect::Claimgate, Kind::Extra, s) {
                Err(e) => (format!("load {e}"), b, t.elapsed()),
                Ok(r) => {
                    let c = t.elapsed();
                    let o = r.evaluate(&Inputs { claims: Some(&claims), ..Default::default() }, &mut b, None);
                    (o.map(|v| v.shown(60)).unwrap_or_else(|e| format!("err {e}")), b, c)
                }
            }
        } else {
            let mut b = Budget::EXPR;
            match Expression::parse(s) {
                Err(e) => (format!("load {e}"), b, t.elapsed()),
                Ok(r) => {
                    let c = t.elapsed();
                    let o = r.test(claims.as_object().unwrap(), &mut b, None);
                    (o.map(|v| v.to_string()).unwrap_or_else(|e| format!("err {e}")), b, c)
                }
            }
        };
        println!(
            "{:?} (compile {:?}) steps left {} bytes left {}: {} => {}",
            t.elapsed(),
            c,
            b.steps,
            b.bytes,
            &s[..s.len().min(100)],
            o
        );
    }
}
