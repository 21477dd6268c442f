//! The command as its users run it; what the documentation shows is tried here.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests read and write files")]

mod commands;
mod console;
mod demo;
mod documentation;
mod program;
mod rule;
mod serve;
mod service_accounts;
mod wrong_manifests;
