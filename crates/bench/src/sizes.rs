//! Memory and start.

use std::thread;
use std::time::{Duration, Instant};

use crate::config::{ANY_ROUTE, Audit, Draft, HOST, PATH};
use crate::error::BenchError;
use crate::http::Request;
use crate::process::Program;
use crate::speed::{World, median};
use crate::table::Row;
use crate::tokens;
use crate::wrk::Tokens;

const HELD: usize = 1_000;
/// How many starts are timed.
const STARTS: usize = 9;

/// The rows about memory and start.
pub(crate) fn rows(world: &World) -> Result<Vec<Row>, BenchError> {
    if !world.wants("sizes") {
        return Ok(Vec::new());
    }
    let gate = world.start_gate(Audit::Refusals)?;
    let idle = gate.program.resident()?;
    let request = Request::check(gate.public, HOST, PATH).bearer(&world.token);
    let mut held = Vec::with_capacity(HELD);
    for _ in 0..HELD {
        let mut connection = request.connect()?;
        if !request.send_over(&mut connection)?.is_allowed() {
            return Err(BenchError::new("a held connection was refused"));
        }
        held.push(connection);
    }
    let holding = gate.program.resident()?;
    drop(held);
    Ok(vec![
        Row::new("memory, idle", mebibytes(idle), "MiB", Some(10.0)),
        Row::new("memory, 1,000 held connections", mebibytes(holding), "MiB", Some(24.0)),
        Row::new("memory per cached token of 1.4 kB", per_token(world)?, "bytes", Some(300.0)),
        Row::new("start to the first answer", start(world)?, "ms", Some(20.0)),
    ])
}

/// Bytes as MiB.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// How much a gate grows per token that it remembers, after it has seen load.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
fn per_token(world: &World) -> Result<f64, BenchError> {
    let count = world.effort.tokens;
    let file = tokens::file(&world.folder, "remembered", &world.issuer, count)?;
    let gate = world.start_gate(Audit::Refusals)?;
    let request = Request::check(gate.public, HOST, PATH);
    world.wrk.run(&request.clone().bearer(&world.token), Tokens::Fixed, Duration::from_secs(1))?;
    let before = gate.program.resident()?;
    world.cost(&[&gate.program], &request, Tokens::Once(&file), true)?;
    let after = gate.program.resident()?;
    Ok(after.saturating_sub(before) as f64 / count as f64)
}

/// Milliseconds from the start of the process to its first answer.
fn start(world: &World) -> Result<f64, BenchError> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let draft = Draft::write(world, Audit::Refusals, &world.entries(), ANY_ROUTE)?;
        let probe = Request::check(draft.public, HOST, PATH);
        let mut command = world.cores.server(&world.gate);
        command.arg("serve").arg("--config").arg(&draft.file);
        let began = Instant::now();
        let program = Program::start(&mut command, &world.folder.path("start.log"))?;
        while probe.send().is_err() {
            if began.elapsed() > Duration::from_secs(10) {
                return Err(BenchError::new("a gate did not answer"));
            }
            thread::sleep(Duration::from_micros(200));
        }
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        drop(program);
    }
    Ok(median(times))
}
