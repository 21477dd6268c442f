//! What the core needs from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use claimgate_crypto::KeySet;

use crate::audit::AuditRecord;

/// A boxed future, as a port returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The keys of one issuer, kept current by somebody else.
pub trait IssuerKeys: Send + Sync {
    /// The keys as they are now, without waiting.
    fn snapshot(&self) -> Arc<KeySnapshot>;

    /// A number that changes whenever a key was removed or replaced, so that what was verified with it
    /// is verified anew. Cheap enough for every request.
    fn generation(&self) -> u64;

    /// Asks for the keys anew because a token names one that is not there. Bounded by the issuer's
    /// token bucket: many callers wait for one fetch, and too many get the present keys at once.
    fn refresh<'a>(&'a self, key_id: Option<&'a str>) -> BoxFuture<'a, Arc<KeySnapshot>>;
}

/// The keys of one issuer at one moment.
#[derive(Debug)]
pub struct KeySnapshot {
    /// The keys, or why there are none.
    pub keys: Result<KeySet, String>,
    /// [`IssuerKeys::generation`] at that moment.
    pub generation: u64,
}

/// Finds the keys of an issuer by the issuer's URL as configured.
pub trait KeyDirectory: Send + Sync {
    /// The issuer's keys, if it is configured.
    fn issuer_keys(&self, issuer: &str) -> Option<Arc<dyn IssuerKeys>>;
}

/// Where audit records go.
pub trait AuditSink: Send + Sync {
    /// Writes one record, or queues it; a full queue waits for a bounded time, then drops and counts.
    fn record(&self, record: AuditRecord) -> BoxFuture<'_, ()>;
}
