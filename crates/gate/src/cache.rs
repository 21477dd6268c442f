//! Verified tokens that were seen before.
//!
//! An entry is found by a keyed 128-bit fingerprint of the whole token, and counts only for the route that
//! it was made for, with the keys' generation that verified it, and until the token ends. The token itself
//! is not kept: a copy of the process's memory should not hold credentials that still work. Why the
//! fingerprint cannot be made to collide stands in `docs/dev/token-cache.md`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
use claimgate_core::audit::AuditedCredential;
use claimgate_core::decision::Grant;
use claimgate_core::identity::Identity;
use claimgate_core::ports::IssuerKeys;
use claimgate_core::route::Route;
use claimgate_core::time::Timestamp;
use claimgate_core::token::VerifiedToken;
use claimgate_core::trust::TrustEntry;
use claimgate_crypto::{Fingerprint, FingerprintKey, RandomError};

use crate::authenticators::jwt::Authenticated;

/// How many slots a token may take; a full set gives up its entry that ends first.
const WAYS: usize = 8;

/// A bounded set of verified tokens, read without a lock.
pub struct TokenCache {
    key: FingerprintKey,
    slots: Box<[ArcSwapOption<Slot>]>,
    len: AtomicUsize,
}

struct Slot {
    fingerprint: u128,
    entry: Arc<CachedToken>,
}

/// What is remembered of a verified token on one route.
pub struct CachedToken {
    route: Arc<Route>,
    outcome: Outcome,
    trust_entry: Arc<TrustEntry>,
    identity: Arc<Identity>,
    valid_until: Timestamp,
    keys: Arc<dyn IssuerKeys>,
    generation: u64,
    digest: Arc<str>,
}

/// What the next request with the same token needs.
pub enum Outcome {
    /// The grant: every request gets the same, and the claims are not kept.
    Same(Grant),
    /// The token, over whose claims each request is decided.
    Differs(VerifiedToken),
}

impl CachedToken {
    /// The memory of a token that was verified for `route`, with the grant if every request gets the same.
    pub fn new(
        route: &Arc<Route>,
        authenticated: Authenticated,
        identity: Arc<Identity>,
        grant: Option<Grant>,
        credential: &AuditedCredential,
    ) -> Self {
        Self {
            route: route.clone(),
            outcome: grant.map_or(Outcome::Differs(authenticated.token), Outcome::Same),
            trust_entry: authenticated.entry,
            identity,
            valid_until: authenticated.valid_until,
            keys: authenticated.keys,
            generation: authenticated.generation,
            digest: credential.digest.clone(),
        }
    }

    /// What the next request needs.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The trust entry that took it.
    pub fn entry(&self) -> &Arc<TrustEntry> {
        &self.trust_entry
    }

    /// The identity.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The credential for the audit log.
    pub fn credential(&self) -> AuditedCredential {
        let entry = Some(self.trust_entry.name.clone());
        AuditedCredential { kind: "jwt", entry, digest: self.digest.clone() }
    }

    fn is_current(&self, now: Timestamp) -> bool {
        now < self.valid_until && self.generation == self.keys.generation()
    }
}

impl TokenCache {
    /// A cache for about `capacity` tokens, with a fingerprint key of its own. None are kept for 0.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new(capacity: usize) -> Result<Self, RandomError> {
        let sets = if capacity == 0 { 0 } else { capacity.div_ceil(WAYS).next_power_of_two() };
        let slots = (0..sets * WAYS).map(|_| ArcSwapOption::empty()).collect();
        Ok(Self { key: FingerprintKey::generate()?, slots, len: AtomicUsize::new(0) })
    }

    /// What `token` is known by; nothing is known if no tokens are kept.
    pub fn fingerprint(&self, token: &str) -> Option<Fingerprint> {
        (!self.slots.is_empty()).then(|| self.key.fingerprint(token.as_bytes()))
    }

    /// The entry of a token on `route`, if it still holds at `now`.
    pub fn find(&self, token: Fingerprint, route: &Arc<Route>, now: Timestamp) -> Option<Arc<CachedToken>> {
        let fingerprint = token.bits();
        self.set(fingerprint).iter().find_map(|slot| {
            let slot = slot.load();
            let slot = slot.as_ref()?;
            let same = slot.fingerprint == fingerprint && Arc::ptr_eq(&slot.entry.route, route);
            (same && slot.entry.is_current(now)).then(|| slot.entry.clone())
        })
    }

    /// Remembers a token, in place of the same one, a spent one, or the one of its set that ends first.
    pub fn insert(&self, token: Fingerprint, entry: CachedToken, now: Timestamp) {
        if !entry.is_current(now) {
            return;
        }
        let fingerprint = token.bits();
        let victim = self.set(fingerprint).iter().min_by_key(|slot| match slot.load().as_ref() {
            None => (1, i64::MIN),
            Some(known)
                if known.fingerprint == fingerprint && Arc::ptr_eq(&known.entry.route, &entry.route) =>
            {
                (0, 0)
            }
            Some(known) if !known.entry.is_current(now) => (2, i64::MIN),
            Some(known) => (3, known.entry.valid_until.as_milliseconds()),
        });
        if let Some(victim) = victim {
            let slot = Slot { fingerprint, entry: Arc::new(entry) };
            if victim.swap(Some(Arc::new(slot))).is_none() {
                self.len.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The number of slots in use, spent entries included.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Whether no slot is in use.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn set(&self, fingerprint: u128) -> &[ArcSwapOption<Slot>] {
        let sets = self.slots.len() / WAYS;
        let set = usize::try_from(fingerprint & u128::from(u32::MAX)).unwrap_or(0) & sets.saturating_sub(1);
        self.slots.get(set * WAYS..(set + 1) * WAYS).unwrap_or_default()
    }
}
