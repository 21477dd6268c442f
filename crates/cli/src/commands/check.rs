use std::path::PathBuf;
use std::process::ExitCode;

use claimgate_config::Diagnostics;
use clap::Args;

use super::Output;
use crate::failure::Failure;

/// `claimgate check`
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The configuration, or an `AuthenticationConfiguration` of Kubernetes
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Check {
    /// Exit code 0 if there is nothing but warnings, 1 with errors.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let problems = claimgate_server::serve::check(&self.file).map_err(super::serve::failure)?;
        match self.output {
            Output::Json => println!("{:#}", problems.to_json()),
            Output::Text => report(&problems, &self.file),
        }
        Ok(if problems.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn report(problems: &Diagnostics, file: &std::path::Path) {
    if problems.is_empty() {
        println!("{}: no problems", file.display());
    } else {
        print!("{}", problems.render(std::io::IsTerminal::is_terminal(&std::io::stdout())));
    }
}
