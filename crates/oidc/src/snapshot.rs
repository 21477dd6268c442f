use std::sync::Arc;

use claimgate_crypto::{Algorithm, KeySet, VerificationKey};

use crate::IssuerId;

/// The keys of one issuer at one time, as a request reads them. It never changes.
#[derive(Debug)]
pub struct KeySnapshot {
    issuer: IssuerId,
    generation: Generation,
    state: KeyState,
    sets: Box<[Arc<KeySet>]>,
}

/// Counts the losses of an issuer's keys: it changes when a key is gone or replaced, or all are, and so
/// what was verified under an older generation has to be verified again. New keys do not change it.
/// Never the same for two issuers, nor for an issuer that was removed and came back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Generation(u64);

/// How far the keys of an issuer can be relied on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyState {
    /// Not fetched yet.
    Pending,
    /// Every source gave its keys when it was last asked.
    Fresh,
    /// A source fails; the keys that it gave last are used until the ceiling.
    Stale,
    /// No source has keys that may be used.
    Unavailable,
    /// The issuer is no longer configured.
    Removed,
}

impl KeyState {
    /// The state's name for pages and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Unavailable => "unavailable",
            Self::Removed => "removed",
        }
    }
}

impl Generation {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl KeySnapshot {
    pub(crate) fn new(
        issuer: IssuerId,
        generation: Generation,
        state: KeyState,
        sets: Vec<Arc<KeySet>>,
    ) -> Self {
        Self { issuer, generation, state, sets: sets.into() }
    }

    /// Whose keys these are.
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// The generation.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The state.
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// Whether there are keys to verify with. If not, the issuer is unavailable and nothing can be said
    /// about a token.
    pub fn is_usable(&self) -> bool {
        matches!(self.state, KeyState::Fresh | KeyState::Stale)
    }

    /// Whether a key has this key ID.
    pub fn has_key_id(&self, id: &str) -> bool {
        self.sets.iter().any(|set| set.has_key_id(id))
    }

    /// The keys with which a token of this header may be verified, at most eight.
    ///
    /// With a key ID: the keys of that key ID; if there are none, the keys that have no key ID. Without
    /// one: every key. Only keys for `algorithm`.
    pub fn candidates<'a>(
        &'a self,
        id: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a VerificationKey> {
        let named = id.filter(|id| self.has_key_id(id));
        let sets = self.sets.iter().filter(move |set| named.is_none_or(|id| set.has_key_id(id)));
        sets.flat_map(move |set| set.candidates(id, algorithm)).take(8)
    }

    /// All keys, source by source.
    pub fn keys(&self) -> impl Iterator<Item = &VerificationKey> {
        self.sets.iter().flat_map(|set| set.keys())
    }

    pub(crate) fn sets(&self) -> &[Arc<KeySet>] {
        &self.sets
    }

    /// Whether every key of this snapshot is among `sets`.
    pub(crate) fn is_within(&self, sets: &[Arc<KeySet>]) -> bool {
        let same = |a: &VerificationKey, b: &VerificationKey| {
            a.thumbprint() == b.thumbprint()
                && a.id() == b.id()
                && a.declared_algorithm() == b.declared_algorithm()
        };
        // A shared secret has no thumbprint, so two of them are never known to be the same.
        let kept = |key: &VerificationKey| {
            key.thumbprint().is_some() && sets.iter().flat_map(|set| set.keys()).any(|other| same(key, other))
        };
        self.sets
            .iter()
            .all(|set| sets.iter().any(|other| Arc::ptr_eq(set, other)) || set.keys().iter().all(kept))
    }
}
