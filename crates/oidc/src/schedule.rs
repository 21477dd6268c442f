//! When to fetch: pure arithmetic over moments.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use claimgate_crypto::KeySetLimits;

use crate::Moment;

/// How often a file is looked at.
pub(crate) const FILE_POLL: Duration = Duration::from_secs(1);
/// The most key IDs that are remembered as unknown.
const MAX_NEGATIVE: usize = 1024;

/// How often, how long and how much, for the keys of one issuer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyLimits {
    /// Between refreshes, if the provider names no time.
    pub refresh: Duration,
    /// The shortest time that a provider's `Cache-Control` can name.
    pub refresh_min: Duration,
    /// The longest time that a provider's `Cache-Control` can name.
    pub refresh_max: Duration,
    /// The wait after a first failure.
    pub retry_min: Duration,
    /// The longest wait after failures.
    pub retry_max: Duration,
    /// How long keys are used after they were last fetched.
    pub stale: Duration,
    /// How long a key ID that the provider does not have is not asked for again.
    pub negative: Duration,
    /// Fetches that unknown key IDs may cause at once.
    pub unknown_burst: u32,
    /// The time after which they may cause one more.
    pub unknown_interval: Duration,
    /// The largest discovery document, in bytes.
    pub discovery_bytes: usize,
    /// The bounds of a key set.
    pub key_set: KeySetLimits,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self {
            refresh: Duration::from_mins(15),
            refresh_min: Duration::from_mins(1),
            refresh_max: Duration::from_hours(24),
            retry_min: Duration::from_millis(500),
            retry_max: Duration::from_secs(5),
            stale: Duration::from_hours(24),
            negative: Duration::from_secs(10),
            unknown_burst: 3,
            unknown_interval: Duration::from_secs(10),
            discovery_bytes: 256 * 1024,
            key_set: KeySetLimits::default(),
        }
    }
}

/// From a success to the next fetch: up to a tenth earlier than the time named, never later.
pub(crate) fn refresh_after(limits: &KeyLimits, fresh_for: Option<Duration>, unit: f64) -> Duration {
    let longest = limits.refresh_max.max(limits.refresh_min);
    let named = fresh_for.unwrap_or(limits.refresh).clamp(limits.refresh_min, longest);
    named.mul_f64(1.0 - 0.1 * unit).max(limits.refresh_min)
}

/// From a failure, the `failures`th in a row, to the next fetch: doubling, with up to a quarter less.
pub(crate) fn retry_after(limits: &KeyLimits, failures: u32, unit: f64) -> Duration {
    let doubled = limits.retry_min.saturating_mul(1 << failures.saturating_sub(1).min(8));
    doubled.min(limits.retry_max).mul_f64(1.0 - 0.25 * unit).max(limits.retry_min)
}

/// The allowance for fetches that unknown key IDs cause.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    tokens: u32,
    refilled: Moment,
    burst: u32,
    interval: Duration,
}

impl TokenBucket {
    pub(crate) fn full(limits: &KeyLimits, now: Moment) -> Self {
        let (burst, interval) = (limits.unknown_burst, limits.unknown_interval);
        Self { tokens: burst, refilled: now, burst, interval }
    }

    pub(crate) fn take(&mut self, now: Moment) -> bool {
        while self.tokens < self.burst && now.since(self.refilled) >= self.interval {
            self.tokens += 1;
            self.refilled = self.refilled + self.interval;
        }
        if self.tokens == self.burst {
            self.refilled = now;
        }
        let taken = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        taken
    }
}

/// Key IDs that the provider was asked for and did not have. They are text of strangers, so only keyed
/// hashes of them are kept, and a bounded number.
#[derive(Debug, Default)]
pub(crate) struct UnknownKeyIds {
    hashes: HashMap<u64, Moment>,
    keys: RandomState,
}

impl UnknownKeyIds {
    pub(crate) fn contains(&self, id: &str, now: Moment) -> bool {
        self.hashes.get(&self.keys.hash_one(id)).is_some_and(|until| now < *until)
    }

    pub(crate) fn insert(&mut self, id: &str, now: Moment, until: Moment) {
        if self.hashes.len() >= MAX_NEGATIVE {
            self.hashes.retain(|_, until| now < *until);
        }
        if self.hashes.len() < MAX_NEGATIVE {
            self.hashes.insert(self.keys.hash_one(id), until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_refresh_is_never_later_than_the_provider_says_and_never_outside_the_bounds() {
        let day = 24 * 60 * 60;
        for (named, unit, seconds) in [
            (None, 0.0, 900),
            (None, 1.0, 810),
            (Some(600), 0.0, 600),
            (Some(600), 0.5, 570),
            (Some(0), 0.0, 60),
            (Some(0), 1.0, 60),
            (Some(10 * day), 0.0, day),
        ] {
            let after = refresh_after(&KeyLimits::default(), named.map(Duration::from_secs), unit);
            assert_eq!(after.as_secs(), seconds, "{named:?} {unit}");
        }
    }

    #[test]
    fn retries_stay_between_half_a_second_and_five() {
        let millis = |failures, unit| retry_after(&KeyLimits::default(), failures, unit).as_millis();
        assert_eq!((1..=6).map(|n| millis(n, 0.0)).collect::<Vec<_>>(), [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(millis(1, 1.0), 500);
        assert_eq!(millis(3, 1.0), 1500);
        assert_eq!(millis(u32::MAX, 0.0), 5000);
    }

    #[test]
    fn the_bucket_gives_a_burst_and_then_one_per_interval() {
        let mut bucket = TokenBucket::full(&KeyLimits::default(), at(0));
        let taken = |bucket: &mut TokenBucket, second| (0..5).filter(|_| bucket.take(at(second))).count();
        assert_eq!(taken(&mut bucket, 100), 3);
        assert_eq!(taken(&mut bucket, 109), 0);
        assert_eq!(taken(&mut bucket, 110), 1);
        assert_eq!(taken(&mut bucket, 139), 2);
        assert_eq!(taken(&mut bucket, 140), 1);
        assert_eq!(taken(&mut bucket, 10_000), 3);
    }

    #[test]
    fn unknown_key_ids_are_forgotten_in_time_and_bounded() {
        let mut unknown = UnknownKeyIds::default();
        unknown.insert("a", at(0), at(10));
        assert!(unknown.contains("a", at(9)));
        assert!(!unknown.contains("a", at(10)));
        assert!(!unknown.contains("b", at(0)));
        for n in 0..5000 {
            unknown.insert(&n.to_string(), at(0), at(10));
        }
        assert_eq!(unknown.hashes.len(), MAX_NEGATIVE);
        unknown.insert("later", at(10), at(20));
        assert!(unknown.contains("later", at(10)));
        assert_eq!(unknown.hashes.len(), 1);
    }
}
