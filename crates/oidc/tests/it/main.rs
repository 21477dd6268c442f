//! The key engine against real sockets. Its clock is moved by hand: no test sleeps, and each waits for
//! the event that it is about.

mod faults;
mod files;
mod lookup;
mod refresh;
mod registry;
mod world;
