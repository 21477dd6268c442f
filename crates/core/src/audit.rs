//! The record of one decision, version 1.

use std::net::IpAddr;
use std::sync::Arc;

use crate::decision::DenyReason;
use crate::identity::Identity;
use crate::policy::ShadowMatch;
use crate::time::Timestamp;

/// Everything that the audit log says of one decision. It never holds a credential or a query.
#[derive(Clone, Debug)]
pub struct AuditRecord<'a> {
    /// When the decision was made.
    pub time: Timestamp,
    /// The decision's id, which the answer carries too.
    pub decision_id: DecisionId,
    /// The caller's request id, if one came along.
    pub request_id: Option<&'a str>,
    /// The W3C trace id, if there is one.
    pub trace_id: Option<&'a str>,
    /// The adapter that asked.
    pub adapter: &'static str,
    /// The route's name.
    pub route: Option<&'a str>,
    /// How the decision went.
    pub outcome: AuditOutcome,
    /// The HTTP status answered.
    pub status: u16,
    /// The reason, unless allowed.
    pub reason: Option<DenyReason>,
    /// The cause in full.
    pub detail: Option<&'a str>,
    /// Method, host, path of the request, and the client's address.
    pub request: AuditedRequest<'a>,
    /// The credential that came along.
    pub credential: Option<&'a AuditedCredential>,
    /// The identity, where it came to one.
    pub identity: Option<&'a Identity>,
    /// The rule that decided.
    pub rule: Option<&'a str>,
    /// The shadow rules that matched.
    pub shadow: Option<&'a [ShadowMatch]>,
    /// Whether the path is exempt.
    pub exempt: bool,
    /// Time taken, in microseconds.
    pub duration_microseconds: u64,
}

/// The outcome as the audit log names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuditOutcome {
    /// Allowed.
    Allow,
    /// Asked for a credential.
    Challenge,
    /// Refused.
    Deny,
}

impl AuditOutcome {
    /// The outcome's name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Challenge => "challenge",
            Self::Deny => "deny",
        }
    }
}

/// The request as the audit log shows it: canonical, without the query.
#[derive(Clone, Debug, Default)]
pub struct AuditedRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The host, lower-case, without port.
    pub host: &'a str,
    /// The canonical path.
    pub path: &'a str,
    /// The client's address.
    pub client: Option<IpAddr>,
}

/// The credential as the audit log shows it.
#[derive(Clone, Debug)]
pub struct AuditedCredential {
    /// The kind of credential, such as `jwt`.
    pub kind: &'static str,
    /// The name of the trust entry that took it, or that it was meant for.
    pub entry: Option<Arc<str>>,
    /// HMAC-SHA-256 of the credential under the installation's key, in hexadecimal.
    pub digest: Arc<str>,
}

/// A decision's id: 128 bits, unique and not guessable, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DecisionId(pub u128);

impl DecisionId {
    /// The 32 digits.
    pub fn as_hex(self) -> [u8; 32] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut out = [b'0'; 32];
        let mut rest = self.0;
        for slot in out.iter_mut().rev() {
            *slot = DIGITS.get((rest & 15) as usize).copied().unwrap_or(b'0');
            rest >>= 4;
        }
        out
    }
}

impl std::fmt::Display for DecisionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
