//! [`Runtime`]: what one configuration makes; a reload replaces it as a whole.

mod issuers;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use claimgate_config::{Compiled, Config};
use claimgate_core::ports::KeyDirectory;
use claimgate_crypto::RandomError;
use claimgate_crypto::digest::HmacKey;
use claimgate_gate::{Gate, GateSettings};
use ipnet::IpNet;

use crate::attempts::FailedAttempts;

pub use issuers::{IssuerError, specs};

/// Everything that one configuration decides with. Issuers and their keys live outside, so that a reload
/// keeps them.
pub struct Runtime {
    /// The gate.
    pub gate: Gate,
    /// The networks whose proxies may speak for their clients.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a decision may take.
    pub decision_deadline: Duration,
    /// Failed authentications.
    pub failed_attempts: FailedAttempts,
    /// Whether the admin listener explains decisions.
    pub explain: bool,
    /// The names of the trust entries of each issuer, by its URL.
    entries: BTreeMap<Box<str>, Vec<Arc<str>>>,
    /// A number that each configuration in force has for itself, counted from 1.
    pub generation: u64,
}

impl Runtime {
    /// The runtime of a configuration, with the keys that `keys` finds.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn build(
        config: &Config,
        compiled: Compiled,
        keys: Arc<dyn KeyDirectory>,
        audit_key: HmacKey,
        generation: u64,
    ) -> Result<Self, RandomError> {
        let limits = &config.limits;
        let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        let settings = GateSettings {
            token_bytes: size(limits.token_size.value.0),
            json_depth: size(limits.json_depth.value),
            cached_tokens: size(limits.token_cache.value),
            audit_key,
        };
        let entries = compiled.issuers.into_iter().map(|found| (found.issuer.url.clone(), found.entries));
        Ok(Self {
            entries: entries.collect(),
            gate: Gate::new(compiled.routes, keys, settings)?,
            trusted_proxies: config.trusted_proxies.iter().map(|network| network.value).collect(),
            decision_deadline: limits.decision_timeout.value,
            failed_attempts: FailedAttempts::new(
                limits.failed_attempts.value,
                limits.failed_attempts_per_second.value,
            ),
            explain: config.listeners.admin.explain,
            generation,
        })
    }

    /// The names of the trust entries of the issuer with this URL; none of one that was just configured away.
    pub fn entries_of(&self, issuer: &str) -> &[Arc<str>] {
        self.entries.get(issuer).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a peer at `address` may speak for its clients.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}
