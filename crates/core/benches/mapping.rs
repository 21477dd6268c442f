//! What a look-up costs among 100,000 annotated accounts, against the same look-up among the few that it concerns.
//!
//! `cargo bench -p claimgate-core` prints the ratios with their bounds, and fails when one does not hold.
//! `… -- DIALECT OTHERS LOOK-UPS` builds one index and asks it, for a profiler that counts.
#![expect(clippy::expect_used, reason = "a bench that cannot begin has to say so")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use claimgate_core::identity::Identity;
use claimgate_core::mapping::{AccountName, Question, Scope, ServiceAccount, argo, claimgate, kargo};
use claimgate_json::{Json, Limits, parse};

/// Accounts that the question does not concern.
const OTHERS: usize = 100_000;
/// The namespaces in which they live.
const NAMESPACES: usize = 1_000;
/// Look-ups of one measurement.
const LOOK_UPS: usize = 2_000;
/// The figure is the median of so many rounds' ratios, each of two measurements one after the other.
const ROUNDS: usize = 15;
/// How much longer a look-up may take for the others. They are 10,000 times as many as those that it concerns.
const BOUND: f64 = 1.5;

const DIALECTS: [&str; 3] = ["argo", "kargo", "claimgate"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    if let [dialect, others, look_ups] = &arguments[..] {
        let number = |text: &String| text.parse().expect("a number");
        ask(&mut index(dialect, number(others)), number(look_ups));
        return ExitCode::SUCCESS;
    }
    let mut all_hold = true;
    println!("{:<12}{:>16}{:>16}{:>10}{:>8}  holds", "dialect", "ns, few", "ns, 100,000", "ratio", "bound");
    for dialect in DIALECTS {
        let (mut few, mut many) = (index(dialect, 0), index(dialect, OTHERS));
        ask(&mut few, LOOK_UPS);
        ask(&mut many, LOOK_UPS);
        let mut rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (time(&mut few), time(&mut many))).collect();
        rounds.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
        let (few, many) = rounds.get(ROUNDS / 2).copied().expect("a round");
        let holds = many / few <= BOUND;
        all_hold &= holds;
        let word = if holds { "yes" } else { "NO" };
        println!(
            "{dialect:<12}{few:>16.0}{many:>16.0}{:>10.2}{:>8}  {word}",
            many / few,
            format!("≤ {BOUND}")
        );
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Nanoseconds of one look-up.
fn time(index: &mut LookUp) -> f64 {
    let start = Instant::now();
    ask(index, LOOK_UPS);
    start.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(LOOK_UPS).expect("a small number"))
}

/// A question about `shop` to an index, and how many accounts it selects from.
type LookUp = Box<dyn FnMut(&Question<'_>) -> usize>;

fn ask(look_up: &mut LookUp, times: usize) {
    let claims = claims();
    let identity = Identity::anonymous("ann".into(), vec!["dev".into(), "ops-lead".into()]);
    let question = Question { identity: &identity, claims: &claims, scope: Scope::Namespace("shop") };
    for _ in 0..times {
        assert_eq!(look_up(black_box(&question)), 1, "exactly one account fits");
    }
}

/// A token of 40 members and 20 groups.
fn claims() -> Json {
    let members: Vec<String> = (0..38).map(|n| format!(r#""claim_{n}":"value {n}""#)).collect();
    let groups: Vec<String> = (0..20).map(|n| format!(r#""group-{n}""#)).collect();
    let text = format!(r#"{{"sub":"ann","groups":["dev",{}],{}}}"#, groups.join(","), members.join(","));
    parse(text.as_bytes(), Limits::default()).expect("claims")
}

/// The index of a dialect: ten accounts that the question concerns, and others.
fn index(dialect: &str, others: usize) -> LookUp {
    match dialect {
        "argo" => argo_index(others),
        "kargo" => kargo_index(others),
        _ => claimgate_index(others),
    }
}

/// Accounts with one annotation: five in the own namespace, five in that of the request, of which the last is
/// selected, and others, whose text hangs on their number.
fn accounts(annotation: &str, own: &str, others: usize, text: impl Fn(usize) -> String) -> Vec<Annotated> {
    let concerned = (0..10).map(|n| (if n < 5 { own.to_owned() } else { "shop".to_owned() }, n));
    let others = (10..10 + others).map(|n| (format!("namespace-{}", n % NAMESPACES), n));
    let annotated = concerned.chain(others).map(|(namespace, n)| Annotated {
        account: AccountName::new(namespace, format!("account-{n}")),
        annotations: BTreeMap::from([(annotation.to_owned(), text(n))]),
    });
    annotated.collect()
}

struct Annotated {
    account: AccountName,
    annotations: BTreeMap<String, String>,
}

impl Annotated {
    fn as_account(&self) -> ServiceAccount<'_> {
        ServiceAccount { account: self.account.clone(), annotations: &self.annotations }
    }
}

fn argo_index(others: usize) -> LookUp {
    let mut index = argo::Index::new();
    let team = |n| if n == 9 { "dev".to_owned() } else { format!("team-{}", n % 500) };
    let rule = |n| format!("'{}' in groups", team(n));
    let accounts = accounts(argo::RULE, "argo", others, rule);
    for account in &accounts {
        index.set(&account.as_account());
    }
    let settings = argo::Settings {
        namespace: "argo".into(),
        delegate_to_request_namespace: true,
        namespaced: false,
        on_rule_error: argo::OnRuleError::Refuse,
    };
    Box::new(move |question| index.resolve(&settings, question, None).map_or(0, |it| it.accounts().len()))
}

fn claimgate_index(others: usize) -> LookUp {
    let mut index = claimgate::Index::new();
    let team = |n| if n == 9 { "dev".to_owned() } else { format!("team-{}", n % 500) };
    let rule = |n| format!("'{}' in claims.groups", team(n));
    let accounts = accounts(claimgate::RULE, "platform", others, rule);
    for account in &accounts {
        index.set(&account.as_account());
    }
    let settings = claimgate::Settings { namespaces: ["platform".into()].into() };
    Box::new(move |question| index.resolve(&settings, question, None).map_or(0, |it| it.accounts().len()))
}

/// Of the others, too, every tenth accepts the caller, in projects of its own.
fn kargo_index(others: usize) -> LookUp {
    let mut index = kargo::Index::new();
    let accepts = |n: usize| if n % 10 == 9 { "dev, ops".into() } else { format!("team-{n}, ops") };
    let annotation = format!("{}groups", kargo::CLAIM_PREFIX);
    let accounts = accounts(&annotation, "kargo", others, accepts);
    let labels = BTreeMap::from([(kargo::PROJECT_LABEL.to_owned(), "true".to_owned())]);
    for account in &accounts {
        index.set(&account.as_account());
        if account.account.namespace() != "kargo" {
            index.set_namespace(account.account.namespace(), &labels);
        }
    }
    let settings = kargo::Settings { global_namespaces: ["kargo".into()].into() };
    Box::new(move |question| index.resolve(&settings, question, None).accounts().len())
}
