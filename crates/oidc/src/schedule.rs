//! When to fetch: pure arithmetic over moments.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use crate::Moment;

/// Between refreshes, if the provider names no time.
const REFRESH: Duration = Duration::from_mins(15);
/// The bounds of a time that the provider names.
const MIN_REFRESH: Duration = Duration::from_mins(1);
const MAX_REFRESH: Duration = Duration::from_hours(24);
/// The bounds of the wait after a failure.
const MIN_RETRY: Duration = Duration::from_millis(500);
const MAX_RETRY: Duration = Duration::from_secs(5);
/// How long keys are used after they were last fetched.
pub(crate) const STALE_CEILING: Duration = Duration::from_hours(24);
/// How often a file is looked at.
pub(crate) const FILE_POLL: Duration = Duration::from_secs(1);
/// How long a key ID that the provider does not have is not asked for again.
const NEGATIVE: Duration = Duration::from_secs(10);
/// The most key IDs that are remembered as unknown.
const MAX_NEGATIVE: usize = 1024;
/// Fetches for unknown key IDs: so many at once, then one per interval.
const BURST: u32 = 3;
const REFILL: Duration = Duration::from_secs(10);

/// From a success to the next fetch: up to a tenth earlier than the time named, never later.
pub(crate) fn refresh_after(fresh_for: Option<Duration>, unit: f64) -> Duration {
    let named = fresh_for.unwrap_or(REFRESH).clamp(MIN_REFRESH, MAX_REFRESH);
    named.mul_f64(1.0 - 0.1 * unit).max(MIN_REFRESH)
}

/// From a failure, the `failures`th in a row, to the next fetch: doubling, with up to a quarter less.
pub(crate) fn retry_after(failures: u32, unit: f64) -> Duration {
    let doubled = MIN_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(8));
    doubled.min(MAX_RETRY).mul_f64(1.0 - 0.25 * unit).max(MIN_RETRY)
}

/// The allowance for fetches that unknown key IDs cause.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    tokens: u32,
    refilled: Moment,
}

impl TokenBucket {
    pub(crate) fn full(now: Moment) -> Self {
        Self { tokens: BURST, refilled: now }
    }

    pub(crate) fn take(&mut self, now: Moment) -> bool {
        while self.tokens < BURST && now.since(self.refilled) >= REFILL {
            self.tokens += 1;
            self.refilled = self.refilled + REFILL;
        }
        if self.tokens == BURST {
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

    pub(crate) fn insert(&mut self, id: &str, now: Moment) {
        if self.hashes.len() >= MAX_NEGATIVE {
            self.hashes.retain(|_, until| now < *until);
        }
        if self.hashes.len() < MAX_NEGATIVE {
            self.hashes.insert(self.keys.hash_one(id), now + NEGATIVE);
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
            let after = refresh_after(named.map(Duration::from_secs), unit);
            assert_eq!(after.as_secs(), seconds, "{named:?} {unit}");
        }
    }

    #[test]
    fn retries_stay_between_half_a_second_and_five() {
        let millis = |failures, unit| retry_after(failures, unit).as_millis();
        assert_eq!((1..=6).map(|n| millis(n, 0.0)).collect::<Vec<_>>(), [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(millis(1, 1.0), 500);
        assert_eq!(millis(3, 1.0), 1500);
        assert_eq!(millis(u32::MAX, 0.0), 5000);
    }

    #[test]
    fn the_bucket_gives_a_burst_and_then_one_per_interval() {
        let mut bucket = TokenBucket::full(at(0));
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
        unknown.insert("a", at(0));
        assert!(unknown.contains("a", at(9)));
        assert!(!unknown.contains("a", at(10)));
        assert!(!unknown.contains("b", at(0)));
        for n in 0..5000 {
            unknown.insert(&n.to_string(), at(0));
        }
        assert_eq!(unknown.hashes.len(), MAX_NEGATIVE);
        unknown.insert("later", at(10));
        assert!(unknown.contains("later", at(10)));
        assert_eq!(unknown.hashes.len(), 1);
    }
}
