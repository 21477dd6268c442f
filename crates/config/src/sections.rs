//! The sections of a configuration, one file each.

mod jwt;
mod limits;
mod listeners;
mod mappings;
mod records;
mod root;
mod routes;
mod telemetry;

use crate::decode::Decode;
use crate::diagnostic::{Code, Diagnostic, Place};

pub use jwt::{
    AliasTemplate, AudienceMatchPolicy, Example, Issuer, Jwt, KeySource, SignatureAlgorithm, TokenKind,
};
pub use limits::Limits;
pub use listeners::{AdminListener, CheckListener, CheckProtocol, Listeners, PublicListener, Tls};
pub use mappings::{
    ClaimMappings, ClaimOrExpression, ClaimValidationRule, ExtraMapping, GroupFilter,
    PrefixedClaimOrExpression, UserValidationRule,
};
pub use records::{Audit, AuditFile, AuditSink, LogFormat, LogLevel, Logging, Readiness};
pub use root::Config;
pub use routes::{
    Allow, Anonymous, CredentialSource, EncodedSlash, Header, HostPattern, ListForm, Method, PathPattern,
    Route, Rule,
};
pub use telemetry::{Otlp, OtlpProtocol, Telemetry, Traces};

impl Config {
    /// Warnings of what differs from `before` and counts at the next start only, as the keys are declared.
    pub fn restarts(&self, before: &Self) -> Vec<Diagnostic> {
        let mut places = Vec::new();
        Decode::restarts(self, before, &mut places);
        let warning = |place: Place| {
            let message = format!("a change of `{}` counts at the next start", place.path());
            Diagnostic::warning(Code::RestartNeeded, &place, message)
        };
        places.into_iter().map(warning).collect()
    }
}
