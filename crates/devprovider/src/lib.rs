//! An `OpenID` Provider for the demo and for tests.
//!
//! It listens on loopback only, knows a few people without passwords and one machine whose secret is
//! public, and hands its tokens to whoever asks: never run it for anything else. Tests make it misbehave
//! ([`Fault`]), rotate its keys, and mint broken tokens ([`TokenKind`]).
//!
//! - [`DevProvider`], [`Options`]: the running provider.
//! - [`Person`], [`Machine`]: whom it knows.
//! - [`TokenKind`], [`Fault`], [`Counts`]: what tests need.

mod endpoints;
mod fault;
mod keys;
mod provider;
mod tokens;

pub use fault::Fault;
pub use keys::SigningAlgorithm;
pub use provider::{Clock, Counts, DevProvider, Machine, Options, Person, StartError};
pub use tokens::{MintError, TokenKind};

/// The grant by which a person's token is had without a sign-in; a development provider's own.
pub const PERSON_GRANT: &str = "urn:claimgate:params:oauth:grant-type:development-person";
