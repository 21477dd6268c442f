//! A whole gateway on loopback sockets.
#![expect(clippy::disallowed_methods, reason = "tests write files, and call the servers that they start")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod traces;
