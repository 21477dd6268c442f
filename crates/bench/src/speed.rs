//! CPU of the server process per request, as a ratio to a reference under the same load in the same run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use claimgate_crypto::SigningKey;
use claimgate_testkit::{Broken, Issuer};

use crate::config::{ANY_ROUTE, Audit, Gate, HOST, PATH, entry};
use crate::cores::{Cores, own_program};
use crate::error::{BenchError, Context as _};
use crate::http::Request;
use crate::issuer::IssuerServer;
use crate::process::{Folder, Program, free_addresses};
use crate::table::Row;
use crate::tokens;
use crate::wrk::{Tokens, Wrk};

/// How long and how often is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// How often each figure is taken; the median counts.
    pub(crate) rounds: usize,
    /// How long one load lasts.
    pub(crate) time: Duration,
    /// How many different tokens are made.
    pub(crate) tokens: usize,
}

impl Effort {
    pub(crate) const QUICK: Self = Self { rounds: 3, time: Duration::from_secs(1), tokens: 6_000 };
    pub(crate) const FULL: Self = Self { rounds: 7, time: Duration::from_secs(3), tokens: 20_000 };
}

/// What all measurements share.
pub(crate) struct World {
    pub(crate) gate: PathBuf,
    pub(crate) effort: Effort,
    pub(crate) cores: Cores,
    pub(crate) folder: Folder,
    pub(crate) wrk: Wrk,
    pub(crate) issuer: Issuer,
    pub(crate) issuer_server: IssuerServer,
    /// A token that every gate and every peer allows.
    pub(crate) token: String,
    tools: Vec<PathBuf>,
    only: Option<String>,
}

impl World {
    pub(crate) fn new(
        gate: &Path,
        tools: &[PathBuf],
        effort: Effort,
        only: Option<String>,
    ) -> Result<Self, BenchError> {
        let cores = Cores::of_this_process()?;
        let folder = Folder::new()?;
        let issuer_server = IssuerServer::start()?;
        let issuer = tokens::issuer(&issuer_server.url());
        issuer_server.publish(issuer.jwk_set());
        let token = tokens::token(&issuer, 0).sign();
        let wrk = Wrk::new(tool(tools, "wrk")?, &folder, cores)?;
        let (gate, tools) = (gate.to_owned(), tools.to_vec());
        Ok(Self { gate, effort, cores, folder, wrk, issuer, issuer_server, token, tools, only })
    }

    /// Whether a part of the run is asked for.
    pub(crate) fn wants(&self, part: &str) -> bool {
        let wanted = self.only.as_ref().is_none_or(|only| only == part);
        if wanted {
            eprintln!("bench: {part}");
        }
        wanted
    }

    /// An installed program.
    pub(crate) fn tool(&self, name: &str) -> Result<PathBuf, BenchError> {
        tool(&self.tools, name)
    }

    /// The trust entry of the run's issuer, its keys fetched.
    pub(crate) fn entries(&self) -> String {
        entry("main", self.issuer.url(), None)
    }

    /// A gate for the run's issuer.
    pub(crate) fn start_gate(&self, audit: Audit) -> Result<Gate, BenchError> {
        Gate::start(self, audit, &self.entries(), ANY_ROUTE, &self.token)
    }

    /// Another process of this program, on the servers' core.
    fn start_own(&self, part: &str, more: &[&Path], token: Option<&str>) -> Result<Served, BenchError> {
        let [address] = free_addresses()?;
        let mut command = self.cores.server(&own_program()?);
        command.arg(part).arg(address.to_string()).args(more);
        let mut probe = Request::check(address, HOST, PATH);
        if let Some(token) = token {
            probe = probe.bearer(token);
        }
        let program = Program::ready(&mut command, &self.folder.path(&format!("{part}.log")), &probe)?;
        Ok(Served { program, request: Request::check(address, HOST, PATH) })
    }

    /// The bare server.
    pub(crate) fn start_bare(&self) -> Result<Served, BenchError> {
        self.start_own("bare", &[], None)
    }

    /// Nanoseconds of CPU per request. Every answer must be as `allowed` says.
    pub(crate) fn cost(
        &self,
        programs: &[&Program],
        request: &Request,
        tokens: Tokens<'_>,
        allowed: bool,
    ) -> Result<f64, BenchError> {
        let cpu = || programs.iter().map(|program| program.cpu()).sum::<Result<Duration, _>>();
        let before = cpu()?;
        let load = self.wrk.run(request, tokens, self.effort.time)?;
        let spent = cpu()?.saturating_sub(before);
        let expected = if allowed { 0 } else { load.answered };
        if load.answered == 0 || load.refused != expected || load.lost > 0 {
            return Err(BenchError::new(format!("a load of {} went wrong: {load:?}", request.address)));
        }
        Ok(nanoseconds(spent) / f64::from(load.answered))
    }

    /// The costs of all contenders, round by round, each warmed up before.
    pub(crate) fn contest(&self, contenders: &[Contender<'_>]) -> Result<Vec<Vec<f64>>, BenchError> {
        let cost = |contender: &Contender<'_>| {
            self.cost(&contender.programs, &contender.request, contender.tokens, contender.allowed)
                .context(&contender.name)
        };
        for contender in contenders {
            cost(contender)?;
        }
        (0..self.effort.rounds).map(|_| contenders.iter().map(cost).collect()).collect()
    }
}

fn tool(folders: &[PathBuf], name: &str) -> Result<PathBuf, BenchError> {
    let mut programs = folders.iter().map(|folder| folder.join("bin").join(name));
    programs.find(|program| program.exists()).context(&format!("`{name}` is not installed (scripts/tools)"))
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// A server of this program.
pub(crate) struct Served {
    pub(crate) program: Program,
    pub(crate) request: Request,
}

/// One load of a contest.
pub(crate) struct Contender<'a> {
    pub(crate) name: String,
    pub(crate) programs: Vec<&'a Program>,
    pub(crate) request: Request,
    pub(crate) tokens: Tokens<'a>,
    pub(crate) allowed: bool,
}

/// The median of the ratios of two contenders, round by round.
pub(crate) fn ratio(rounds: &[Vec<f64>], contender: usize, reference: usize) -> f64 {
    let pick = |round: &Vec<f64>, at: usize| round.get(at).copied().unwrap_or(f64::NAN);
    median(rounds.iter().map(|round| pick(round, contender) / pick(round, reference)).collect())
}

/// The middle value.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 {
        return upper;
    }
    let lower = middle.checked_sub(1).and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN);
    f64::midpoint(lower, upper)
}

/// Checks of tokens seen before, and refusals.
pub(crate) fn checks(world: &World) -> Result<Vec<Row>, BenchError> {
    let mut rows = Vec::new();
    if world.wants("checks") {
        let bare = world.start_bare()?;
        let gate = world.start_gate(Audit::Refusals)?;
        let audited = world.start_gate(Audit::Everything)?;
        let contender = |name: &str, program, mut request: Request, token: &str, allowed| {
            request = request.bearer(token);
            Contender {
                name: name.to_owned(),
                programs: vec![program],
                request,
                tokens: Tokens::Fixed,
                allowed,
            }
        };
        let ask = |gate: &Gate| Request::check(gate.public, HOST, PATH);
        let mut contenders = vec![
            contender("bare", &bare.program, bare.request.clone(), &world.token, true),
            contender("bearer check, token seen before", &gate.program, ask(&gate), &world.token, true),
            contender("the same, everything audited", &audited.program, ask(&audited), &world.token, true),
        ];
        for (name, token) in refused_tokens(world)? {
            let name = format!("refusal without crypto: {name}");
            contenders.push(contender(&name, &gate.program, ask(&gate), &token, false));
        }
        let rounds = world.contest(&contenders)?;
        let bounds = [0.0, 1.10, 1.30].into_iter().chain(std::iter::repeat(1.20));
        for (at, (contender, bound)) in contenders.iter().zip(bounds).enumerate().skip(1) {
            rows.push(Row::new(&contender.name, ratio(&rounds, at, 0), "bare", Some(bound)));
        }
    }
    if world.wants("new") {
        rows.push(new_tokens(world)?);
    }
    Ok(rows)
}

/// Tokens that are refused before any signature is looked at.
fn refused_tokens(world: &World) -> Result<Vec<(&'static str, String)>, BenchError> {
    let token = || tokens::token(&world.issuer, 0);
    let stranger = Issuer::new("https://stranger.example.test", claimgate_crypto::Algorithm::Rs256);
    let other = SigningKey::generate(claimgate_crypto::Algorithm::Rs256).context("no randomness")?;
    Ok(vec![
        ("malformed", token().broken(Broken::RepeatedClaim)),
        ("unknown issuer", tokens::token(&stranger, 0).sign()),
        ("unknown key", token().header("kid", other.id().as_str()).signed_by(&other).sign()),
        ("expired", token().expires_in(-3600).sign()),
        ("wrong audience", token().audience("somebody-else").sign()),
    ])
}

/// New tokens, each sent once to a gate that has just begun, against a bare server that verifies one
/// signature per request.
fn new_tokens(world: &World) -> Result<Row, BenchError> {
    let tokens = tokens::file(&world.folder, "new", &world.issuer, world.effort.tokens)?;
    let modulus = modulus(&world.issuer)?;
    let modulus = world.folder.write("modulus", &modulus)?;
    let flag = Path::new("--modulus");
    let verifying = world.start_own("bare", &[flag, &modulus], Some(&world.token))?;
    let warm = verifying.request.clone().bearer(&world.token);
    world.cost(&[&verifying.program], &warm, Tokens::Fixed, true)?;
    let mut ratios = Vec::new();
    for _ in 0..world.effort.rounds {
        let gate = world.start_gate(Audit::Refusals)?;
        let request = Request::check(gate.public, HOST, PATH);
        world.cost(&[&gate.program], &request.clone().bearer(&world.token), Tokens::Fixed, true)?;
        let ours = world.cost(&[&gate.program], &request, Tokens::Once(&tokens), true)?;
        let once = Tokens::Once(&tokens);
        let reference = world.cost(&[&verifying.program], &verifying.request, once, true)?;
        ratios.push(ours / reference);
    }
    let reference = "bare with one raw verification";
    Ok(Row::new("bearer check, new RS256 token", median(ratios), reference, Some(1.15)))
}

/// The modulus of an issuer's RSA key, in base64url.
pub(crate) fn modulus(issuer: &Issuer) -> Result<String, BenchError> {
    let jwk = issuer.key().public_jwk().context("the issuer's key is not public")?;
    let modulus =
        jwk.get("n").and_then(claimgate_json::Json::as_str).context("the issuer's key is not RSA")?;
    Ok(modulus.to_owned())
}

/// Checks over gRPC.
pub(crate) fn grpc(world: &World) -> Result<Vec<Row>, BenchError> {
    if !world.wants("grpc") {
        return Ok(Vec::new());
    }
    let gate = world.start_gate(Audit::Refusals)?;
    let [address] = free_addresses()?;
    let mut command = world.cores.server(&own_program()?);
    command.arg("always-allow").arg(address.to_string());
    // It speaks HTTP/2 alone: the load below is the probe.
    let tonic = Program::start(&mut command, &world.folder.path("tonic.log"))?;
    std::thread::sleep(Duration::from_millis(300));
    let token = world.folder.write("token", &world.token)?;
    let cost = |program: &Program, address| -> Result<f64, BenchError> {
        let before = program.cpu()?;
        let mut command = world.cores.load(&own_program()?);
        command.arg("grpc-load").arg(format!("{address}")).arg(&token);
        let output = command.arg(world.effort.time.as_millis().to_string()).output()?;
        let spent = program.cpu()?.saturating_sub(before);
        let text = String::from_utf8_lossy(&output.stdout);
        let (answered, allowed) = text.trim().split_once(' ').context("the gRPC load failed")?;
        let answered: u32 = answered.parse().context("no count")?;
        if answered == 0 || !allowed.parse().is_ok_and(|allowed: u32| allowed == answered) {
            return Err(BenchError::new(format!("the gRPC load of {address} says {text}")));
        }
        Ok(nanoseconds(spent) / f64::from(answered))
    };
    let mut ratios = Vec::new();
    for round in 0..=world.effort.rounds {
        let (ours, reference) = (cost(&gate.program, gate.public)?, cost(&tonic, address)?);
        if round > 0 {
            ratios.push(ours / reference);
        }
    }
    let name = "ext_authz over gRPC, token seen before";
    Ok(vec![Row::new(name, median(ratios), "a tonic service that always allows", Some(0.65))])
}

/// Checks by gates with many issuers, against a gate with one.
pub(crate) fn many_issuers(world: &World) -> Result<Vec<Row>, BenchError> {
    if !world.wants("issuers") {
        return Ok(Vec::new());
    }
    let one = Crowd::start(world, 1)?;
    let thousand = Crowd::start(world, 1_000)?;
    let ten_thousand = Crowd::start(world, 10_000)?;
    let crowds = [&one, &thousand, &ten_thousand];
    let contenders: Vec<_> = crowds
        .iter()
        .map(|crowd| Contender {
            name: "many issuers".to_owned(),
            programs: vec![&crowd.gate.program],
            request: Request::check(crowd.gate.public, HOST, PATH),
            tokens: Tokens::InTurn(&crowd.tokens),
            allowed: true,
        })
        .collect();
    let rounds = world.contest(&contenders)?;
    let row = |name: &str, at| Row::new(name, ratio(&rounds, at, 0), "the same with one issuer", Some(1.06));
    Ok(vec![row("bearer check with 1,000 issuers", 1), row("bearer check with 10,000 issuers", 2)])
}

/// A gate with many issuers, and 64 tokens of as many of them.
struct Crowd {
    gate: Gate,
    tokens: PathBuf,
}

impl Crowd {
    const TOKENS: usize = 64;

    fn start(world: &World, issuers: usize) -> Result<Self, BenchError> {
        let url = |number: usize| format!("https://issuer-{number:05}.example.test/realms/main");
        // One key for all: making 10,000 would take longer than the rest of the run.
        let keys = world.issuer.jwk_set();
        let entries: String =
            (0..issuers).map(|at| entry(&format!("issuer-{at}"), &url(at), Some(&keys))).collect();
        let sign = |at: usize| {
            let issuer = url(at * issuers / Self::TOKENS);
            tokens::token(&world.issuer, at).claim("iss", issuer.as_str()).sign()
        };
        let tokens: Vec<_> = (0..Self::TOKENS).map(sign).collect();
        let first = tokens.first().context("no tokens")?;
        let gate = Gate::start(world, Audit::Refusals, &entries, ANY_ROUTE, first)?;
        let tokens = world.folder.write(&format!("crowd-{issuers}"), &(tokens.join("\n") + "\n"))?;
        Ok(Self { gate, tokens })
    }
}

#[cfg(test)]
mod tests {
    use super::{median, ratio};

    #[test]
    fn the_median_is_taken_of_the_ratios_and_not_of_the_costs() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![1.0, 2.0]) - 1.5).abs() < 1e-9);
        let rounds = vec![vec![10.0, 11.0], vec![20.0, 24.0], vec![1.0, 1.0]];
        assert!((ratio(&rounds, 1, 0) - 1.1).abs() < 1e-9);
    }
}
