use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;

/// `claimgate schema`
#[derive(Args, Debug)]
pub(crate) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "every command is called alike")]
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        println!("{:#}", claimgate_config::schema());
        Ok(ExitCode::SUCCESS)
    }
}
