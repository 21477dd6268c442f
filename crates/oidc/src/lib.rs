//! Discovery and key sets of `OpenID` Providers: the key engine.
//!
//! The keys of an issuer are state with a life of their own. [`Issuers`] fetches, refreshes and forgets
//! them in the background, whatever happens to the configuration; a request only reads a finished
//! [`KeySnapshot`]. Only addresses that the configuration names are ever called, never one that a token
//! names, and keys belong to their issuer: there is no way to ask for a key by its key ID alone.
//!
//! - [`IssuerSpec`], [`KeySource`], [`Transport`]: what is wanted.
//! - [`Issuers`], [`IssuerKeys`]: the registry, and one issuer's keys in it.
//! - [`KeySnapshot`], [`KeyState`], [`Generation`]: what a request reads.
//! - [`KeyLookup`]: how the search for an unknown key ID ended.
//! - [`IssuerStatus`]: what the status page and the metrics show.
//! - [`Clock`], [`Jitter`], [`Environment`]: time and chance, as the engine is given them.

mod clock;
mod demand;
mod discovery;
mod engine;
mod error;
mod issuers;
mod lanes;
mod ports;
mod schedule;
mod shared;
mod snapshot;
mod spec;
mod status;

pub use clock::{Clock, Jitter, Moment, Sleep, SystemClock, SystemJitter};
pub use demand::KeyLookup;
pub use discovery::DiscoveryError;
pub use error::KeySourceError;
pub use issuers::{Applied, Environment, IssuerKeys, Issuers, RepeatedIssuer, Superseded};
pub use schedule::KeyLimits;
pub use snapshot::{Generation, KeySnapshot, KeyState};
pub use spec::{
    CertificateAuthority, InlineKeys, InlineKeysError, IssuerId, IssuerSpec, KeySource, Transport,
};
pub use status::{IssuerStatus, SourceFailure};
