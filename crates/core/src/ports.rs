//! What the core needs from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use claimgate_crypto::{Algorithm, VerificationKey};

/// A boxed future, as a port returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The keys of one issuer, kept current by somebody else.
pub trait IssuerKeys: Send + Sync {
    /// The keys as they are now, without waiting.
    fn snapshot(&self) -> Arc<dyn KeySnapshot>;

    /// A number that changes whenever a key was removed or replaced, so that what was verified with it
    /// is verified anew. Cheap enough for every request.
    fn generation(&self) -> u64;

    /// Asks for the keys anew because a token names one that is not there. Bounded by the issuer's
    /// token bucket: many callers wait for one fetch, and too many get the present keys at once.
    fn refresh<'a>(&'a self, key_id: Option<&'a str>) -> BoxFuture<'a, Arc<dyn KeySnapshot>>;
}

/// The keys of one issuer at one moment.
pub trait KeySnapshot: Send + Sync {
    /// [`IssuerKeys::generation`] at that moment.
    fn generation(&self) -> u64;

    /// Why there are no keys to verify with, if there are none.
    fn unavailable(&self) -> Option<&str>;

    /// Whether a key has this key ID.
    fn has_key_id(&self, id: &str) -> bool;

    /// The keys with which a token of this header may be verified; few.
    fn candidates<'a>(&'a self, id: Option<&'a str>, algorithm: Algorithm) -> Vec<&'a VerificationKey>;
}

/// Finds the keys of an issuer by the issuer's URL as configured.
pub trait KeyDirectory: Send + Sync {
    /// The issuer's keys, if it is configured.
    fn issuer_keys(&self, issuer: &str) -> Option<Arc<dyn IssuerKeys>>;
}
