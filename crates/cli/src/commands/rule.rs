use crate::failure::Failure;
use clap::Args;
use std::process::ExitCode;
/// `claimgate rule`
#[derive(Args, Debug)]
pub(crate) struct Rule {}
impl Rule {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::new("pending"))
    }
}
