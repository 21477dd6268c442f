//! The table that Kubernetes' own authenticator filled in: every outcome and value must be the same,
//! but for the differences listed here, which `docs/reference/rules-cel.md` explains.

use std::collections::{BTreeMap, BTreeSet};

use claimgate_json::{Json, Limits, Object, parse};
use claimgate_rules::cel::{Dialect, Kind, Rule, reference_page};
use claimgate_rules::{Budget, Inputs, Key, Map, RunError, Trace, User, Value};

const TABLE: &str = include_str!("../../testdata/cel.jsonl");

/// The rows that differ, each with the line of the page's table that gives the reason.
const LISTED: &str = include_str!("../../testdata/cel-differs.txt");

#[test]
fn expressions_mean_what_they_mean_in_kubernetes() {
    let page = reference_page();
    let mut listed = BTreeSet::new();
    for line in LISTED.lines() {
        let (id, reason) = line.split_once(' ').expect("a row and its reason");
        assert!(page.contains(&format!("| {reason} |")), "{reason} is not explained");
        listed.insert(id);
    }
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut stale = Vec::new();
    for line in TABLE.lines() {
        let row = parse(line.as_bytes(), Limits { depth: 2000 }).expect("a line of the table");
        let (id, area, expected) = (text(&row, "id"), text(&row, "area"), text(&row, "outcome"));
        *counts.entry((area.to_owned(), expected.to_owned())).or_default() += 1;
        let got = answer(&row);
        let same = got.0 == expected
            && row.get("value").is_none_or(|value| got.1.as_ref().is_some_and(|got| alike(value, got, area)))
            && row.get("strings").is_none_or(|texts| Some(texts) == got.2.as_ref());
        match (same, listed.contains(id)) {
            (false, false) => wrong.push(format!(
                "{id}: {}\n  kubernetes {expected} {}\n  here       {} {} {}",
                text(&row, "expression"),
                row.get("value").or(row.get("message")).map(ToString::to_string).unwrap_or_default(),
                got.0,
                got.1.map(|value| value.to_string()).unwrap_or_default(),
                got.3,
            )),
            (true, true) => stale.push(id.to_owned()),
            _ => {}
        }
    }
    for ((area, outcome), count) in &counts {
        println!("{area:16} {outcome:6} {count:5}");
    }
    println!("{} of {} rows differ, {} are listed", wrong.len(), TABLE.lines().count(), listed.len());
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(stale.is_empty(), "listed, and yet the same: {stale:?}");
}

/// Equal; of URLs, quantities, versions and formats the type alone is compared, as they are shown
/// otherwise here, and of what `validate` finds whether it finds anything.
fn alike(wanted: &Json, got: &Json, area: &str) -> bool {
    let both = |name: &str| wanted.get(name).is_some() && got.get(name).is_some();
    let count = |json: &Json| json.get("optional").and_then(Json::as_array).map(<[Json]>::len);
    wanted == got
        || ["url", "quantity", "semver", "format"].into_iter().any(both)
        || area == "format" && count(wanted).is_some() && count(wanted) == count(got)
}

type Answer = (&'static str, Option<Json>, Option<Json>, String);

fn answer(row: &Json) -> Answer {
    let kind = match text(row, "kind") {
        "claimValidation" => Kind::ClaimValidation,
        "userValidation" => Kind::UserValidation,
        "username" => Kind::Username,
        "groups" => Kind::Groups,
        "uid" => Kind::Uid,
        "extra" => Kind::Extra,
        other => panic!("no kind {other}"),
    };
    let rule = match Rule::compile(Dialect::Kubernetes, kind, text(row, "expression")) {
        Ok(rule) => rule,
        Err(error) => return ("load", None, None, error.to_string()),
    };
    let person = row.get("user").map(person).unwrap_or_default();
    let user = row.get("user").map(|_| User {
        username: &person.username,
        uid: &person.uid,
        groups: &person.groups,
        extra: &person.extra,
    });
    let claims = row.get("claims").map(token);
    let inputs = Inputs { claims: claims.as_ref(), user, ..Inputs::default() };
    the_same_when_traced(&rule, &inputs);
    let value = match rule.evaluate(&inputs, &mut { Budget::CEL }, None) {
        Ok(value) => tag(&value),
        Err(error) => return ("run", None, None, error.to_string()),
    };
    let budget = &mut { Budget::CEL };
    let (outcome, strings) = match kind {
        Kind::Username | Kind::Uid => (rule.text(&inputs, budget, None).map(drop), None),
        Kind::Groups | Kind::Extra => match rule.texts(&inputs, budget, None) {
            Ok(texts) => (Ok(()), Some(Json::from(texts))),
            Err(error) => (Err(error), None),
        },
        _ => (rule.test(&inputs, budget, None).map(drop), None),
    };
    match outcome {
        Ok(()) => ("value", Some(value), strings, String::new()),
        Err(error @ RunError::WrongType(_)) => ("type", Some(value), None, error.to_string()),
        Err(error) => ("run", None, None, error.to_string()),
    }
}

/// Without a trace frequent shapes take a shorter way: it must come to the same, and spend the same, also
/// when the budget ends on it.
fn the_same_when_traced(rule: &Rule, inputs: &Inputs<'_>) {
    let run = |mut budget: Budget, trace: Option<&mut Trace>| {
        let outcome = rule.evaluate(inputs, &mut budget, trace).map(|value| value.to_string());
        (outcome, budget)
    };
    let whole = Budget::CEL;
    let (given, left) = run(whole, None);
    let (steps, bytes) = (whole.steps - left.steps, whole.bytes - left.bytes);
    let fewer = (1..=steps.min(12)).chain([steps / 2]).map(|less| Budget { steps: steps - less, ..whole });
    let smaller = [1, bytes / 2].into_iter().filter(|less| *less <= bytes);
    let smaller = smaller.map(|less| Budget { bytes: bytes - less, ..whole });
    for budget in fewer.chain(smaller).chain([whole]) {
        let outcome = run(budget, None);
        assert_eq!(outcome, run(budget, Some(&mut Trace::new())), "{} with {budget:?}", rule.source());
        // One step or byte less than it takes, and it ends on the limit: nothing is done on credit, no operator
        // absorbs the end.
        if budget.steps < steps || budget.bytes < bytes {
            assert!(matches!(outcome.0, Err(RunError::Exhausted(_))), "{} with {budget:?}", rule.source());
        }
    }
    if !matches!(given, Err(RunError::Exhausted(_))) {
        let exact = Budget { steps, bytes, ..whole };
        let all_spent = Budget { steps: 0, bytes: 0, ..whole };
        assert_eq!(run(exact, None), (given, all_spent), "{}", rule.source());
    }
}

/// The claims with what every token of the oracle has.
fn token(claims: &Json) -> Json {
    let mut members = claims.as_object().cloned().unwrap_or_default();
    for (name, value) in [("iss", "https://issuer.example"), ("aud", "claimgate")] {
        if !members.contains(name) {
            members.insert(name, value);
        }
    }
    Json::Object(members)
}

#[derive(Default)]
struct Person {
    username: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

fn person(user: &Json) -> Person {
    let texts = |json: &Json| -> Vec<String> {
        json.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let member = |name: &str| user.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    Person {
        username: member("username"),
        uid: member("uid"),
        groups: user.get("groups").map(texts).unwrap_or_default(),
        extra: user
            .get("extra")
            .and_then(Json::as_object)
            .into_iter()
            .flat_map(Object::iter)
            .map(|(key, values)| (key.to_owned(), texts(values)))
            .collect(),
    }
}

fn text<'a>(row: &'a Json, name: &str) -> &'a str {
    row.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// A value as the table writes it: see `tests/oracle/README.md`.
fn tag(value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) => tagged("int", value.to_string()),
        Value::Uint(value) => tagged("uint", value.to_string()),
        Value::Double(value) => tagged("double", double(*value)),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Bytes(bytes) => tagged("bytes", base64(bytes)),
        Value::List(list) => Json::Array(list.iter().map(|item| tag(&item)).collect()),
        Value::Map(Map::Record(record)) => tagged("object", record.type_name().to_owned()),
        Value::Map(map) => {
            let mut pairs: Vec<(String, Json)> = map
                .keys()
                .into_iter()
                .map(|key: Key<'_>| {
                    let name = tag(&key.value());
                    let item = map.get_key(&key).map_or(Json::Null, |item| tag(&item));
                    (name.to_string(), Json::Array(vec![name, item]))
                })
                .collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            one("map", Json::Array(pairs.into_iter().map(|pair| pair.1).collect()))
        }
        Value::Timestamp(time) => tagged("timestamp", time.in_utc().to_string()),
        Value::Duration(nanoseconds) => tagged("duration", duration(*nanoseconds)),
        Value::Type(name) => tagged("type", name.0.to_owned()),
        Value::Optional(inner) => {
            one("optional", Json::Array(inner.iter().map(|value| tag(value)).collect()))
        }
        Value::Opaque(opaque) => {
            let name = match opaque.type_name() {
                "net.IP" => "ip",
                "net.CIDR" => "cidr",
                "kubernetes.URL" => "url",
                "kubernetes.Quantity" => "quantity",
                "kubernetes.Semver" => "semver",
                "kubernetes.NamedFormat" => "format",
                other => panic!("no tag for {other}"),
            };
            let shown = opaque.shown();
            tagged(name, shown.split('"').nth(1).unwrap_or(&shown).to_owned())
        }
    }
}

fn one(name: &str, value: Json) -> Json {
    let mut object = Object::new();
    object.insert(name, value);
    Json::Object(object)
}

fn tagged(name: &str, text: String) -> Json {
    one(name, Json::from(text))
}

/// Go's shortest form (`%g`): an exponent below 1e-4 and from 1e6.
fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent");
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Go's text of a duration: `1h30m0s`, `1.5ms`.
fn duration(nanoseconds: i64) -> String {
    if nanoseconds == 0 {
        return "0s".into();
    }
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let total = nanoseconds.unsigned_abs();
    let with = |unit: u64| -> String {
        let (whole, rest) = (total / unit, total % unit);
        let width = unit.ilog10() as usize;
        if rest == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{rest:0width$}").trim_end_matches('0').to_owned()
        }
    };
    let text = match total {
        0..1_000 => format!("{total}ns"),
        1_000..1_000_000 => format!("{}µs", with(1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", with(1_000_000)),
        _ => {
            let (hours, minutes) = (total / 3_600_000_000_000, total / 60_000_000_000 % 60);
            let rest = total % 60_000_000_000;
            let fraction = format!("{}.{:09}", rest / 1_000_000_000, rest % 1_000_000_000);
            let seconds = fraction.trim_end_matches('0').trim_end_matches('.');
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0u32, |sum, i| sum << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}
