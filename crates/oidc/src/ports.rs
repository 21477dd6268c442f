//! The key engine as the gate's port.

use std::sync::Arc;
use std::time::Duration;

use claimgate_core::ports;
use claimgate_core::ports::BoxFuture;
use claimgate_crypto::{Algorithm, VerificationKey};

use crate::{IssuerId, IssuerKeys, Issuers, KeySnapshot, KeyState};

/// How long a request waits for keys that are not there. The decision's own deadline is shorter or longer
/// as it is configured; this bound is the fetch's.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl ports::KeyDirectory for Issuers {
    fn issuer_keys(&self, issuer: &str) -> Option<Arc<dyn ports::IssuerKeys>> {
        let keys = self.keys(&IssuerId::new(issuer))?;
        Some(Arc::new(keys))
    }
}

impl ports::IssuerKeys for IssuerKeys {
    fn snapshot(&self) -> Arc<dyn ports::KeySnapshot> {
        Self::snapshot(self)
    }

    fn generation(&self) -> u64 {
        Self::generation(self).number()
    }

    fn refresh<'a>(&'a self, key_id: Option<&'a str>) -> BoxFuture<'a, Arc<dyn ports::KeySnapshot>> {
        Box::pin(async move {
            // How the search ended shows in the snapshot: it has the key, or it has none, or it is not usable.
            let _ = self.refresh_for_unknown_key(key_id.unwrap_or_default(), LONGEST_WAIT).await;
            let snapshot: Arc<dyn ports::KeySnapshot> = Self::snapshot(self);
            snapshot
        })
    }
}

impl ports::KeySnapshot for KeySnapshot {
    fn generation(&self) -> u64 {
        Self::generation(self).number()
    }

    fn unavailable(&self) -> Option<&str> {
        match self.state() {
            KeyState::Fresh | KeyState::Stale => None,
            KeyState::Pending => Some("they were not fetched yet"),
            KeyState::Unavailable => Some("the last fetch failed, and none are left that may still be used"),
            KeyState::Removed => Some("the issuer is not configured any more"),
        }
    }

    fn has_key_id(&self, id: &str) -> bool {
        Self::has_key_id(self, id)
    }

    fn candidates<'a>(&'a self, id: Option<&'a str>, algorithm: Algorithm) -> Vec<&'a VerificationKey> {
        Self::candidates(self, id, algorithm).collect()
    }
}
