//! The key engine against real sockets. Its clock is moved by hand: no test sleeps, and each waits for
//! the event that it is about.
#![expect(clippy::disallowed_methods, reason = "tests read and write files, and call their own servers")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, what is not as it should be ends the test"
)]

mod faults;
mod files;
mod lookup;
mod refresh;
mod registry;
mod world;
