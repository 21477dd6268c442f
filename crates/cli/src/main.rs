//! The `claimgate` command: one file per subcommand under `commands`.

mod clock;
mod commands;
mod failure;
mod logging;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

use commands::Command;

/// The identity gateway for platforms on Kubernetes.
#[derive(Parser, Debug)]
#[command(name = "claimgate", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command.run(Arguments::command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
