//! CEL against the closures and the `cel` crate.

use std::hint::black_box;

use cel::parser::PrattParser;
use cel::{Context, Program};
use claimgate_json::Json;
use claimgate_rules::cel::{Dialect, Kind, Rule};
use claimgate_rules::{Budget, Inputs};
use criterion::Criterion;

const CONDITION: &str = "claims.repository_owner_id == \"4711\" && claims.ref.startsWith(\"refs/heads/\")";
const LIST: &str = "dyn(claims.groups).filter(g, g.startsWith(\"x\")).map(g, \"p:\" + g)";

pub(crate) fn round(criterion: &mut Criterion, round: usize) {
    let claims = super::claims();
    let json = Json::Object(claims.clone());
    let inputs = Inputs { claims: Some(&json), ..Inputs::default() };
    let context = context(&json);

    let mut group = criterion.benchmark_group(format!("cel condition {round}"));
    group.bench_function("closure", |b| b.iter(|| super::condition(black_box(&claims))));
    let rule = Rule::compile(Dialect::Kubernetes, Kind::ClaimValidation, CONDITION).expect("a rule");
    assert_eq!(rule.test(&inputs, &mut Budget::CEL.clone(), None), Ok(true));
    group.bench_function("ours", |b| {
        b.iter(|| rule.evaluate(black_box(&inputs), &mut Budget::CEL.clone(), None));
    });
    let program = Program::compile(CONDITION).expect("a program");
    assert_eq!(program.execute(&context), Ok(true.into()));
    group.bench_function("crate", |b| b.iter(|| program.execute(black_box(&context))));
    group.finish();

    let mut group = criterion.benchmark_group(format!("cel list {round}"));
    group.bench_function("closure", |b| b.iter(|| super::list(black_box(&claims))));
    let rule = Rule::compile(Dialect::Kubernetes, Kind::Groups, LIST).expect("a rule");
    assert_eq!(rule.texts(&inputs, &mut Budget::CEL.clone(), None).as_ref(), Ok(&super::list(&claims)));
    group.bench_function("ours", |b| {
        b.iter(|| rule.evaluate(black_box(&inputs), &mut Budget::CEL.clone(), None));
    });
    let program = Program::compile(LIST).expect("a program");
    assert_eq!(program.execute(&context), Ok(super::list(&claims).into()));
    group.bench_function("crate", |b| b.iter(|| program.execute(black_box(&context))));
    group.finish();

    let mut group = criterion.benchmark_group(format!("cel compile {round}"));
    group.bench_function("ours", |b| {
        b.iter(|| Rule::compile(Dialect::Kubernetes, Kind::ClaimValidation, black_box(CONDITION)));
    });
    group.bench_function("crate", |b| b.iter(|| PrattParser::default().parse(black_box(CONDITION))));
    group.finish();
}

/// The claims as the crate holds them.
fn context(claims: &Json) -> Context<'static, 'static> {
    let claims: serde_json::Value = serde_json::from_str(&claims.to_string()).expect("JSON");
    let mut context = Context::default();
    context.add_variable_from_value("claims", cel::to_value(claims).expect("a value"));
    context
}
