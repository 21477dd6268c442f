use super::super::Output;
use crate::failure::Failure;
use claimgate_json::Json;
use std::path::Path;
use std::process::ExitCode;
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(super) enum Dialect {
    Argo,
    Kargo,
    Claimgate,
}
pub(super) struct Question<'a> {
    pub(super) manifests: &'a Path,
    pub(super) dialect: Dialect,
    pub(super) claims: &'a Json,
    pub(super) namespace: Option<&'a str>,
    pub(super) settings: Option<&'a str>,
}
pub(super) fn run(_: &Question<'_>, _: Output) -> Result<ExitCode, Failure> {
    Err(Failure::new("pending"))
}
