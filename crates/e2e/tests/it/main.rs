//! The gate behind real proxies: every row of one decision table through every door.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed"
)]

mod authorizer;
mod doors;
mod gate;
mod mint;
mod process;
mod run;
mod table;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;

use authorizer::Says;
use doors::{Door, Gate, Proxy};
use gate::RunningGate;
use process::{Folder, nowhere};
use run::{Course, Failure};
use table::{Issuers, Outcome, Row, Verdict, rows};
use wire::Upstream;

/// The failures of the whole table behind a door, with an authorizer that only says what it is told.
fn without_gate(door: Door, rows: &[Row], says: &Says) -> Vec<Failure> {
    let told = if let Says::Told(verdict) = says { Some(Arc::clone(verdict)) } else { None };
    let address = authorizer::start(says.clone());
    let upstream = Upstream::start();
    let kind = match says {
        Says::Allow => "allow",
        Says::Deny => "deny",
        Says::SignIn => "sign-in",
        Says::Told(_) => "told",
    };
    let gate = Gate { public: address, check: address };
    let proxy = Proxy::start(door, gate, upstream.address, Folder::new(&format!("{kind}-{door:?}")));
    Course { door, address: proxy.address, upstream: &upstream, told, audit: None }.run(rows)
}

/// Runs something for every door at once.
fn at_every_door<T: Send>(run: impl Fn(Door) -> T + Sync) -> Vec<(Door, T)> {
    thread::scope(|scope| {
        let run = &run;
        let doors = Door::ALL.map(|door| (door, scope.spawn(move || run(door))));
        doors.map(|(door, result)| (door, result.join().unwrap())).into_iter().collect()
    })
}

fn assert_none(failures: &[(Door, Vec<Failure>)]) {
    let lines: Vec<String> = failures
        .iter()
        .flat_map(|(door, failures)| failures.iter().map(move |f| format!("{door:?}: {}: {}", f.row, f.what)))
        .collect();
    assert!(lines.is_empty(), "{} rows failed:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn the_table_has_its_size_and_names_no_row_twice() {
    let rows = rows(&Issuers::start());
    let mut names: Vec<_> = rows.iter().map(|row| &row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows.len());
    assert!(rows.len() >= 150, "{}", rows.len());
    println!("{} rows, {} doors", rows.len(), Door::ALL.len());
}

/// Proves proxies, guides and tests: with the right answers every row passes.
#[test]
fn right_answers_pass_behind_every_proxy() {
    let rows = rows(&Issuers::start());
    assert_none(&at_every_door(|door| {
        without_gate(door, &rows, &Says::Told(Arc::new(Mutex::new(Verdict::allow("", "")))))
    }));
}

/// Proves that the table can fail: not one row on which the gate decides lets a wrong verdict pass.
#[test]
fn an_authorizer_that_always_says_the_same_is_caught() {
    let rows = rows(&Issuers::start());
    for (says, wrong) in [(Says::Allow, false), (Says::Deny, true)] {
        for (door, failures) in at_every_door(|door| without_gate(door, &rows, &says)) {
            let passed: Vec<_> = rows
                .iter()
                .filter(|row| match row.outcome(door) {
                    Outcome::Gate(verdict) | Outcome::Cleaned(verdict, _) => {
                        matches!(verdict, Verdict::Allow { .. }) == wrong
                    }
                    Outcome::Proxy(_) => false,
                })
                .filter(|row| failures.iter().all(|failure| failure.row != row.name))
                .map(|row| &row.name)
                .collect();
            assert!(
                passed.is_empty(),
                "{door:?} passes with an authorizer that always says {}: {passed:?}",
                if wrong { "no" } else { "yes" }
            );
        }
    }
}

/// A proxy between a client and an upstream, with some authorizer.
fn one_door(door: Door, name: &str, authorizer: SocketAddr) -> (Proxy, Upstream) {
    let upstream = Upstream::start();
    let gate = Gate { public: authorizer, check: authorizer };
    let proxy = Proxy::start(door, gate, upstream.address, Folder::new(&format!("{name}-{door:?}")));
    (proxy, upstream)
}

fn proxies() -> impl Iterator<Item = Door> {
    Door::ALL.into_iter().filter(|door| *door != Door::Check)
}

/// apisix#14096: an unreachable gate lets nobody in, and no identity either.
#[test]
fn nobody_passes_while_the_gate_is_down() {
    for door in proxies() {
        let (proxy, upstream) = one_door(door, "down", nowhere());
        let request =
            wire::request("GET", "/page", &[("Host", "app.test"), ("X-Claimgate-User", "intruder")]);
        let answer = wire::exchange(proxy.address, &request).unwrap();
        assert!(answer.status >= 400, "{door:?} answers {}", answer.status);
        assert!(upstream.take().is_empty(), "{door:?} asks the application");
    }
}

/// A person in hundreds of groups.
#[test]
fn sixteen_kibibytes_of_identity_pass_through_every_proxy() {
    let groups = (0..1024).map(|n| format!("group-{n:09}")).collect::<Vec<_>>().join(",");
    assert_eq!(groups.len(), 16 * 1024 - 1);
    let told = Says::Told(Arc::new(Mutex::new(Verdict::allow("alice", &groups))));
    for door in proxies() {
        let (proxy, upstream) = one_door(door, "large", authorizer::start(told.clone()));
        let answer =
            wire::exchange(proxy.address, &wire::request("GET", "/page", &[("Host", "app.test")])).unwrap();
        assert_eq!(answer.status, 200, "{door:?}");
        let received = upstream.take();
        assert_eq!(wire::header(&received[0].headers, "x-claimgate-groups"), Some(&*groups), "{door:?}");
    }
}

/// Where a sign-in is due, the client learns where; nginx makes it a redirect, which `auth_request` cannot.
#[test]
fn the_way_to_the_sign_in_reaches_the_client() {
    for door in proxies().filter(|door| *door != Door::EnvoyGrpc) {
        let (proxy, upstream) = one_door(door, "sign-in", authorizer::start(Says::SignIn));
        let answer =
            wire::exchange(proxy.address, &wire::request("GET", "/page", &[("Host", "app.test")])).unwrap();
        assert_eq!(answer.status, if door == Door::Nginx { 302 } else { 401 }, "{door:?}");
        let location = wire::header(&answer.headers, "location").unwrap_or_default();
        assert!(location.ends_with(authorizer::SIGN_IN), "{door:?}: `{location}`");
        let own = location == authorizer::SIGN_IN || location.contains("//app.test");
        assert!(own, "{door:?} names another host: `{location}`");
        assert!(upstream.take().is_empty(), "{door:?}");
    }
}

/// The gate itself, one release binary asked by all proxies at once.
#[test]
fn the_gate_decides_alike_behind_every_proxy() {
    let issuers = Issuers::start();
    let rows = rows(&issuers);
    let gate = RunningGate::start(&issuers);
    let outcomes = at_every_door(|door| {
        let upstream = Upstream::start();
        let proxy =
            Proxy::start(door, gate.listens, upstream.address, Folder::new(&format!("gate-{door:?}")));
        let audit = |id: &str| gate.code_of(id);
        let course =
            Course { door, address: proxy.address, upstream: &upstream, told: None, audit: Some(&audit) };
        course.run(&rows)
    });
    assert_none(&outcomes);
    gate.assert_silent_about(&rows);
}

/// Without `trustedProxies` nobody may ask at the doors of proxies, on gRPC neither.
#[test]
fn a_proxy_that_is_not_trusted_is_refused() {
    let issuers = Issuers::start();
    let gate = RunningGate::untrusting(&issuers);
    let rows: Vec<Row> =
        rows(&issuers).into_iter().take(8).map(|row| row.always(403, "untrusted_proxy")).collect();
    assert_none(&at_every_door(|door| {
        let upstream = Upstream::start();
        let proxy =
            Proxy::start(door, gate.listens, upstream.address, Folder::new(&format!("untrusted-{door:?}")));
        Course { door, address: proxy.address, upstream: &upstream, told: None, audit: None }.run(&rows)
    }));
}
