use std::time::Duration;

use super::invalid;
use crate::decode::At;
use crate::diagnostic::Diagnostics;
use crate::sections::Limits;

/// The largest difference of clocks that a configuration may allow.
pub(super) const MAX_SKEW: Duration = Duration::from_mins(5);
const MAX_READINESS_WAIT: Duration = Duration::from_secs(30);

pub(super) fn check(limits: &Limits, problems: &mut Diagnostics) {
    let sizes = [&limits.token_size, &limits.header_size, &limits.discovery_size, &limits.key_set_size];
    for size in sizes {
        if size.value.0 == 0 {
            problems.push(invalid(&size.place, "a limit of nothing").expected("at least `1B`"));
        }
    }
    let counts = [
        &limits.json_depth,
        &limits.groups,
        &limits.key_set_keys,
        &limits.unknown_key_burst,
        &limits.token_cache,
        &limits.trace_queue,
    ];
    for count in counts {
        if count.value == 0 {
            problems.push(invalid(&count.place, "a limit of nothing").expected("at least 1"));
        }
    }
    for (count, most) in
        [(&limits.json_depth, 128), (&limits.token_cache, 1 << 24), (&limits.trace_queue, 1 << 20)]
    {
        if count.value > most {
            let problem = invalid(&count.place, "more than the process could hold");
            problems.push(problem.expected(format!("at most {most}")));
        }
    }
    let times = [
        &limits.fetch_connect_timeout,
        &limits.fetch_timeout,
        &limits.key_refresh,
        &limits.key_refresh_min,
        &limits.key_refresh_max,
        &limits.unknown_key_interval,
        &limits.fetch_retry_min,
        &limits.fetch_retry_max,
        &limits.decision_timeout,
        &limits.trace_export_timeout,
    ];
    for time in times {
        if time.value.is_zero() {
            problems.push(invalid(&time.place, "a duration of nothing").expected("more than 0"));
        }
    }
    at_most(&limits.clock_skew, MAX_SKEW, "5m", problems);
    at_most(&limits.readiness_wait, MAX_READINESS_WAIT, "30s", problems);
    ordered(&limits.key_refresh_min, &limits.key_refresh, "keyRefreshMin", "keyRefresh", problems);
    ordered(&limits.key_refresh, &limits.key_refresh_max, "keyRefresh", "keyRefreshMax", problems);
    ordered(&limits.fetch_retry_min, &limits.fetch_retry_max, "fetchRetryMin", "fetchRetryMax", problems);
    ordered(
        &limits.fetch_connect_timeout,
        &limits.fetch_timeout,
        "fetchConnectTimeout",
        "fetchTimeout",
        problems,
    );
}

pub(super) fn at_most(time: &At<Duration>, most: Duration, written: &str, problems: &mut Diagnostics) {
    if time.value > most {
        problems
            .push(invalid(&time.place, "the duration is too long").expected(format!("at most `{written}`")));
    }
}

fn ordered(
    low: &At<Duration>,
    high: &At<Duration>,
    low_key: &str,
    high_key: &str,
    problems: &mut Diagnostics,
) {
    if low.value > high.value {
        let message = format!("`{low_key}` is longer than `{high_key}`");
        // The one that stands in the file is the one to point at: defaults stand at the section.
        let place = if low.place.line() >= high.place.line() { &low.place } else { &high.place };
        problems.push(invalid(place, message));
    }
}
