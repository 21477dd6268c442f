//! expr-lang against the closures and the `expr-lang` crate.

use std::hint::black_box;

use claimgate_json::{Json, Object};
use claimgate_rules::Budget;
use claimgate_rules::expr::Expression;
use criterion::Criterion;

const CONDITION: &str = "repository_owner_id == \"4711\" && ref startsWith \"refs/heads/\"";
const LIST: &str = "map(filter(groups, # startsWith \"x\"), \"p:\" + #)";

pub(crate) fn round(criterion: &mut Criterion, round: usize) {
    let claims = super::claims();
    let context = context(&claims);
    let wanted = Json::from(super::list(&claims));

    let mut group = criterion.benchmark_group(format!("expr condition {round}"));
    group.bench_function("closure", |b| b.iter(|| super::condition(black_box(&claims))));
    let rule = Expression::parse(CONDITION).expect("a rule");
    assert_eq!(rule.test(&claims, &mut Budget::EXPR.clone(), None), Ok(true));
    group.bench_function("ours", |b| {
        b.iter(|| rule.evaluate(black_box(&claims), &mut Budget::EXPR.clone(), None));
    });
    let program = expr::compile(CONDITION).expect("a program");
    assert!(expr::run(&program, &context).is_ok_and(|value| value == expr::Value::Bool(true)));
    group.bench_function("crate", |b| b.iter(|| expr::run(&program, black_box(&context))));
    group.finish();

    let mut group = criterion.benchmark_group(format!("expr list {round}"));
    group.bench_function("closure", |b| b.iter(|| super::list(black_box(&claims))));
    let rule = Expression::parse(LIST).expect("a rule");
    let list = rule.evaluate(&claims, &mut Budget::EXPR.clone(), None).expect("a value");
    assert_eq!(list.to_json(), wanted);
    group.bench_function("ours", |b| {
        b.iter(|| rule.evaluate(black_box(&claims), &mut Budget::EXPR.clone(), None));
    });
    let program = expr::compile(LIST).expect("a program");
    assert!(expr::run(&program, &context).is_ok_and(|value| value == super::list(&claims).into()));
    group.bench_function("crate", |b| b.iter(|| expr::run(&program, black_box(&context))));
    group.finish();

    let mut group = criterion.benchmark_group(format!("expr compile {round}"));
    group.bench_function("ours", |b| b.iter(|| Expression::parse(black_box(CONDITION))));
    group.bench_function("crate", |b| b.iter(|| expr::compile(black_box(CONDITION))));
    group.finish();
}

/// The claims as the crate holds them.
fn context(claims: &Object) -> expr::Context {
    let mut context = expr::Context::default();
    for (name, value) in claims.iter() {
        match value {
            Json::String(text) => context.insert(name, &**text),
            Json::Array(items) => {
                let items = items.iter().filter_map(Json::as_str).map(expr::Value::from);
                context.insert(name, items.collect::<Vec<_>>());
            }
            _ => {}
        }
    }
    context
}
