//! The subcommands.

mod check;
mod demo;
mod explain;
mod init;
mod reference;
mod rule;
mod schema;
mod serve;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;

/// What `claimgate` can do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run the gateway
    Serve(serve::Serve),
    /// Check a configuration: every problem at once, with its place and a hint
    Check(check::Check),
    /// Show how a request would be decided, and why
    Explain(explain::Explain),
    /// Try one expression against claims
    Rule(rule::Rule),
    /// Run a development provider, an upstream and the gateway in front of it, on loopback
    Demo(demo::Demo),
    /// Write a commented configuration for a proxy
    Init(init::Init),
    /// Print the JSON schema of the configuration
    Schema(schema::Schema),
    /// Write the generated reference pages
    #[command(hide = true)]
    Reference(reference::Reference),
}

impl Command {
    /// Does it. `cli` describes the whole command line, for the reference page.
    pub(crate) fn run(self, cli: fn() -> clap::Command) -> Result<ExitCode, Failure> {
        match self {
            Self::Serve(serve) => serve.run(),
            Self::Check(check) => check.run(),
            Self::Explain(explain) => explain.run(),
            Self::Rule(rule) => rule.run(),
            Self::Demo(demo) => demo.run(),
            Self::Init(init) => init.run(),
            Self::Schema(schema) => schema.run(),
            Self::Reference(reference) => reference.run(&cli()),
        }
    }
}

/// How a command answers.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Output {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}
