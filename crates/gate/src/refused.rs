//! Tokens that were refused a moment ago.
//!
//! A client that does not notice that its token has expired sends it with every request, and so does who wants to
//! keep the gate busy. What such a token was refused for is remembered for a second, as far as it rests on
//! nothing that may change unnoticed: the token's text, the route, times that have passed, and the very keys
//! that the issuer has. Each of its requests is still counted, recorded and answered as the first one was.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use claimgate_core::audit::AuditedCredential;
use claimgate_core::decision::Denial;
use claimgate_core::route::Route;
use claimgate_core::time::Timestamp;
use claimgate_crypto::Fingerprint;

use crate::authenticators::jwt::{Holds, Refusal};

/// How long a refusal is remembered. So short that an unknown key is asked for as soon as its issuer's limits
/// allow it again, and that a clock which is set back does not matter.
const REMEMBERED: Duration = Duration::from_secs(1);

/// How many are remembered at most: a token that comes into the place of another one takes it.
const SLOTS: usize = 1024;

/// The longest cause that is remembered, in bytes. It may quote the token.
const LONGEST_DETAIL: usize = 512;

/// A bounded set of refused tokens, read without a lock. Like the cache of verified tokens it holds fingerprints
/// and no token.
pub struct RefusedTokens {
    slots: Box<[ArcSwapOption<RefusedToken>]>,
}

struct RefusedToken {
    fingerprint: Fingerprint,
    route: Arc<Route>,
    denial: Denial,
    holds: Holds,
    until: Timestamp,
    entry: Option<Arc<str>>,
    digest: Arc<str>,
}

impl RefusedTokens {
    /// None as yet.
    pub fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| ArcSwapOption::empty()).collect() }
    }

    /// What a token was refused for on `route`, if it would be again at `now`, and what the audit log says of it.
    pub fn find(
        &self,
        token: Fingerprint,
        route: &Arc<Route>,
        now: Timestamp,
    ) -> Option<(Denial, AuditedCredential)> {
        let known = self.slot(token)?.load();
        let known = known.as_ref()?;
        let same = known.fingerprint == token && Arc::ptr_eq(&known.route, route);
        (same && known.holds(now)).then(|| {
            let (entry, digest) = (known.entry.clone(), known.digest.clone());
            (known.denial.clone(), AuditedCredential { kind: "jwt", entry, digest })
        })
    }

    /// Remembers a refusal that holds longer than for one request.
    pub fn insert(
        &self,
        token: Fingerprint,
        route: &Arc<Route>,
        refusal: &Refusal,
        digest: &Arc<str>,
        now: Timestamp,
    ) {
        let holds = match &refusal.holds {
            Holds::Once => return,
            Holds::Always => Holds::Always,
            Holds::WhileKeysAre(keys, snapshot) => Holds::WhileKeysAre(keys.clone(), snapshot.clone()),
        };
        if refusal.denial.detail.len() > LONGEST_DETAIL {
            return;
        }
        if let Some(slot) = self.slot(token) {
            slot.store(Some(Arc::new(RefusedToken {
                fingerprint: token,
                route: route.clone(),
                denial: refusal.denial.clone(),
                holds,
                until: now.saturating_add(REMEMBERED),
                entry: refusal.entry.clone(),
                digest: digest.clone(),
            })));
        }
    }

    fn slot(&self, token: Fingerprint) -> Option<&ArcSwapOption<RefusedToken>> {
        let slot = token.bits() % SLOTS as u128;
        self.slots.get(usize::try_from(slot).ok()?)
    }
}

impl Default for RefusedTokens {
    fn default() -> Self {
        Self::new()
    }
}

impl RefusedToken {
    fn holds(&self, now: Timestamp) -> bool {
        let in_time = now < self.until && self.until <= now.saturating_add(REMEMBERED);
        in_time
            && match &self.holds {
                Holds::Always => true,
                Holds::Once => false,
                Holds::WhileKeysAre(keys, snapshot) => Arc::ptr_eq(&keys.snapshot(), snapshot),
            }
    }
}
