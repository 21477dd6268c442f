//! The real listeners on loopback: doors, answers, transport, reload, admin pages.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod admin;
mod authority;
mod bare;
mod challenges;
mod client;
mod door;
mod doors;
mod envoy;
mod flood;
mod folder;
mod leaks;
mod logs;
mod provider;
mod records;
mod reload;
mod smuggling;
mod starts;
mod traces;
mod transport;
mod world;
