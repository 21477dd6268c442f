//! What the gate costs: CPU of the server process per request, as a ratio to a bare server and to its peers
//! under the same load in the same run; and its memory, its start, its reloads and its fetches of keys.
//!
//! `scripts/bench` builds everything, installs the tools and calls this. The servers run on one core, the
//! load on another; each is a process of its own, started here and ended by its process id.

#![expect(clippy::disallowed_methods, reason = "a measurement reads clocks and writes files")]

mod config;
mod cores;
mod error;
mod grpc;
mod http;
mod issuer;
mod peers;
mod process;
mod reload;
mod rotation;
mod servers;
mod sizes;
mod speed;
mod table;
mod tokens;
mod wrk;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::error::BenchError;
use crate::speed::Effort;
use crate::table::Row;

/// Measures the gate against its bounds.
#[derive(Parser, Debug)]
#[command(name = "bench")]
struct Arguments {
    /// Shorter runs: about two minutes in all
    #[arg(long)]
    quick: bool,
    /// The form of the table
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// The gate's program
    #[arg(long, value_name = "FILE", default_value = "claimgate")]
    gate: PathBuf,
    /// A folder with `bin/NAME` for each peer that is installed; repeatable
    #[arg(long = "tool", value_name = "FOLDER")]
    tools: Vec<PathBuf>,
    /// Measures one part only: checks, new, grpc, issuers, routes, sizes, rotation or peers
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// The form of the table.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Output {
    /// For people.
    Text,
    /// One JSON array.
    Json,
}

/// The processes that a run starts of this same program.
#[derive(Subcommand, Debug)]
enum Part {
    /// A server that answers two headers
    #[command(hide = true)]
    Bare {
        /// Where it listens
        address: SocketAddr,
        /// A file with the modulus of the RSA key of the one verification that each request costs
        #[arg(long)]
        modulus: Option<PathBuf>,
    },
    /// A tonic service that allows everything
    #[command(hide = true)]
    AlwaysAllow {
        /// Where it listens
        address: SocketAddr,
    },
    /// Load over gRPC; prints how many checks were answered, and how many of them with an allow
    #[command(hide = true)]
    GrpcLoad {
        /// The server
        address: SocketAddr,
        /// A file with the token
        token: PathBuf,
        /// How long
        milliseconds: u64,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match &arguments.part {
        Some(Part::Bare { address, modulus }) => {
            runtime.block_on(servers::bare::serve(*address, modulus.as_deref()))?;
        }
        Some(Part::AlwaysAllow { address }) => runtime.block_on(servers::always_allow::serve(*address))?,
        Some(Part::GrpcLoad { address, token, milliseconds }) => {
            let time = Duration::from_millis(*milliseconds);
            let counts = runtime.block_on(grpc::load(*address, token, time))?;
            println!("{} {}", counts.answered, counts.allowed);
        }
        None => {
            let _entered = runtime.enter();
            let rows = measure(&arguments)?;
            match arguments.output {
                Output::Text => print!("{}", table::text(&rows)),
                Output::Json => println!("{}", table::json(&rows)),
            }
            // A missed bound is a finding, told in the table; it is no failure of the measurement.
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(arguments: &Arguments) -> Result<Vec<Row>, BenchError> {
    let effort = if arguments.quick { Effort::QUICK } else { Effort::FULL };
    let world = speed::World::new(&arguments.gate, &arguments.tools, effort, arguments.only.clone())?;
    let mut rows = Vec::new();
    rows.extend(speed::checks(&world)?);
    rows.extend(speed::grpc(&world)?);
    rows.extend(speed::many_issuers(&world)?);
    rows.extend(reload::rows(&world)?);
    rows.extend(sizes::rows(&world)?);
    rows.extend(rotation::rows(&world)?);
    rows.extend(peers::rows(&world)?);
    Ok(rows)
}
