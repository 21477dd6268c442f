//! Five thousand routes: their memory, and how soon a changed one is in force while requests go on.

use std::thread;
use std::time::{Duration, Instant};

use crate::config::{Audit, Gate};
use crate::error::{BenchError, Context as _};
use crate::http::Request;
use crate::sizes::mebibytes;
use crate::speed::{World, median};
use crate::table::Row;
use crate::wrk::Tokens;

const ROUTES: usize = 5_000;
/// How long a change may take until the measurement gives up.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rows about many routes.
pub(crate) fn rows(world: &World) -> Result<Vec<Row>, BenchError> {
    if !world.wants("routes") {
        return Ok(Vec::new());
    }
    let gate = Gate::start(world, Audit::Refusals, &world.entries(), &routes(0), &world.token)?;
    let resident = mebibytes(gate.program.resident()?);
    let mut delays = Vec::new();
    let mut lost = 0;
    for change in 1..=world.effort.rounds {
        let (delay, dropped) = changed_under_load(world, &gate, change)?;
        delays.push(delay.as_secs_f64() * 1000.0);
        lost += dropped;
    }
    Ok(vec![
        Row::new("memory with 5,000 routes", resident, "MiB", Some(30.0)),
        Row::new(
            "a changed one of 5,000 routes is in force after",
            median(delays),
            "ms, under load",
            Some(50.0),
        ),
        Row::new("requests that went wrong during the changes", f64::from(lost), "requests", Some(0.0)),
    ])
}

/// The routes; that of the host `changing…` is for a host that has `change` in its name.
fn routes(change: usize) -> String {
    let mut text: String = (0..ROUTES - 2)
        .map(|number| {
            format!(
                "  - {{ name: route-{number}, hosts: [h{number}.example.test], paths: [{{ prefix: /api/{number}/ }}], \
                 allow: authenticated }}\n"
            )
        })
        .collect();
    text += "  - { name: app, hosts: [app.example.test], allow: authenticated }\n";
    text + &format!("  - {{ name: changing, hosts: [{}], allow: authenticated }}\n", host(change))
}

fn host(change: usize) -> String {
    format!("changing-{change}.example.test")
}

/// Changes a route while a load runs: how long it takes, and how many of the load's requests went wrong.
fn changed_under_load(world: &World, gate: &Gate, change: usize) -> Result<(Duration, u32), BenchError> {
    let load = Request::check(gate.public, crate::config::HOST, "/").bearer(&world.token);
    let probe = Request::check(gate.public, &host(change), "/").bearer(&world.token);
    thread::scope(|scope| {
        let loading = scope.spawn(|| world.wrk.run(&load, Tokens::Fixed, Duration::from_secs(1)));
        // The load has to be under way.
        thread::sleep(Duration::from_millis(300));
        let changed = gate.change(world, &world.entries(), &routes(change));
        let began = Instant::now();
        let delay = changed.and_then(|()| until_allowed(&probe, began));
        let load = loading.join().ok().context("the load broke off")??;
        Ok((delay?, load.refused + load.lost))
    })
}

fn until_allowed(probe: &Request, began: Instant) -> Result<Duration, BenchError> {
    let mut connection = probe.connect()?;
    while began.elapsed() < PATIENCE {
        if probe.send_over(&mut connection)?.is_allowed() {
            return Ok(began.elapsed());
        }
        // A refusal has a body, so the connection is not used again.
        connection = probe.connect()?;
        thread::sleep(Duration::from_millis(1));
    }
    Err(BenchError::new("a changed route did not come into force"))
}
