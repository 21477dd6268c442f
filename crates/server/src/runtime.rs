//! [`Runtime`]: what one configuration makes; a reload replaces it as a whole.

use std::net::IpAddr;
use std::time::Duration;

use claimgate_gate::Gate;
use ipnet::IpNet;

/// Everything that one configuration decides with. Issuers and their keys live outside, so that a reload
/// keeps them.
pub struct Runtime {
    /// The gate.
    pub gate: Gate,
    /// The networks whose proxies may speak for their clients.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a decision may take.
    pub decision_deadline: Duration,
    /// A number that each configuration in force has for itself, counted from 1.
    pub generation: u64,
}

impl Runtime {
    /// Whether a peer at `address` may speak for its clients.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}
