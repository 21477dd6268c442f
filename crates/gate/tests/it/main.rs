//! The gate as its doors see it: requests in, decisions out, over keys of the tests' own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod broken;
mod cache;
mod credentials;
mod keys;
mod policy;
mod routes;
mod world;
