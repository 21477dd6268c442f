//! The real listeners on loopback: doors, answers, transport, reload, admin pages.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod challenges;
mod client;
mod door;
mod doors;
mod envoy;
mod folder;
mod leaks;
mod provider;
mod smuggling;
mod transport;
mod world;
