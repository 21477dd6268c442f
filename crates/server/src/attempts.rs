//! Failed authentications, bounded for each source.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use claimgate_core::decision::DenyReason;
use governor::{DefaultKeyedRateLimiter, Quota};

/// How many sources are remembered before those that are quiet again are forgotten.
const MOST_SOURCES: usize = 65_536;

/// Counts failed authentications by source. Who has made too many is told so in place of the reason, until
/// time has passed. A good credential passes all the same, so nobody behind the same address is locked out; and
/// each credential is verified, which bounds what a stranger learns, not what it costs.
pub struct FailedAttempts {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
}

impl FailedAttempts {
    /// `burst` failures at once, and `per_second` more each second; at least one of each.
    pub fn new(burst: u64, per_second: u64) -> Self {
        let number =
            |value: u64| NonZeroU32::new(u32::try_from(value).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(per_second)).allow_burst(number(burst));
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota) }
    }

    /// Counts a refusal for `reason` of `source`. `false` if the source has made too many.
    pub fn count(&self, source: IpAddr, reason: DenyReason) -> bool {
        if !is_failure(reason) {
            return true;
        }
        if self.limiter.len() > MOST_SOURCES {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&network(source)).is_ok()
    }
}

/// Whether a refusal means that a credential was tried and is no good.
fn is_failure(reason: DenyReason) -> bool {
    reason.status() == 401 && reason != DenyReason::MissingCredential
}

/// One source is one IPv4 address, or the 64 bits that an IPv6 network is given.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_bounded_by_source() {
        let attempts = FailedAttempts::new(3, 1);
        let (one, same, other): (IpAddr, IpAddr, IpAddr) =
            ("2001:db8::1".parse().unwrap(), "2001:db8::ffff".parse().unwrap(), "192.0.2.1".parse().unwrap());
        for _ in 0..10 {
            assert!(attempts.count(one, DenyReason::MissingCredential));
            assert!(attempts.count(one, DenyReason::NotAllowed));
        }
        assert!(attempts.count(one, DenyReason::BadSignature));
        assert!(attempts.count(same, DenyReason::Expired));
        assert!(attempts.count(one, DenyReason::UnknownKey));
        assert!(!attempts.count(same, DenyReason::BadSignature));
        assert!(attempts.count(other, DenyReason::BadSignature));
    }
}
