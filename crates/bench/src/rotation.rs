//! Rotation of an issuer's keys: how often the issuer is asked, and who is refused.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use claimgate_crypto::Algorithm;

use crate::config::{ANY_ROUTE, Audit, Gate, HOST, PATH, entry};
use crate::error::BenchError;
use crate::http::Request;
use crate::issuer::IssuerServer;
use crate::speed::World;
use crate::table::Row;
use crate::tokens;
use crate::wrk::Tokens;

/// Requests that wait for the same new key.
const WAITING: usize = 200;
/// Different unknown key ids of the flood.
const UNKNOWN: usize = 500;

/// The rows about key rotation.
pub(crate) fn rows(world: &World) -> Result<Vec<Row>, BenchError> {
    if !world.wants("rotation") {
        return Ok(Vec::new());
    }
    let server = IssuerServer::start()?;
    let mut issuer = tokens::issuer(&server.url());
    server.publish(issuer.jwk_set());
    let old = tokens::token(&issuer, 1).sign();
    let gate = Gate::start(world, Audit::Refusals, &entry("main", issuer.url(), None), ANY_ROUTE, &old)?;
    let check = |token: &str| Request::check(gate.public, HOST, PATH).bearer(token);

    issuer.rotate(Algorithm::Rs256);
    server.publish(issuer.jwk_set());
    let fetched = server.fetches();
    let refused = refused_at_once(&check(&tokens::token(&issuer, 2).sign()));
    let rotation = server.fetches() - fetched;

    issuer.retire_old_keys();
    server.publish(issuer.jwk_set());
    let fetched = server.fetches();
    let known = check(&tokens::token(&issuer, 3).sign());
    let disturbed = flood(world, &issuer, &gate, &known)?;
    let flooded = server.fetches() - fetched;
    let still_allowed = check(&old).send()?.is_allowed();

    let row = |name: &str, figure: usize, unit: &str, bound: f64| {
        Row::new(name, f64::from(u32::try_from(figure).unwrap_or(u32::MAX)), unit, Some(bound))
    };
    Ok(vec![
        row("key rotation, 200 requests waiting", rotation, "fetches", 1.0),
        row("of these requests were refused", refused, "requests", 0.0),
        // A burst of three, as the limits say; the flood is over before the next one is due.
        row("flood of unknown key ids", flooded, "fetches", 3.0),
        row("known keys refused during the flood", disturbed, "requests", 0.0),
        row("removed key, its cached token still allowed", usize::from(still_allowed), "tokens", 0.0),
    ])
}

/// Sends a request on many connections at the same moment: how many were not allowed.
fn refused_at_once(request: &Request) -> usize {
    let barrier = Barrier::new(WAITING);
    let ask = || {
        let connection = request.connect();
        barrier.wait();
        connection.and_then(|mut connection| request.send_over(&mut connection))
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..WAITING).map(|_| scope.spawn(ask)).collect();
        let answers = threads.into_iter().map(thread::ScopedJoinHandle::join);
        answers.filter(|answer| !matches!(answer, Ok(Ok(answer)) if answer.is_allowed())).count()
    })
}

/// Floods the gate with tokens of unknown key ids: how many requests with a known key were not allowed
/// meanwhile.
fn flood(
    world: &World,
    issuer: &claimgate_testkit::Issuer,
    gate: &Gate,
    known: &Request,
) -> Result<usize, BenchError> {
    let unknown =
        |number: usize| tokens::token(issuer, number).header("kid", format!("unknown-{number}")).sign();
    let lines: String = (0..UNKNOWN).map(|number| unknown(number) + "\n").collect();
    let file = world.folder.write("unknown", &lines)?;
    let request = Request::check(gate.public, HOST, PATH);
    thread::scope(|scope| {
        let flooding = scope.spawn(|| world.wrk.run(&request, Tokens::InTurn(&file), Duration::from_secs(2)));
        let mut disturbed = 0;
        for _ in 0..50 {
            disturbed += usize::from(!known.send().is_ok_and(|answer| answer.is_allowed()));
            thread::sleep(Duration::from_millis(30));
        }
        match flooding.join() {
            Ok(Ok(load)) if load.refused == load.answered => Ok(disturbed),
            other => Err(BenchError::new(format!("the flood went wrong: {other:?}"))),
        }
    })
}
