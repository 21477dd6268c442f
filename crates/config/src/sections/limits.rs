use super::records::Time;
use crate::decode::{At, Size, section};

section! {
    /// Every limit, in one place.
    pub struct Limits {
        /// The longest bearer token.
        "tokenSize" token_size: At<Size> = default("16KiB"),
        /// All headers of a request together.
        "headerSize" header_size: At<Size> = default("64KiB") restart(value),
        /// How deep the JSON of a token may nest.
        "jsonDepth" json_depth: At<u64> = default("32"),
        /// Groups of one identity; a token with more is refused.
        "groups" groups: At<u64> = default("1000"),
        /// The largest discovery document.
        "discoverySize" discovery_size: At<Size> = default("256KiB"),
        /// The largest JWK Set.
        "keySetSize" key_set_size: At<Size> = default("1MiB"),
        /// The keys of one JWK Set.
        "keySetKeys" key_set_keys: At<u64> = default("256"),
        /// How long connecting to an issuer may take.
        "fetchConnectTimeout" fetch_connect_timeout: Time = default("5s"),
        /// How long one fetch from an issuer may take in all.
        "fetchTimeout" fetch_timeout: Time = default("10s"),
        /// How often keys are fetched anew where the answer says nothing.
        "keyRefresh" key_refresh: Time = default("15m"),
        /// The shortest interval that an answer's `Cache-Control` can ask for.
        "keyRefreshMin" key_refresh_min: Time = default("1m"),
        /// The longest interval that an answer's `Cache-Control` can ask for.
        "keyRefreshMax" key_refresh_max: Time = default("24h"),
        /// How long it takes until an unknown key ID may cause another fetch from its issuer.
        "unknownKeyInterval" unknown_key_interval: Time = default("10s"),
        /// How many fetches for unknown key IDs may follow each other at once.
        "unknownKeyBurst" unknown_key_burst: At<u64> = default("3"),
        /// How long an unknown key ID is remembered as unknown.
        "negativeCache" negative_cache: Time = default("10s"),
        /// How long keys are used that can no longer be fetched.
        "staleKeys" stale_keys: Time = default("24h"),
        /// The shortest wait after a failed fetch.
        "fetchRetryMin" fetch_retry_min: Time = default("500ms"),
        /// The longest wait after a failed fetch.
        "fetchRetryMax" fetch_retry_max: Time = default("5s"),
        /// How far clocks may differ where a trust entry says nothing; at most 5m.
        "clockSkew" clock_skew: Time = default("30s"),
        /// Verified tokens that are remembered.
        "tokenCache" token_cache: At<u64> = default("65536"),
        /// How long `readiness.waitFor` may hold up readiness; at most 30s.
        "readinessWait" readiness_wait: Time = default("30s") restart(value),
        /// How long a decision may take; then it is 503.
        "decisionTimeout" decision_timeout: Time = default("5s"),
        /// Failed authentications that one source may make at once; more are answered 429. A source is a client's
        /// address that a trusted proxy names, or the peer of a direct question.
        "failedAttempts" failed_attempts: At<u64> = default("1000"),
        /// How many more it may make each second.
        "failedAttemptsPerSecond" failed_attempts_per_second: At<u64> = default("100"),
        /// How long an audit record may wait for room in the queue before it is dropped and counted.
        "auditWait" audit_wait: Time = default("100ms") restart(value),
        /// Spans that may wait to be sent; what comes beyond is dropped and counted.
        "traceQueue" trace_queue: At<u64> = default("2048"),
        /// How long sending spans to the collector may take.
        "traceExportTimeout" trace_export_timeout: Time = default("10s"),
        /// How long open requests may go on after SIGTERM.
        "drainTimeout" drain_timeout: Time = default("30s") restart(value),
    }
}
