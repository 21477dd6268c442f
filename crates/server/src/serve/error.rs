use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use claimgate_config::Diagnostics;
use claimgate_crypto::RandomError;
use claimgate_fetch::TrustError;
use claimgate_oidc::RepeatedIssuer;

use super::describe;
use crate::runtime::IssuerError;
use crate::telemetry::TracesError;
use crate::tls::TlsError;

/// Why a gateway did not start. Each says in one sentence what is wrong.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration file cannot be read.
    #[error("the configuration `{}` cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The configuration has errors.
    #[error("the configuration has errors")]
    Config(Diagnostics),
    /// An issuer cannot be asked.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// An issuer stands twice.
    #[error(transparent)]
    RepeatedIssuer(#[from] RepeatedIssuer),
    /// A listener's certificate cannot be used.
    #[error("the certificate of listener `{listener}` cannot be used: {}", describe(source))]
    Tls {
        /// The listener.
        listener: &'static str,
        /// The cause.
        source: TlsError,
    },
    /// A listener's address cannot be bound.
    #[error("listener `{listener}` cannot bind `{address}`: {source}")]
    Bind {
        /// The listener.
        listener: &'static str,
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The audit log cannot be opened.
    #[error("the audit log `{}` cannot be opened: {source}", path.display())]
    Audit {
        /// The file, or `stdout`.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The key for credential digests cannot be read.
    #[error("the audit digest key `{path}` cannot be read: {source}")]
    DigestKey {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The system's certificate authorities cannot be read.
    #[error("the system's certificate authorities cannot be read: {0}")]
    Trust(#[from] TrustError),
    /// Traces cannot be kept.
    #[error("traces: {0}")]
    Traces(#[from] TracesError),
    /// The system has no randomness.
    #[error("the system has no randomness")]
    Random(#[from] RandomError),
}

impl StartError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Read { .. } => "`claimgate init` writes a configuration to begin with",
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "another process listens there: stop it, or change `listeners` in the configuration"
            }
            Self::Bind { .. } => "check `listeners` in the configuration",
            Self::Tls { .. } => "check `certificateFile` and `keyFile`: PEM, and readable by this user",
            Self::Traces(_) => "check `telemetry.traces` in the configuration",
            Self::Audit { .. } => "check `audit` in the configuration",
            _ => return None,
        })
    }
}
