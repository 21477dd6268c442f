//! What others do with the same token, each in the form that it has for bearer tokens.

mod setup;

use crate::config::{Audit, HOST, PATH};
use crate::error::BenchError;
use crate::http::Request;
use crate::speed::{Contender, World, ratio};
use crate::table::Row;
use crate::wrk::Tokens;

/// The rows that compare with others.
pub(crate) fn rows(world: &World) -> Result<Vec<Row>, BenchError> {
    if !world.wants("peers") {
        return Ok(Vec::new());
    }
    let bare = world.start_bare()?;
    let gate = world.start_gate(Audit::Refusals)?;
    let peers = [
        (setup::envoy(world, true)?, Some(1.0 / 4.0)),
        (setup::envoy(world, false)?, Some(1.0 / 13.0)),
        (setup::apache(world)?, Some(1.0 / 18.0)),
        (setup::oauth2_proxy(world)?, Some(1.0 / 30.0)),
        (setup::heimdall(world)?, Some(1.0 / 30.0)),
        (setup::nginx(world, &bare)?, None),
    ];
    let ours = Request::check(gate.public, HOST, PATH).bearer(&world.token);
    let contender = |name: &str, programs, request| Contender {
        name: name.to_owned(),
        programs,
        request,
        tokens: Tokens::Fixed,
        allowed: true,
    };
    let mut contenders = vec![
        contender("bare", vec![&bare.program], bare.request.clone().bearer(&world.token)),
        contender("gate", vec![&gate.program], ours),
    ];
    for (peer, _) in &peers {
        // nginx' authorizer is a part of what it costs.
        let programs = if peer.asks_bare { vec![&peer.program, &bare.program] } else { vec![&peer.program] };
        contenders.push(contender(peer.name, programs, peer.request.clone()));
    }
    let rounds = world.contest(&contenders)?;
    let mut rows = Vec::new();
    for (at, (peer, bound)) in peers.iter().enumerate() {
        rows.push(Row::new("bearer check, token seen before", ratio(&rounds, 1, at + 2), peer.name, *bound));
    }
    for (at, (peer, _)) in peers.iter().enumerate() {
        rows.push(Row::new(peer.name, ratio(&rounds, at + 2, 0), "bare", None));
    }
    Ok(rows)
}
