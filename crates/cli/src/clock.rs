//! The one place that reads the wall clock for decisions.

use claimgate_core::time::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the clock that everything else is given")]
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_milliseconds(
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
    )
}
