use std::error::Error;

use claimgate_crypto::KeySetError;
use claimgate_fetch::{FetchError, RedactedUrl};

use crate::DiscoveryError;

/// Why a source gave no keys.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeySourceError {
    /// It could not be called.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It answered something that is certainly not JSON, such as a page.
    #[error("`{url}` answered `{content_type}`, expected JSON")]
    NotJson {
        /// What was called.
        url: RedactedUrl,
        /// The media type.
        content_type: String,
    },
    /// Its discovery document is not acceptable.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// Its key set is not one.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
    /// Its key set is empty, or none of its keys can be used. The former keys are kept: an empty set is
    /// nearly always a provider in trouble.
    #[error("the key set has no usable key ({skipped} skipped)")]
    NoUsableKey {
        /// How many keys it has.
        skipped: usize,
    },
    /// A key file cannot be read.
    #[error("the key file cannot be read: {reason}")]
    File {
        /// What the system said.
        reason: String,
    },
    /// The certificate authorities cannot be used.
    #[error("the certificate authorities cannot be used: {reason}")]
    CertificateAuthority {
        /// What is wrong.
        reason: String,
    },
    /// The engine's own fetch ended without an answer.
    #[error("the fetch was cancelled")]
    Cancelled,
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
