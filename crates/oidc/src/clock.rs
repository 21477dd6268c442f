use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::Add;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// A point of a clock that never runs backwards: the time since the clock's start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The moment `elapsed` after the clock's start.
    pub fn after_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// The time from `earlier` to this moment; none if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// A wait that a [`Clock`] ends.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The engine's time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The moment now.
    fn now(&self) -> Moment;

    /// The time of day now, for people to read.
    fn time_of_day(&self) -> Timestamp;

    /// Waits until `moment`.
    fn sleep_until(&self, moment: Moment) -> Sleep<'_>;
}

/// The engine's chance, which spreads fetches. It decides nothing about security.
pub trait Jitter: fmt::Debug + Send + Sync {
    /// A number from 0 up to, but not including, 1.
    fn unit(&self) -> f64;
}

/// The machine's clock, on tokio's timers.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: tokio::time::Instant,
}

impl SystemClock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "the clock that others are handed")]
    pub fn start() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment(self.start.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "the clock that others are handed")]
    fn time_of_day(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, moment: Moment) -> Sleep<'_> {
        Box::pin(tokio::time::sleep_until(self.start + moment.0))
    }
}

/// Chance from the seeds that the standard library draws for its hash maps.
#[derive(Clone, Debug, Default)]
pub struct SystemJitter(());

impl SystemJitter {
    /// A new source.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Jitter for SystemJitter {
    fn unit(&self) -> f64 {
        let bits = RandomState::new().build_hasher().finish() >> 32;
        f64::from(u32::try_from(bits).unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
    }
}
