use jiff::Timestamp;

use crate::{Generation, IssuerId, KeyState};

/// How an issuer's keys stand, for the status page, metrics and `explain`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuerStatus {
    /// The issuer.
    pub id: IssuerId,
    /// The state of its keys.
    pub state: KeyState,
    /// Their generation.
    pub generation: Generation,
    /// When a source last gave its keys.
    pub last_success: Option<Timestamp>,
    /// What went wrong last, kept after the repair.
    pub last_error: Option<SourceFailure>,
    /// Since when a source has been failing.
    pub stale_since: Option<Timestamp>,
    /// When a source is asked next.
    pub next_refresh: Option<Timestamp>,
    /// The key IDs in use, sorted.
    pub key_ids: Vec<String>,
    /// The number of keys in use, those without a key ID included.
    pub key_count: usize,
    /// Why published keys are not in use, one line per key.
    pub skipped_keys: Vec<String>,
    /// The key IDs of keys that were published with their private part: an alarm.
    pub published_private_keys: Vec<String>,
    /// The SHA-256 of the keys in use, in hexadecimal; equal for replicas that hold the same keys.
    pub keys_sha256: Option<String>,
    /// How often keys were fetched, and how often that failed.
    pub fetches: u64,
    /// How many fetches failed.
    pub failed_fetches: u64,
}

/// A failure of a key source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFailure {
    /// When.
    pub at: Timestamp,
    /// What, in one line, without secrets.
    pub message: String,
}
