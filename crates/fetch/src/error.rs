use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;

use http::StatusCode;

use crate::RedactedUrl;

/// Why a call brought no answer that can be used. It names what a person can look at, and never holds
/// bytes of the answer, a query or a credential.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FetchError {
    /// The host's name has no address.
    #[error("the host name of `{url}` cannot be resolved")]
    Dns {
        /// What was called.
        url: RedactedUrl,
    },
    /// No connection.
    #[error("cannot connect to `{url}`: {reason}")]
    Connect {
        /// What was called.
        url: RedactedUrl,
        /// What the network said.
        reason: String,
    },
    /// No TLS session: most often a certificate of an authority that is not trusted.
    #[error("no TLS session with `{url}`: {reason}")]
    Tls {
        /// What was called.
        url: RedactedUrl,
        /// What the TLS library said.
        reason: String,
    },
    /// Not answered in time.
    #[error("`{url}` did not answer in time")]
    TimedOut {
        /// What was called.
        url: RedactedUrl,
    },
    /// The connection broke, or what came was not HTTP.
    #[error("the connection to `{url}` broke: {reason}")]
    Broken {
        /// What was called.
        url: RedactedUrl,
        /// What the HTTP library said.
        reason: String,
    },
    /// A redirect, which is never followed.
    #[error("`{url}` answered a redirect ({status}), which is not followed")]
    Redirect {
        /// What was called.
        url: RedactedUrl,
        /// The status.
        status: StatusCode,
    },
    /// A status other than 200; of a post, one that is no success.
    #[error("`{url}` answered {status}")]
    Status {
        /// What was called.
        url: RedactedUrl,
        /// The status.
        status: StatusCode,
    },
    /// More bytes than the cap.
    #[error("the answer of `{url}` is larger than {limit} bytes")]
    TooLarge {
        /// What was called.
        url: RedactedUrl,
        /// The cap in bytes.
        limit: usize,
    },
    /// A compressed answer although none was asked for.
    #[error("`{url}` answered compressed content that was not asked for")]
    Encoded {
        /// What was called.
        url: RedactedUrl,
    },
    /// The credential for the call cannot be had.
    #[error("the bearer token file cannot be used: {reason}")]
    BearerFile {
        /// What is wrong with it.
        reason: String,
    },
}

impl FetchError {
    pub(crate) fn from_transport(error: &reqwest::Error, url: RedactedUrl) -> Self {
        if let Some(tls) = find::<rustls::Error>(error) {
            return Self::Tls { url, reason: tls_reason(tls) };
        }
        if error.is_dns() {
            return Self::Dns { url };
        }
        if error.is_timeout() {
            return Self::TimedOut { url };
        }
        let reason =
            find::<io::Error>(error).map_or_else(|| deepest(error), |error| error.kind().to_string());
        if error.is_connect() { Self::Connect { url, reason } } else { Self::Broken { url, reason } }
    }
}

/// Why a fetcher cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct FetcherError(#[source] pub(crate) reqwest::Error);

/// The first `E` in the chain of causes, also inside an [`io::Error`], which hides what it carries.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match carried {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn deepest(error: &dyn StdError) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn tls_reason(error: &rustls::Error) -> String {
    use rustls::CertificateError as C;
    let rustls::Error::InvalidCertificate(certificate) = error else { return error.to_string() };
    let mut reason = match certificate {
        // A bad signature is what an authority of the same name with another key looks like.
        C::UnknownIssuer | C::BadSignature => {
            "its certificate is of an authority that is not trusted".to_owned()
        }
        C::Expired | C::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        C::NotValidYet | C::NotValidYetContext { .. } => "its certificate is not valid yet".to_owned(),
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            "its certificate is for another host name".to_owned()
        }
        other => other.to_string(),
    };
    if matches!(certificate, C::UnknownIssuer | C::BadSignature) {
        let _ = write!(reason, " (see `certificateAuthorityFile`)");
    }
    reason
}
