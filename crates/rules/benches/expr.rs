//! expr rules against a closure written by hand and against the `expr-lang` crate.
#![expect(clippy::expect_used, reason = "a bench that cannot begin has to say so")]

use std::hint::black_box;

use claimgate_json::{Json, Object};
use claimgate_rules::Budget;
use claimgate_rules::expr::Expression;
use criterion::{Criterion, criterion_group, criterion_main};

const CHEAP: &str = "repository_owner_id == \"4711\" && ref startsWith \"refs/heads/\"";
const LOOP: &str = "map(filter(groups, # startsWith \"x\"), \"p:\" + #)";

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

fn closure(claims: &Object) -> bool {
    claims.get("repository_owner_id").and_then(Json::as_str) == Some("4711")
        && claims.get("ref").and_then(Json::as_str).is_some_and(|name| name.starts_with("refs/heads/"))
}

fn closure_loop(claims: &Object) -> Vec<String> {
    let groups = claims.get("groups").and_then(Json::as_array).unwrap_or_default();
    let texts = groups.iter().filter_map(Json::as_str);
    texts.filter(|group| group.starts_with('x')).map(|group| format!("p:{group}")).collect()
}

fn crate_context(claims: &Object) -> expr::Context {
    let mut context = expr::Context::default();
    for (name, value) in claims.iter() {
        match value {
            Json::String(text) => context.insert(name, &**text),
            Json::Array(items) => {
                context.insert(
                    name,
                    items.iter().filter_map(Json::as_str).map(expr::Value::from).collect::<Vec<_>>(),
                );
            }
            _ => {}
        }
    }
    context
}

fn rules(c: &mut Criterion) {
    let claims = claims();
    let context = crate_context(&claims);
    for (name, source) in [("expr/cheap", CHEAP), ("expr/loop", LOOP)] {
        let rule = Expression::parse(source).expect("a rule");
        let program = expr::compile(source).expect("a program");
        let mut group = c.benchmark_group(name);
        group.bench_function("ours", |b| {
            b.iter(|| rule.evaluate(black_box(&claims), &mut Budget::EXPR.clone(), None).map(drop));
        });
        group.bench_function("closure", |b| {
            b.iter(|| {
                if source == CHEAP {
                    usize::from(closure(black_box(&claims)))
                } else {
                    closure_loop(black_box(&claims)).len()
                }
            });
        });
        group.bench_function("crate", |b| b.iter(|| expr::run(&program, black_box(&context)).is_ok()));
        group.bench_function("parse ours", |b| b.iter(|| Expression::parse(black_box(source)).is_ok()));
        group.bench_function("parse crate", |b| b.iter(|| expr::compile(black_box(source)).is_ok()));
    }
}

criterion_group!(benches, rules);
criterion_main!(benches);
